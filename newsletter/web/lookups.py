"""What several pages look up: things by their names in the address, or 404; what an issue needs next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from newsletter import pipeline
from newsletter.articles import queries as articles
from newsletter.articles.models import Article
from newsletter.conf import config
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import server_alarms, server_health, server_state, stored_servers
from newsletter.errors import InvalidInput, NotFound, UserError
from newsletter.issues import queries, services, states
from newsletter.issues.models import Approval, Entry, Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.rendering.results import Finding, Rendered, frozen
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff import queries as staff
from newsletter.translatable import Translatable
from newsletter.translation import error_text
from newsletter.web import times
from subscribers import api as subscribers


@dataclass(frozen=True, kw_only=True)
class Approved:
    """An approval in force, told to a person."""

    by: str
    at: datetime
    approval: Approval


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What changed since an approval, told to a person."""

    text: Translatable
    is_date: bool
    """Whether the issue would go out on another day than the mail says."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A mail server, told to a person."""

    row: Transport
    state: server_health.State
    is_default: bool
    """Whether the server follows NEWSLETTER_SMTP_URL."""
    undecided: Translatable | None
    """That it has no encryption, while nobody has accepted that."""


def servers() -> list[Server]:
    """Every mail server."""
    return [_server(row) for row in stored_servers.every(config())]


def server(name: str) -> Server:
    """The mail server, or 404."""
    try:
        return _server(stored_servers.get(name, config()))
    except NotFound as error:
        raise Http404 from error


def _server(row: Transport) -> Server:
    return Server(
        row=row,
        state=server_state.state(row),
        is_default=row.name == stored_servers.DEFAULT,
        undecided=server_alarms.undecided_words(row),
    )


def issue(issue_id: int) -> Issue:
    """The issue, or 404."""
    try:
        return queries.get_issue(issue_id)
    except NotFound as error:
        raise Http404 from error


def entry(issue_id: int, entry_id: int) -> tuple[Issue, Entry]:
    """The issue and its entry, or 404, also when the entry belongs to another issue."""
    found = issue(issue_id)
    for candidate in queries.entries_of(found):
        if candidate.pk == entry_id:
            return found, candidate
    raise Http404


def story(issue: Issue, entry_id: int) -> Entry:
    """The entry of an issue for a button of the composer. Raises NotFound: another tab may have taken it out."""
    for candidate in queries.entries_of(issue):
        if candidate.pk == entry_id:
            return candidate
    raise NotFound(_("This story is no longer in the issue. Everything else was saved."))


def publication(slug: str) -> Publication:
    """The publication, by its short name. Raises NotFound."""
    return queries.get_publication(slug)


def article(raw: str) -> Article:
    """The article whose id was posted. Raises InvalidInput, NotFound."""
    if not raw.isascii() or not raw.isdigit() or len(raw) > 18:
        raise InvalidInput(_("This is not an article."), field="article")
    return articles.get(int(raw))


def rendered(issue: Issue, *, now: datetime) -> Rendered:
    """What goes out: the approved bytes when there are some, else the issue as it is now. Raises UserError."""
    approval = queries.approval_in_force(issue)
    if approval is not None and (mail := queries.mail_of(approval)):
        return frozen(mail)
    return pipeline.preview(issue, now=now)


def findings(issue: Issue, *, now: datetime) -> list[Finding]:
    """What stands in the way of sending; an issue that cannot even be rendered says why."""
    try:
        return list(pipeline.check(issue, now=now).findings)
    except UserError as error:
        return [Finding(code="render", blocks=True, text=error_text(error))]


def mail_of(consent: services.Consent) -> Rendered:
    """The rendition that every reader's mail is made of."""
    first = consent.rendered[0]
    return frozen(first)


def changes(issue: Issue, *, now: datetime, goes_out: datetime | None = None) -> list[Changed]:
    """What changed since the approval and will not go out; ``goes_out``: when it is sent, else as it is planned."""
    found = pipeline.changes(issue, now=now, goes_out=goes_out)
    return [Changed(text=_told(change), is_date=change.kind == "date") for change in found]


def _told(change: services.Change) -> Translatable:
    """The change in a sentence, its days as the language of the page writes them."""
    if change.kind != "date":
        return change.text
    was, is_now = (times.day(date.fromisoformat(day)) for day in (change.was, change.is_now))
    return replace(change, was=was, is_now=is_now).text


def goes_out(issue: Issue, *, now: datetime) -> str:
    """When the issue is expected to go out, in words; empty when somebody has to send it."""
    if issue.state == IssueState.HELD:  # Its time has passed.
        return ""
    at = scheduling.expected_at(issue, now=now)
    return times.sentence(at, issue.publication.time_zone) if at else ""


def in_their_zone(publications: Sequence[Publication]) -> None:
    """The page tells its times in the zone that all the newsletters share, if they do."""
    zones = {publication.time_zone for publication in publications}
    if len(zones) == 1:
        timezone.activate(zones.pop())


def plan(issue: Issue, *, now: datetime) -> str:
    """When an approved issue goes out, as a sentence."""
    at = goes_out(issue, now=now)
    return _("It goes out on %(when)s.") % {"when": at} if at else _("It goes out when someone sends it.")


def approval(issue: Issue) -> Approved | None:
    """The approval in force, with the name of who gave it."""
    found = queries.approval_in_force(issue)
    if found is None:
        return None
    name = staff.names([found.approved_by])[found.approved_by]
    return Approved(by=name, at=found.approved_at, approval=found)


def by_another(request: HttpRequest, issue: Issue) -> bool:
    """True when a colleague has to approve the issue: its newsletter wants a second person, and this user edited it."""
    return issue.publication.second_person and issue.edited_by == access.user(request).actor


def readers(publication: Publication) -> subscribers.ListSummary | None:
    """The list of a publication with its counts; None when it is gone."""
    try:
        return subscribers.get_list(publication.list_id)
    except LookupError:
        return None


def steps_of(issue: Issue, request: HttpRequest) -> frozenset[str]:
    """The steps that this person may take in the state it is in, by the names of their buttons."""
    state = IssueState(issue.state)
    # Another time is another approval; so is sending before it, or after a hold.
    as_approved = state is IssueState.APPROVED and issue.send_at is None
    barred = by_another(request, issue)
    steps = {
        "edit": state in states.EDITABLE,
        "approve": state in {IssueState.DRAFT, IssueState.HELD},
        "schedule": state in {IssueState.APPROVED, IssueState.SCHEDULED, IssueState.HELD} and not barred,
        "unschedule": state is IssueState.SCHEDULED and not barred,
        "release": state in {IssueState.APPROVED, IssueState.SCHEDULED, IssueState.HELD}
        and (as_approved or not barred),
        "pause": state is IssueState.SENDING,
        "resume": state is IssueState.PAUSED,
        "cancel": IssueState.CANCELLED in states.TRANSITIONS[state],
    }
    return frozenset(name for name, allowed in steps.items() if allowed)
