"""The worker: claim a chunk, make its messages, hand them over, settle what became of them; again and again.

Database work runs in one thread, the look at consent and lease in a second, the carrier in the event loop of the
thread that called. A worker that dies at any instant loses nothing: see `recovery`.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections

from newsletter.conf import Config
from newsletter.delivery import (
    alarms,
    audience,
    brakes,
    claims,
    finish,
    gate,
    handover,
    journal,
    outbox,
    prepare,
    recovery,
    retry,
    services,
    settle,
    transport,
)
from newsletter.delivery.carriers import Carrier, TransportDown
from newsletter.delivery.claims import Held, Lease
from newsletter.delivery.queues import local
from newsletter.errors import NewsletterError

POLL = 0.7
"""Seconds between two looks for work when nobody rings."""
STOP_EVERY = 0.2
"""Seconds between two looks whether we were told to stop."""
AFTER_TROUBLE = 3.0
"""Seconds to wait when the database does not answer."""
SLOW_GOES_LATER = timedelta(seconds=10)
"""A chunk that could not be handed over in time lets others go first."""
EVERY = {"recover": 1.0, "finish": 5.0, "brakes": 5.0, "freeze": 15.0, "prune": 3600.0}
"""Seconds between two rounds of each kind of housekeeping."""

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("newsletter.delivery")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """One worker process, or thread. ``run`` until told to stop, or ``work_once`` and ``close``."""

    def __init__(
        self,
        config: Config,
        carrier: Carrier,
        *,
        clock: Callable[[], datetime] = _utc_now,
        boottime: Callable[[], float] = claims.boottime,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._carrier = carrier
        self._clock = clock
        self._boottime = boottime
        self._chance = chance
        self._templates = prepare.Templates(config)
        self._observer = claims.Observer(lease_seconds=config.lease_seconds, clock=boottime)
        self._brakes = brakes.Brakes()
        self._stop = threading.Event()
        self._runner = asyncio.Runner()
        self._db_thread = ThreadPoolExecutor(1, thread_name_prefix="delivery-db")
        self._look_thread = ThreadPoolExecutor(1, thread_name_prefix="delivery-look")
        self._journal: journal.Journal | None = None
        self._next_round: dict[str, float] = {}
        self._failures = 0
        """Of the way out, in a row."""
        self._stuck: set[int] = set()
        """Issues whose chunks could not be taken over: logged once."""
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
        try:
            self._safely(lambda: self._runner.run(self._look_at_paused_transport()))
            while not stop.is_set():
                if not self._safely(self.work_once):
                    local.wait(POLL)
        finally:
            self.close()

    def work_once(self, now: datetime | None = None) -> bool:
        """One round: our own single mails, then one chunk. False when there was nothing to do.

        ``now`` stands for the clock during this round.
        """
        clock, self._clock = self._clock, (lambda: now) if now is not None else self._clock
        try:
            return self._runner.run(self._round())
        finally:
            self._clock = clock

    def close(self) -> None:
        """Say good-bye to the server, close database connections, give up the journal's lock."""
        try:
            self._runner.run(self._carrier.close())
        finally:
            self._runner.close()
            for thread in (self._db_thread, self._look_thread):
                thread.submit(connections.close_all).result()
                thread.shutdown()
            if self._journal is not None:
                self._journal.close()

    def _safely(self, work: Callable[[], bool]) -> bool:
        """Do it; a database that does not answer, or a broken promise of the ledger, is logged and waited out."""
        try:
            done = work()
            if "worker" in self._told:
                self._runner.run(self._over("worker"))
            return done
        except (OperationalError, InterfaceError) as error:
            _log.error("the database does not answer, trying again: %s", error)
        except (settle.LedgerBroken, NewsletterError, OSError) as error:
            _log.exception("delivery is interrupted: %s", error)
            self._tell_trouble(f"Delivery is interrupted: {error}")
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

    async def _round(self) -> bool:
        did = await self._housekeeping()
        usable = await self._db(services.transport_is_usable, now=self._clock())
        if usable:
            did = await self._outbox() or did
        claimed_at = self._boottime()
        states = claims.CLOSING | (claims.SENDING if usable else frozenset())
        lease = await self._db(
            claims.claim,
            owner=self._my_journal().worker_id,
            host=journal.boot_id(),
            now=self._clock(),
            states=states,
        )
        if lease is None:
            return did
        await self._work(lease, claimed_at=claimed_at)
        return True

    async def _work(self, lease: Lease, *, claimed_at: float) -> None:
        """One chunk from claim to release. If this breaks off, the chunk stays held, for `recovery` by our journal."""
        read_at = self._boottime()
        try:
            job = await self._db(prepare.prepare, lease, templates=self._templates, now=self._clock())
        except (NewsletterError, LookupError, TypeError, ValueError) as error:
            # One issue that cannot be read must not keep every other from going out.
            _log.exception("issue %d cannot be sent", lease.issue)
            await self._db(
                services.pause_if_sending, lease.issue, now=self._clock(), reason=f"It cannot be sent: {error}"
            )
            await self._db(settle.close, lease, not_before=self._clock() + SLOW_GOES_LATER)
            return
        if job.pause:
            await self._db(services.pause_if_sending, lease.issue, now=self._clock(), reason=job.pause, brake=job.brake)
        if job.settled and not await self._db(settle.settle, lease, job.settled, now=self._clock()):
            return
        later = None
        if job.messages:
            door = gate.ChunkGate(
                key=lease.key,
                journal=self._my_journal(),
                clock=self._boottime,
                claimed_at=claimed_at,
                lease_seconds=self._config.lease_seconds,
            )
            door.consent_read(read_at)
            under_way = handover.Handover(
                lease,
                job,
                door,
                carrier=self._carrier,
                clock=self._clock,
                boottime=self._boottime,
                chance=self._chance,
                stop=self._stop,
                db_thread=self._db_thread,
                look_thread=self._look_thread,
            )
            down = await under_way.run()
            await self._way_out(worked=under_way.answered, down=down)
            later = self._clock() + SLOW_GOES_LATER if door.is_late else None
            if door.halted == gate.NO_JOURNAL:
                await self._alarm("journal", door.halted)
                later = self._clock() + SLOW_GOES_LATER
            else:
                await self._over("journal")
        if await self._db(settle.close, lease, not_before=later):
            await self._db(finish.finish, lease.issue, now=self._clock())

    async def _outbox(self) -> bool:
        """Our own single mails. They live in the same loop as everything the carrier does."""
        loop = asyncio.get_running_loop()
        under_way: list[Future[None]] = []

        def submit(coroutine: Coroutine[Any, Any, None]) -> Future[None]:
            under_way.append(asyncio.run_coroutine_threadsafe(coroutine, loop))
            return under_way[-1]

        work = asyncio.create_task(
            self._db(
                outbox.work_once,
                carrier=self._carrier,
                config=self._config,
                now=self._clock(),
                worker_id=self._my_journal().worker_id,
                submit=submit,
            )
        )
        stopping_at: float | None = None
        while not (await asyncio.wait({work}, timeout=STOP_EVERY))[0]:
            if self._stop.is_set():
                stopping_at = stopping_at or self._boottime()
                if self._boottime() - stopping_at > handover.DRAIN:
                    for future in under_way:
                        future.cancel()
        if work.cancelled():
            return False
        try:
            return work.result() > 0
        except TransportDown as down:
            await self._way_out(worked=False, down=down)
            return False

    async def _way_out(self, *, worked: bool, down: TransportDown | None) -> None:
        """Remember how the mail server does; while it does not, nobody's try is counted."""
        now = self._clock()
        if worked:
            self._failures = 0
        if down is None:
            if worked:
                await self._db(services.transport_worked, now=now)
            return
        if down.permanent:
            _log.error("the mail server is paused: %s", down)
            await self._db(services.pause_transport, reason=str(down), now=now)
            return
        self._failures += 1
        nap = retry.nap(self._failures, chance=self._chance())
        _log.warning("the mail server is left alone for %.0f s: %s", nap.total_seconds(), down)
        await self._db(services.let_transport_sleep, until=now + nap)

    async def _look_at_paused_transport(self) -> bool:
        """A worker that starts tries a paused server once: whoever corrected the password has started us anew."""
        if self._config.smtp_url:
            way_out = transport.settings_of(self._config.smtp_url)
            await self._db(services.remember_transport, host=way_out.host, port=way_out.port)
        if not await self._db(services.transport_is_paused):
            return True
        try:
            await self._carrier.probe()  # nothing is sent
        except TransportDown as down:
            _log.error("the mail server stays paused: %s", down)
        else:
            await self._db(services.resume_transport, now=self._clock())
        return True

    # Housekeeping.

    async def _housekeeping(self) -> bool:
        did = False
        for name, work in (
            ("recover", self._recover),
            ("finish", lambda: finish.sweep(now=self._clock()) > 0),
            ("brakes", lambda: self._brakes.check_all(now=self._clock()) > 0),
            ("freeze", lambda: audience.resume_cut_short(now=self._clock()) > 0),
            ("prune", self._prune),
        ):
            if self._boottime() >= self._next_round.get(name, 0.0):
                did = await self._db(work) or did
                self._next_round[name] = self._boottime() + EVERY[name]
        return did

    def _recover(self) -> bool:
        """Take over the chunks of dead workers, and those that we left behind ourselves."""
        me = self._my_journal().worker_id
        directory = self._config.journal_dir

        def known_dead(held: Held) -> bool:
            # We hold none between two rounds: one in our name was left when the database broke off.
            return held.owner == me or recovery.is_dead(held, directory=directory)

        lost = self._observer.lost(claims.held(), known_dead=known_dead)
        done = [self._recover_one(held, owner=me) for held in lost]
        return any(done)

    def _recover_one(self, held: Held, *, owner: str) -> bool:
        now = self._clock()
        try:
            return recovery.recover(
                held, owner=owner, directory=self._config.journal_dir, now=now, chance=self._chance()
            )
        except (NewsletterError, settle.LedgerBroken, LookupError, TypeError, ValueError) as error:
            # One issue that cannot be read must not keep every other, and all sign-in mails, from going out.
            if held.issue not in self._stuck:
                _log.exception("chunk %d of issue %d cannot be taken over", held.number, held.issue)
            self._stuck.add(held.issue)
            text = f"Issue {held.issue} is stuck: {error} Nothing of it was lost; its mails wait."
            alarms.raise_alarm(key=f"stuck:{held.issue}", text=text[:500], now=now)
            return False

    def _prune(self) -> bool:
        def needed() -> set[str]:
            return {held.owner for held in claims.held()}

        return journal.prune(self._config.journal_dir, needed=needed, now=self._clock()) > 0

    def _my_journal(self) -> journal.Journal:
        mine = self._journal
        if mine is not None and (mine.size > journal.ROLL_AT or mine.broken):
            mine.close()
            mine = None
        if mine is None:
            mine = self._journal = journal.Journal.create(self._config.journal_dir)
        return mine

    async def _db(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in the database's thread."""

        def call() -> T:
            try:
                return work(*args, **kwargs)
            except (OperationalError, InterfaceError):
                connection.close()  # the next one begins on a fresh connection
                raise

        return await asyncio.get_running_loop().run_in_executor(self._db_thread, call)
