"""A column as a first look at the whole file shows it: its title and its values, counted."""

from dataclasses import dataclass

from subscribers.imports import caps
from subscribers.imports.exporters import cell_words, folding
from subscribers.imports.exporters.folding import folded, spoken

MOST_VALUES = 200
"""Different values that are remembered of a column; a standing has a handful, a name has thousands."""


@dataclass(slots=True)
class Seen:
    """One column as a first look at the whole file shows it."""

    title: str
    values: dict[str, int]
    """Trimmed cell to how often, the empty cell included; at most `MOST_VALUES`."""
    more: bool = False
    """There are more different values than are kept."""
    at_signs: int = 0
    """Cells with an @ among the first rows."""
    smells: bool = False
    """One of the values that are not kept speaks of leaving."""

    def pass_over(self, value: str) -> None:
        """Take note of a value that is not kept: among thousands a value may say that somebody left."""
        if not self.smells and len(value) <= caps.LONGEST_VALUE and "@" not in value and not value.isdecimal():
            self.smells = cell_words.speaks_of_leaving(folded(value))

    @property
    def filled(self) -> dict[str, str]:
        """Cell to its folded form, of those that hold something."""
        pairs = ((value, spoken(value)) for value in self.values)
        return {value: word for value, word in pairs if not folding.is_nothing(word)}

    @property
    def words(self) -> set[str]:
        """Its values folded, those that only look filled among them."""
        return {spoken(value) for value in self.values}

    @property
    def rows(self) -> int:
        """How many rows its values were counted in: all, unless there are `more`."""
        return sum(self.values.values())

    @property
    def has_blanks(self) -> bool:
        return any(folding.is_nothing(spoken(value)) for value in self.values)

    @property
    def says_one_thing(self) -> bool:
        """Whether all who have anything in it have the same."""
        return not self.more and len(set(self.filled.values())) == 1
