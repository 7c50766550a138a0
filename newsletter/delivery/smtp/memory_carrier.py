"""A carrier that keeps what it is given: for tests and dry runs, by the same rules as the real ones."""

from collections.abc import Callable

from newsletter.delivery.carrier import Message, MessageStream, Phase, Reply, TransportUnavailable
from newsletter.delivery.states import DeliveryState


def accept(message: Message) -> Reply:
    """What a contented server says."""
    return Reply(
        key=message.key, state=DeliveryState.ACCEPTED, phase=Phase.DOT, code=250, enhanced="2.0.0", text="2.0.0 taken"
    )


class MemoryCarrier:
    """``sent`` holds what was accepted, in order; ``answer`` decides what becomes of each message."""

    def __init__(self, *, answer: Callable[[Message], Reply] = accept) -> None:
        self._answer = answer
        self.sent: list[Message] = []
        self.down: TransportUnavailable | None = None
        """Set it, and no connection can be made."""
        self.closed = False

    async def deliver(self, stream: MessageStream) -> None:
        while await stream.more():
            if self.down:
                raise self.down
            handed = stream.take()
            if handed is None:
                continue
            message, gate = handed
            reply = self._answer(message)
            # Past DATA only: who is refused earlier never gets to the dot.
            if reply.phase is Phase.DOT and not gate.before_dot(message):
                continue
            if reply.state is DeliveryState.ACCEPTED:
                self.sent.append(message)
            gate.after_reply(message, reply)

    async def probe(self) -> list[str]:
        if self.down:
            raise self.down
        return ["8BITMIME", "SMTPUTF8"]

    async def close(self) -> None:
        self.closed = True
