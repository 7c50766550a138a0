"""A worker's stretch of sending: chunks claimed ahead of the connections that empty them, and settled behind them."""

import asyncio
from collections.abc import Awaitable, Callable

from newsletter.delivery import events
from newsletter.delivery.carrier import Carrier
from newsletter.delivery.ledger.journal import Journal, Key
from newsletter.delivery.ratelimit.refill import Refiller
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.worker import chunk_settler, dot_gate
from newsletter.delivery.worker.carrier_tasks import CarrierTasks
from newsletter.delivery.worker.chunk_claimer import ChunkClaimer
from newsletter.delivery.worker.chunk_settler import ChunkSettler
from newsletter.delivery.worker.consent_watch import ConsentWatch
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.dispatcher import Dispatcher
from newsletter.delivery.worker.leased_chunk import ClaimedChunk, LeasedChunk
from newsletter.delivery.worker.settle_bell import SettleBell

SETTLE_EVERY = 0.2
"""Seconds: what was answered is being made durable no later. Looked at twice as often; each settle is a sync of the
disk, so a chunk waits for its own turn and is not settled along with every other."""
AHEAD = 400
"""Messages: with fewer that could start, another chunk is claimed. A claim takes as long as some fifty hand-overs."""
MOST_CHUNKS = 24
"""Leased at once: a list of tiny domains has tiny chunks."""
FIRST_WINDOW = 40
"""Hand-overs authorised before a worker knows how fast the server is (docs/delivery.md, rule 6)."""
CLAIM_AGAIN = 0.5
"""Seconds before it is asked again whether another chunk waits."""
CLAIM_SOON = 0.1
"""Seconds before the same, where chunks of other domain groups than those without room may wait."""
DRAIN = 25.0
"""Seconds that a stopping worker waits for answers to what it has handed over (fault K6: 30 in all)."""
STOPPING, DOWN, BROKEN, ON_HOLD = "stopping", "down", "broken off", "the database is held"
"""Why the gates of chunks were halted."""


class SendLoop:
    """From the first claim to the last chunk given back. It lives in one event loop."""

    def __init__(
        self,
        context: WorkerContext,
        selector: CarrierSelector,
        refiller: Refiller,
        *,
        claimer: ChunkClaimer,
        window: int,
    ) -> None:
        """``window``: how many hand-overs the last stretch was authorised at once."""
        self._context = context
        self._selector = selector
        self._refiller = refiller
        self._claimer = claimer
        self._bell = SettleBell()
        self._settler = ChunkSettler(context, window=window, most_connections=lambda: selector.most_connections)
        self._dispatcher = Dispatcher(selector, refiller, must_settle=self._bell.ring)
        self._carriers = CarrierTasks(selector, self._dispatcher)
        self._chunks: list[LeasedChunk] = []
        self._consent = ConsentWatch(
            context, chunks=lambda: self._chunks, halted=self._bell.ring, looked=self._dispatcher.may_start
        )
        self._claim_at = 0.0
        """In the time of ``boottime``: no chunk waited when it was asked last, and it is asked again then."""
        self.claimed = 0
        """Chunks so far."""
        self.issues: set[int] = set()
        """Issues whose chunks were claimed."""

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
        return frozenset(chunk.lease.key for chunk in self._chunks)

    def journals(self) -> set[Journal]:
        """The journals that record the present leases."""
        return {chunk.journal for chunk in self._chunks}

    async def run(self, *, most_chunks: int | None, between: Callable[[], Awaitable[None]]) -> None:
        """Send until no chunk waits, ``most_chunks`` were claimed, or no server can be used for any leased chunk.

        ``between`` is awaited after each round. If the database breaks off, what is in flight may end, and the chunks
        stay leased, for `control.takeover`.
        """
        beside = [asyncio.create_task(work) for work in (self._consent.watch(), self._refiller.keep())]
        try:
            while True:
                await self._claim_ahead(most_chunks)
                if not self._chunks:
                    break
                self._start_carriers()
                await self._wait()
                await self._settle_due()
                await self._reap_carriers()
                for task in beside:
                    if task.done():
                        task.result()  # neither ends by itself
                await between()
            self._dispatcher.close()
            await self._carriers.wait()
            await self._reap_carriers()
        except BaseException:
            self._halt(BROKEN)
            await self._carriers.cancel(after=DRAIN)
            raise
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    # Mail servers.

    def _start_carriers(self) -> None:
        if not self._context.is_stopping():
            self._carriers.start([chunk.publication for chunk in self._chunks])

    async def _reap_carriers(self) -> None:
        await self._carriers.reap()
        if self._chunks and not self._carriers and not self._is_any_usable():
            self._halt(DOWN)
            await self._settle_due()

    def _is_any_usable(self) -> bool:
        return any(self._selector.usable(chunk.publication) for chunk in self._chunks)

    def retire(self, carriers: list[Carrier]) -> list[asyncio.Task[None]]:
        """Give nothing more to carriers that were edited or removed; the tasks that end once nothing is in flight."""
        return self._carriers.retire(carriers)

    # Claiming ahead.

    def _may_claim(self, most_chunks: int | None) -> bool:
        goes_on = not self._context.is_stopping() and not self._dispatcher.is_closed
        return goes_on and (most_chunks is None or self.claimed < most_chunks) and len(self._chunks) < MOST_CHUNKS

    async def _claim_others(self, most_chunks: int | None) -> None:
        """A domain group would have more than its share: a chunk of another group, if any waits."""
        claimed = await self._claim(self._dispatcher.slow_groups) if self._may_claim(most_chunks) else None
        if claimed is None:
            self._dispatcher.no_others()
        else:
            self._dispatcher.wants_others = False
            await self._begin(claimed)

    async def _claim_ahead(self, most_chunks: int | None) -> None:
        boottime = self._context.boottime
        if self._dispatcher.wants_others:
            await self._claim_others(most_chunks)
        while self._may_claim(most_chunks) and self._dispatcher.untaken < AHEAD and boottime() >= self._claim_at:
            slow = self._dispatcher.slow_groups
            claimed = await self._claim(slow)
            if claimed is None:
                # Asked at once again when nothing else is left to do here; the worker then waits for the doorbell.
                again = CLAIM_SOON if slow else CLAIM_AGAIN
                self._claim_at = boottime() + again if self._chunks else 0.0
                return
            await self._begin(claimed)
            self._start_carriers()  # connections are opened while the next chunk is claimed

    async def _claim(self, slow: set[int]) -> ClaimedChunk | None:
        return await self._claimer.claim(slow, window=self.window)

    async def _begin(self, claimed: ClaimedChunk) -> None:
        lease, loaded, journal = claimed.lease, claimed.loaded, claimed.journal
        self.claimed += 1
        self.issues.add(lease.issue)
        events.say(
            "chunk.claimed",
            **chunk_settler.event_of(lease),
            worker=journal.worker_id,
            retry=lease.retry,
            open=len(loaded.rows),
        )
        if loaded.pause:
            await self._settler.pause(lease.issue, loaded.pause, loaded.brake)
        chunk = self._leased(claimed)
        self._chunks.append(chunk)
        if chunk.queue.unsent or not loaded.addressees:
            # First of all: whoever takes over counts the window among the rows that are not settled.
            await self._settle(chunk)
        if loaded.addressees:
            self._dispatcher.add(chunk)

    def _leased(self, claimed: ClaimedChunk) -> LeasedChunk:
        context, key = self._context, claimed.lease.key
        gate = dot_gate.ChunkGate(
            key=key,
            journal=claimed.journal,
            clock=context.boottime,
            claimed_at=claimed.claimed_at,
            lease_seconds=context.config.lease_seconds,
        )
        gate.consent_read(claimed.read_at)
        if not claimed.journal.claimed(key):
            gate.halt(dot_gate.NO_JOURNAL)
        return LeasedChunk(claimed, gate, window=self.window, sign_pool=context.threads.sign, listener=self._dispatcher)

    # Settling behind.

    async def _wait(self) -> None:
        """For something to settle, or a tenth of a second; no longer than the carriers run."""
        if self._dispatcher.wants_others:
            return
        if any(chunk.is_spent or chunk.is_half_full for chunk in self._chunks):
            return
        await self._bell.wait(tasks=self._carriers.tasks, seconds=SETTLE_EVERY / 2)
        if self._context.is_stopping():
            self._halt(STOPPING)
            await self._carriers.cancel(after=DRAIN)

    async def _settle_due(self) -> None:
        for chunk in list(self._chunks):
            if chunk.is_due(after=SETTLE_EVERY / 2):
                await self._settle(chunk)

    async def _settle(self, chunk: LeasedChunk) -> None:
        """Make durable what was answered; at its end, give the chunk back."""
        group, pause, brake = chunk.judged(now=self._context.clock(), chance=self._context.chance)
        if pause:
            chunk.gate.halt("paused")
        ends = chunk.is_spent or (chunk.is_stopped and (not chunk.in_hand or not self._carriers))
        if ends:
            await self._settler.end(chunk, group)
            self._chunks.remove(chunk)
        elif group or chunk.is_cramped:
            await self._settler.settle(chunk, group)
        if pause:
            await self._settler.pause(chunk.lease.issue, pause, brake)

    # Ending.

    def hold(self) -> None:
        """The database is not what it was: nothing more starts."""
        self._halt(ON_HOLD)

    def _halt(self, reason: str) -> None:
        for chunk in self._chunks:
            chunk.gate.halt(reason)
        self._dispatcher.close()
