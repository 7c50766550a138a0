"""The newsletters: what readers know them as, who may send, and when they go out."""

from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any
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
from newsletter.web import forms, lookups, ways_back
from newsletter.web.forms import Form, Reading, clock
from subscribers import api as subscribers

_PLAIN = (
    "name",
    "slug",
    "tagline",
    "language",
    "time_zone",
    "accent",
    "sender_name",
    "sender_address",
    "reply_to",
    "bounce_domain",
    "postal_address",
    "reason",
    "empty_slot",
    "uncertain_policy",
)


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
    form = Form(values=_values(None))
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _create(request, form)):
            forms.done(request, lambda: None, _("The newsletter was created. You can start its first issue."))
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
    form = forms.watched(_values(publication))
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _save(request, publication, form)):
            forms.done(request, lambda: None, _("Saved."))
            _ask_for_the_footer(request, form)
            return redirect(ways_back.to_issue(request.GET.get("next", "")) or "publications")
    return _page(request, form, publication=publication)


def _values(publication: Publication | None) -> dict[str, object]:
    """What the form shows at first."""
    if publication is None:
        defaults = {f.name: f.default for f in fields(services.PublicationSettings) if f.name in _PLAIN}
        blank: dict[str, object] = {
            name: "" if not isinstance(defaults[name], str) else str(defaults[name]) for name in _PLAIN
        }
        return {
            **blank,
            "list_id": "",
            "cadence": "",
            "max_stories": 8,
            "useful_life_hours": 96,
            "refusal_limit": 10,
            "second_person": "",
        }
    values = {name: getattr(publication, name) for name in _PLAIN}
    return {
        **values,
        "list_id": publication.list_id,
        "cadence": publication.cadence,
        "max_stories": publication.rule.get("max_stories", 8),
        "useful_life_hours": publication.useful_life_hours,
        "refusal_limit": publication.refusal_limit,
        "second_person": publication.second_person,
    }


def _settings(form: Form, rule: dict[str, Any], theme: str) -> services.PublicationSettings:
    """What was typed. Raises InvalidInput for all that cannot be used, before anything is saved."""
    numbers = {"list_id": 0, "useful_life_hours": 1, "refusal_limit": 0, "max_stories": 1}
    reading = Reading()
    for name, otherwise in numbers.items():
        numbers[name] = reading.of(partial(form.number, name), otherwise=otherwise)
    stories = numbers.pop("max_stories")
    settings = services.PublicationSettings(
        **{name: form.text(name) for name in _PLAIN},
        theme=theme,
        list_id=numbers["list_id"],
        useful_life_hours=numbers["useful_life_hours"],
        refusal_limit=numbers["refusal_limit"],
        second_person=bool(form.text("second_person")),
        rule={**rule, "max_stories": stories},
    )
    reading.check(lambda: services.check_settings(settings), lambda: _check_cadence(form))
    return settings


def _create(request: HttpRequest, form: Form) -> None:
    by, now = access.person(request).actor, clock()
    settings = _settings(form, {}, "gazette")
    publication = services.create_publication(settings=settings, by=by, now=now)
    scheduling.set_cadence(publication, rule=form.text("cadence"), by=by, now=now)


def _save(request: HttpRequest, publication: Publication, form: Form) -> None:
    by, now = access.person(request).actor, clock()
    forms.keep_theirs(form, _values(publication))
    settings = _settings(form, publication.rule, publication.theme)
    saved = services.edit_publication(publication, settings=settings, by=by, now=now)
    scheduling.set_cadence(saved, rule=form.text("cadence"), by=by, now=now)


def _ask_for_the_footer(request: HttpRequest, form: Form) -> None:
    if not (form.text("postal_address").strip() and form.text("reason").strip()):
        said = _("The postal address or why readers get it is missing: until both are there, no issue can be approved.")
        messages.warning(request, said)


def _check_cadence(form: Form) -> None:
    # Before anything is saved: the newsletter and its rhythm are two steps.
    if form.text("cadence").strip():
        cadence.check(form.text("cadence"))


def _page(request: HttpRequest, form: Form, *, publication: Publication | None) -> HttpResponse:
    now: datetime = clock()
    context = {
        "form": form,
        "publication": publication,
        "lists": [(one.id, f"{one.name} ({number(one.confirmed)})") for one in subscribers.lists()],
        "zones": sorted(available_timezones()),
        "slots": scheduling.next_slots(publication, now=now, count=3) if publication else [],
    }
    return render(request, "publications/edit.html", context, status=form.status)
