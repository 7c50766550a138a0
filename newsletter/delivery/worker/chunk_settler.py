"""Makes durable what became of a leased chunk's deliveries, and gives the chunk back at its end."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from newsletter.delivery import events
from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import release_plan, results
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.worker import dot_gate
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.leased_chunk import LeasedChunk

AGAIN = 0.3
"""Seconds before the database is asked once more."""
SLOW_GOES_LATER = timedelta(seconds=10)
"""A chunk that could not be handed over in time lets others go first."""
MOST_LATE = 300.0
"""Seconds that a chunk without slots is given back for, at most: the limit may be changed meanwhile."""

T = TypeVar("T")

_log = logging.getLogger("newsletter.delivery")


def event_of(lease: Lease) -> dict[str, int]:
    """Which chunk an event is about."""
    return {"issue": lease.issue, "chunk": lease.number}


class ChunkSettler:
    """Settles every chunk of a stretch of sending. It lives in one event loop."""

    def __init__(self, context: WorkerContext, *, window: int, most_connections: Callable[[], int]) -> None:
        """``most_connections``: of the carriers in use now, the connections of the largest; 0 where nobody knows."""
        self._context = context
        self._db = context.threads.db
        self._clock = context.clock
        self._most_connections = most_connections
        self.window = max(window, self._least_window)
        """How many hand-overs a settlement authorises (docs/delivery.md, rule 6): the faster the server, the more."""
        self.no_journal = False
        """A chunk was given back because the journal could not be written."""

    @property
    def _least_window(self) -> int:
        """Enough for every connection to take its next messages while the answers to the last are settled."""
        return 4 * max(self._most_connections(), self._context.config.smtp_connections)

    async def pause(self, issue: int, reason: str, brake: str) -> None:
        """Pause the issue, for this reason; ``brake``: the threshold that asks for it, if any does."""
        await self._db(release_actions.pause_if_sending, issue, now=self._clock(), reason=reason, brake=brake)

    async def settle(self, chunk: LeasedChunk, group: list[Settlement]) -> None:
        """Write these down, and authorise the chunk's next window."""
        # A chunk is settled when half of its window was answered: four times that lets a fast server double it.
        window = min(max(4 * len(group), chunk.queue.window - len(group), self._least_window), CHUNK_SIZE)
        # Readers that were passed by stay within the window, and must not keep the others out.
        wide = min(window + chunk.queue.aside, CHUNK_SIZE)
        if await self._write(chunk, group, results.settle, window=wide):
            self.window, chunk.queue.window = window, wide
            chunk.settled(group)
            chunk.journal.settled(chunk.lease.key, left=chunk.left)
            counts = Counter(settlement.state.value for settlement in group)
            events.say(
                "chunk.settled", level=logging.DEBUG, **event_of(chunk.lease), worker=chunk.journal.worker_id, **counts
            )
        else:
            self._lost(chunk)

    async def end(self, chunk: LeasedChunk, group: list[Settlement]) -> None:
        """Write these down with all that is left in doubt or was withdrawn, and give the lease back."""
        chunk.settled([])
        now = self._clock()
        judged = {settlement.subscriber for settlement in group}
        rest = chunk.rest(now=now, chance=self._context.chance)
        group = group + [settlement for settlement in rest if settlement.subscriber not in judged]
        late = chunk.gate.is_late or chunk.gate.halted == dot_gate.NO_JOURNAL
        self.no_journal = self.no_journal or chunk.gate.halted == dot_gate.NO_JOURNAL
        if chunk.gate.halted == release_plan.CANCELLED and chunk.gate.has_lease:
            if group:
                await self._write(chunk, group, results.settle)
            await self._db(release_actions.withdraw_all, chunk.lease, now=now)
            group = []
        later = None
        if late:
            # What waits for its rate limit keeps nobody else from anything, and may wait for hours.
            waits = chunk.waits_until - asyncio.get_running_loop().time()
            later = now + (timedelta(seconds=min(max(waits, 0), MOST_LATE)) if chunk.waits_until else SLOW_GOES_LATER)
        done = await self._write(chunk, group, results.close, not_before=later)
        if done is None:
            self._lost(chunk)
        else:
            chunk.journal.closed(chunk.lease.key)
            seconds = self._context.boottime() - chunk.gate.started_at
            events.say(
                "chunk.closed", **event_of(chunk.lease), worker=chunk.journal.worker_id, done=done, seconds=seconds
            )
        chunk.settled(group)
        chunk.gate.halt("closed")

    async def _write(
        self, chunk: LeasedChunk, group: list[Settlement], write: Callable[..., T], **options: object
    ) -> T:
        """A call of `results`, again and again while the database does not answer and the lease is ours."""
        repeated = False
        while True:
            began = self._context.boottime()
            try:
                written = await self._db(write, chunk.lease, group, now=self._clock(), repeated=repeated, **options)
            except (OperationalError, InterfaceError) as error:
                if not chunk.gate.has_lease:
                    raise
                # It may have been committed without our hearing of it: next time, what is there is read first.
                repeated = True
                _log.warning("settling failed, trying again: %s", error)
                await asyncio.sleep(AGAIN)
                continue
            if written:
                chunk.gate.alive_since(began)
            return written

    def _lost(self, chunk: LeasedChunk) -> None:
        chunk.gate.lose()
        events.say("chunk.lost", level=logging.WARNING, **event_of(chunk.lease), worker=chunk.journal.worker_id)
