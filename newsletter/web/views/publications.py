"""The newsletters: what readers know them as, who may send, and when they go out."""

from datetime import datetime
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from newsletter.errors import NotFound, UserError
from newsletter.issues import queries, services
from newsletter.issues.models import Publication
from newsletter.scheduling import cadence
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.translation import number
from newsletter.web import lookups, posts, ways_back
from newsletter.web.forms.publications import PublicationForm
from newsletter.web.posts import clock
from subscribers import api as subscribers


@access.require(EDITOR, ADMIN)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every newsletter with its list, its rhythm and its next time."""
    now = clock()
    rows = [
        {
            "publication": publication,
            "readers": lookups.readers(publication),
            "rhythm": _rhythm(publication),
            "next": next(iter(scheduling.next_slots(publication, now=now)), None),
        }
        for publication in queries.publications()
    ]
    return render(request, "publications/index.html", {"rows": rows})


def _rhythm(publication: Publication) -> str:
    try:
        return cadence.describe(publication.cadence) if publication.cadence else ""
    except UserError:
        return publication.cadence


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new newsletter."""
    form = _form(request)
    if form.is_valid() and form.accepts(lambda: _create(request, form)):
        messages.success(request, _("The newsletter was created. You can start its first issue."))
        _ask_for_the_footer(request, form)
        return redirect("publications")
    return _page(request, form, publication=None)


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Its settings. Issues that are approved keep what they were approved with.

    Who comes from an issue, ``next``, is led back there.
    """
    try:
        publication = queries.get_publication(slug)
    except NotFound as error:
        raise Http404 from error
    timezone.activate(publication.time_zone)
    form = _form(request, publication)
    if form.is_valid() and form.accepts(lambda: _save(request, publication, form)):
        messages.success(request, _("Saved."))
        _ask_for_the_footer(request, form)
        return redirect(ways_back.to_issue(request.GET.get("next", "")) or "publications")
    return _page(request, form, publication=publication)


def _form(request: HttpRequest, publication: Publication | None = None) -> PublicationForm:
    lists = [(found.id, f"{found.name} ({number(found.confirmed)})") for found in subscribers.lists()]
    return PublicationForm(posts.data(request), publication=publication, lists=lists)


def _create(request: HttpRequest, form: PublicationForm) -> None:
    by, now = access.user(request).actor, clock()
    publication = services.create_publication(settings=form.settings(), by=by, now=now)
    scheduling.set_cadence(publication, rule=form.cleaned_data["cadence"], by=by, now=now)


def _save(request: HttpRequest, publication: Publication, form: PublicationForm) -> None:
    by, now = access.user(request).actor, clock()
    saved = services.edit_publication(publication, settings=form.settings(), by=by, now=now)
    scheduling.set_cadence(saved, rule=form.cleaned_data["cadence"], by=by, now=now)


def _ask_for_the_footer(request: HttpRequest, form: PublicationForm) -> None:
    if not (form.cleaned_data["postal_address"] and form.cleaned_data["reason"]):
        said = _("The postal address or why readers get it is missing: until both are there, no issue can be approved.")
        messages.warning(request, said)


def _page(request: HttpRequest, form: PublicationForm, *, publication: Publication | None) -> HttpResponse:
    now: datetime = clock()
    context = {
        "form": form,
        "publication": publication,
        "lists": subscribers.lists(),
        "zones": sorted(available_timezones()),
        "slots": scheduling.next_slots(publication, now=now, count=3) if publication else [],
    }
    return render(request, "publications/edit.html", context, status=form.status)
