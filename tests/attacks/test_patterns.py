"""No pattern of ours grows with the square of a text that is made to slow it down.

What it repeats tells which texts those are, so that a new pattern is attacked as soon as it is written. A step of the
square takes at least a nanosecond: at 2,000 characters that is milliseconds, where a walk takes microseconds.
"""

import time
from typing import Any

import pytest

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.not_for_readers import remarks
from tests.attacks import patterns

LENGTH = 1_000
NOTICED = 0.002
"""Seconds of processor time; a walk takes a hundredth of it."""
# What these are given is short, or ends as they want it: who sees to that is named.
BOUNDED = {
    r"<a>(.*?)</a>",  # sanitise, prose: of what nh3 wrote, which closes every <a>
    r"<[^>]*>",  # keys: nothing behind the last “>”
    r"\{(\+\+|==)(.*?)(?:\+\+|==)\}",  # remarks: nothing behind the last sign that ends one
    *(pattern.pattern for pattern, end, _why in remarks._REMARKS if end),  # the same
    mail_words.SENT_AT.pattern,  # mail: two lines of at most 400 characters
}
PATTERNS = patterns.all_of_them()


def _seconds(pattern: Any, text: Any, uses: set[str]) -> float:
    started = time.process_time()
    for method in uses & {"match", "fullmatch"}:
        getattr(pattern, method)(text)
    if not uses or uses - {"match", "fullmatch"}:
        for _match in pattern.finditer(text):
            pass
    return time.process_time() - started


def _grows(pattern: Any, whole: Any, quarter: Any, uses: set[str]) -> bool:
    took = min(_seconds(pattern, whole, uses) for _again in range(3))
    return took >= NOTICED and took > 7 * min(_seconds(pattern, quarter, uses) for _again in range(3))


def _slow(pattern: Any, uses: set[str]) -> str:
    """The first attack under which it grows with the square; nothing when none does it."""
    for before, unit, end in patterns.attacks(pattern):
        texts: list[Any] = [before + unit * (length // len(unit)) + end for length in (LENGTH, LENGTH // 4)]
        if isinstance(pattern.pattern, bytes):
            texts = [text.encode() for text in texts]
        whole, quarter = texts
        if _seconds(pattern, whole, uses) < NOTICED:
            continue
        # Three times, since tests beside this one take the processor's caches away.
        if all(_grows(pattern, whole, quarter, uses) for _again in range(3)):
            return f"{before!r} + {unit!r} * n + {end!r}"
    return ""


@pytest.mark.parametrize("module", PATTERNS)
def test_no_pattern_grows_with_the_square(module: str) -> None:
    slow = {
        pattern.pattern[:60]: attack
        for pattern, uses in PATTERNS[module].items()
        if pattern.pattern not in BOUNDED and (attack := _slow(pattern, uses))
    }
    assert slow == {}
