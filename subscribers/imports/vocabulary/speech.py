"""Phrases of many languages, found in folded text."""

import re
import unicodedata
from functools import cached_property

ARABIC_TWINS = str.maketrans("يكى۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "یکی01234567890123456789")
"""Letters and digits that Arabic and Persian write in two ways."""
_SPACED = re.compile("[a-z0-9à-öø-\u024f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff]")
"""Letters of scripts whose words stand apart: Latin, Greek, Cyrillic."""
_SHORT = 4
"""Letters of a phrase that is looked for as a whole word: `bad` is not in `badge`."""


def phrases(text: str) -> list[str]:
    """Phrases parted by commas, spelt as folded titles are; longest first, so that a pattern finds the whole."""
    spelt = unicodedata.normalize("NFKC", text).translate(ARABIC_TWINS).casefold().replace("\u200c", " ")
    found = {" ".join(phrase.split()) for phrase in spelt.split(",")} - {""}
    return sorted(found, key=lambda phrase: (-len(phrase), phrase))


class Speech:
    """Phrases to be found in folded text; the short ones as whole words, the others where a word begins."""

    def __init__(self, *texts: str, whole: bool = False) -> None:
        self._texts, self._whole = texts, whole

    def within(self, text: str) -> bool:
        """Whether one of them stands there. Fast where none does: it is asked of a million names."""
        # Few words begin like one of the phrases, and few texts hold a letter beyond Cyrillic.
        if not self._heads.isdisjoint([word[:3] for word in text.split()]) and self._apart.search(text):
            return True
        return not text.isascii() and max(text) > "\u0530" and bool(self._joined.search(text))

    # Patterns of thousands of words: made when a list is read, not whenever a command starts.
    @cached_property
    def _apart(self) -> re.Pattern[str]:
        found = (_escaped(phrase, whole=self._whole) for phrase in self._spaced)
        return re.compile(r"(?<!\w)(?:" + "|".join(found) + ")")

    @cached_property
    def _joined(self) -> re.Pattern[str]:
        found = [_escaped(phrase) for phrase in phrases(",".join(self._texts)) if not _SPACED.match(phrase)]
        return re.compile("|".join(found) or "(?!)")

    @cached_property
    def _heads(self) -> frozenset[str]:
        heads = {phrase.split()[0] for phrase in self._spaced} | {phrase.replace(" ", "") for phrase in self._spaced}
        return frozenset(head[:3] for head in heads)

    @cached_property
    def _spaced(self) -> list[str]:
        return [phrase for phrase in phrases(",".join(self._texts)) if _SPACED.match(phrase)]


def _escaped(phrase: str, *, whole: bool = False) -> str:
    pattern = re.escape(phrase).replace(r"\ ", " ?")
    return pattern + r"(?!\w)" if _SPACED.match(phrase) and (whole or len(phrase) <= _SHORT) else pattern
