"""What may be asked about releases: the ledger's sums, who got what, and what is still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q

from newsletter.delivery.models import Attempt, Chunk, Delivery, Exclusion, OutboxMail, Release, Result, Transport
from newsletter.delivery.states import OPEN, ChunkState, DeliveryState
from newsletter.errors import NotFound
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState

DEFAULT_TRANSPORT = "default"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a release is, for a page that is asked each second."""

    state: IssueState
    planned: int
    settled: int
    """Neither pending nor to be tried again."""
    counts: dict[str, int]
    started_at: datetime | None
    finished_at: datetime | None
    next_due: datetime | None
    """When the next deferred ones are tried again."""

    @property
    def percent(self) -> int:
        return 100 if not self.planned else self.settled * 100 // self.planned


@dataclass(frozen=True, kw_only=True)
class RecipientRow:
    """One delivery as the staff sees it; the address is the subscribers' room's to show."""

    subscriber: int
    state: DeliveryState
    tries: int
    code: int | None
    enhanced: str
    reply: str
    due: datetime | None
    settled_at: datetime | None
    kind: str = ""
    """A `verdicts.Kind`; empty for a plain yes and for what was never tried."""


@dataclass(frozen=True, kw_only=True)
class OpenWork:
    """What the delivery room still has to do, for `doctor`."""

    freezing: int
    chunks_waiting: int
    chunks_held: int
    deferred: int
    uncertain: int
    outbox_waiting: int
    outbox_oldest: datetime | None
    transport_paused: str
    """Why, in words; empty when it is not."""
    sleeping_until: datetime | None


def ledger(issue_id: int) -> dict[str, object]:
    """The sums of one issue. The seven states add up to `planned`; candidates = planned + all excluded."""
    state = Issue.objects.filter(pk=issue_id).values_list("state", flat=True).first()
    if state is None:
        raise NotFound(f"There is no issue {issue_id}. `newsletter issues list` shows them.")
    release = Release.objects.filter(pk=issue_id, frozen_at__isnull=False).first()
    planned = release.planned if release else 0
    counts = _result_counts(issue_id) if release else {}
    return {
        "issue": issue_id,
        "state": state,
        "candidates": release.candidates if release else 0,
        "excluded": dict(release.excluded) if release else {},
        "planned": planned,
        # A delivery without a result is pending: nothing has to be written for it.
        "pending": planned - sum(counts.values()),
        **{one.value: counts.get(one.value, 0) for one in DeliveryState if one is not DeliveryState.PENDING},
    }


def excluded(issue_id: int) -> dict[str, int]:
    """How many were left out, by reason; as the rows say, not as the release remembers."""
    rows = Exclusion.objects.filter(issue_id=issue_id).order_by("reason").values_list("reason").annotate(n=Count("*"))
    return dict(rows)


def counted(issue_id: int) -> dict[str, int]:
    """The states as the rows themselves say, pending counted one by one: what "finished" is checked against."""
    counts = _result_counts(issue_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT COUNT(*) FROM newsletter_delivery d LEFT JOIN newsletter_result r
            ON r.issue_id = d.issue_id AND r.subscriber = d.subscriber
            WHERE d.issue_id = %s AND r.subscriber IS NULL""",
            [issue_id],
        )
        counts[DeliveryState.PENDING.value] = cursor.fetchone()[0]
    return counts


def out_of_balance(issue_id: int) -> str:
    """Why the sums of an issue cannot be right, in words; empty when they are."""
    release = Release.objects.filter(pk=issue_id).first()
    if release is None or release.frozen_at is None:
        return ""
    planned = Delivery.objects.filter(issue_id=issue_id).count()
    left_out = excluded(issue_id)
    counts = counted(issue_id)
    if planned != release.planned or left_out != release.excluded:
        return f"{planned} deliveries and {sum(left_out.values())} exclusions are there; the release counted others."
    if release.candidates != planned + sum(left_out.values()):
        return f"{release.candidates} candidates are not {planned} planned and {sum(left_out.values())} excluded."
    if sum(counts.values()) != planned:
        return f"the states add up to {sum(counts.values())}, not to {planned}."
    return ""


def progress(issue_id: int) -> Progress:
    """How far it is."""
    sums = ledger(issue_id)
    counts = {state.value: int(str(sums[state.value])) for state in DeliveryState}
    release = Release.objects.filter(pk=issue_id).first()
    waiting = Chunk.objects.filter(issue_id=issue_id, retry=True, state=ChunkState.WAITING)
    planned = int(str(sums["planned"]))
    return Progress(
        state=IssueState(str(sums["state"])),
        planned=planned,
        settled=planned - sum(counts[state.value] for state in OPEN),
        counts=counts,
        started_at=release.started_at if release else None,
        finished_at=release.finished_at if release else None,
        next_due=waiting.order_by("not_before").values_list("not_before", flat=True).first(),
    )


def recipients(
    issue_id: int, *, states: Sequence[DeliveryState] = (), kind: str = "", after: int = 0, limit: int = 100
) -> list[RecipientRow]:
    """A page of deliveries in subscriber order, beginning after that subscriber; of these states and kind, or all."""
    wanted = [state.value for state in states or list(DeliveryState)]
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT d.subscriber FROM newsletter_delivery d LEFT JOIN newsletter_result r
            ON r.issue_id = d.issue_id AND r.subscriber = d.subscriber
            WHERE d.issue_id = %s AND d.subscriber > %s AND COALESCE(r.state, 'pending') IN ({marks})
            AND (%s = '' OR r.kind = %s) ORDER BY d.subscriber LIMIT %s""",
            [issue_id, after, *wanted, kind, kind, limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = {row.subscriber: row for row in Result.objects.filter(issue_id=issue_id, subscriber__in=ids)}
    numbers = {row.retry_chunk for row in found.values() if row.state == DeliveryState.DEFERRED}
    chunks = Chunk.objects.filter(issue_id=issue_id, number__in=numbers - {None})
    # A domain that has many to try again gets them back in portions: the chunk knows when.
    due = dict(chunks.order_by("number").values_list("number", "not_before"))
    return [_row(subscriber, found.get(subscriber), due=due) for subscriber in ids]


def attempts(issue_id: int, subscriber: int) -> list[Attempt]:
    """The tries that were not plainly accepted, oldest first."""
    return list(Attempt.objects.filter(issue_id=issue_id, subscriber=subscriber).order_by("pk"))


def transport() -> Transport | None:
    """The way out as it stands; None before a worker has run."""
    return Transport.objects.filter(name=DEFAULT_TRANSPORT).first()


def open_work() -> OpenWork:
    """What is still to do."""
    chunks = Chunk.objects.exclude(state=ChunkState.DONE)
    counts = chunks.aggregate(
        waiting=Count("number", filter=Q(state=ChunkState.WAITING)),
        held=Count("number", filter=Q(state=ChunkState.HELD)),
    )
    open_mails = OutboxMail.objects.filter(state__in=[OutboxMail.State.WAITING, OutboxMail.State.HELD])
    way_out = transport()
    return OpenWork(
        freezing=Issue.objects.filter(state=IssueState.FREEZING).count(),
        chunks_waiting=counts["waiting"],
        chunks_held=counts["held"],
        deferred=Result.objects.filter(retry_chunk__isnull=False, state=DeliveryState.DEFERRED).count(),
        uncertain=Result.objects.filter(state=DeliveryState.UNCERTAIN).count(),
        outbox_waiting=open_mails.count(),
        outbox_oldest=open_mails.order_by("created_at").values_list("created_at", flat=True).first(),
        transport_paused=way_out.paused_reason if way_out and way_out.paused_at else "",
        sleeping_until=way_out.sleeping_until if way_out else None,
    )


def _result_counts(issue_id: int) -> dict[str, int]:
    rows = Result.objects.filter(issue_id=issue_id).order_by("state").values_list("state").annotate(n=Count("*"))
    return dict(rows)


def _row(subscriber: int, result: Result | None, *, due: Mapping[int, datetime | None]) -> RecipientRow:
    if result is None:
        return RecipientRow(
            subscriber=subscriber,
            state=DeliveryState.PENDING,
            tries=0,
            code=None,
            enhanced="",
            reply="",
            due=None,
            settled_at=None,
        )
    return RecipientRow(
        subscriber=subscriber,
        state=DeliveryState(result.state),
        tries=result.tries,
        code=result.code,
        enhanced=result.enhanced,
        reply=result.reply,
        due=due.get(result.retry_chunk or 0) or result.due,
        settled_at=result.settled_at,
        kind=result.kind,
    )
