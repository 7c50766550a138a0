"""One chunk's messages on their way: carrier, gate, settling in groups, and the look at consent that never stops."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

from newsletter.delivery import claims, plan, services, settle
from newsletter.delivery.carriers import Carrier, Message, Phase, Reply, TransportDown
from newsletter.delivery.claims import Lease
from newsletter.delivery.gate import ChunkGate
from newsletter.delivery.prepare import Job
from newsletter.delivery.settle import Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from subscribers import api as subscribers

SETTLE_EVERY = 0.2
"""Seconds: what was answered is durable no later."""
LOOK_EVERY = 0.4
"""Seconds between two looks at consent, pause and cancel (trust U6)."""
BEATS_PER_LEASE = 4
LONGEST_BEAT = 10.0
DRAIN = 25.0
"""Seconds that a stopping worker waits for answers to what it has handed over (fault K6: 30 in all)."""
AGAIN = 0.3
"""Seconds before the database is asked once more."""
BROKEN_OFF = "The worker was told to stop before the server answered."

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("newsletter.delivery")


class Handover:
    """The time from a chunk's messages to their settlements."""

    def __init__(
        self,
        lease: Lease,
        job: Job,
        door: ChunkGate,
        *,
        carrier: Carrier,
        clock: Callable[[], datetime],
        boottime: Callable[[], float],
        chance: Callable[[], float],
        stop: threading.Event,
        db_thread: ThreadPoolExecutor,
        look_thread: ThreadPoolExecutor,
    ) -> None:
        self._lease = lease
        self._job = job
        self._gate = door
        self._carrier = carrier
        self._clock = clock
        self._boottime = boottime
        self._chance = chance
        self._stop = stop
        self._db_thread = db_thread
        self._look_thread = look_thread
        self._open = {message.key for message in job.messages}
        """Not settled yet."""
        self._closing: Reply | None = None
        """A 421: the server wants to be left alone (trust B3)."""
        self.answered = False
        """The server took or refused at least one message."""

    async def run(self) -> TransportDown | None:
        """Hand over what may be handed over, and settle it. What is not, stays open in the chunk.

        Returns why the server cannot be used, if it cannot.
        """
        looking = asyncio.create_task(self._look_on())
        try:
            down = await self._deliver_all()
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        await self._settle_the_rest()
        return down

    async def _deliver_all(self) -> TransportDown | None:
        todo = self._job.messages
        while todo:
            self._gate.turned_away.clear()
            try:
                rest = await self._deliver(todo)
            except TransportDown as down:
                return down
            if self._closing is not None:
                return TransportDown(f"It asked to be left alone: {self._closing.text}", phase=self._closing.phase)
            if self._gate.halted or self._gate.is_late or not self._gate.has_lease:
                return None
            if any(message.key not in self._gate.turned_away for message in rest):
                return TransportDown("It broke off connection after connection.", phase=Phase.CONNECT)
            # Turned away because they left, or because consent could not be read in time: then once more.
            todo = [message for message in rest if message.key not in self._gate.barred]
            while todo and self._gate.is_stale and self._gate.has_lease and not self._gate.halted:
                await asyncio.sleep(0.05)
        return None

    async def _deliver(self, messages: list[Message]) -> list[Message]:
        """One call of the carrier, settling meanwhile. Raises TransportDown."""
        replies: list[Reply] = []
        task = asyncio.create_task(self._carrier.deliver(messages, gate=self._gate, settled=replies.append))
        try:
            stopping_at: float | None = None
            while True:
                await asyncio.wait({task}, timeout=SETTLE_EVERY)
                done = task.done()
                group, replies[:] = replies[:], []
                await self._settle_replies(group)
                if done:
                    break
                if self._stop.is_set():
                    self._gate.halt("stopping")
                    stopping_at = stopping_at or self._boottime()
                    if self._boottime() - stopping_at > DRAIN:
                        task.cancel()
        except BaseException:
            # Most likely the database: what is in flight may end, its replies go to the journal.
            self._gate.halt("broken off")
            await asyncio.wait({task}, timeout=DRAIN)
            task.cancel()
            await asyncio.wait({task})
            raise
        return [] if task.cancelled() else task.result()

    async def _settle_replies(self, replies: list[Reply]) -> None:
        group: list[Settlement] = []
        pause = ""
        for reply in replies:
            self.answered = self.answered or reply.code is not None
            if reply.code == 421:
                self._closing = reply
            settlement, why = plan.judge(
                self._job.plan, self._job.rows[reply.key], reply, now=self._clock(), chance=self._chance()
            )
            pause = pause or why
            if settlement is not None:
                group.append(settlement)
        if pause:
            self._gate.halt("paused")
        await self._settle(group)
        if pause:
            await self._db(services.pause_if_sending, self._lease.issue, now=self._clock(), reason=pause)

    async def _settle_the_rest(self) -> None:
        """Those who left meanwhile are withdrawn; a dot without an answer is in doubt; cancelled means nobody else."""
        rows = self._job.rows
        now = self._clock()
        group = [
            plan.in_doubt(self._job.plan, rows[one], text=BROKEN_OFF, now=now, chance=self._chance())
            for one in sorted(self._gate.in_flight & self._open)
        ]
        doubtful = {one.subscriber for one in group}
        for subscriber, reason in sorted(self._gate.barred.items()):
            if subscriber in self._open and subscriber not in doubtful:
                group.append(plan.untried(rows[subscriber], DeliveryState.WITHDRAWN, reason=reason))
        await self._settle(group)
        if self._gate.halted == plan.CANCELLED:
            await self._db(services.withdraw_all, self._lease, now=now)

    async def _settle(self, group: list[Settlement]) -> None:
        if not group:
            return
        repeated = False
        while True:
            began = self._boottime()
            try:
                held = await self._db(settle.settle, self._lease, group, now=self._clock(), repeated=repeated)
            except (OperationalError, InterfaceError) as error:
                if not self._gate.has_lease:
                    raise
                # It may have been committed without our hearing of it: next time, what is there is read first.
                repeated = True
                _log.warning("settling failed, trying again: %s", error)
                await asyncio.sleep(AGAIN)
                continue
            break
        # A new set each time: the looking thread may be reading the old one.
        self._open = self._open - {one.subscriber for one in group}
        if held:
            self._gate.alive_since(began)
        else:
            self._gate.lose()
            _log.warning("chunk %d of issue %d was taken by another worker", self._lease.number, self._lease.issue)

    # The look at consent, in a thread of its own: a settle that waits for the database must not delay it.

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        lease_seconds = self._gate.lease_seconds
        next_beat = self._boottime() + min(lease_seconds / BEATS_PER_LEASE, LONGEST_BEAT)
        while True:
            await asyncio.sleep(min(LOOK_EVERY, lease_seconds / BEATS_PER_LEASE))
            began = self._boottime()
            try:
                barred, state = await loop.run_in_executor(self._look_thread, _closing_on_error, self._look)
                self._gate.barred.update(barred)
                self._gate.consent_read(began)
                if state is not IssueState.SENDING and state is not IssueState.FINISHED:
                    self._gate.halt(plan.CANCELLED if state is IssueState.CANCELLED else "paused")
                if self._boottime() < next_beat:
                    continue
                began = self._boottime()
                alive = await loop.run_in_executor(
                    self._look_thread, _closing_on_error, lambda: claims.beat(self._lease)
                )
            except (OperationalError, InterfaceError) as error:
                # The gate closes by itself: consent grows stale, the deadline comes.
                _log.warning("consent and lease could not be looked at: %s", error)
                continue
            next_beat = began + min(lease_seconds / BEATS_PER_LEASE, LONGEST_BEAT)
            if alive:
                self._gate.alive_since(began)
            else:
                self._gate.lose()

    def _look(self) -> tuple[dict[int, str], IssueState]:
        ids = sorted(self._open)
        answers = subscribers.may_receive(self._job.plan.audience, ids)
        barred = {one: answers.get(one, plan.ERASED) for one in ids}
        state = Issue.objects.values_list("state", flat=True).get(pk=self._lease.issue)
        return {one: reason for one, reason in barred.items() if reason is not None}, IssueState(state)

    async def _db(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._db_thread, _closing_on_error, lambda: work(*args, **kwargs))


def _closing_on_error(work: Callable[[], T]) -> T:
    """Run it in this thread; after an error of the connection the next one begins afresh."""
    try:
        return work()
    except (OperationalError, InterfaceError):
        connection.close()
        raise
