"""The dispatcher by itself: what it gives to which connection, and how many a slow provider may hold (I5, B7)."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from newsletter.delivery import clock
from newsletter.delivery.carrier import Gate, Message
from newsletter.delivery.ratelimit import token_bucket
from newsletter.delivery.ratelimit.refill import Refiller
from newsletter.delivery.servers import stored_servers
from newsletter.delivery.servers.carrier_registry import SingleCarrier
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier, accept
from newsletter.delivery.worker.dispatcher import Dispatcher, ServerStream
from newsletter.delivery.worker.leased_chunk import LeasedChunk
from tests.delivery.worker.chunks import FrozenChunks, in_a_thread, leased

pytestmark = pytest.mark.django_db(transaction=True)

SHARE, CONNECTIONS = 3, 4
TARPIT, OTHERS = "tarpit.example", "example.org"


@dataclass
class Connection:
    """One connection of the server as its carrier would drive it: a message under way, and one behind it."""

    stream: ServerStream
    current: tuple[Message, Gate] | None = None
    follower: tuple[Message, Gate] | None = None

    def look(self) -> str:
        """Take a message if there is one to take; the domain of the one that is under way, or nothing."""
        if self.current is None:
            self.current = self.stream.take()
            if self.current is not None:
                assert self.current[1].before_dot(self.current[0])
        return self.domain

    @property
    def domain(self) -> str:
        return self.current[0].recipient.rpartition("@")[2] if self.current else ""

    def follow(self) -> None:
        """Send an envelope behind the message that is not answered yet."""
        if self.current is not None and self.follower is None:
            self.follower = self.stream.take(self.current[1])

    def free_follower(self) -> None:
        """It goes another way."""
        if self.follower is not None:
            (message, gate), self.follower = self.follower, None
            gate.put_back(message, seen=True)

    def answer(self) -> None:
        """The server takes the message; the one behind it is under way now."""
        if self.current is not None:
            message, gate = self.current
            gate.after_reply(message, accept(message))
            self.current, self.follower = self.follower, None
            if self.current is not None:
                assert self.current[1].before_dot(self.current[0])


@dataclass
class Stage:
    """A dispatcher of real chunks, and one server's connections at it."""

    dispatcher: Dispatcher
    stream: ServerStream
    transport: int
    chunks: list[LeasedChunk]

    def connections(self, count: int = CONNECTIONS) -> list[Connection]:
        return [Connection(self.stream) for _ in range(count)]

    def chunk_of(self, domain: str) -> LeasedChunk:
        return next(chunk for chunk in self.chunks if chunk.queue.next_domain() == domain)

    def pace(self, domain: str) -> str:
        return token_bucket.pace_key(server=self.transport, group=domain)


@pytest.fixture
def play(frozen_chunks: FrozenChunks, now: datetime) -> Callable[..., None]:
    """Plays a story with a dispatcher of as many readers at each domain as it says."""

    def run(
        story: Callable[[Stage], Awaitable[None]], *, share: int = SHARE, added: bool = True, **people: int
    ) -> None:
        claimed = frozen_chunks({{"tarpit": TARPIT, "others": OTHERS}[name]: count for name, count in people.items()})
        server = stored_servers.default_id(host="given")
        selector = CarrierSelector(
            SingleCarrier(MemoryCarrier()), db=in_a_thread, clock=lambda: now, boottime=clock.boottime, chance=lambda: 1
        )

        async def told() -> None:
            dispatcher = Dispatcher(selector, Refiller(in_a_thread), must_settle=lambda: None)
            await selector.refresh()
            chunks = [leased(chunk, listener=dispatcher) for chunk in claimed]
            for chunk in chunks if added else ():
                dispatcher.add(chunk)
            stream = ServerStream(dispatcher, server, share=share)
            await story(Stage(dispatcher, stream, server, chunks))

        asyncio.run(told())

    return run


def test_a_connection_counts_for_a_slow_provider_until_its_answer_comes(play: Callable[..., None]) -> None:
    """I5: also when the message behind it goes another way. Three wait for the tarpit; the fourth is for others."""

    async def story(it: Stage) -> None:
        slow = it.connections(SHARE)
        assert [line.look() for line in slow] == [TARPIT] * SHARE
        for line in slow:
            line.follow()
            line.free_follower()
        fourth = Connection(it.stream)
        assert fourth.look() == ""
        slow[0].answer()
        assert fourth.look() == TARPIT

    play(story, tarpit=300)


def test_whatever_order_a_chain_of_three_ends_in_each_connection_is_counted_once(play: Callable[..., None]) -> None:
    """I5: the middle one goes another way first, then the last; the first still waits for its answer."""

    async def story(it: Stage) -> None:
        slow = it.connections(SHARE)
        assert [line.look() for line in slow] == [TARPIT] * SHARE
        for line in slow:
            assert line.current is not None
            middle = it.stream.take(line.current[1])
            assert middle is not None
            last = it.stream.take(middle[1])
            assert last is not None
            middle[1].put_back(middle[0], seen=True)
            last[1].put_back(last[0], seen=True)
        fourth = Connection(it.stream)
        assert fourth.look() == ""
        for line in slow:
            line.answer()
        assert [line.look() for line in slow] == [TARPIT] * SHARE
        assert fourth.look() == ""

    play(story, tarpit=300)


def test_what_went_another_way_leaves_the_fourth_connection_to_others(play: Callable[..., None]) -> None:
    async def story(it: Stage) -> None:
        lines = it.connections()
        waiting: set[int] = set()
        for _ in range(200):
            for number, line in enumerate(lines):
                if line.look() == TARPIT:
                    waiting.add(number)
                    line.follow()
                    line.free_follower()
                else:
                    line.answer()
        assert len(waiting) == SHARE
        (free,) = set(range(CONNECTIONS)) - waiting
        assert lines[free].look() == OTHERS

    play(story, tarpit=300, others=1_000)


def test_no_more_than_five_at_once_whatever_goes_another_way(play: Callable[..., None]) -> None:
    """B7: the bound of one provider counts connections that wait, not the envelopes behind them."""

    async def story(it: Stage) -> None:
        lines = it.connections(20)
        for _ in range(3):
            for line in lines:
                line.look()
                line.follow()
                line.free_follower()
        assert sum(line.domain == TARPIT for line in lines) == token_bucket.FIRST_CONNECTIONS

    play(story, share=20, tarpit=300)


def test_others_that_come_end_the_right_to_more_than_a_share(play: Callable[..., None]) -> None:
    """I5: that nobody else waits was known before they came, and is not known when they are done."""

    async def story(it: Stage) -> None:
        others, slow = (it.chunk_of(domain) for domain in (OTHERS, TARPIT))
        it.dispatcher.add(slow)
        it.dispatcher.no_others()
        it.dispatcher.add(others)
        lines = it.connections(2 * CONNECTIONS)
        while any(line.look() == OTHERS for line in lines):
            for line in lines:
                if line.domain == OTHERS:
                    line.answer()
        assert not others.untaken
        it.stream.share.answered(slow_pace := it.pace(TARPIT))
        assert not it.stream.share.has_room(slow_pace, behind=None, alone=False)
        assert lines[-1].look() == ""
        assert it.dispatcher.wants_others, "they are asked for first"
        it.dispatcher.no_others()
        assert lines[-1].look() == TARPIT

    play(story, added=False, tarpit=200, others=120)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_connections_do_the_share_holds_and_all_room_comes_back(play: Callable[..., None], seed: int) -> None:
    """I5, B7: looked at from outside, after each of 1,500 steps that chance chooses."""
    chance = random.Random(seed)

    async def story(it: Stage) -> None:
        lines = it.connections(6)
        steps = [Connection.look, Connection.follow, Connection.free_follower, Connection.answer]
        for _ in range(1_500):
            chance.choice(steps)(chance.choice(lines))
            for domain in (TARPIT, OTHERS):
                assert sum(line.domain == domain for line in lines) <= SHARE
        while any(line.current for line in lines):
            for line in lines:
                line.answer()
        room = Counter(line.look() for line in it.connections(2 * SHARE + 1))
        assert room == {TARPIT: SHARE, OTHERS: SHARE, "": 1}

    play(story, tarpit=600, others=600)
