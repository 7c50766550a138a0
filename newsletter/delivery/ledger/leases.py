"""Who works on which chunk: leases with a fencing token, taken by compare-and-set; nobody compares wall clocks."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import F

from newsletter.delivery.clock import boottime
from newsletter.delivery.ledger import journal
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
    """The fence: whoever holds an older one may write nothing."""
    domain_group: int = 0

    @classmethod
    def of(cls, issue: int, number: int, retry: object, token: int, domain_group: int) -> Self:
        """From a chunk's row, in this order of columns."""
        return cls(issue=issue, number=number, retry=bool(retry), token=token, domain_group=domain_group)

    @property
    def key(self) -> journal.Key:
        return journal.Key(self.issue, self.number, self.token)


@dataclass(frozen=True, slots=True)
class Held:
    """A held chunk as somebody else sees it."""

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
    source, given = _waiting(now=now, states=states, without=without, slow=slow)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"SELECT EXISTS (SELECT 1 {source})", given)
            if not cursor.fetchone()[0]:  # a plain read: an idle worker takes no write lock
                return None
        # Spelled out: in Django's words it took longer than all that the database did for the chunk.
        cursor.execute(_TAKE[connection.vendor].format(source=source), [*given, owner, host, window])
        taken = cursor.fetchall()
    return Lease.of(*taken[0]) if taken else None


def claim_one(*, issue: int, number: int, owner: str, host: str) -> Lease | None:
    """Take this chunk if it waits, whatever its time."""
    waiting = Chunk.objects.filter(issue_id=issue, number=number, state=ChunkState.WAITING)
    changes = {"owner": owner, "host": host, "token": F("token") + 1, "beat": 0, "window": WHOLE}
    with transaction.atomic():
        if not waiting.update(state=ChunkState.HELD, **changes):
            return None
        columns = ("issue_id", "number", "retry", "token", "domain_group")
        return Lease.of(*Chunk.objects.values_list(*columns).get(issue_id=issue, number=number))


_FIRST = "SELECT c.issue_id, c.number {source} ORDER BY c.not_before ASC NULLS LAST, c.issue_id, c.number"
_SET = """UPDATE newsletter_chunk SET state = 'held', owner = %s, host = %s, token = token + 1, beat = 0, "window" = %s
    WHERE (issue_id, number) = (SELECT issue_id, number FROM chosen)
    RETURNING issue_id, number, retry, token, domain_group"""
_TAKE = {
    "sqlite": f"WITH chosen AS ({_FIRST} LIMIT 1) {_SET}",
    # Materialised, so that it is locked once; whoever claims at the same moment gets the one behind it.
    "postgresql": f"WITH chosen AS MATERIALIZED ({_FIRST} LIMIT 1 FOR UPDATE OF c SKIP LOCKED) {_SET}",
}


def _waiting(
    *, now: datetime, states: Collection[IssueState], without: Collection[int], slow: Collection[int]
) -> tuple[str, list[Any]]:
    """FROM and WHERE of the chunks that may be claimed, and their parameters."""
    # A freeze that is not complete is invisible; a database that is held gives out nothing, whoever noticed it. NOT
    # done is said for the sake of the index.
    source = f"""FROM newsletter_chunk c
        JOIN newsletter_issue i ON i.id = c.issue_id
        JOIN newsletter_release r ON r.issue_id = c.issue_id AND r.frozen_at IS NOT NULL
        WHERE c.state = 'waiting' AND NOT (c.state = 'done')
        AND (c.not_before IS NULL OR c.not_before <= %s OR i.state = 'cancelled') AND i.state IN ({_marks(states)})
        AND NOT EXISTS (SELECT 1 FROM newsletter_epoch WHERE held_at IS NOT NULL)"""  # noqa: S608 - only %s marks are put in; every value is a parameter
    given: list[Any] = [connection.ops.adapt_datetimefield_value(now), *[state.value for state in states]]
    for column, left_alone in (("i.publication_id", without), ("c.domain_group", slow)):
        if left_alone:
            sending = [state.value for state in SENDING]
            source += f" AND NOT (i.state IN ({_marks(sending)}) AND {column} IN ({_marks(left_alone)}))"
            given += [*sending, *left_alone]
    return source, given


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


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


_MINE = "issue_id = %s AND number = %s AND token = %s AND state = 'held'"
"""The fence."""


def _change(lease: Lease, changes: str, given: Sequence[Any]) -> bool:
    """Change the chunk's row while the lease is ours; whether it is."""
    with connection.cursor() as cursor:
        fence = [lease.issue, lease.number, lease.token]
        statement = f"UPDATE newsletter_chunk SET {changes} WHERE {_MINE}"  # noqa: S608 - both are literals of this module
        cursor.execute(statement, [*given, *fence])
        return bool(cursor.rowcount)


def take_over(held: Held, *, owner: str, host: str) -> Lease | None:
    """Take a chunk whose owner is gone; None when it showed life, or another took it, since it was looked at."""
    lease = held.lease
    rows = Chunk.objects.filter(issue_id=lease.issue, number=lease.number, token=lease.token, state=ChunkState.HELD)
    seen = rows.filter(owner=held.owner, beat=held.beat)
    if not seen.update(owner=owner, host=host, token=F("token") + 1, beat=0):
        return None
    return replace(lease, token=held.token + 1)


def held() -> list[Held]:
    """Every chunk that somebody holds."""
    columns = ("issue_id", "number", "retry", "owner", "host", "token", "beat", "window")
    rows = Chunk.objects.filter(state=ChunkState.HELD).order_by("issue_id", "number").values_list(*columns)
    return [Held(*row) for row in rows]


class Observer:
    """Tells which held chunks have lost their owner, by our own clock and the owner's counter alone."""

    def __init__(self, *, lease_seconds: float, clock: Callable[[], float] = boottime) -> None:
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._seen: dict[tuple[int, int], tuple[int, int, float]] = {}
        """Chunk to the (token, beat) it showed last, and when we first saw that."""

    def lost(self, rows: Iterable[Held], *, known_dead: Callable[[Held], bool]) -> list[Held]:
        """Those that ``known_dead`` vouches for, and those unchanged for a full lease since we first looked."""
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
