"""The worker: claim a chunk, make its messages, hand them over, settle what became of them; again and again.

Database work runs in one thread, the look at consent and lease in a second, the carrier in the event loop of the
thread that called. A worker that dies at any instant loses nothing: see `recovery`.
"""

import asyncio
import functools
import gc
import logging
import os
import random
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from django.db import InterfaceError, OperationalError, connections

from newsletter.conf import Config
from newsletter.delivery import alarms, clock, doorbell, events
from newsletter.delivery.carrier import Carrier, TransportDown
from newsletter.delivery.control import auto_pause, release_actions, restore_guard, takeover
from newsletter.delivery.ledger import audience_freeze, completion, hard_bounces, journal, leases, results
from newsletter.delivery.ledger.leases import Held, Lease
from newsletter.delivery.outbox import mail_queue
from newsletter.delivery.progress import samples
from newsletter.delivery.ratelimit import mx_lookup, refill
from newsletter.delivery.servers import carrier_selector, server_health
from newsletter.delivery.worker import chunk_loader, dot_gate, session
from newsletter.errors import NewsletterError, words_of
from newsletter.translatable import Translatable as _

POLL = 0.7
"""Seconds between two looks for work when nobody rings."""
STOP_EVERY = 0.2
"""Seconds between two looks whether we were told to stop."""
SWITCH_EVERY = 0.0001
"""Seconds that one thread may compute while others wait. With Python's 5 ms, the connections, which give way at each
write, stand still whenever the database's thread has something to think about."""
GARBAGE = 5_000
"""Objects made and kept until Python looks for circles among them: a chunk held is thousands, and none is a circle.
What connections leave behind is, and old by then; so those that were kept are looked at after 4 and after 8 such looks.
"""
AFTER_TROUBLE = 3.0
"""Seconds to wait when the database does not answer."""
EVERY = {
    "recover": 1.0,
    "finish": 5.0,
    "brakes": 5.0,
    "gone": 5.0,
    "sample": samples.EVERY,
    "freeze": 15.0,
    "clear": 600.0,
    "prune": 3600.0,
}
"""Seconds between two rounds of each kind of housekeeping."""

CHECK_EVERY = 3600.0
"""Seconds between two looks whether the database still knows what the journals know."""

P = ParamSpec("P")
T = TypeVar("T")

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
        self._config = config
        self._resolve = resolve
        self._stock: refill.Stock | None = None
        self._clock = clock
        self._boottime = boottime
        self._chance = chance
        self._templates = chunk_loader.Templates(config)
        self._observer = leases.Observer(lease_seconds=config.lease_seconds, clock=boottime)
        self._brakes = auto_pause.Brakes()
        self._gone = hard_bounces.Rounds()
        self._stop = threading.Event()
        self._runner = asyncio.Runner()
        self._db_thread = ThreadPoolExecutor(1, thread_name_prefix="delivery-db")
        self._look_thread = ThreadPoolExecutor(1, thread_name_prefix="delivery-look")
        self._outbox_thread = ThreadPoolExecutor(1, thread_name_prefix="delivery-outbox")
        self._limits_thread = ThreadPoolExecutor(1, thread_name_prefix="delivery-limits")
        self._beside: dict[str, asyncio.Task[bool]] = {}
        """What goes on beside the chunks, where a silent server keeps nobody else waiting."""
        self._is_closing = False
        self._journal: journal.Journal | None = None
        self._old_journals: list[journal.Journal] = []
        """Rolled over, while chunks that were claimed under them are still held."""
        self._line: session.Stream | None = None
        """What is being sent now."""
        others = len(os.sched_getaffinity(0)) - 1
        self._sign_pool = ThreadPoolExecutor(others, thread_name_prefix="delivery-sign") if others else None
        """One for each core but ours: what they have not begun with when it is wanted, we sign ourselves."""
        self._ways = carrier_selector.Ways(carriers, db=self._db, clock=self._now, boottime=boottime, chance=chance)
        self._retiring: set[asyncio.Task[None]] = set()
        self._window = session.FIRST_WINDOW
        self._next_round: dict[str, float] = {}
        self._stuck: set[int] = set()
        """Issues whose chunks could not be taken over: logged once."""
        self._epoch = ""
        """Of the database; our journal names it."""
        self._journals = restore_guard.Journals(config.journal_dir)
        self._reading_journals = asyncio.Lock()
        self._held = False
        self._told: set[str] = set()
        """Keys of the alarms that we raised and that are over with the next success."""

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
                if not self._safely(self._go_on):
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

    def _go_on(self) -> bool:
        return self._runner.run(self._round())

    def close(self) -> None:
        """Say good-bye to the servers, close database connections, give up the journal's lock."""
        try:
            self._runner.run(self._end_beside())
            self._runner.run(self._ways.close())
        finally:
            self._runner.close()
            if self._sign_pool:
                self._sign_pool.shutdown()
            for thread in (self._db_thread, self._look_thread, self._outbox_thread, self._limits_thread):
                thread.submit(connections.close_all).result()
                thread.shutdown()
            for mine in filter(None, (self._journal, *self._old_journals)):
                mine.close()

    def _safely(self, work: Callable[[], bool]) -> bool:
        """Do it; a database that does not answer, or a broken promise of the ledger, is logged and waited out."""
        try:
            done = work()
            if "worker" in self._told:
                self._runner.run(self._over("worker"))
            return done
        except (OperationalError, InterfaceError) as error:
            _log.error("the database does not answer, trying again: %s", error)
            self._next_round.pop("epoch", None)  # another one may answer next
        except (results.LedgerBroken, NewsletterError, OSError) as error:
            _log.exception("delivery is interrupted: %s", error)
            self._tell_trouble(_("Delivery is interrupted: %(why)s", why=error))
        self._stop.wait(AFTER_TROUBLE)
        return False

    def _tell_trouble(self, text: str) -> None:
        try:
            self._runner.run(self._alarm("worker", text))
        except (OperationalError, InterfaceError) as error:
            _log.error("the alarm could not be stored: %s", error)

    async def _alarm(self, key: str, text: str) -> None:
        self._told.add(key)
        await self._db(alarms.raise_alarm, key=key, text=text, now=self._clock())

    async def _over(self, key: str) -> None:
        if key in self._told:
            await self._db(alarms.settle_alarm, key=key, now=self._clock())
            self._told.discard(key)

    # One round.

    async def _round(self, *, chunks: int | None = None) -> bool:
        """Housekeeping, our own single mails, then chunk after chunk (at most that many) until none waits."""
        if await self._is_held():
            return await self._beside_done(within=POLL)
        did = await self._housekeeping()
        await self._renew()
        self._begin_beside()
        within = None if chunks is not None else POLL
        did = await self._beside_done(within=within) or did
        did = await self._stream(chunks) or did
        return await self._beside_done(within=within) or did

    # What goes on beside the chunks: probes of servers that were left alone or stopped, and our own single mails.

    def _begin_beside(self) -> None:
        if self._stop.is_set() or self._is_closing:
            return  # whoever was begun with before has `session.DRAIN` from then on
        for name, work in (("probes", self._ways.probe_due), ("outbox", self._outbox)):
            task = self._beside.get(name)
            if task is not None and not task.done():
                continue
            if task is not None and (error := task.exception()) is not None:
                _log.error("%s: trying again after an error", name, exc_info=error)
            self._beside[name] = asyncio.create_task(work())

    async def _beside_done(self, *, within: float | None) -> bool:
        """Wait for it, at most so many seconds. True if something came of it, or it goes on: the loop must as well."""
        if self._beside:
            await asyncio.wait(self._beside.values(), timeout=within)
        did = False
        for name, task in list(self._beside.items()):
            if task.done():
                del self._beside[name]
                did = task.result() or did
            else:
                did = True
        return did

    async def _end_beside(self) -> None:
        """A mail whose dot was written may have its answer, within `session.DRAIN`; a probe is broken off."""
        self._is_closing = True
        for name, task in self._beside.items():
            if name != "outbox":
                task.cancel()
        await asyncio.gather(*self._beside.values(), return_exceptions=True)

    async def _is_held(self) -> bool:
        """Nothing may go out. The journals are asked at first, after trouble with the database, and now and then."""
        name, held = await self._db(restore_guard.look)
        if held is None and (name != self._epoch or "epoch" not in self._next_round):
            await self._check_epoch()
            _, held = await self._db(restore_guard.look)
        elif held is None and self._boottime() >= self._next_round["epoch"]:
            self._next_round["epoch"] = self._boottime() + CHECK_EVERY
            self._beside["epoch"] = asyncio.create_task(self._check_epoch())  # what it finds is seen by the next look
        if held is not None and not self._held:
            _log.error("%s", held)
        self._held = held is not None
        return self._held

    async def _check_epoch(self) -> bool:
        async with self._reading_journals:
            # In a thread of its own: after a pause or a start there may be much to read, and chunks wait to be settled.
            found = await asyncio.to_thread(self._journals.look)
            self._epoch = await self._db(restore_guard.check, found, now=self._clock())
            self._next_round["epoch"] = self._boottime() + CHECK_EVERY
        return False

    async def _stream(self, limit: int | None) -> bool:
        """Keep the carrier fed: claim ahead, settle behind, look at consent all the while; True if a chunk was held."""
        line = session.Stream(
            self._config,
            self._ways,
            await self._limits(),
            claim=self._claim,
            clock=self._now,
            boottime=self._boottime,
            chance=self._chance,
            stop=self._stop,
            db=self._db,
            look_thread=self._look_thread,
            sign_pool=self._sign_pool,
            window=self._window,
        )
        self._line = line
        try:
            await line.run(limit=limit, between=self._between)
        finally:
            self._line, self._window = None, line.window
            self._give_up_journals()
        if line.held and (self._stop.is_set() or self._is_closing):
            await self._db(samples.sample, now=self._clock(), is_last=True)
        if line.held and self._stock is not None:
            await self._stock.stop()
        if line.held:
            await self._journal_alarm(line)
            for issue in sorted(line.issues):
                await self._db(completion.finish, issue, now=self._clock())
        return line.held > 0

    async def _journal_alarm(self, line: session.Stream) -> None:
        if line.no_journal:
            await self._alarm("journal", dot_gate.NO_JOURNAL)
        else:
            await self._over("journal")

    async def _between(self) -> None:
        """What must not wait for the end of a long stretch; our own mails go beside it."""
        if self._line and self._boottime() >= self._next_round.get("hold", 0.0):
            self._next_round["hold"] = self._boottime() + 1.0
            if await self._is_held():
                self._line.hold()
                return
        await self._housekeeping()
        await self._renew(at_once=False)
        self._give_up_journals()
        if self._boottime() < self._next_round.get("outbox", 0.0):
            return
        self._next_round["outbox"] = self._boottime() + POLL
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
            groups = mx_lookup.Groups(key=self._config.message_key)
            self._stock = refill.Stock(
                self._reserve, clock=self._now, boottime=self._boottime, groups=groups, resolve=self._resolve
            )
        await self._stock.start()
        return self._stock

    async def _claim(self, slow: set[int]) -> tuple[Lease, chunk_loader.Job, journal.Journal, float, float] | None:
        """Hold the next chunk and read it; with the journal that its row names, and the instants before the claim and
        before consent was read.

        If this breaks off, the chunk stays held, for `recovery` by our journal.
        """
        while True:
            claimed_at = self._boottime()
            # A new one may be begun while we wait for the database: the records go where the row says.
            mine = self._my_journal()
            states = leases.CLOSING | (leases.SENDING if self._ways.carriers else frozenset())
            lease = await self._db(
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
                job = await self._db(chunk_loader.prepare, lease, templates=self._templates, now=self._clock())
            except (NewsletterError, LookupError, TypeError, ValueError) as error:
                # One issue that cannot be read must not keep every other from going out.
                _log.exception("issue %d cannot be sent", lease.issue)
                now = self._clock()
                reason = _("It cannot be sent: %(why)s", why=words_of(error))
                await self._db(release_actions.pause_if_sending, lease.issue, now=now, reason=reason)
                await self._db(results.close, lease, now=now, not_before=now + session.SLOW_GOES_LATER)
                continue
            if not self._ways.knows(job.plan.publication):
                await self._renew()
            return lease, job, mine, claimed_at, read_at

    async def _outbox(self) -> bool:
        """Our own single mails, by the server that comes first. They live in the loop in which the carriers do."""
        chosen = next((one for one in self._ways.usable(None) if one in self._ways.carriers), None)
        if chosen is None:
            return False
        carrier, loop = self._ways.carriers[chosen], asyncio.get_running_loop()
        work = functools.partial(
            mail_queue.work_once,
            carrier=carrier,
            config=self._config,
            now=self._clock(),
            worker_id=self._my_journal().worker_id,
            submit=lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop),
            is_stopping=lambda: self._stop.is_set() or self._is_closing,
            claimed=lambda mails: loop.call_soon_threadsafe(self._note, mails),
        )
        try:
            told = await loop.run_in_executor(self._outbox_thread, session.closing_on_error, work)
        except TransportDown as down:
            await self._ways.failed(chosen, down, carrier=carrier)
            return False
        if told:
            await self._ways.worked(chosen)
        return told > 0

    def _note(self, mails: Mapping[int, int]) -> None:
        for mail, token in mails.items():
            self._my_journal().mailed(mail, token)

    async def _start(self) -> bool:
        await self._renew()
        self._beside["paused"] = asyncio.create_task(self._ways.try_paused(by=completion.ACTOR))
        return True

    # Housekeeping.

    async def _housekeeping(self) -> bool:
        did = False
        for name, work in (
            ("recover", self._recover),
            ("finish", lambda: completion.sweep(now=self._clock()) > 0),
            ("brakes", lambda: self._brakes.check_all(now=self._clock()) > 0),
            ("gone", lambda: self._gone.look(now=self._clock()) > 0),
            ("sample", self._sample),
            ("freeze", lambda: audience_freeze.resume_cut_short(now=self._clock()) > 0),
            ("clear", self._tell_undecided),
            ("prune", self._prune),
        ):
            if self._boottime() >= self._next_round.get(name, 0.0):
                did = await self._db(work) or did
                self._next_round[name] = self._boottime() + EVERY[name]
        return did

    def _sample(self) -> bool:
        """Note how far releases are, for whoever watches; that is no work to go on with."""
        samples.sample(now=self._clock())
        return False

    def _tell_undecided(self) -> bool:
        """Again and again: an alarm that somebody put away decides nothing."""
        server_health.tell_undecided(now=self._clock())
        return False

    def _recover(self) -> bool:
        """Take over the chunks of dead workers, and those that we left behind ourselves."""
        me = self._my_journal().worker_id
        directory = self._config.journal_dir

        mine = self._line.keys() if self._line else frozenset()

        def known_dead(held: Held) -> bool:
            # One in our name that we do not work on was left when the database broke off.
            return held.owner == me or takeover.is_dead(held, directory=directory)

        others = [held for held in leases.held() if held.lease.key not in mine]
        lost = self._observer.lost(others, known_dead=known_dead)
        done = [self._recover_one(held, owner=me) for held in lost]
        return any(done)

    def _recover_one(self, held: Held, *, owner: str) -> bool:
        now = self._clock()
        try:
            return takeover.recover(
                held, owner=owner, directory=self._config.journal_dir, now=now, chance=self._chance()
            )
        except (NewsletterError, results.LedgerBroken, LookupError, TypeError, ValueError) as error:
            # One issue that cannot be read must not keep every other, and all sign-in mails, from going out.
            if held.issue not in self._stuck:
                events.say("chunk.stuck", level=logging.ERROR, issue=held.issue, chunk=held.number)
                _log.exception("its owner is gone, and it cannot be taken over")
            self._stuck.add(held.issue)
            text = _(
                "Issue %(issue)s is stuck: %(why)s Nothing of it was lost; its mails wait.",
                issue=held.issue,
                why=words_of(error),
            )
            alarms.raise_alarm(key=f"stuck:{held.issue}", text=text, now=now)
            return False

    def _prune(self) -> bool:
        def needed() -> set[str]:
            return {held.owner for held in leases.held()}

        refill.prune(now=self._clock())
        return journal.prune(self._config.journal_dir, needed=needed, now=self._clock()) > 0

    def _my_journal(self) -> journal.Journal:
        mine = self._journal
        if mine is not None and (mine.size > journal.ROLL_AT or mine.broken or mine.epoch != self._epoch):
            self._old_journals.append(mine)
            mine = None
        if mine is None:
            mine = self._journal = journal.Journal.create(self._config.journal_dir, epoch=self._epoch, later=self._soon)
        return mine

    def _soon(self, work: Callable[[], None]) -> None:
        self._runner.get_loop().call_soon(work)

    def _give_up_journals(self) -> None:
        """Of those that were rolled over, the ones that no chunk needs any more."""
        needed = self._line.journals() if self._line else set()
        for old in [one for one in self._old_journals if one not in needed]:
            old.close()
            self._old_journals.remove(old)

    async def _reserve(self, work: Callable[[], T]) -> T:
        """Run it in a thread of its own: a slot lives for less time than a settle may take."""
        return await asyncio.get_running_loop().run_in_executor(self._limits_thread, session.closing_on_error, work)

    async def _db(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in the database's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._db_thread, session.closing_on_error, lambda: work(*args, **kwargs))
