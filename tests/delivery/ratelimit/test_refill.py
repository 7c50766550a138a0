"""A worker's buckets kept in refiller: limits read, slots reserved, slow-downs stored, a broken database waited out."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import OperationalError, connections

from newsletter.delivery import models
from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.models import MailHost, RateLimit
from newsletter.delivery.ratelimit import refill, token_bucket
from newsletter.delivery.ratelimit.mx_lookup import Groups
from newsletter.delivery.ratelimit.refill import Refiller
from newsletter.delivery.ratelimit.slot_schedule import LOOKAHEAD
from newsletter.delivery.ratelimit.token_bucket import Grant
from newsletter.delivery.states import DeliveryState

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")

KEYS = token_bucket.keys_of(server=1, sender="example.org", group="gmail")
PACE = token_bucket.pace_key(server=1, group="gmail")
SLOW_DOWN = Reply(1, DeliveryState.DEFERRED, Phase.MAIL, 421, "4.7.0", "slow down")


class Database:
    """The thread that has the database; refuses as often as it is told to."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self.refuse = 0
        self.done = threading.Semaphore(0)
        """Raised as each piece of work ends."""
        self.go_on = threading.Event()
        """Answers wait for it."""
        self.go_on.set()

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        def run() -> T:
            if self.refuse:
                self.refuse -= 1
                raise OperationalError("the database is away")
            try:
                return work()
            finally:
                self.done.release()
                self.go_on.wait(20)

        return asyncio.get_running_loop().run_in_executor(self._thread, run)


def with_refiller(story: Callable[[Refiller, Database], Coroutine[Any, Any, T]], **options: Any) -> T:
    async def run() -> T:
        with ThreadPoolExecutor(1) as thread:
            database = Database(thread)
            store = Refiller(database, **options)
            try:
                await store.start()
                return await story(store, database)
            finally:
                await asyncio.get_running_loop().run_in_executor(thread, connections.close_all)

    return asyncio.run(run())


async def go(store: Refiller, *, within: float = 20.0) -> float:
    """Wait until one may go; how long that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not isinstance(wait := store.buckets.ask(KEYS), Grant):
        assert loop.time() - began < within
        await asyncio.sleep(min(wait, 0.05))
    return loop.time() - began


def test_slots_come_by_themselves_and_what_is_left_goes_back() -> None:
    RateLimit.objects.create(key="server:1", per_hour=100)

    async def story(store: Refiller, database: Database) -> None:
        keeping = asyncio.create_task(store.keep())
        for _ in range(3):
            await go(store)
        keeping.cancel()
        await asyncio.wait({keeping})
        await store.stop()

    with_refiller(story)
    (row,) = models.RateUse.objects.all()
    assert sum(row.counts["3600"].values()) == 3


def test_what_was_being_reserved_at_the_end_goes_back_too() -> None:
    """A cancelled reservation is stored all the same: an hour's limit lost what it had taken."""
    RateLimit.objects.create(key="server:1", per_hour=100)

    async def story(store: Refiller, database: Database) -> None:
        assert not isinstance(store.buckets.ask(KEYS), Grant)
        while database.done.acquire(blocking=False):
            pass
        database.go_on.clear()
        keeping = asyncio.create_task(store.keep())
        assert await asyncio.to_thread(database.done.acquire, timeout=20)
        keeping.cancel()
        await asyncio.wait({keeping})
        database.go_on.set()
        await store.stop()

    with_refiller(story)
    (row,) = models.RateUse.objects.all()
    assert sum(row.counts["3600"].values()) == 0


@pytest.mark.parametrize("later", range(8))
def test_it_ends_when_it_is_told_to_whatever_rings_just_then(later: int) -> None:
    """So many turns of the loop lie between the ring and the end. A worker whose refiller went on never stopped."""
    RateLimit.objects.create(key="server:1", per_hour=100)

    async def story(store: Refiller, database: Database) -> None:
        keeping = asyncio.create_task(store.keep())
        await asyncio.sleep(0.01)  # it waits for the ring by then
        store.buckets.ask(KEYS)  # which rings
        for _ in range(later):
            await asyncio.sleep(0)
        keeping.cancel()
        done, _ = await asyncio.wait({keeping}, timeout=5)
        assert done

    with_refiller(story)


def test_a_database_that_is_away_lets_nothing_go_and_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refill, "AFTER_TROUBLE", 0.05)
    RateLimit.objects.create(key="server:1", per_second=20)

    async def story(store: Refiller, database: Database) -> None:
        database.refuse = 3
        keeping = asyncio.create_task(store.keep())
        assert await go(store) >= LOOKAHEAD
        assert database.refuse == 0
        assert not keeping.done()
        keeping.cancel()

    with_refiller(story)


def test_a_reply_that_asks_for_less_slows_every_worker_down() -> None:
    RateLimit.objects.create(key="domain:gmail", per_second=8)

    async def story(store: Refiller, database: Database) -> float | None:
        assert not store.slower(PACE, Reply(1, DeliveryState.DEFERRED, Phase.RCPT, 450, "4.2.2", ""), keys=KEYS)
        assert store.slower(PACE, SLOW_DOWN, keys=KEYS)
        await store.serve()
        limit = store.buckets.limits.of(PACE)
        return limit.per_second if limit else None

    assert with_refiller(story) == 4

    async def another(store: Refiller, database: Database) -> tuple[str, ...]:
        store.buckets.ask(KEYS)
        return store.buckets.requests()[0].keys

    assert with_refiller(another) == ("domain:gmail", PACE)


def test_a_slow_down_is_not_forgotten_when_the_database_is_away() -> None:
    async def story(store: Refiller, database: Database) -> None:
        store.slower(PACE, SLOW_DOWN, keys=KEYS)
        database.refuse = 1
        with pytest.raises(OperationalError):
            await store.serve()
        await store.serve()

    with_refiller(story)
    assert models.Pace.objects.get().key == PACE


def test_unknown_domains_are_looked_up_once_for_all() -> None:
    asked: list[str] = []

    def resolve(domain: str) -> list[str]:
        asked.append(domain)
        return ["aspmx.l.google.com"]

    def one() -> str:
        groups = Groups(key=b"k" * 32)

        async def story(store: Refiller, database: Database) -> str:
            groups.of("paper.example")
            await store.look_up()
            return groups.of("paper.example")

        return with_refiller(story, groups=groups, resolve=resolve)

    assert [one(), one()] == ["gmail", "gmail"]
    assert asked == ["paper.example"]
    assert MailHost.objects.count() == 1
