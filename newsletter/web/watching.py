"""What the progress page shows of a release: numbers in words, a chart, and what servers said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.delivery.ledger import queries, tally
from newsletter.delivery.models import Transport
from newsletter.delivery.progress import reply_summary, samples
from newsletter.delivery.progress.samples import Interval, Look
from newsletter.delivery.servers import server_health, server_state
from newsletter.delivery.states import DeliveryState
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.translation import number
from newsletter.web import charts, times, words
from newsletter.web.words import Word
from subscribers import api as subscribers

REPLIES = 8
TRIES = 6
ROWS = 12
"""Rows of the table behind the chart; intervals are put together until they fit."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What was taken over time, as bars and as a table."""

    bars: Sequence[charts.Bar]
    rows: Sequence[Interval]
    most: int
    """Taken in the busiest interval of the drawing."""
    step: str
    """How long an interval of the drawing is, in words."""
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """The recipients at a provider."""

    name: str
    planned: int
    tried: int
    again: int


@dataclass(frozen=True, kw_only=True)
class Server:
    """A mail server as it stands."""

    name: str
    word: Word
    why: str
    until: datetime | None


def word(issue: Issue, *, now: datetime, far: Look | None = None) -> Word:
    """The state of an issue, in words; sent is what was tried once, though some of it is being tried again."""
    state = IssueState(issue.state)
    if state is IssueState.SENDING and far is None:
        far = samples.look(issue.pk, now=now)
    again = samples.standing(state, far.now.counts).again if far else 0
    if not again:
        return (_waiting() if state is IssueState.SENDING else None) or words.ISSUE[state]
    said = ngettext("Sent; %(n)s is being tried again", "Sent; %(n)s are being tried again", again)
    return Word(
        label=said % {"n": number(again)},
        meaning=_("Their mail servers asked us to come back later, as when a mailbox is full."),
        tone="good",
    )


def _waiting() -> Word | None:
    """In place of "being sent", while no server takes anything."""
    paused, until = queries.standstill()
    if paused:
        meaning = _("No mail server can be used, so nothing goes out until someone puts that right.")
    elif until:
        meaning = _("No mail server answers. It is tried again by itself, and the mail waits.")
    else:
        return None
    return Word(label=_("Waiting for a mail server"), meaning=meaning, tone="warn")


def is_unsent(issue: Issue, far: Look | None) -> bool:
    """Whether the issue is over without a try of any mail: it was cancelled in time, or there was nobody."""
    tried = far.planned - far.now.counts[DeliveryState.WITHDRAWN] if far else 0
    return issue.state in {IssueState.CANCELLED, IssueState.FINISHED} and not tried


def is_quiet(issue: Issue) -> bool:
    """Nothing that a worker has begun can still change the numbers; to be asked before they are counted."""
    if issue.state == IssueState.PAUSED:  # What is in flight ends; when that was all of it, so does the issue.
        work = tally.chunks(issue.pk)
        return not work.held and bool(work.waiting)
    if issue.state == IssueState.CANCELLED:  # Workers withdraw what `cancel` left to them.
        return tally.is_ended(issue.pk)
    return issue.state == IssueState.FINISHED


def replies(issue: Issue) -> list[reply_summary.Said]:
    """What servers said, to be read before the counts: these then know of each."""
    look = reply_summary.last if issue.state == IssueState.SENDING else reply_summary.reasons
    return look(issue.pk, limit=REPLIES)


def live(issue: Issue, far: Look, *, replies: Sequence[reply_summary.Said], now: datetime) -> dict[str, object]:
    """Context of the live part, by the names of the template."""
    running = issue.state == IssueState.SENDING
    return {
        "again": samples.standing(IssueState(issue.state), far.now.counts).again,
        "rates": _rates(far) if running else None,
        "eta": far.eta if running else None,
        "chart": _chart(far),
        # The mixture of all others stands last.
        "groups": [
            _group_row(group) for group in sorted(far.groups, key=lambda g: (g.number == tally.OTHERS, g.number))
        ],
        "chunks": tally.chunks(issue.pk) if running else None,
        "servers": [server(row, now=now) for row in Transport.objects.order_by("name")] if running else [],
        "replies": reply_summary.known(replies, far.now.counts),
        "next_tries": tally.next_tries(issue.pk, limit=TRIES) if far.now.counts[DeliveryState.DEFERRED] else [],
    }


def _rates(far: Look) -> tuple[str, str]:
    return _per_second(far.rate_short), _per_second(far.rate_long)


def _per_second(rate: float) -> str:
    """Three digits are enough: 0.4, 12, 1,240."""
    if 0 < rate < 0.1:
        return _("under %(n)s") % {"n": number(0.1)}
    return number(round(rate, 1) if rate < 10 else round(rate))


def _chart(far: Look) -> Chart | None:
    drawn = samples.intervals(far.points)
    if not any(interval.accepted for interval in drawn):
        return None
    together = -(-len(drawn) // ROWS)
    parts = [drawn[n : n + together] for n in range(0, len(drawn), together)]
    rows = [
        Interval(start=part[0].start, end=part[-1].end, accepted=sum(interval.accepted for interval in part))
        for part in parts
    ]
    return Chart(
        bars=charts.bars([interval.accepted for interval in drawn]),
        rows=rows,
        most=max(interval.accepted for interval in drawn),
        step=times.length(drawn[0].end - drawn[0].start),
        start=drawn[0].start,
        end=drawn[-1].end,
    )


def _group_row(group: tally.Group) -> GroupRow:
    names = subscribers.domain_groups()
    name = names[group.number] if group.number in names else _("Everyone else")
    return GroupRow(name=name, planned=group.planned, tried=group.settled, again=group.again)


def server(row: Transport, *, now: datetime) -> Server:
    """How a mail server does, in short."""
    state = server_state.state(row)
    told = words.TRANSPORT[state]
    return Server(
        name=row.name,
        word=told,
        why=row.paused_reason if state is server_health.State.PAUSED else "",
        until=row.sleeping_until if row.sleeping_until and row.sleeping_until > now else None,
    )
