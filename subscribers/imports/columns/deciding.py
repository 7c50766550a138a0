"""Decides what each column of a file of people is: by its title, its values, and what an admin answered. Pure.

What speaks of leaving and is not understood is never passed over: it becomes a question (trust threat 24).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from subscribers.errors import SubscribersError
from subscribers.imports.columns.answers import named
from subscribers.imports.columns.column import Column, Plan, column_of
from subscribers.imports.columns.doubtful_columns import second_thoughts
from subscribers.imports.columns.person_columns import person_roles
from subscribers.imports.columns.roles import Role
from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.columns.standing_columns import role_of
from subscribers.imports.exporters.folding import folded, spoken


class NoSuchColumn(SubscribersError, LookupError):
    """An answer names a column that the file has not; its ``title``."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.title = title


def decide(seen: Sequence[Seen], answers: Mapping[str, str], *, header: bool) -> Plan:
    """The plan for a file. Raises NoAddresses and NoSuchColumn."""
    known = {folded(column.title) for column in seen}
    for title in answers:
        if folded(title) not in known:
            raise NoSuchColumn(title)
    given = {folded(title): answer for title, answer in answers.items()}
    taken = [_answered(column, given.get(folded(column.title))) for column in seen]
    titles = [folded(column.title) if header else "" for column in seen]
    roles = person_roles(titles, seen, [column.role if column else None for column in taken])
    standings = [
        role_of(title, column) if role is None else role
        for title, column, role in zip(titles, seen, roles, strict=True)
    ]
    found = [
        answer or column_of(column, role)
        for answer, column, role in zip(taken, seen, second_thoughts(titles, seen, standings), strict=True)
    ]
    return Plan(columns=tuple(found), header=header)


def _answered(column: Seen, answer: str | None) -> Column | None:
    if answer is None:
        return None
    role = Role(answer.partition(":")[0])
    values = named(answer)
    if values is None:
        return replace(column_of(column, role), answered=True)
    left, stays = (frozenset(map(spoken, some)) for some in values)
    return replace(column_of(column, role), left_values=left, stays_values=stays, answered=True)
