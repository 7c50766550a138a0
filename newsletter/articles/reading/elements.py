"""Finds elements in HTML as it comes, in one walk over it: no end is looked for twice. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inside:
    """Where an element stands: from its tag to behind its end, and what is inside."""

    opens: int
    start: int
    end: int
    closes: int


def inside(html: str, tag: str) -> Iterator[Inside]:
    """Each element of that name, to the first end behind it; one never closed, to the very end."""
    opening, closing = re.compile(rf"<{tag}(?=[\s/>])", re.IGNORECASE), re.compile(rf"</{tag}\s*>", re.IGNORECASE)
    at = 0
    while opened := opening.search(html, at):
        start = html.find(">", opened.end()) + 1
        if not start:
            return
        closed = closing.search(html, start)
        if closed is None:
            yield Inside(opened.start(), start, len(html), len(html))
            return
        yield Inside(opened.start(), start, closed.start(), closed.end())
        at = closed.end()
