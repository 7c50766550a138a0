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
from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import completion, journal, leases, results
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.progress import samples
from newsletter.delivery.ratelimit import mx_lookup, refill
from newsletter.delivery.servers import carrier_selector
from newsletter.delivery.worker import chunk_loader, chunk_settler, dot_gate, session
from newsletter.delivery.worker.beside import Beside
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.hold_watch import HoldWatch
from newsletter.delivery.worker.housekeeping import Housekeeping
from newsletter.delivery.worker.own_alarms import OwnAlarms
from newsletter.delivery.worker.own_journals import OwnJournals
from newsletter.delivery.worker.own_mail import OwnMail
from newsletter.delivery.worker.threads import Threads
from newsletter.errors import UserError, words_of
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
        self._stock: refill.Stock | None = None
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
        self._templates = chunk_loader.Templates(config)
        self._beside = Beside()
        self._journals = OwnJournals(config.journal_dir, later=self._soon)
        self._holds = HoldWatch(self._context, journals=self._journals, beside=self._beside)
        self._housekeeping = Housekeeping(
            self._context,
            journals=self._journals,
            in_hand=lambda: self._line.keys() if self._line else frozenset(),
        )
        self._line: session.Stream | None = None
        """What is being sent now."""
        self._ways = carrier_selector.Ways(
            carriers, db=self._threads.db, clock=self._now, boottime=boottime, chance=chance
        )
        self._own_mail = OwnMail(self._context, self._ways, journals=self._journals, beside=self._beside)
        self._alarms = OwnAlarms(self._context)
        self._retiring: set[asyncio.Task[None]] = set()
        self._window = session.FIRST_WINDOW
        self._hold_at = self._outbox_at = 0.0
        """In the time of ``boottime``: when a long stretch asks next whether all is held, and for our own mails."""

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
            # A mail whose dot was written may have its answer, within `session.DRAIN`; a probe is broken off.
            self._runner.run(self._beside.end(but="outbox"))
            self._runner.run(self._ways.close())
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
        except (results.LedgerBroken, UserError, OSError) as error:
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
        if await self._holds.is_held():
            return await self._beside.done(within=POLL)
        did = await self._housekeeping.run_due()
        await self._renew()
        self._begin_beside()
        within = None if chunks is not None else POLL
        did = await self._beside.done(within=within) or did
        did = await self._stream(chunks) or did
        return await self._beside.done(within=within) or did

    def _begin_beside(self) -> None:
        if self._stop.is_set() or self._beside.is_closing:
            return  # whoever was begun with before has `session.DRAIN` from then on
        self._beside.begin("probes", self._ways.probe_due)
        self._beside.begin("outbox", self._own_mail.send_due)

    async def _stream(self, limit: int | None) -> bool:
        """Keep the carrier fed: claim ahead, settle behind, look at consent all the while; True if a chunk was held."""
        line = session.Stream(self._context, self._ways, await self._limits(), claim=self._claim, window=self._window)
        self._line = line
        try:
            await line.run(limit=limit, between=self._between)
        finally:
            self._line, self._window = None, line.window
            self._journals.give_up(needed=())
        if line.held and (self._stop.is_set() or self._beside.is_closing):
            await self._threads.db(samples.sample, now=self._clock(), is_last=True)
        if line.held and self._stock is not None:
            await self._stock.stop()
        if line.held:
            await self._journal_alarm(line)
            for issue in sorted(line.issues):
                await self._threads.db(completion.finish, issue, now=self._clock())
        return line.held > 0

    async def _journal_alarm(self, line: session.Stream) -> None:
        if line.no_journal:
            await self._alarms.tell("journal", dot_gate.NO_JOURNAL)
        else:
            await self._alarms.over("journal")

    async def _between(self) -> None:
        """What must not wait for the end of a long stretch; our own mails go beside it."""
        if self._line and self._boottime() >= self._hold_at:
            self._hold_at = self._boottime() + 1.0
            if await self._holds.is_held():
                self._line.hold()
                return
        await self._housekeeping.run_due()
        await self._renew(at_once=False)
        self._journals.give_up(needed=self._line.journals() if self._line else ())
        if self._boottime() < self._outbox_at:
            return
        self._outbox_at = self._boottime() + POLL
        self._begin_beside()

    async def _renew(self, *, at_once: bool = True) -> None:
        """See how the servers do; carriers out of use end what they have in flight."""
        retired = await self._ways.refresh(at_once=at_once)
        tasks = self._line.retire(retired) if self._line else []
        if retired:
            retiring = asyncio.create_task(_close(retired, after=tasks))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def _limits(self) -> refill.Stock:
        """The rate limits, read anew."""
        if self._stock is None:
            groups = mx_lookup.Groups(key=self._context.config.message_key)
            self._stock = refill.Stock(
                self._threads.limits, clock=self._now, boottime=self._boottime, groups=groups, resolve=self._resolve
            )
        await self._stock.start()
        return self._stock

    async def _claim(self, slow: set[int]) -> tuple[Lease, chunk_loader.Job, journal.Journal, float, float] | None:
        """Hold the next chunk and read it; with the journal that its row names, and the instants before the claim and
        before consent was read.

        If this breaks off, the chunk stays held, for `takeover` by our journal.
        """
        while True:
            claimed_at = self._boottime()
            # A new one may be begun while we wait for the database: the records go where the row says.
            mine = self._journals.current()
            states = leases.CLOSING | (leases.SENDING if self._ways.carriers else frozenset())
            lease = await self._threads.db(
                leases.claim,
                owner=mine.worker_id,
                host=journal.boot_id(),
                now=self._clock(),
                states=states,
                without=self._ways.shut(),
                slow=slow,
                window=self._line.window if self._line else self._window,
            )
            if lease is None:
                return None
            read_at = self._boottime()
            try:
                job = await self._threads.db(chunk_loader.prepare, lease, templates=self._templates, now=self._clock())
            except (UserError, LookupError, TypeError, ValueError) as error:
                # One issue that cannot be read must not keep every other from going out.
                _log.exception("issue %d cannot be sent", lease.issue)
                now = self._clock()
                reason = _("It cannot be sent: %(why)s", why=words_of(error))
                await self._threads.db(release_actions.pause_if_sending, lease.issue, now=now, reason=reason)
                await self._threads.db(results.close, lease, now=now, not_before=now + chunk_settler.SLOW_GOES_LATER)
                continue
            if not self._ways.knows(job.plan.publication):
                await self._renew()
            return lease, job, mine, claimed_at, read_at

    async def _start(self) -> bool:
        await self._renew()
        self._beside.begin("paused", lambda: self._ways.try_paused(by=completion.ACTOR))
        return True

    def _soon(self, work: Callable[[], None]) -> None:
        self._runner.get_loop().call_soon(work)
