"""How much of an article's text is kept and shown: far more than a mail can hold, and little enough for a page. Pure.

Each element costs a mail as much as many characters: styles are put into each of them.
"""

import itertools
import re

MOST_CHARACTERS = 200_000
"""Of the text with its markup. Gmail cuts off a mail at half of that."""
MOST_ELEMENTS = 5_000
"""Paragraphs, links, cells of tables."""
_ELEMENT = re.compile(r"<[a-z]")
MOST_NESTED = 50
"""Far above what people write, and far below where libraries and mail programs lose the thread, at some hundreds."""
_CLOSING = 1_000
"""Characters, at most, of the tags that close again what was open where a text is cut."""
_TORN = re.compile(r"<[^<>]*+\Z|&[#0-9A-Za-z]{0,32}\Z")


def beginning(html: str, *, characters: int = MOST_CHARACTERS) -> str:
    """The beginning of clean HTML that is kept; no tag or reference is torn, and what is open at its end stays open."""
    cut = html[:characters]
    if one_more := next(itertools.islice(_ELEMENT.finditer(cut), MOST_ELEMENTS, None), None):
        cut = cut[: one_more.start()]
    return cut if len(cut) == len(html) else _TORN.sub("", cut)


def shortened(html: str) -> str:
    """The beginning of clean HTML with room for the ends of what is open: closed again, it is kept."""
    return beginning(html, characters=MOST_CHARACTERS - _CLOSING)


def is_too_long(html: str, *, before: str = "") -> bool:
    """Longer than what is kept, and than what stood there ``before``: what is stored may stay, not grow."""
    return len(html) > len(before) and len(beginning(html)) < len(html)


def elements(html: str) -> int:
    """How many elements clean HTML has."""
    return len(_ELEMENT.findall(html))
