"""The worker: claim a chunk, make its messages, hand them over, settle what became of them; again and again.

Database work runs in one thread, the look at consent and lease in a second, the carrier in the event loop of the
thread that called. A worker that dies at any instant loses nothing: see `control.takeover`.
"""

import asyncio
import gc
import logging
import os
import random
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from django.db import InterfaceError, OperationalError

from newsletter.conf import Config
from newsletter.delivery import clock, doorbell
from newsletter.delivery.carrier import Carrier
from newsletter.delivery.ledger import completion
from newsletter.delivery.ledger.settlements import LedgerBroken
from newsletter.delivery.progress import samples
from newsletter.delivery.ratelimit import mx_lookup, refill
from newsletter.delivery.servers import carrier_selector
from newsletter.delivery.worker import dot_gate, send_loop
from newsletter.delivery.worker.background import BackgroundTasks
from newsletter.delivery.worker.chunk_claimer import ChunkClaimer
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.hold_watch import HoldWatch
from newsletter.delivery.worker.housekeeping import Housekeeping
from newsletter.delivery.worker.threads import Threads
from newsletter.delivery.worker.worker_alarms import WorkerAlarms
from newsletter.delivery.worker.worker_journals import WorkerJournals
from newsletter.delivery.worker.worker_outbox import WorkerOutbox
from newsletter.errors import UserError
from newsletter.translatable import Translatable as _

POLL = 0.7
"""Seconds between two looks for work when nobody rings."""
SWITCH_EVERY = 0.0001
"""Seconds that one thread may compute while others wait. With Python's 5 ms, the connections, which give way at each
write, stand still whenever the database's thread has something to think about."""
GARBAGE = 5_000
"""Objects made and kept until Python looks for circles among them: a chunk held is thousands, and none is a circle.
What connections leave behind is, and old by then; so those that were kept are looked at after 4 and after 8 such looks.
"""
AFTER_TROUBLE = 3.0
"""Seconds to wait when the database does not answer."""

_log = logging.getLogger("newsletter.delivery")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def tune_interpreter() -> None:
    """Settings of a whole process that does nothing but deliver: called where it starts, before its threads."""
    sys.setswitchinterval(SWITCH_EVERY)
    gc.freeze()  # what was imported stays
    gc.set_threshold(GARBAGE, 4, 2)


def _stand_back() -> None:
    """Never push aside, by waking up, whoever is at work on this machine: pages that people wait for, the database,
    and the mail server that takes what we hand over, which would take less of it. For this thread and those it starts.
    """
    with suppress(OSError):  # a sandbox may forbid it, and it is a courtesy
        if os.sched_getscheduler(0) == os.SCHED_OTHER:  # else somebody chose
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


async def _close(carriers: list[Carrier], *, after: list[asyncio.Task[None]]) -> None:
    if after:
        await asyncio.wait(after)
    for carrier in carriers:
        await carrier.close()


class Worker:
    """One worker process, or thread. ``run`` until told to stop, or ``work_once`` and ``close``."""

    def __init__(
        self,
        config: Config,
        carriers: carrier_selector.Carriers,
        *,
        clock: Callable[[], datetime] = _utc_now,
        boottime: Callable[[], float] = clock.boottime,
        chance: Callable[[], float] = random.random,
        resolve: mx_lookup.Resolve | None = None,
    ) -> None:
        """``resolve`` tells which provider takes a domain's mail; None: its name alone does."""
        self._resolve = resolve
        self._refiller: refill.Refiller | None = None
        self._clock = clock
        self._stop = threading.Event()
        self._runner = asyncio.Runner()
        self._threads = Threads()
        self._context = WorkerContext(
            config=config,
            threads=self._threads,
            clock=self._now,
            boottime=boottime,
            chance=chance,
            is_stopping=lambda: self._stop.is_set(),
        )
        self._boottime = boottime
        self._background = BackgroundTasks()
        self._journals = WorkerJournals(config.journal_dir, later=self._soon)
        self._holds = HoldWatch(self._context, journals=self._journals, background=self._background)
        self._housekeeping = Housekeeping(
            self._context,
            journals=self._journals,
            in_hand=lambda: self._sending.keys() if self._sending else frozenset(),
        )
        self._sending: send_loop.SendLoop | None = None
        """What is being sent now."""
        self._selector = carrier_selector.CarrierSelector(
            carriers, db=self._threads.db, clock=self._now, boottime=boottime, chance=chance
        )
        self._claimer = ChunkClaimer(self._context, self._selector, journals=self._journals, refresh=self._renew)
        self._outbox = WorkerOutbox(self._context, self._selector, journals=self._journals, background=self._background)
        self._alarms = WorkerAlarms(self._context)
        self._retiring: set[asyncio.Task[None]] = set()
        self._window = send_loop.FIRST_WINDOW
        self._hold_at = self._outbox_at = 0.0
        """In the time of ``boottime``: when a long stretch looks next at the database's hold, and at the outbox."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The life of a worker.

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then end what is in flight, settle it, and give the chunk back."""
        self._stop = stop
        _stand_back()
        try:
            self._safely(lambda: self._runner.run(self._start()))
            while not stop.is_set():
                if not self._safely(lambda: self._runner.run(self._round())):
                    doorbell.wait(POLL)
        finally:
            self.close()

    def work_once(self, now: datetime | None = None) -> bool:
        """One round: our own single mails, then one chunk. False when there was nothing to do.

        ``now`` stands for the clock during this round.
        """
        clock, self._clock = self._clock, (lambda: now) if now is not None else self._clock
        try:
            return self._runner.run(self._round(chunks=1))
        finally:
            self._clock = clock

    def _now(self) -> datetime:
        return self._clock()

    def close(self) -> None:
        """Say good-bye to the servers, close database connections, give up the journal's lock."""
        try:
            # A mail whose dot was written may have its answer, within `send_loop.DRAIN`; a probe is broken off.
            self._runner.run(self._background.end(but="outbox"))
            self._runner.run(self._selector.close())
        finally:
            self._runner.close()
            self._threads.close()
            self._journals.close()

    def _safely(self, work: Callable[[], bool]) -> bool:
        """Do it; a database that does not answer, or a broken promise of the ledger, is logged and waited out."""
        try:
            done = work()
            if self._alarms.stands("worker"):
                self._runner.run(self._alarms.over("worker"))
            return done
        except (OperationalError, InterfaceError) as error:
            _log.error("the database does not answer, trying again: %s", error)
            self._holds.database_lost()
        except (LedgerBroken, UserError, OSError) as error:
            _log.exception("delivery is interrupted: %s", error)
            self._tell_trouble(_("Delivery is interrupted: %(why)s", why=error))
        self._stop.wait(AFTER_TROUBLE)
        return False

    def _tell_trouble(self, text: str) -> None:
        try:
            self._runner.run(self._alarms.tell("worker", text))
        except (OperationalError, InterfaceError) as error:
            _log.error("the alarm could not be stored: %s", error)

    # One round.

    async def _round(self, *, chunks: int | None = None) -> bool:
        """Housekeeping, our own single mails, then chunk after chunk (at most that many) until none waits."""
        if await self._holds.is_on_hold():
            return await self._background.done(within=POLL)
        did = await self._housekeeping.run_due()
        await self._renew()
        self._begin_background()
        within = None if chunks is not None else POLL
        did = await self._background.done(within=within) or did
        did = await self._send(chunks) or did
        return await self._background.done(within=within) or did

    def _begin_background(self) -> None:
        if self._stop.is_set() or self._background.is_closing:
            return  # whoever was begun with before has `send_loop.DRAIN` from then on
        self._background.begin("probes", self._selector.probe_due)
        self._background.begin("outbox", self._outbox.send_due)

    async def _send(self, most_chunks: int | None) -> bool:
        """Claim ahead, settle behind, look at consent all the while; True if a chunk was claimed."""
        loop = send_loop.SendLoop(
            self._context, self._selector, await self._limits(), claimer=self._claimer, window=self._window
        )
        self._sending = loop
        try:
            await loop.run(most_chunks=most_chunks, between=self._between)
        finally:
            self._sending, self._window = None, loop.window
            self._journals.give_up(needed=())
        if loop.claimed:
            await self._finish(loop)
        return loop.claimed > 0

    async def _finish(self, loop: send_loop.SendLoop) -> None:
        """What is due when no chunk is leased any more."""
        if self._stop.is_set() or self._background.is_closing:
            await self._threads.db(samples.sample, now=self._clock(), is_last=True)
        if self._refiller is not None:
            await self._refiller.stop()
        if loop.no_journal:
            await self._alarms.tell("journal", dot_gate.NO_JOURNAL)
        else:
            await self._alarms.over("journal")
        for issue in sorted(loop.issues):
            await self._threads.db(completion.finish, issue, now=self._clock())

    async def _between(self) -> None:
        """What must not wait for the end of a long stretch; our own mails go beside it."""
        if self._sending and self._boottime() >= self._hold_at:
            self._hold_at = self._boottime() + 1.0
            if await self._holds.is_on_hold():
                self._sending.hold()
                return
        await self._housekeeping.run_due()
        await self._renew(at_once=False)
        self._journals.give_up(needed=self._sending.journals() if self._sending else ())
        if self._boottime() < self._outbox_at:
            return
        self._outbox_at = self._boottime() + POLL
        self._begin_background()

    async def _renew(self, *, at_once: bool = True) -> None:
        """See how the servers do; carriers out of use end what they have in flight."""
        retired = await self._selector.refresh(at_once=at_once)
        tasks = self._sending.retire(retired) if self._sending else []
        if retired:
            retiring = asyncio.create_task(_close(retired, after=tasks))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def _limits(self) -> refill.Refiller:
        """The rate limits, read anew."""
        if self._refiller is None:
            groups = mx_lookup.Groups(key=self._context.config.message_key)
            self._refiller = refill.Refiller(
                self._threads.limits, clock=self._now, boottime=self._boottime, groups=groups, resolve=self._resolve
            )
        await self._refiller.start()
        return self._refiller

    async def _start(self) -> bool:
        await self._renew()
        self._background.begin("paused", lambda: self._selector.try_paused(by=completion.ACTOR))
        return True

    def _soon(self, work: Callable[[], None]) -> None:
        self._runner.get_loop().call_soon(work)
