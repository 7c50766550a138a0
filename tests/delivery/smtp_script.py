"""What a scripted mail server is told to do, and what it writes down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Do(Enum):
    DROP = "cut the connection"
    RESET = "cut it with a TCP reset"
    HANG = "say nothing, and read nothing, until the client gives up"
    VANISH = "be gone without a word, as when the cable is cut: not even the kernel answers, until the test lets go"
    BABBLE = "a reply that never ends"
    HOLD = "say nothing until the client is gone, or the test lets go: then as usual"


@dataclass(frozen=True)
class Drip:
    """A reply a byte at a time."""

    said: bytes
    pause: float


Step = bytes | Do | Drip | float | tuple["Step", ...]
"""A reply, an act, a pause in seconds, or several in a row."""
Chooser = Callable[["Session", str], Step | None]
"""Decides each time, from what the connection has seen; the second is the recipient, where one is known."""
Script = Mapping[str, Step | list[Step | None] | Chooser]
"""Step by verb (GREETING, EHLO, …, DATA, BLOCK, DOT, RSET, QUIT): always it, or a list to use up (None: as usual)."""


@dataclass
class Session:
    """What one connection saw."""

    commands: list[bytes] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)
    """What followed each 354, raw, the final CRLF.CRLF included."""
    secure: bool = False
    number: int = 0
    copies: int = 0
    """Whole messages so far."""

    def verbs(self) -> list[str]:
        return [command.split(b" ")[0].split(b"\r")[0].decode().upper() for command in self.commands]


@dataclass(slots=True)
class Copy:
    """One message, as far as it came."""

    recipient: str
    sender: str
    message_id: str
    session: int
    began: float
    """Moment (monotonic) of the 354."""
    whole: bool
    """The final dot was seen."""
    marks: frozenset[bytes]
    reply: bytes = b""
    """What was said to the dot; empty: nothing."""

    @property
    def taken(self) -> bool:
        """The reader has it: it came whole and was not refused."""
        return self.whole and self.reply[:1] in {b"", b"2"}
