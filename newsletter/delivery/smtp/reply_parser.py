"""Reads the replies of a mail server, strictly (RFC 5321 §4.2, RFC 3463). Pure."""

import functools
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.errors import NewsletterError

MAX_REPLY = 64 * 1024
"""Bytes of a whole reply; RFC 5321 §4.5.3.1.5 allows 512 a line, and nobody needs 64 KB."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?=\s|$)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_log = logging.getLogger("newsletter.delivery.smtp")


class ProtocolError(NewsletterError, ValueError):
    """The server sent what SMTP does not allow here: the connection cannot be trusted any more.

    ``line``: the bytes that are no reply, without their line end; empty where no single line is to blame.
    """

    def __init__(self, reason: str, *, line: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One whole reply of a server to a command, of one line or several (RFC 5321 §4.2.1)."""

    code: int
    lines: tuple[str, ...]
    """Texts of its lines, without the code."""
    enhanced: str
    """RFC 3463 code; empty when there is none, or when it contradicts ``code``."""
    odd: bool
    """Whether the reply holds bytes that no reply may hold: its code counts, and the connection is closed."""

    @property
    def kind(self) -> int:
        """First digit of the code: 2 yes, 3 go on, 4 not now, 5 no."""
        return self.code // 100

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@functools.lru_cache(maxsize=128)
def is_last_line(line: bytes) -> bool:
    """True for the line that ends a reply: no hyphen follows its code. Raises ProtocolError for any other text."""
    match = _LINE.fullmatch(line)
    if not match:
        raise ProtocolError("the server said something that is no reply", line=line)
    return match[2] != b"-"


@functools.lru_cache(maxsize=128)
def parse_line(line: bytes) -> SmtpReply:
    """The reply that is one line; most are the same few, thousands of times. Raises ProtocolError."""
    return parse([line])


def parse(lines: Sequence[bytes]) -> SmtpReply:
    """The whole reply from its lines, line ends taken off. Raises ProtocolError."""
    matches = [_LINE.fullmatch(line) for line in lines]
    codes = {match[1] for match in matches if match}
    if len(codes) != 1 or not all(matches):
        raise ProtocolError("the lines of a reply carry different codes")
    code = int(codes.pop())
    texts, odd = [], False
    for match in matches:
        raw = (match[3] or b"") if match else b""
        text = raw.decode(errors="replace")
        odd = odd or "\ufffd" in text or b"\x00" in raw
        texts.append(_CONTROLS.sub(" ", text).strip())
    return SmtpReply(code=code, lines=tuple(texts), enhanced=_enhanced(code, texts), odd=odd)


def _enhanced(code: int, texts: Sequence[str]) -> str:
    match = next(filter(None, map(_ENHANCED.match, texts)), None)
    if match is None:
        return ""
    if int(match[1]) != code // 100:
        # Trust B5: the basic class wins.
        _log.warning("reply code %d and enhanced code %s disagree; the first counts", code, match[0])
        return ""
    return match[0]
