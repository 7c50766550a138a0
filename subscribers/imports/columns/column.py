"""A column with the role that it was given, and the plan by which a file is read."""

from dataclasses import dataclass

from subscribers.imports.columns.answers import answer_of
from subscribers.imports.columns.roles import OF_PEOPLE, Role
from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.columns.value_patterns import is_unsure
from subscribers.imports.exporters.folding import spoken

_MOST_EXAMPLES = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what it is taken for."""

    title: str
    role: Role
    examples: tuple[str, ...] = ()
    """Some of its values, in the order of the file."""
    all_shown: bool = False
    """True when the examples are all the values that it has."""
    left_values: frozenset[str] | None = None
    """Where an admin named the values that mean “left”: those, as `spoken`. What is known of others still counts."""
    stays_values: frozenset[str] = frozenset()
    """The values of which an admin said that they do not, whatever else is known of them."""
    answered: bool = False
    """An admin said so; else it was found."""

    @property
    def answer(self) -> str:
        """What was said of it, as in `--column`; where its values were not named, what it was taken for."""
        if self.left_values is None:
            return self.role.value
        return answer_of(sorted(self.left_values), sorted(self.stays_values))

    @property
    def says_one_thing(self) -> bool:
        """Whether all who have anything in it have the same."""
        return self.all_shown and len({spoken(value) for value in self.examples}) == 1

    @property
    def tells(self) -> bool:
        """Whether it says anything of who may be mailed."""
        return self.role in {Role.STANDING, Role.LEFT, Role.STAYS}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read."""

    columns: tuple[Column, ...]
    header: bool
    """Whether the first row holds titles."""
    mailboxes: bool = False
    """No table: lines of addresses as a mail program shows them."""

    @property
    def asks(self) -> tuple[Column, ...]:
        """The columns that somebody must answer for before anything is imported."""
        return tuple(column for column in self.columns if column.role == Role.UNCLEAR)

    def at(self, role: Role) -> tuple[int, ...]:
        """Where the columns of this role stand."""
        return tuple(at for at, column in enumerate(self.columns) if column.role == role)


def column_of(column: Seen, role: Role) -> Column:
    filled = list(column.filled) or [value for value in column.values if value]
    if role == Role.UNCLEAR:
        # What is asked about stands where it is seen first.
        filled.sort(key=lambda value: not is_unsure(spoken(value), alone=column.says_one_thing))
    most = 3 if role in OF_PEOPLE else _MOST_EXAMPLES
    complete = len(filled) <= most and not column.more
    return Column(column.title, role, tuple(filled[:most]), all_shown=complete)
