"""Each carrier with a server behind it that answers by the recipient's name."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from newsletter.delivery.carrier import Carrier, Message, Phase, Reply
from newsletter.delivery.smtp.client import SmtpCarrier
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier, accept
from newsletter.delivery.smtp.settings import TransportSettings
from newsletter.delivery.states import DeliveryState


@dataclass
class Rig:
    """A carrier, a look into what its server accepted, and a way to make the server vanish."""

    make: Callable[[], Carrier]
    accepted: Callable[[], list[tuple[str, str, bytes]]]
    """(envelope sender, recipient, content)."""
    unreachable: Callable[[], Carrier]


class Sink:
    """aiosmtpd's handler: `refuse…` and `defer…` are answered so, all else is kept."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, bytes]] = []
        self._lock = threading.Lock()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]) -> str:
        if address.startswith("refuse"):
            return "550 5.1.1 nobody here"
        if address.startswith("defer"):
            return "450 4.2.1 later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        with self._lock:
            (recipient,) = envelope.rcpt_tos
            assert isinstance(envelope.content, bytes)
            self.kept.append((str(envelope.mail_from), recipient, envelope.content))
        return "250 2.0.0 kept"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["memory", "smtp"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from _memory() if request.param == "memory" else _smtp()


def _memory() -> Iterator[Rig]:
    made: list[MemoryCarrier] = []

    def answer(message: Message) -> Reply:
        for word, state, code in (("refuse", DeliveryState.REFUSED, 550), ("defer", DeliveryState.DEFERRED, 450)):
            if message.recipient.startswith(word):
                return Reply(message.key, state, Phase.RCPT, code, "5.1.1" if code == 550 else "4.2.1", "no")
        return accept(message)

    def make() -> Carrier:
        made.append(MemoryCarrier(answer=answer))
        return made[-1]

    def unreachable() -> Carrier:
        from newsletter.delivery.carrier import TransportUnavailable

        carrier = MemoryCarrier()
        carrier.down = TransportUnavailable("nobody answers", phase=Phase.CONNECT)
        return carrier

    yield Rig(make, lambda: [(m.sender, m.recipient, m.data) for c in made for m in c.sent], unreachable)


def _smtp() -> Iterator[Rig]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=_free_port())
    controller.start()

    def at(port: int) -> Carrier:
        settings = TransportSettings(host="127.0.0.1", port=port, tls="none")
        return SmtpCarrier(settings, ehlo_name="[127.0.0.1]", connections=3)

    try:
        yield Rig(lambda: at(controller.port), lambda: sink.kept, lambda: at(_free_port()))
    finally:
        controller.stop()
