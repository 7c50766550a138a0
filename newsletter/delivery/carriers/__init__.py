"""What a carrier is: the code that hands one message after another to a mail server."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from newsletter.delivery.states import DeliveryState


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


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way out: wire-ready, one recipient (trust B9)."""

    key: int
    """The caller's name for it: a subscriber id, or an outbox row's id."""
    sender: str
    """Envelope sender (VERP); empty for the null reverse-path."""
    recipient: str
    data: bytes
    """Headers and body, CRLF, 7-bit, without the final dot. A line that starts with a dot is stuffed by the carrier."""
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
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
    """Asked by a carrier around the final dot, and before each MAIL; the worker's journal and fence stand behind it."""

    def may_start(self, message: Message) -> bool:
        """False: withdraw it, nothing was said to the server (consent, pause, cancel, lost lease)."""

    def before_dot(self, message: Message) -> bool:
        """Record that the dot is about to be written, then True; False forbids it (own deadline passed)."""

    def after_reply(self, message: Message, reply: Reply) -> None:
        """Record the reply to the dot (or to an earlier command) at once."""


class TransportDown(Exception):
    """The way out cannot be used now. ``permanent``: a person must act (authentication refused, no TLS)."""

    def __init__(self, text: str, *, phase: Phase, code: int | None = None, permanent: bool = False) -> None:
        super().__init__(text)
        self.phase = phase
        self.code = code
        self.permanent = permanent


class Carrier(Protocol):
    """Hands messages to one server over kept connections."""

    async def deliver(self, messages: list[Message], *, gate: Gate, settled: Callable[[Reply], None]) -> list[Message]:
        """Hand over each message; call ``settled`` once for each that got an outcome.

        Returns the messages that were not started (gate said no, or the server cannot be used any more).
        Raises TransportDown when no connection could be made at all; nothing was handed over by then.
        """

    async def probe(self) -> list[str]:
        """Connect, EHLO, TLS, AUTH, QUIT: the server's capabilities. Raises TransportDown."""

    async def close(self) -> None:
        """QUIT on every kept connection."""
