"""What a server says, read strictly (RFC 5321 §4.2, RFC 3463). Pure."""

import functools
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.delivery import redact
from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.states import DeliveryState

MAX_REPLY = 64 * 1024
"""Bytes of one whole reply; RFC 5321 §4.5.3.1.5 allows 512 a line, and nobody needs 64 KB."""
MAX_TEXT = 500

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?=\s|$)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_STATES = {2: DeliveryState.ACCEPTED, 4: DeliveryState.DEFERRED, 5: DeliveryState.REFUSED}

_log = logging.getLogger("newsletter.delivery.smtp")


class Surprise(Exception):
    """Not what the protocol allows here: the connection cannot be trusted any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole reply."""

    code: int
    lines: tuple[str, ...]
    enhanced: str
    """RFC 3463 code; empty when there is none, or when it contradicts ``code``."""
    odd: bool
    """It holds bytes that no reply may hold: the code counts, the connection is closed."""

    @property
    def kind(self) -> int:
        return self.code // 100

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@functools.lru_cache(maxsize=128)
def is_last(line: bytes) -> bool:
    """True for the line that ends a reply. Raises Surprise for what is no line of a reply."""
    match = _LINE.fullmatch(line)
    if not match:
        raise Surprise("the server said something that is no reply")
    return match[2] != b"-"


@functools.lru_cache(maxsize=128)
def single(line: bytes) -> Answer:
    """The reply that is one line; most are the same few, thousands of times. Raises Surprise."""
    return answer([line])


def answer(lines: Sequence[bytes]) -> Answer:
    """The whole reply from its lines, line ends taken off. Raises Surprise."""
    matches = [_LINE.fullmatch(line) for line in lines]
    codes = {match[1] for match in matches if match}
    if len(codes) != 1 or not all(matches):
        raise Surprise("the lines of a reply carry different codes")
    code = int(codes.pop())
    said, odd = [], False
    for match in matches:
        raw = (match[3] or b"") if match else b""
        text = raw.decode(errors="replace")
        odd = odd or "\ufffd" in text or b"\x00" in raw
        said.append(_CONTROLS.sub(" ", text).strip())
    return Answer(code=code, lines=tuple(said), enhanced=_enhanced(code, said), odd=odd)


def _enhanced(code: int, said: Sequence[str]) -> str:
    match = next(filter(None, map(_ENHANCED.match, said)), None)
    if match is None:
        return ""
    if int(match[1]) != code // 100:
        # Trust B5: the basic class wins.
        _log.warning("reply code %d and enhanced code %s disagree; the first counts", code, match[0])
        return ""
    return match[0]


def reply(message: Message, *, phase: Phase, said: Answer) -> Reply:
    """What became of a message whose transaction ended with this answer: 2yz, 4yz or 5yz."""
    return Reply(
        key=message.key,
        state=_STATES[said.kind],
        phase=phase,
        code=said.code,
        enhanced=said.enhanced,
        text=redact.addresses(" ".join(said.lines), of=message.recipient)[:MAX_TEXT],
        # A 421 to MAIL closes the door before the server looked at this message (trust B3).
        counts_as_try=not (said.code == 421 and phase is Phase.MAIL),
    )


def own(message: Message, *, state: DeliveryState, phase: Phase, text: str, enhanced: str = "") -> Reply:
    """What became of a message about which the server said nothing."""
    return Reply(key=message.key, state=state, phase=phase, code=None, enhanced=enhanced, text=text[:MAX_TEXT])
