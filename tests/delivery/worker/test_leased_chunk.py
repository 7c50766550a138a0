"""A leased chunk and its queue by themselves: what comes out, in which order, within which window, and what is told."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from newsletter.conf import Config
from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.smtp.memory_carrier import accept
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker import signing_ahead
from newsletter.delivery.worker.leased_chunk import BROKEN_OFF, ClaimedChunk, LeasedChunk
from tests.delivery.worker.chunks import FrozenChunks, Told, leased

pytestmark = pytest.mark.django_db(transaction=True)


def take_all(chunk: LeasedChunk) -> list[Message]:
    return list(iter(chunk.take, None))


def play(story: Callable[[], Awaitable[None]]) -> None:
    """In an event loop, as a chunk lives."""

    async def run() -> None:
        await story()

    asyncio.run(run())


@pytest.fixture
def claimed(frozen_chunks: FrozenChunks) -> ClaimedChunk:
    """One chunk of thirty readers at a domain."""
    (chunk,) = frozen_chunks({"example.org": 30})
    return chunk


def readers_of(claimed: ClaimedChunk) -> list[int]:
    return [addressee.row.subscriber for addressee in claimed.loaded.addressees]


def test_messages_come_in_the_order_of_readers_and_no_further_than_the_window(claimed: ClaimedChunk) -> None:
    """Rule 6: whoever takes over counts the window in that order."""

    async def story() -> None:
        chunk = leased(claimed, listener=Told(), window=12)
        assert chunk.queue.next_domain() == "example.org"
        first = take_all(chunk)
        assert [message.key for message in first] == readers_of(claimed)[:12]
        assert (chunk.in_hand, chunk.untaken, chunk.queue.next_domain()) == (12, 18, None)
        for message in first[:5]:
            assert chunk.before_dot(message)
            chunk.after_reply(message, accept(message))
        assert take_all(chunk) == [], "answered is not settled"
        group, pause, _ = chunk.judged(now=claimed.loaded.plan.date, chance=lambda: 0.5)
        assert not pause
        chunk.settled(group)
        assert [message.key for message in take_all(chunk)] == readers_of(claimed)[12:17]
        assert chunk.left == 25

    play(story)


def test_what_is_put_back_is_the_next_and_what_got_no_dot_comes_after_it(claimed: ClaimedChunk) -> None:
    async def story() -> None:
        told = Told()
        chunk = leased(claimed, listener=told)
        first, second, third = (chunk.take() for _ in range(3))
        assert first
        assert second
        assert third
        chunk.gate.consent_read(-1e9)
        chunk.gate.barred[first.key] = "left"
        assert not chunk.before_dot(first)
        chunk.put_back(third)
        chunk.put_back(second)
        assert chunk.in_hand == 0
        assert told.calls.count("may start") == told.calls.count("must settle") == 3
        assert [chunk.take(), chunk.take()] == [second, third]
        assert [found.subscriber for found in chunk.queue.unsent] == [], "who left is seen when their turn comes"
        take_all(chunk)
        assert [(found.subscriber, found.state) for found in chunk.queue.unsent] == [
            (first.key, DeliveryState.WITHDRAWN)
        ]

    play(story)


def test_who_steps_aside_comes_after_all_others_and_may_make_the_window_cramped(claimed: ClaimedChunk) -> None:
    async def story() -> None:
        chunk = leased(claimed, listener=Told(), window=5)
        for _ in range(2):
            assert chunk.queue.next_domain()
            chunk.queue.step_aside()
        assert chunk.queue.aside == 2
        taken = [message.key for message in (chunk.take(), chunk.take(), chunk.take()) if message]
        assert taken == readers_of(claimed)[2:5]
        assert chunk.is_cramped
        chunk.queue.window = 7
        assert not chunk.is_cramped
        assert [message.key for message in take_all(chunk)] == [*readers_of(claimed)[5:7], *readers_of(claimed)[:2]]

    play(story)


def test_nothing_is_taken_from_a_gate_that_is_shut_and_nothing_counts_as_untaken(claimed: ClaimedChunk) -> None:
    async def story() -> None:
        chunk = leased(claimed, listener=Told())
        assert chunk.take()
        chunk.gate.halt("paused")
        assert (chunk.take(), chunk.untaken, chunk.is_stopped, chunk.is_spent) == (None, 0, True, False)

    play(story)


def test_it_is_due_when_half_the_window_was_answered_or_after_a_while_or_at_the_end(claimed: ClaimedChunk) -> None:
    async def story() -> None:
        told = Told()
        chunk = leased(claimed, listener=told, window=10)
        assert not chunk.is_due(after=0.0)
        for number, message in enumerate(take_all(chunk), start=1):
            assert chunk.before_dot(message)
            chunk.after_reply(message, accept(message))
            assert chunk.is_half_full == (number >= 5)
        assert told.calls == ["must settle"] * 6, "from the fifth reply on"
        chunk.judged(now=claimed.loaded.plan.date, chance=lambda: 0.5)
        chunk.replies.append(accept(Message(key=readers_of(claimed)[0], sender="", recipient="", parts=())))
        assert not chunk.is_due(after=3600)
        assert chunk.is_due(after=0.0)

    play(story)


def test_at_its_end_an_open_dot_is_in_doubt_and_who_left_meanwhile_is_withdrawn(claimed: ClaimedChunk) -> None:
    async def story() -> None:
        chunk = leased(claimed, listener=Told())
        doubtful, answered, left = (chunk.take() for _ in range(3))
        assert doubtful
        assert answered
        assert left
        assert chunk.before_dot(doubtful)
        assert chunk.before_dot(answered)
        chunk.after_reply(answered, accept(answered))
        chunk.gate.barred.update({left.key: "left", doubtful.key: "left"})
        rest = chunk.rest(now=claimed.loaded.plan.date, chance=lambda: 0.5)
        assert [(found.subscriber, found.state, found.reply) for found in rest] == [
            (doubtful.key, DeliveryState.UNCERTAIN, BROKEN_OFF),
            (left.key, DeliveryState.WITHDRAWN, "left"),
        ]

    play(story)


def test_a_reply_that_tells_of_us_pauses_the_issue(claimed: ClaimedChunk) -> None:
    async def story() -> None:
        chunk = leased(claimed, listener=Told())
        message = chunk.take()
        assert message
        refusal = Reply(
            key=message.key, state=DeliveryState.REFUSED, phase=Phase.DATA, code=550, enhanced="5.7.1", text="policy"
        )
        chunk.after_reply(message, refusal)
        _, pause, _ = chunk.judged(now=claimed.loaded.plan.date, chance=lambda: 0.5)
        assert pause

    play(story)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_signed_messages_come_in_full_whoever_signs_them(
    threads: int, frozen_chunks: FrozenChunks, config: Config, now: datetime
) -> None:
    """U5: with no other core they are signed when they are taken; with others ahead of the connections."""
    signing_keys.create("harbour.example", message_key=config.message_key, by="test", now=now)
    (claimed,) = frozen_chunks({"example.org": 100})

    async def story() -> None:
        pool = ThreadPoolExecutor(threads) if threads else None
        told = Told()
        chunk = leased(claimed, listener=told, sign_pool=pool)
        taken: list[Message] = []
        async with asyncio.timeout(30):
            while len(taken) < 100:
                taken += take_all(chunk)
                await asyncio.sleep(0.001)
        assert sorted(message.key for message in taken) == readers_of(claimed)
        assert all(message.data.startswith(b"DKIM-Signature:") for message in taken)
        if pool is not None:
            pool.shutdown()

    play(story)


def test_who_finds_no_signature_ready_is_told_when_one_is(
    frozen_chunks: FrozenChunks, config: Config, now: datetime
) -> None:
    signing_keys.create("harbour.example", message_key=config.message_key, by="test", now=now)
    (claimed,) = frozen_chunks({"example.org": 2 * signing_ahead.TOGETHER})

    async def story() -> None:
        rung = asyncio.Event()
        pool = ThreadPoolExecutor(1)
        ahead = signing_ahead.SigningAhead(pool, signed=rung.set)
        made = [claimed.loaded.message(addressee) for addressee in claimed.loaded.addressees[: signing_ahead.TOGETHER]]
        ahead.begin([claimed.loaded.unsigned(message) for message in made if isinstance(message, Message)])
        assert ahead.messages == signing_ahead.TOGETHER
        async with asyncio.timeout(30):
            while (signed := ahead.take()) is None:
                await rung.wait()
        assert len(signed) == signing_ahead.TOGETHER
        assert (ahead.messages, ahead.take()) == (0, None)
        pool.shutdown()

    play(story)


def test_messages_that_cannot_be_made_halt_the_chunk_and_tell(claimed: ClaimedChunk) -> None:
    """R1: nobody is marked for the last of them."""

    async def story() -> None:
        told = Told()
        chunk = leased(claimed, listener=told)
        claimed.loaded.unmade.before = claimed.loaded.plan.planned
        first = claimed.loaded.addressees[0]
        too_long = "x" * 1_000  # for a header: a mail without a link out is not made
        claimed.loaded.addressees[0] = replace(first, person=replace(first.person, token=too_long))
        assert chunk.take() is None
        assert chunk.gate.halted == "paused"
        assert "must settle" in told.calls
        assert claimed.loaded.pause
        assert chunk.queue.unsent == []

    play(story)
