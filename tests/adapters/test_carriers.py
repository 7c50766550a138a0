"""One contract for every carrier."""

import asyncio

import pytest

from newsletter.delivery.carrier import Carrier, Message, Phase, Reply, TransportUnavailable
from newsletter.delivery.states import DeliveryState
from tests.adapters.conftest import Rig
from tests.delivery.scripted_smtp import Notes
from tests.delivery.smtp_help import hand_over

A, D, R = DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REFUSED


def mail(key: int, recipient: str = "") -> Message:
    body = f"Subject: {key}\r\n\r\nGood morning, {key}.\r\n".encode()
    return Message(
        key=key, sender=f"b+{key}@example.org", recipient=recipient or f"reader{key}@example.com", parts=(body,)
    )


def deliver(carrier: Carrier, messages: list[Message], notes: Notes) -> list[Message]:
    async def story() -> list[Message]:
        try:
            return await hand_over(carrier, messages, notes)
        finally:
            await carrier.close()

    return asyncio.run(story())


def test_every_message_arrives_once_as_it_was(rig: Rig) -> None:
    """B9: one envelope each, its own sender and recipient, its own bytes."""
    notes = Notes()
    messages = [mail(key) for key in range(12)]
    assert deliver(rig.make(), messages, notes) == []
    assert sorted(rig.accepted()) == sorted((m.sender, m.recipient, m.data) for m in messages)
    told = notes.by_key()
    assert sorted(told) == list(range(12))
    assert {(reply.state, reply.phase, reply.code) for reply in told.values()} == {(A, Phase.DOT, 250)}


def test_one_bad_address_among_many_costs_only_itself(rig: Rig) -> None:
    """B4, threat 6: at the start, in the middle and at the end."""
    names = ["refuse0@example.com", "", "defer2@example.com", "", "", "refuse5@example.com"]
    notes = Notes()
    assert deliver(rig.make(), [mail(key, name) for key, name in enumerate(names)], notes) == []
    told = notes.by_key()
    assert [told[key].state for key in range(6)] == [R, A, D, A, A, R]
    assert (told[0].phase, told[0].code, told[0].enhanced) == (Phase.RCPT, 550, "5.1.1")
    assert (told[2].phase, told[2].code, told[2].enhanced) == (Phase.RCPT, 450, "4.2.1")
    assert len(rig.accepted()) == 3


def test_the_gate_stands_before_the_message_and_before_the_dot(rig: Rig) -> None:
    """U6, B6: what it holds back comes back untouched; nobody else is delayed."""
    notes = Notes(no_start={1}, no_dot={2})
    left = deliver(rig.make(), [mail(key) for key in range(5)], notes)
    assert sorted(message.key for message in left) == [1, 2]
    assert sorted(notes.by_key()) == [0, 3, 4]
    assert len(rig.accepted()) == 3
    for key in (0, 3, 4):
        assert [what for what, whom in notes.said if whom == key] == ["start", "dot", "reply"]
    assert [what for what, whom in notes.said if whom == 1] == ["start"]


def test_a_refused_recipient_never_gets_to_the_dot(rig: Rig) -> None:
    """A journal record without a dot would be a doubt about nothing."""
    notes = Notes()
    deliver(rig.make(), [mail(0, "refuse@example.com")], notes)
    assert notes.said == [("start", 0), ("reply", 0)]


def test_without_a_connection_nothing_is_said_about_any_message(rig: Rig) -> None:
    """B3: no outcome, no try."""
    notes = Notes()
    with pytest.raises(TransportUnavailable) as caught:
        deliver(rig.unreachable(), [mail(0), mail(1)], notes)
    assert caught.value.phase is Phase.CONNECT
    assert not caught.value.permanent
    assert notes.replies == []
    assert not any(what in {"dot", "reply"} for what, _ in notes.said)


def test_nothing_to_do_needs_no_server(rig: Rig) -> None:
    assert deliver(rig.unreachable(), [], Notes()) == []


def test_a_carrier_is_used_again_and_again(rig: Rig) -> None:
    carrier, notes = rig.make(), Notes()

    async def story() -> None:
        for key in range(3):
            assert await hand_over(carrier, [mail(key)], notes) == []
        await carrier.close()

    asyncio.run(story())
    assert len(rig.accepted()) == 3


def test_a_probe_tells_what_is_offered_or_that_it_is_down(rig: Rig) -> None:
    assert any(line.startswith("8BITMIME") for line in asyncio.run(rig.make().probe()))
    with pytest.raises(TransportUnavailable):
        asyncio.run(rig.unreachable().probe())


def test_an_error_of_the_gate_is_not_swallowed(rig: Rig) -> None:
    """A ledger that cannot be written must stop the sending."""

    class Full(Notes):
        def after_reply(self, message: Message, reply: Reply) -> None:
            raise OSError(28, "no space")

    async def story() -> None:
        carrier = rig.make()
        try:
            await hand_over(carrier, [mail(1)], Full())
        finally:
            await carrier.close()

    with pytest.raises(OSError, match="no space"):
        asyncio.run(story())
