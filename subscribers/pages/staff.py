"""The staff's pages about lists and people: each asks for the right to manage subscribers, each change is a POST."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from subscribers import erasing, external_unsubscribes, lists, member_search, queries, services
from subscribers.errors import NotFound, SubscribersError
from subscribers.imports import exporting
from subscribers.localization import date, date_time
from subscribers.models import List
from subscribers.pages.forms import AddForm, AddressForm, ListForm, SearchForm
from subscribers.states import SubscriptionState

log = logging.getLogger(__name__)

manages = permission_required("subscribers.manage", raise_exception=True)
reads = require_http_methods(["GET", "HEAD"])
edits = require_http_methods(["GET", "HEAD", "POST"])


def actor_of(request: HttpRequest) -> str:
    """The opaque id of whoever acts."""
    return str(getattr(request.user, "actor", f"staff:{request.user.pk}"))


def list_or_404(pk: int) -> List:
    try:
        return lists.get(pk)
    except NotFound as error:
        raise Http404(str(error)) from error


def words_of(state: str) -> str:
    """A person's standing as people read it."""
    return {
        SubscriptionState.CONFIRMED.value: _("On the list"),
        SubscriptionState.PENDING.value: _("Not confirmed yet"),
        SubscriptionState.UNSUBSCRIBED.value: _("Unsubscribed"),
        "suppressed": _("Do not mail"),
    }.get(state, state)


def left_before(gone: external_unsubscribes.ExternalUnsubscribe) -> str:
    """Where somebody left, by which file, as people read it."""
    values = {"list": gone.list_name, "file": gone.file or "?", "date": date(gone.at)}
    return _("Left “%(list)s” in another program, according to “%(file)s”, imported on %(date)s.") % values


def method_of(method: str) -> str:
    """By which way something came about, as people read it."""
    return {
        "form": _("the public form"),
        "page": _("a link in a mail"),
        "one-click": _("the unsubscribe button of a mail program"),
        "mail": _("a mail"),
        "import": _("an import"),
        "staff": _("the newsroom"),
        "command": _("a command on the server"),
    }.get(method, method)


@manages
@reads
def overview(request: HttpRequest) -> HttpResponse:
    """Every list with its numbers, and the search for one person."""
    context = {"lists": lists.summaries(), "form": AddressForm(), "barred": "", "gone": []}
    return _page(request, "lists.html", context)


@manages
@edits
def new(request: HttpRequest) -> HttpResponse:
    """Create a list."""
    form = ListForm(request.POST if request.method == "POST" else None)
    namesakes = lists.namesakes(form.data.get("name", "").strip()) if form.is_bound else []
    made: list[List] = []
    if form.accepts(lambda: made.append(lists.create(**form.cleaned_data, now=timezone.now()))):
        messages.success(request, _("List created. Now import subscribers, or share its form with your readers."))
        if namesakes:
            messages.warning(request, _("Another list has the same name: %(slugs)s.") % {"slugs": ", ".join(namesakes)})
        return redirect("list", pk=made[0].pk)
    return _page(request, "list_form.html", {"list": None, "form": form}, status=form.status)


@manages
@edits
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a list."""
    list_ = list_or_404(pk)
    form = ListForm(request.POST if request.method == "POST" else None, list_=list_)
    if form.accepts(lambda: lists.change(list_, **form.cleaned_data)):
        messages.success(request, _("Saved."))
        return redirect("list", pk=pk)
    return _page(request, "list_form.html", {"list": list_, "form": form}, status=form.status)


@manages
@edits
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: its numbers and its subscribers, newest first. A search is posted: no address stands in a URL."""
    return _list_page(request, list_or_404(pk), AddForm())


@manages
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one person on the list, on a declared basis."""
    list_ = list_or_404(pk)
    form = AddForm(request.POST)
    now, actor = timezone.now(), actor_of(request)
    if form.accepts(lambda: services.add(list_=list_, **form.cleaned_data, now=now, actor=actor)):
        messages.success(request, _("Added to the list."))
        return redirect("list", pk=pk)
    return _list_page(request, list_, form)


@manages
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Search by the exact address. By POST, so that no address stands in a URL or in a log."""
    form = AddressForm(request.POST)
    found: list[int | None] = []
    barred, gone = "", list[external_unsubscribes.ExternalUnsubscribe]()
    if form.accepts(lambda: found.append(queries.find(form.cleaned_data["address"]))):
        if found[0] is not None:
            return redirect("subscriber", pk=found[0])
        address = form.cleaned_data["address"]
        form.refuse(
            _("No subscriber has this address. Check the spelling, and type the full address."), field="address"
        )
        barred = queries.suppressed(address)
        gone = list(external_unsubscribes.of(services.index_of(address)))
    context = {"lists": lists.summaries(), "form": form, "barred": barred, "gone": gone}
    return _page(request, "lists.html", context, status=form.status)


@manages
@require_POST
def lift(request: HttpRequest) -> HttpResponse:
    """Let an address be mailed again of which nothing else is known, such as an address that was erased."""
    form = AddressForm(request.POST)
    now, actor = timezone.now(), actor_of(request)
    if form.accepts(lambda: services.lift(form.cleaned_data["address"], now=now, actor=actor)):
        messages.success(request, _("This address may get mail again from the lists that its owner agreed to."))
    return redirect("lists")


@manages
@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The list as CSV, streamed."""
    list_ = list_or_404(pk)
    log.info("%s exports list %d", actor_of(request), pk)
    lines = (line.encode() for line in exporting.lines(list_))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{list_.slug}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@manages
@edits
def subscriber(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: where they stand, on what proof, and what can be done."""
    if request.method == "POST":
        return _act(request, pk)
    person = queries.person(pk)
    if person is None:
        raise Http404(_("This subscriber is no longer on record."))
    return _page(request, "subscriber.html", {"person": person, "events": queries.evidence_of(pk)})


@manages
@reads
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The proof of one person's consent as a file (trust L2)."""
    events = queries.evidence_of(pk)
    if not events:
        raise Http404(_("Nothing is recorded about this subscriber."))
    text = json.dumps([asdict(event) for event in events], ensure_ascii=False, default=str, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="consent-{pk}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _act(request: HttpRequest, pk: int) -> HttpResponse:
    known, now, actor = queries.person(pk), timezone.now(), actor_of(request)
    if known is None:
        raise Http404(_("This subscriber is no longer on record."))
    action = request.POST.get("action")
    try:
        if action == "unsubscribe":
            raw = request.POST.get("list", "")
            list_id = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 18 else 0
            services.unsubscribe(list_id=list_id, subscriber_id=pk, now=now, actor=actor)
            messages.success(request, _("Taken off the list."))
        elif action == "suppress":
            services.suppress(known.address, reason=request.POST.get("reason", ""), now=now, actor=actor)
            messages.success(request, _("No list sends mail to this address any more."))
        elif action == "lift":
            services.lift(known.address, now=now, actor=actor)
            messages.success(request, _("This address may get mail again from the lists that its owner agreed to."))
        elif action == "erase":
            kept = erasing.erase(pk, now=now, actor=actor, keep_away=bool(request.POST.get("keep_away")))
            messages.success(request, _("Subscriber erased."))
            if kept:
                said = _(
                    "These files could not be searched, and may still hold the address: %(files)s. Look into them, or "
                    "delete them."
                )
                messages.warning(request, said % {"files": ", ".join(kept)})
            return redirect("lists")
    except SubscribersError as error:
        messages.error(request, str(error))
    return redirect("subscriber", pk=pk)


def _list_page(request: HttpRequest, list_: List, form: AddForm) -> HttpResponse:
    # The form that adds somebody posts to an address of its own and comes back here when it was refused.
    given = request.GET if form.errors else request.POST or request.GET
    search = member_search.read(given.dict())
    states = [("", _("Any status")), *((state, words_of(state)) for state in member_search.STATES)]
    search_form = SearchForm(search, states=states)
    found = [member_search.Answer(members=queries.Members(rows=(), after=None))]
    search_form.accepts(lambda: found.append(member_search.answer(list_, search)))
    context = {
        "list": list_,
        "counts": queries.counts(list_),
        "found": found[-1],
        "search": search,
        "search_form": search_form,
        "states": states,
        "imports": queries.imports(list_),
        "form": form,
    }
    return _page(request, "list.html", context, status=max(form.status, search_form.status))


def _page(request: HttpRequest, template: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """A page about lists and subscribers; it may show addresses, so that nothing keeps it."""
    zone = timezone.get_current_timezone_name()
    shared = {"when": date_time, "left_before": left_before, "words_of": words_of, "method_of": method_of, "zone": zone}
    response = render(request, f"subscribers/people/{template}", {**shared, **context}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
