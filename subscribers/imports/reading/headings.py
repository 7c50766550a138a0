"""Lines between addresses that say of those below them that they left."""

from subscribers.imports import caps, reasons
from subscribers.imports.exporters.cell_words import WORDS, Word, speaks_of_leaving
from subscribers.imports.exporters.column_titles import (
    CONSENT_SMELL,
    LEFT_CORES,
    STAYS_CORES,
    bare,
    title_speaks_of_leaving,
)
from subscribers.imports.exporters.folding import folded
from subscribers.imports.vocabulary.ordinary_titles import OF_PEOPLE

_LONGEST_HEADING = 60


class Heading:
    """A line between addresses: below “Unsubscribed:” nobody is added, until another line says otherwise."""

    def __init__(self) -> None:
        self.reason, self.left = "", False

    def read(self, text: str) -> None:
        """Take note of a line without an address."""
        word = folded(text) if len(text) <= caps.LONGEST_BESIDE else ""
        if not word or len(word) > _LONGEST_HEADING:
            return
        meant = WORDS.get(word)
        core = bare(word)
        if self.names_who_left(word):
            self.reason, self.left = reasons.stored("below", value=text.strip()[:60]), True
        elif meant == Word.ASKED or title_speaks_of_leaving(word) or speaks_of_leaving(word):
            self.reason, self.left = reasons.stored("below", value=text.strip()[:60]), False
        elif meant == Word.STAYS or core in STAYS_CORES or CONSENT_SMELL.search(word) or OF_PEOPLE.within(word):
            self.reason, self.left = "", False

    @staticmethod
    def names_who_left(word: str) -> bool:
        """Whether a folded line is a word for those who left, and nothing more."""
        return WORDS.get(word) == Word.LEFT or word in LEFT_CORES or bare(word) in LEFT_CORES
