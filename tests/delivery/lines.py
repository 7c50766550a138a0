"""A carrier that a test can stop in the middle of a message: what happens on the line happens when the test says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.delivery.carrier import Message, MessageStream, Phase, Reply, TransportUnavailable
from newsletter.delivery.smtp.memory_carrier import accept


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

    async def deliver(self, stream: MessageStream) -> None:
        while await stream.more():
            await asyncio.sleep(self.pause)
            handed = stream.take()
            if handed is None:
                continue
            message, gate = handed
            self.before(message)
            if not gate.before_dot(message):
                continue
            self.dots.append(message)
            self.after_dot(message)
            reply = self.answer(message)
            gate.after_reply(message, reply)
            if reply.code == 421:
                raise TransportUnavailable("It asked to be left alone.", phase=reply.phase, code=421)

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


def wrong_password() -> TransportUnavailable:
    return TransportUnavailable("The mail server refused the password.", phase=Phase.AUTH, code=535, permanent=True)
