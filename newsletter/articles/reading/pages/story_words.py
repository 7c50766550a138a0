"""How many of the words of a line come back in the story: a headline’s do, a tagline’s do not. Pure."""

import functools
import re
import unicodedata
from collections.abc import Sequence

from newsletter.articles.reading.pages import page_furniture
from newsletter.articles.text import comparing

_COMMON = """
that this with from have been were will would could should their they them there than then what when which while about
after before into over under more most some such only also other your says said told does make made many much very just
nicht eine einen einem einer sich auch wird wurde sind oder aber nach über beim noch mehr haben werden dass
dans pour avec plus cette mais sont leur tout aussi comme para como pero este esta desde sobre entre más della nella
است این برای شده های شود خود هذا التي الذي على
"""
_COMMON_WORDS = frozenset(_COMMON.split())
"""Words that come back in every story and vouch for nothing."""
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def echo(line: str, paragraphs_of_story: Sequence[str]) -> float:
    """The share of a line's words that come back in the paragraphs of a story, from 0 to 1."""
    return share(line, frozenset(stem for paragraph in paragraphs_of_story for stem in stems(paragraph)))


def share(line: str, story: frozenset[str]) -> float:
    """The share of a line's words that come back in the story, from 0 to 1."""
    words = stems(line)
    return sum(word in story for word in words) / len(words) if words else 0.0


def of(items: Sequence[str], *, without: Sequence[str]) -> frozenset[str]:
    """Stems of the longer lines: there the story is told. The lines in question do not vouch for themselves."""
    lines = [
        line[:2000]
        for line in items[:100]
        if len(line) >= 60 and not any(comparing.same(line, other) for other in without)
    ]
    return frozenset(stem for line in lines if not page_furniture.is_footer(line) for stem in stems(line))


@functools.lru_cache(maxsize=4096)
def stems(line: str) -> tuple[str, ...]:
    """Words by their beginnings, as plurals and cases differ at the end; pairs of signs where there are no words."""
    if CJK.search(line):
        signs = "".join(CJK.findall(line))
        return tuple(signs[i : i + 2] for i in range(len(signs) - 1))
    return tuple(word[:5] for word in words(line) if word not in _COMMON_WORDS and _tells(word))


def words(line: str) -> list[str]:
    return re.findall(
        r"[\w\u200c]+", unicodedata.normalize("NFKC", line).casefold().replace("’", "'").replace("'s", "")
    )


def _tells(word: str) -> bool:
    return word.isdigit() or len(word) > (3 if word.isascii() else 2)
