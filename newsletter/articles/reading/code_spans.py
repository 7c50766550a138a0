"""Code in Markdown, between fences or backticks, found in one walk over the text. Pure."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

_OPENS = re.compile(r"^(?P<fence>`{3,}+|~{3,}+)[^\n]*+\n|(?<!`)(?P<tick>`++)(?=[^\n])", re.MULTILINE)
_CLOSES = re.compile(r"^(?P<fence>`{3,}+|~{3,}+)[`~]*+[ \t]*+$", re.MULTILINE)
_TICKS = re.compile(r"`+")


def split(text: str) -> list[str]:
    """Words and code in turn, as `re.split` gives them: the second, the fourth … are code, with its marks."""
    parts: list[str] = []
    at = 0
    for start, end in _spans(text):
        parts += [text[at:start], text[start:end]]
        at = end
    return [*parts, text[at:]]


def replaced(text: str, by: Callable[[str], str]) -> str:
    """The text with each piece of code as ``by`` says."""
    return "".join(by(part) if number % 2 else part for number, part in enumerate(split(text)))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each piece of code begins and ends. A fence that is never closed reaches to the end, as it is shown."""
    runs: dict[int, list[int]] | None = None
    at = 0
    while opened := _OPENS.search(text, at):
        if fence := opened["fence"]:
            closed = next(
                (mark for mark in _CLOSES.finditer(text, opened.end()) if mark["fence"].startswith(fence)), None
            )
            at = closed.end() if closed else len(text)
            yield opened.start(), at
            continue
        if runs is None:
            runs = {}
            for run in _TICKS.finditer(text):
                runs.setdefault(run.end() - run.start(), []).append(run.start())
        at = opened.end()
        same = runs.get(len(opened["tick"]), [])
        following = bisect_right(same, at)
        if following < len(same):
            start, at = opened.start(), same[following] + len(opened["tick"])
            yield start, at
