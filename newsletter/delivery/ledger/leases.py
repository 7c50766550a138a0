"""Who works on which chunk: leases with a fencing token, taken by compare-and-set; nobody compares wall clocks."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import F

from newsletter.delivery.clock import boottime
from newsletter.delivery.ledger import journal, statements
from newsletter.delivery.models import Chunk
from newsletter.delivery.states import ChunkState
from newsletter.issues.states import IssueState

SENDING = frozenset({IssueState.SENDING, IssueState.FINISHED})
"""Chunks of these go out. A finished issue has open ones only after a person asked to send again."""
CLOSING = frozenset({IssueState.CANCELLED})
"""Chunks of these are settled without a mail."""


WHOLE = 32_767
"""A window that no chunk fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One worker's hold on one chunk."""

    issue: int
    number: int
    retry: bool
    token: int
    """The fencing token: whoever holds an older token may write nothing."""
    domain_group: int = 0

    @classmethod
    def of(cls, issue: int, number: int, retry: object, token: int, domain_group: int) -> Self:
        """From a chunk's row, in this order of columns."""
        return cls(issue=issue, number=number, retry=bool(retry), token=token, domain_group=domain_group)

    @property
    def key(self) -> journal.Key:
        return journal.Key(self.issue, self.number, self.token)


@dataclass(frozen=True, slots=True)
class Leased:
    """A leased chunk as somebody else sees it."""

    issue: int
    number: int
    retry: bool
    owner: str
    host: str
    token: int
    beat: int
    window: int = 0
    """How many of what is unsettled its owner was allowed to hand over, in the order of subscribers."""

    @property
    def lease(self) -> Lease:
        return Lease(issue=self.issue, number=self.number, retry=self.retry, token=self.token)


def claim(
    *,
    owner: str,
    host: str,
    now: datetime,
    states: Collection[IssueState],
    window: int = WHOLE,
    without: Collection[int] = (),
    slow: Collection[int] = (),
) -> Lease | None:
    """Take the first chunk that waits for work in an issue of these states; None when there is none.

    ``window``: how many of it its owner may hand over before its first settle (see `results.settle`). ``without``:
    publications whose chunks are left alone, for want of a server; ``slow``: domain groups that wait for their slots.

    What has a due time goes before what has none, so that a retry does not wait behind a whole issue.
    """
    source = statements.claimable(
        states=len(states), sending=len(SENDING), publications=len(without), domain_groups=len(slow)
    )
    sending = [state.value for state in SENDING]
    given: list[Any] = [connection.ops.adapt_datetimefield_value(now), *[state.value for state in states]]
    for left_alone in filter(None, (without, slow)):
        given += [*sending, *left_alone]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(statements.any_of(source), given)
            if not cursor.fetchone()[0]:  # a plain read: an idle worker takes no write lock
                return None
        cursor.execute(statements.CLAIM[connection.vendor].format(source=source), [*given, owner, host, window])
        taken = cursor.fetchall()
    return Lease.of(*taken[0]) if taken else None


def claim_one(*, issue: int, number: int, owner: str, host: str) -> Lease | None:
    """Take this chunk if it waits, whatever its time."""
    waiting = Chunk.objects.filter(issue_id=issue, number=number, state=ChunkState.WAITING)
    changes = {"owner": owner, "host": host, "token": F("token") + 1, "beat": 0, "window": WHOLE}
    with transaction.atomic():
        if not waiting.update(state=ChunkState.LEASED, **changes):
            return None
        columns = ("issue_id", "number", "retry", "token", "domain_group")
        return Lease.of(*Chunk.objects.values_list(*columns).get(issue_id=issue, number=number))


def beat(lease: Lease, *, window: int | None = None) -> bool:
    """A sign of life; also locks the row for the rest of the caller's transaction. False: the lease is lost.

    ``window`` authorises that many hand-overs beyond what the same transaction settles.
    """
    changes, given = ("beat = beat + 1", []) if window is None else ('beat = beat + 1, "window" = %s', [window])
    return _change(lease, changes, given)


def put_back(lease: Lease, *, state: ChunkState, not_before: datetime | None) -> bool:
    """Give the chunk up: to whoever comes next, or as done. False: the lease was lost before."""
    due = not_before and connection.ops.adapt_datetimefield_value(not_before)
    return _change(lease, "state = %s, not_before = %s, owner = '', host = ''", [state.value, due])


def _change(lease: Lease, changes: str, given: Sequence[Any]) -> bool:
    """Change the chunk's row while the lease is ours; whether it is."""
    with connection.cursor() as cursor:
        fence = [lease.issue, lease.number, lease.token]
        cursor.execute(statements.change_leased(changes), [*given, *fence])
        return bool(cursor.rowcount)


def take_over(seen: Leased, *, owner: str, host: str) -> Lease | None:
    """Take a chunk whose owner is gone; None when it showed life, or another took it, since it was looked at."""
    lease = seen.lease
    rows = Chunk.objects.filter(issue_id=lease.issue, number=lease.number, token=lease.token, state=ChunkState.LEASED)
    unchanged = rows.filter(owner=seen.owner, beat=seen.beat)
    if not unchanged.update(owner=owner, host=host, token=F("token") + 1, beat=0):
        return None
    return replace(lease, token=seen.token + 1)


def leased() -> list[Leased]:
    """Every chunk that a worker has leased."""
    columns = ("issue_id", "number", "retry", "owner", "host", "token", "beat", "window")
    rows = Chunk.objects.filter(state=ChunkState.LEASED).order_by("issue_id", "number").values_list(*columns)
    return [Leased(*row) for row in rows]


class Observer:
    """Tells which leased chunks have lost their owner, by our own clock and the owner's counter alone."""

    def __init__(self, *, lease_seconds: float, clock: Callable[[], float] = boottime) -> None:
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._seen: dict[tuple[int, int], tuple[int, int, float]] = {}
        """Chunk to the (token, beat) it showed last, and when we first saw that."""

    def lost(self, rows: Iterable[Leased], *, known_dead: Callable[[Leased], bool]) -> list[Leased]:
        """The chunks that ``known_dead`` vouches for, and those unchanged for a full lease since we first looked."""
        now = self._clock()
        seen: dict[tuple[int, int], tuple[int, int, float]] = {}
        lost = []
        for row in rows:
            place = (row.issue, row.number)
            token, beat_, since = self._seen.get(place, (-1, -1, now))
            if (token, beat_) != (row.token, row.beat):
                since = now
            seen[place] = (row.token, row.beat, since)
            if known_dead(row) or now - since >= self._lease_seconds:
                lost.append(row)
        self._seen = seen
        return lost
