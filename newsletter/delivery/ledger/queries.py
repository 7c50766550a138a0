"""What may be asked about releases: the ledger's sums, who got what, and what is still open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q

from newsletter.delivery.ledger import statements
from newsletter.delivery.models import Attempt, Chunk, Delivery, Exclusion, OutboxMail, Release, Result, Transport
from newsletter.delivery.servers import server_state
from newsletter.delivery.servers.routing import State
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.errors import NotFound
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.translatable import Translatable as _


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
    """A `classification.Kind`; empty for a plain yes and for what was never tried."""


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
    """Why nothing goes out, in words, if every mail server in use is paused; else empty."""
    sleeping_until: datetime | None
    """When the first of them is tried again, if each is paused or failed; else None."""


def ledger(issue_id: int) -> dict[str, object]:
    """The sums of one issue. The seven states add up to `planned`; candidates = planned + all excluded."""
    state = Issue.objects.filter(pk=issue_id).values_list("state", flat=True).first()
    if state is None:
        raise NotFound(_("There is no issue %(issue_id)s. `newsletter issues list` shows them.", issue_id=issue_id))
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
        **{state.value: counts.get(state.value, 0) for state in DeliveryState if state is not DeliveryState.PENDING},
    }


def released_at(issue_ids: Iterable[int]) -> dict[int, datetime]:
    """When each of them was released; those that were not are left out."""
    return dict(Release.objects.filter(pk__in=list(issue_ids)).values_list("pk", "started_at"))


def excluded(issue_id: int) -> dict[str, int]:
    """How many were left out, by reason; as the rows say, not as the release remembers."""
    rows = Exclusion.objects.filter(issue_id=issue_id).order_by("reason").values_list("reason").annotate(n=Count("*"))
    return dict(rows)


def counted(issue_id: int) -> dict[str, int]:
    """The states as the rows themselves say, the pending rows counted too: what "finished" is checked against."""
    counts = _result_counts(issue_id)
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_PENDING, [issue_id])
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


def attempts(issue_id: int, subscriber: int) -> list[Attempt]:
    """The tries that were not plainly accepted, oldest first."""
    return list(Attempt.objects.filter(issue_id=issue_id, subscriber=subscriber).order_by("pk"))


def open_work() -> OpenWork:
    """What is still to do."""
    chunks = Chunk.objects.exclude(state=ChunkState.DONE)
    counts = chunks.aggregate(
        waiting=Count("number", filter=Q(state=ChunkState.WAITING)),
        held=Count("number", filter=Q(state=ChunkState.LEASED)),
    )
    open_mails = OutboxMail.objects.filter(state__in=[OutboxMail.State.WAITING, OutboxMail.State.HELD])
    paused, sleeping_until = standstill()
    return OpenWork(
        freezing=Issue.objects.filter(state=IssueState.FREEZING).count(),
        chunks_waiting=counts["waiting"],
        chunks_held=counts["held"],
        deferred=Result.objects.filter(retry_chunk__isnull=False, state=DeliveryState.DEFERRED).count(),
        uncertain=uncertain(),
        outbox_waiting=open_mails.count(),
        outbox_oldest=open_mails.order_by("created_at").values_list("created_at", flat=True).first(),
        transport_paused=paused,
        sleeping_until=sleeping_until,
    )


def standstill() -> tuple[str, datetime | None]:
    """Where no server can be used: why they are paused, or when the first that sleeps is tried again."""
    enabled = list(Transport.objects.filter(enabled=True))
    # A default server without a host is left over from a URL that was taken away, unless it is the only server.
    servers = [row for row in enabled if row.host] or enabled
    # A server without encryption never sends in the place of a server with encryption.
    servers = [row for row in servers if not (server_state.state(row).is_usable and server_state.takes_nothing(row))]
    paused = [row for row in servers if server_state.state(row) is State.PAUSED]
    if len(paused) == len(servers):
        return " ".join(row.paused_reason or f"“{row.name}” was paused by a person." for row in servers), None
    waking = [row for row in servers if row not in paused]
    until = [row.sleeping_until for row in waking if server_state.state(row) is State.SLEEPING and row.sleeping_until]
    return "", min(until) if len(until) == len(waking) else None


def uncertain() -> int:
    """How many deliveries of all releases nobody knows about; by an index, release by release."""
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_UNCERTAIN)
        return int(cursor.fetchone()[0] or 0)


def unmade(issue_id: int) -> int:
    """How many mails of a release could not be made; by an index."""
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_UNMADE, [issue_id])
        return int(cursor.fetchone()[0])


def _result_counts(issue_id: int) -> dict[str, int]:
    rows = Result.objects.filter(issue_id=issue_id).order_by("state").values_list("state").annotate(n=Count("*"))
    return dict(rows)
