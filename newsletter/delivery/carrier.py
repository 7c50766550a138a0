"""What a carrier is: the code that hands one message after another to a mail server."""

from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Protocol

from newsletter.delivery.states import DeliveryState
from newsletter.errors import NewsletterError
from newsletter.values import value


class Phase(StrEnum):
    """Where in the SMTP dialogue something ended (RFC 5321 §3)."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BLOCK = "block"
    DOT = "dot"
    QUIT = "quit"


@value
class Message:
    """One message on its way out: wire-ready, one recipient (trust B9)."""

    key: int
    """The caller's name for it: a subscriber id, or an outbox row's id."""
    sender: str
    """Envelope sender (VERP); empty for the null reverse-path."""
    recipient: str
    parts: tuple[bytes, ...]
    """Headers and body, CRLF, 7-bit, without the final dot, in as many pieces as they were made of: they are put
    together once, when they are written. A line that starts with a dot is stuffed by the carrier."""
    smtputf8: bool = False
    is_wire_ready: bool = False
    """Made so that nothing has to be stuffed or mended: `message.issue_template` vouches for it."""

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(self.parts)

    @property
    def size(self) -> int:
        """Bytes of it."""
        return sum(map(len, self.parts))


@value
class Reply:
    """What became of one message at the server. Codes as in RFC 5321 §4.2, enhanced as in RFC 3463."""

    key: int
    state: DeliveryState
    """accepted, deferred, refused or uncertain."""
    phase: Phase
    code: int | None
    enhanced: str
    text: str
    """The server's words, cut to 500 characters, or our own where it said none."""
    counts_as_try: bool = True
    """False when the server never saw this message (no connection, 421 before MAIL): costs no try (trust B3)."""


class Gate(Protocol):
    """Asked by a carrier around the final dot; the worker's journal, fence and consent stand behind it."""

    def may_still_start(self) -> bool:
        """True while the permit of the message is valid. Asked before its envelope is written; False: put it back."""

    def before_dot(self, message: Message) -> bool:
        """Record that the dot is about to be written, then True. False forbids it, and takes the message back."""

    def after_reply(self, message: Message, reply: Reply) -> None:
        """Record what became of the message, at once."""

    def put_back(self, message: Message, *, seen: bool) -> None:
        """Take the message back: no dot was written, and the server said nothing about it.

        ``seen``: its envelope may have reached the server, which may count it.
        """


Handed = tuple[Message, Gate]
"""A message that a carrier has taken, and the gate to ask about it."""


class MessageStream(Protocol):
    """Where the connections of a carrier take their next message from."""

    def take(self, behind: Gate | None = None) -> Handed | None:
        """The next message that may start now; None when there is none just now.

        ``behind``: the gate of the message that is under way on the same connection, for whose reply the next message
        would wait: only a message for the same servers, or for quick ones, is given then, or None.
        """

    async def more(self) -> bool:
        """Wait until `take` may have a message; False: nothing will come any more."""


class TransportUnavailable(NewsletterError, ConnectionError):
    """The way out cannot be used now.

    ``phase``: how far the dialogue got; ``code``: of the reply that ended it (RFC 5321 §4.2), None where there was
    none; ``permanent``: a person must act (authentication refused, no TLS).
    """

    def __init__(self, text: str, *, phase: Phase, code: int | None = None, permanent: bool = False) -> None:
        super().__init__(text)
        self.phase = phase
        self.code = code
        self.permanent = permanent


class Carrier(Protocol):
    """Hands messages to one server over kept connections."""

    async def deliver(self, stream: MessageStream) -> None:
        """Hand over what the stream gives until it says that nothing will come any more.

        Whatever was taken has then had its reply, or was put back. Raises TransportUnavailable, with the same promise,
        when the server cannot be used now. May be called again while a call runs: both share the connections.
        """

    async def probe(self) -> list[str]:
        """Connect, EHLO, TLS, AUTH, QUIT; the capabilities that EHLO lists. Raises TransportUnavailable."""

    async def close(self) -> None:
        """QUIT on every kept connection (RFC 5321 §4.1.1.10)."""


class Batch:
    """A `MessageStream` of a handful of messages that share a gate: our own single mails."""

    def __init__(self, messages: Iterable[Message], *, gate: Gate, may_start: Callable[[Message], bool]) -> None:
        self._queue = deque(messages)
        self._gate = gate
        self._may_start = may_start

    def take(self, behind: Gate | None = None) -> Handed | None:
        while self._queue:
            message = self._queue.popleft()
            if self._may_start(message):
                return message, self
        return None

    async def more(self) -> bool:
        return bool(self._queue)

    def may_still_start(self) -> bool:
        return True  # single mails are under no rate limit; an expired mail gets no dot

    def before_dot(self, message: Message) -> bool:
        return self._gate.before_dot(message)

    def after_reply(self, message: Message, reply: Reply) -> None:
        self._gate.after_reply(message, reply)

    def put_back(self, message: Message, *, seen: bool) -> None:
        self._queue.appendleft(message)
