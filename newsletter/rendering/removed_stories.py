"""Whether the lines above the stories name a story that was taken out: subject, preview line, introduction. Pure."""

import re
from collections.abc import Iterator

from newsletter.issues.edition import Edition
from newsletter.rendering.results import Finding
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

_WORD = re.compile(r"\w+(?:[-’'\u200c]\w+)*")
_TELLING = 4
"""Letters that a word needs to tell one story from another."""
_CUT = ("…", "...")
_SHORTEST_CUT = 12
"""Characters of a headline that was cut off which still say which headline it was."""


def taken_out(edition: Edition) -> Iterator[Finding]:
    """A warning for each line and headline: the line names a story that is not in the issue any more."""
    left = [_plain(story.title) for story in edition.stories]
    gone = [title for title in dict.fromkeys(edition.taken_out) if _plain(title) and _plain(title) not in left]
    for title in gone:
        telling = _words(title) - {word for kept in left for word in _words(kept)}
        for line, text, by_words in _lines(edition):
            if _quotes(text, title) or (by_words and _speaks_of(text, telling)):
                yield Finding(code="taken-out", blocks=False, text=_said(line, title))


def _lines(edition: Edition) -> Iterator[tuple[str, str, bool]]:
    """Name, text, and whether single words of a headline count: an introduction is long enough to hold any."""
    yield "subject", edition.subject, True
    yield "preheader", edition.preheader, True
    yield "introduction", edition.introduction, False


def _said(line: str, title: str) -> Translatable:
    short = title if len(title) <= 80 else title[:79] + "…"
    if line == "subject":
        return _("The subject mentions “%(title)s”, a story that was taken out. Rewrite it.", title=short)
    if line == "preheader":
        return _("The preview line mentions “%(title)s”, a story that was taken out. Rewrite it.", title=short)
    return _("The introduction mentions “%(title)s”, a story that was taken out. Rewrite it.", title=short)


def _quotes(text: str, title: str) -> bool:
    """The headline stands there, whole or cut off at the end."""
    plain, wanted = _plain(text), _plain(title)
    # A short Latin word may be part of another; scripts that write no blanks have no such edges.
    alone = len(wanted) > _SHORTEST_CUT or not wanted.isascii()
    if wanted in plain and (alone or re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", plain)):
        return True
    if not plain.endswith(_CUT):
        return False
    end = plain.rstrip("….").rstrip().rpartition(" · ")[2]
    return len(end) >= _SHORTEST_CUT and wanted.startswith(end)


def _speaks_of(text: str, telling: set[str]) -> bool:
    """At least two of the words that only this headline has, and at least half of them, stand in the text."""
    found = telling & _words(text)
    return len(found) >= 2 and 2 * len(found) >= len(telling)


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(_plain(text)) if len(word) >= _TELLING}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
