"""A worker's stretch of sending: chunks claimed ahead of the connections that empty them, and settled behind them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from newsletter.delivery import events
from newsletter.delivery.carrier import Carrier, TransportUnavailable
from newsletter.delivery.ledger.journal import Journal, Key
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ratelimit.refill import Stock
from newsletter.delivery.servers.carrier_selector import Ways
from newsletter.delivery.worker import chunk_loader, chunk_settler, dot_gate
from newsletter.delivery.worker.chunk_sender import Handover
from newsletter.delivery.worker.chunk_settler import ChunkSettler
from newsletter.delivery.worker.consent_watch import ConsentWatch
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.dispatcher import Feed, View

SETTLE_EVERY = 0.2
"""Seconds: what was answered is being made durable no later. Looked at twice as often; each settle is a sync of the
disk, so a chunk waits for its own turn and is not settled along with every other."""
AHEAD = 400
"""Messages: with fewer that could start, another chunk is claimed. A claim takes as long as some fifty hand-overs."""
MOST_CHUNKS = 24
"""Held at once: a list of tiny domains has tiny chunks."""
FIRST_WINDOW = 40
"""Hand-overs authorised before a worker knows how fast the server is (docs/delivery.md, rule 6)."""
CLAIM_AGAIN = 0.5
"""Seconds before it is asked again whether another chunk waits."""
CLAIM_SOON = 0.1
"""As above, where others of the groups that had no room just now may wait."""
DRAIN = 25.0
"""Seconds that a stopping worker waits for answers to what it has handed over (fault K6: 30 in all)."""
STOPPING, DOWN, BROKEN, HELD = "stopping", "down", "broken off", "the database is held"

_log = logging.getLogger("newsletter.delivery")

Claim = Callable[[set[int]], Awaitable[tuple[Lease, chunk_loader.Job, Journal, float, float] | None]]


class Stream:
    """From the first claim to the last chunk given back. It lives in one event loop."""

    def __init__(
        self,
        context: WorkerContext,
        ways: Ways,
        stock: Stock,
        *,
        claim: Claim,
        window: int,
    ) -> None:
        """``claim`` holds the next chunk; ``window``: how many hand-overs the last stretch was authorised at once."""
        self._context = context
        self._settler = ChunkSettler(context, window=window)
        self._ways = ways
        self._claim = claim
        self._clock = context.clock
        self._boottime = context.boottime
        self._feed = Feed(ways, stock)
        self._stock = stock
        self._open: list[Handover] = []
        self._consent = ConsentWatch(context, chunks=lambda: self._open, halted=self._ring, looked=self._feed.ring)
        self._due: asyncio.Future[None] | None = None
        """What `_wait` waits for. A task for it would be cancelled each time, and leave a circle of garbage."""
        self._claim_at = 0.0
        self._lanes: dict[int, tuple[View, asyncio.Task[None], Carrier]] = {}
        """By transport: what its carrier takes from, and the carrier at work."""
        self.held = 0
        """Chunks so far."""
        self.issues: set[int] = set()
        """Whose chunks they were."""

    @property
    def window(self) -> int:
        """Hand-overs that a chunk which is claimed now may make before its first settlement."""
        return self._settler.window

    @property
    def no_journal(self) -> bool:
        """A chunk was given back because the journal could not be written."""
        return self._settler.no_journal

    def keys(self) -> frozenset[Key]:
        """The leases that are being worked on."""
        return frozenset(chunk.lease.key for chunk in self._open)

    def journals(self) -> set[Journal]:
        """Those that tell of these leases."""
        return {chunk.journal for chunk in self._open}

    async def run(self, *, limit: int | None, between: Callable[[], Awaitable[None]]) -> None:
        """Until no chunk waits, ``limit`` of them were held, or no server can be used for any that is.

        If the database breaks off, what is in flight may end, and the chunks stay held, for `control.takeover`.
        """
        beside = [asyncio.create_task(work) for work in (self._consent.watch(), self._stock.keep())]
        try:
            while True:
                await self._claim_ahead(limit)
                if not self._open:
                    break
                self._set_to_work()
                await self._wait()
                await self._settle_due()
                await self._reap()
                for task in beside:
                    if task.done():
                        task.result()  # neither ends by itself
                await between()
            self._feed.close()
            await asyncio.gather(*[task for _, task, _ in self._lanes.values()], return_exceptions=True)
            await self._reap()
        except BaseException:
            self._halt(BROKEN)
            await self._end_delivering(seconds=DRAIN)
            raise
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    # Servers.

    def _set_to_work(self) -> None:
        """Each usable server whose carrier stands idle."""
        for number, carrier in self._ways.carriers.items():
            wanted = any(number in self._ways.usable(chunk.publication) for chunk in self._open)
            if wanted and number not in self._lanes and not self._is_stopping:
                view = View(self._feed, number, share=self._ways.share(number))
                self._lanes[number] = (view, asyncio.create_task(carrier.deliver(view)), carrier)

    async def _reap(self) -> None:
        """Carriers that have ended; one that cannot go on is left alone, and the others go on without it."""
        for number, (view, task, carrier) in list(self._lanes.items()):
            if not task.done():
                continue
            del self._lanes[number]
            view.over()
            if view.answered:
                await self._ways.worked(number)
            if task.cancelled():
                continue
            error = task.exception()
            if isinstance(error, TransportUnavailable):
                await self._ways.failed(number, error, carrier=carrier)
            elif error is not None:
                raise error
        if self._open and not self._lanes and not any(self._ways.usable(one.publication) for one in self._open):
            self._halt(DOWN)
            await self._settle_due()

    def retire(self, carriers: list[Carrier]) -> list[asyncio.Task[None]]:
        """These were edited or removed: they get nothing more. The tasks that end with what they have in flight."""
        ending = [(view, task) for view, task, carrier in self._lanes.values() if carrier in carriers]
        for view, _ in ending:
            view.close()
        return [task for _, task in ending]

    def hold(self) -> None:
        """The database is not what it was: nothing more starts."""
        self._halt(HELD)

    @property
    def _is_stopping(self) -> bool:
        return self._context.is_stopping()

    # Claiming ahead.

    def _may_claim(self, limit: int | None) -> bool:
        goes_on = not self._context.is_stopping() and not self._feed.is_closed
        return goes_on and (limit is None or self.held < limit) and len(self._open) < MOST_CHUNKS

    async def _claim_others(self, limit: int | None) -> None:
        """One domain group would have more than its share: a chunk of another one, if any waits."""
        claimed = await self._claim(self._feed.slow_groups) if self._may_claim(limit) else None
        if claimed is None:
            self._feed.nothing_else()
        else:
            self._feed.wants_others = False
            await self._begin(*claimed)

    async def _claim_ahead(self, limit: int | None) -> None:
        if self._feed.wants_others:
            await self._claim_others(limit)
        while self._may_claim(limit) and self._feed.untaken < AHEAD and self._boottime() >= self._claim_at:
            slow = self._feed.slow_groups
            claimed = await self._claim(slow)
            if claimed is None:
                # Asked at once again when nothing else is left to do here; the worker then waits for the bell.
                again = CLAIM_SOON if slow else CLAIM_AGAIN
                self._claim_at = self._boottime() + again if self._open else 0.0
                return
            await self._begin(*claimed)
            self._set_to_work()  # connections are opened while the next one is claimed

    async def _begin(
        self, lease: Lease, job: chunk_loader.Job, mine: Journal, claimed_at: float, read_at: float
    ) -> None:
        self.held += 1
        self.issues.add(lease.issue)
        events.say(
            "chunk.claimed",
            **chunk_settler.event_of(lease),
            worker=mine.worker_id,
            retry=lease.retry,
            open=len(job.rows),
        )
        if job.pause:
            await self._settler.pause(lease.issue, job.pause, job.brake)
        door = dot_gate.ChunkGate(
            key=lease.key,
            journal=mine,
            clock=self._boottime,
            claimed_at=claimed_at,
            lease_seconds=self._context.config.lease_seconds,
        )
        door.consent_read(read_at)
        if not mine.claimed(lease.key):
            door.halt(dot_gate.NO_JOURNAL)
        chunk = Handover(lease, job, door, journal=mine, window=self.window, sign_pool=self._context.threads.sign)
        chunk.due = self._ring
        chunk.made += job.settled
        self._open.append(chunk)
        if chunk.made or not job.people:
            # First of all: whoever takes over counts the window among the rows that are not settled.
            await self._settle_one(chunk)
        if job.people:
            self._feed.add(chunk)

    # Settling behind.

    async def _wait(self) -> None:
        """For something to settle, or a tenth of a second; no longer than the carrier runs."""
        if self._feed.wants_others:
            return
        if any(chunk.is_spent or chunk.is_half_full for chunk in self._open):
            return
        self._due = asyncio.get_running_loop().create_future()
        waiting: set[asyncio.Future[Any]] = {self._due, *[task for _, task, _ in self._lanes.values()]}
        await asyncio.wait(waiting, timeout=SETTLE_EVERY / 2, return_when=asyncio.FIRST_COMPLETED)
        self._due = None
        if self._is_stopping:
            self._halt(STOPPING)
            await self._end_delivering(seconds=DRAIN)

    def _ring(self) -> None:
        """There is something to settle. While nobody waits that is seen by who is about to."""
        if self._due is not None and not self._due.done():
            self._due.set_result(None)

    async def _settle_due(self) -> None:
        for chunk in list(self._open):
            if chunk.is_due(after=SETTLE_EVERY / 2):
                await self._settle_one(chunk)

    async def _settle_one(self, chunk: Handover) -> None:
        """Make durable what was answered; at its end, give the chunk back."""
        group, pause, brake = chunk.judged(now=self._clock(), chance=self._context.chance)
        if pause:
            chunk.gate.halt("paused")
        ends = chunk.is_spent or (chunk.is_stopped and (not chunk.in_hand or not self._lanes))
        if ends:
            await self._settler.end(chunk, group)
            self._open.remove(chunk)
        elif group or chunk.is_cramped:
            await self._settler.settle(chunk, group)
        if pause:
            await self._settler.pause(chunk.lease.issue, pause, brake)

    # Ending.

    def _halt(self, reason: str) -> None:
        for chunk in self._open:
            chunk.gate.halt(reason)
        self._feed.close()

    async def _end_delivering(self, *, seconds: float) -> None:
        tasks = [task for _, task, _ in self._lanes.values()]
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for view, _, _ in self._lanes.values():
            view.over()

    # The look at consent, in a thread of its own: a settle that waits for the database must not delay it.
