"""Who works on which chunk: leases with a fencing token, taken by compare-and-set; nobody compares wall clocks."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet

from newsletter.delivery import journal
from newsletter.delivery.models import Chunk, Epoch
from newsletter.delivery.states import ChunkState
from newsletter.issues.states import IssueState

SENDING = frozenset({IssueState.SENDING, IssueState.FINISHED})
"""Chunks of these go out. A finished issue has open ones only after a person asked to send again."""
CLOSING = frozenset({IssueState.CANCELLED})
"""Chunks of these are settled without a mail."""


WHOLE = 32_767
"""A window that no chunk fills."""


def boottime() -> float:
    """Seconds since this machine started, also while it slept: the clock of leases."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One worker's hold on one chunk."""

    issue: int
    number: int
    retry: bool
    token: int
    """The fence: whoever holds an older one may write nothing."""
    domain_group: int = 0

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

    ``window``: how many of it its owner may hand over before its first settle (see `settle.settle`). ``without``:
    publications whose chunks are left alone, for want of a server; ``slow``: domain groups that wait for their slots.

    What has a due time goes before what has none, so that a retry does not wait behind a whole issue.
    """
    waiting = _waiting(now=now, states=states)
    if without:
        waiting = waiting.exclude(issue__state__in=list(SENDING), issue__publication_id__in=list(without))
    if slow:
        waiting = waiting.exclude(issue__state__in=list(SENDING), domain_group__in=list(slow))
    if not waiting.exists():  # a plain read: an idle worker takes no write lock on SQLite
        return None
    with transaction.atomic():
        chunk = (
            waiting.select_for_update(skip_locked=True, of=("self",))
            .order_by(F("not_before").asc(nulls_last=True), "issue_id", "number")
            .first()
        )
        return None if chunk is None else _take(chunk, owner=owner, host=host, window=window)


def claim_one(*, issue: int, number: int, owner: str, host: str) -> Lease | None:
    """Take this chunk if it waits, whatever its time."""
    with transaction.atomic():
        chunk = Chunk.objects.filter(issue_id=issue, number=number, state=ChunkState.WAITING).first()
        return None if chunk is None else _take(chunk, owner=owner, host=host, window=WHOLE)


def _waiting(*, now: datetime, states: Collection[IssueState]) -> QuerySet[Chunk]:
    return Chunk.objects.filter(
        # A database that is held gives out nothing, whoever noticed it.
        ~Exists(Epoch.objects.filter(held_at__isnull=False)),
        Q(not_before__isnull=True) | Q(not_before__lte=now) | Q(issue__state=IssueState.CANCELLED),
        state=ChunkState.WAITING,
        issue__state__in=list(states),
        # A freeze that is not complete is invisible.
        issue__release__frozen_at__isnull=False,
    )


def _take(chunk: Chunk, *, owner: str, host: str, window: int) -> Lease | None:
    taken = Chunk.objects.filter(
        issue_id=chunk.issue_id, number=chunk.number, token=chunk.token, state=ChunkState.WAITING
    ).update(state=ChunkState.HELD, owner=owner, host=host, token=F("token") + 1, beat=0, window=window)
    if not taken:
        return None
    return Lease(
        issue=chunk.issue_id,
        number=chunk.number,
        retry=chunk.retry,
        token=chunk.token + 1,
        domain_group=chunk.domain_group,
    )


def beat(lease: Lease, *, window: int | None = None) -> bool:
    """A sign of life; also locks the row for the rest of the caller's transaction. False: the lease is lost.

    ``window`` authorises that many hand-overs beyond what the same transaction settles.
    """
    changes: dict[str, Any] = {"beat": F("beat") + 1}
    if window is not None:
        changes["window"] = window
    return bool(_mine(lease).update(**changes))


def put_back(lease: Lease, *, state: ChunkState, not_before: datetime | None) -> bool:
    """Give the chunk up: to whoever comes next, or as done. False: the lease was lost before."""
    return bool(_mine(lease).update(state=state, not_before=not_before, owner="", host=""))


def take_over(held: Held, *, owner: str, host: str) -> Lease | None:
    """Take a chunk whose owner is gone; None when it showed life, or another took it, since it was looked at."""
    taken = _mine(held.lease).filter(owner=held.owner, beat=held.beat)
    if not taken.update(owner=owner, host=host, token=F("token") + 1, beat=0):
        return None
    return replace(held.lease, token=held.token + 1)


def _mine(lease: Lease) -> QuerySet[Chunk]:
    return Chunk.objects.filter(issue_id=lease.issue, number=lease.number, token=lease.token, state=ChunkState.HELD)


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
