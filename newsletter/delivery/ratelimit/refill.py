"""Refills a worker's token buckets: slots are reserved ahead, and back-offs stored, without a message that waits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from django.db import InterfaceError, OperationalError

from newsletter.delivery.carrier import Reply
from newsletter.delivery.clock import boottime
from newsletter.delivery.ratelimit import backoff_store, mx_lookup, slot_reservations
from newsletter.delivery.ratelimit.limit_rules import Limits
from newsletter.delivery.ratelimit.slot_reservations import Reserver
from newsletter.delivery.ratelimit.slot_schedule import PermitAnswer
from newsletter.delivery.ratelimit.token_bucket import TokenBuckets

ROUND = 0.1
"""Seconds between two reservations of one worker: what is wanted meanwhile goes in one transaction."""
REFRESH = 2.0
"""Seconds until a changed limit holds in every worker."""
LOOK_UP_EVERY = 5.0
AFTER_TROUBLE = 1.0

T = TypeVar("T")
_log = logging.getLogger("newsletter.delivery")


def prune(*, now: datetime) -> int:
    """Forget limits and domains that nobody has used for long; how many rows those were."""
    return slot_reservations.prune(now=slot_reservations.database_now()) + mx_lookup.prune(now=now)


class Call(Protocol):
    """Runs a function in the thread that has the database."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Refiller:
    """One worker's buckets with all that fills it. Made and used in the event loop."""

    def __init__(
        self,
        call: Call,
        *,
        clock: Callable[[], datetime] = _utc_now,
        boottime: Callable[[], float] = boottime,
        reserver: Reserver | None = None,
        groups: mx_lookup.Groups | None = None,
        resolve: mx_lookup.Resolve | None = None,
    ) -> None:
        """``call`` runs work in the database's thread; ``resolve`` tells what ``groups`` does not know by name."""
        self._call = call
        self._clock = clock
        self._boottime = boottime
        self._rung = asyncio.Event()
        self._reserver = reserver or Reserver(clock=boottime)
        self._observer = backoff_store.BackoffObserver(clock=boottime)
        self._groups = groups
        self._resolve = resolve
        self._fresh_until = 0.0
        self._reserving: asyncio.Future[list[PermitAnswer]] | None = None
        self.buckets = TokenBuckets(clock=boottime, ring=self._rung.set)

    def group_of(self, domain: str) -> str:
        """Under which name the domain is limited."""
        return self._groups.of(domain) if self._groups is not None else domain

    async def start(self) -> None:
        """Read the limits: before this, nothing is limited."""
        await self._refresh()

    async def look_up(self) -> None:
        """One round of finding out which provider takes unknown domains: in the table, else in DNS."""
        groups, resolve, now = self._groups, self._resolve, self._clock()
        domains = groups.to_ask() if groups is not None else []
        if groups is None or not domains:
            return
        known = await self._call(lambda: mx_lookup.stored(domains, key=groups.key, now=now))
        groups.learned(known)
        unknown = [domain for domain in domains if domain not in known]
        if unknown and resolve is not None:
            # In a thread of its own: DNS may take seconds, and nobody waits for it.
            found = await asyncio.to_thread(mx_lookup.ask, unknown, key=groups.key, resolve=resolve)
            groups.learned(found)
            await self._call(lambda: mx_lookup.store(found, key=groups.key, now=now))

    async def keep(self) -> None:
        """Serve until cancelled. A database that does not answer means that no slots come, so nothing goes."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again_and_again(self._serve_when_rung, pause=ROUND))
            group.create_task(self._again_and_again(self.look_up, pause=LOOK_UP_EVERY))

    async def _again_and_again(self, work: Callable[[], Awaitable[None]], *, pause: float) -> None:
        while True:
            try:
                await work()
            except (OperationalError, InterfaceError) as error:
                _log.warning("rate limits could not be served, trying again: %s", error)
                self._rung.set()
                await asyncio.sleep(AFTER_TROUBLE)
            await asyncio.sleep(pause)

    async def _serve_when_rung(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(REFRESH):
                await self._rung.wait()
        await self.serve()

    async def serve(self) -> None:
        """One round: store what was learned, look for changed limits, reserve what is wanted."""
        self._rung.clear()
        if self._observer.has_observations:
            await self._learn()
        if self._boottime() >= self._fresh_until:
            await self._refresh()
        requests, back = self.buckets.requests(), self.buckets.unused()
        if not requests and not back:
            return
        limits = self.buckets.limits
        # What goes back when the database breaks off is not offered again: it may have arrived, and be somebody's.
        self._reserving = asyncio.ensure_future(
            self._call(lambda: self._reserver.reserve(requests, holding=limits, back=back))
        )
        # What a stop does not wait for here comes all the same: `stop` takes it and gives it back.
        answers = await asyncio.shield(self._reserving)
        self._reserving = None
        self.buckets.granted(answers)
        if self.buckets.requests():
            self._rung.set()

    async def stop(self) -> None:
        """Give back what is at hand, and what was being reserved when `keep` was cancelled."""
        if self._reserving is not None:
            with suppress(OperationalError, InterfaceError):
                self.buckets.granted(await self._reserving)
            self._reserving = None
        back = self.buckets.drain()
        if back:
            limits = self.buckets.limits
            await self._call(lambda: self._reserver.reserve([], holding=limits, back=back))

    def took(self, key: str, *, keys: tuple[str, ...]) -> None:
        """A message under this `pace_key` was taken; ``keys``: the limits it was under."""
        self.buckets.worked(key)
        if self._observer.worked(key):
            self._observer.recovers(key, limit=self._rate_of(keys, but=key))

    def slower(self, key: str, reply: Reply, *, keys: tuple[str, ...]) -> bool:
        """Go slower if this reply asks for it."""
        limit, connections = self._rate_of(keys, but=key), self.buckets.concurrency(key)
        if not self._observer.resisted(key, reply, limit=limit, connections=connections):
            return False
        self.buckets.resisted(key)
        self._rung.set()
        return True

    def _rate_of(self, keys: tuple[str, ...], *, but: str) -> float | None:
        """The narrowest rate that is set for these."""
        found = [self.buckets.limits.of(key) for key in keys if key != but]
        return min(
            (limit.per_second for limit in found if limit is not None and limit.per_second is not None), default=None
        )

    async def _learn(self) -> None:
        news, now = self._observer.taken_observations(), self._clock()
        try:
            await self._call(lambda: backoff_store.store(news, now=now))
        except (OperationalError, InterfaceError):
            self._observer.tell_again(news)
            raise
        self._fresh_until = 0.0

    async def _refresh(self) -> None:
        now = self._clock()

        def read() -> tuple[Limits, dict[str, int], frozenset[str]]:
            return slot_reservations.limits(now=now), *backoff_store.ceilings()

        limits, ceilings, slowed = await self._call(read)
        self._observer.slowed = slowed
        self.buckets.follow(limits, ceilings=ceilings)
        self._fresh_until = self._boottime() + REFRESH
