"""A carrier that a test can stop in the middle of a message: what happens on the line happens when the test says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.delivery.carriers import Gate, Message, Phase, Reply, TransportDown
from newsletter.delivery.carriers.memory import accept


def nothing(_message: Message) -> None:
    """The usual thing to happen."""


@dataclass
class Line:
    """Hands over one message after another, with a hook before each, and one between dot and reply."""

    before: Callable[[Message], None] = nothing
    after_dot: Callable[[Message], None] = nothing
    answer: Callable[[Message], Reply] = accept
    pause: float = 0.0
    """Seconds between two messages, in which the worker may look around."""
    dots: list[Message] = field(default_factory=list)
    """Every message whose dot was written: what a server would have."""

    async def deliver(self, messages: list[Message], *, gate: Gate, settled: Callable[[Reply], None]) -> list[Message]:
        unstarted: list[Message] = []
        for position, message in enumerate(messages):
            self.before(message)
            await asyncio.sleep(self.pause)
            if not gate.may_start(message) or not gate.before_dot(message):
                unstarted.append(message)
                continue
            self.dots.append(message)
            self.after_dot(message)
            reply = self.answer(message)
            gate.after_reply(message, reply)
            settled(reply)
            if reply.code == 421:
                return [*unstarted, *messages[position + 1 :]]
        return unstarted

    async def probe(self) -> list[str]:
        return []

    async def close(self) -> None:
        """Nothing to close."""

    @property
    def keys(self) -> list[int]:
        return [message.key for message in self.dots]


def says(code: int, enhanced: str = "", *, phase: Phase = Phase.RCPT) -> Callable[[Message], Reply]:
    """A server that gives everyone this answer."""
    from newsletter.delivery.states import DeliveryState

    state = {2: DeliveryState.ACCEPTED, 4: DeliveryState.DEFERRED, 5: DeliveryState.REFUSED}[code // 100]
    return lambda message: Reply(message.key, state, phase, code, enhanced, f"{enhanced} that is how it is")


def lost(message: Message) -> Reply:
    """The link broke after the dot."""
    from newsletter.delivery.states import DeliveryState

    return Reply(message.key, DeliveryState.UNCERTAIN, Phase.DOT, None, "", "the link broke")


def wrong_password() -> TransportDown:
    return TransportDown("The mail server refused the password.", phase=Phase.AUTH, code=535, permanent=True)
