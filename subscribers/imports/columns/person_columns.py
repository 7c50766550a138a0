"""Which columns say who it is: the address, the names, the language."""

from collections.abc import Sequence

from subscribers.errors import SubscribersError
from subscribers.imports.columns.roles import Role
from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.exporters import column_titles


class NoAddresses(SubscribersError, LookupError):
    """No column holds addresses."""


def person_roles(titles: Sequence[str], seen: Sequence[Seen], answered: Sequence[Role | None]) -> list[Role | None]:
    """The columns that say who it is; None for the others."""
    roles: list[Role | None] = list(answered)
    free = [at for at, role in enumerate(roles) if role is None]
    if Role.ADDRESS not in roles:
        address = _address(titles, seen, free)
        if address is None:
            raise NoAddresses
        roles[address] = Role.ADDRESS
    tables = {Role.NAME: column_titles.NAME, Role.FIRST: column_titles.FIRST, Role.LAST: column_titles.LAST}
    for role, table in {**tables, Role.LANGUAGE: column_titles.LANGUAGE}.items():
        at = next((at for at in free if roles[at] is None and titles[at] in table), None)
        if at is not None and role not in roles:
            roles[at] = role
    for at in free:
        if roles[at] is None and (_is_other_address(titles[at], seen[at]) or (not titles[at] and seen[at].at_signs)):
            roles[at] = Role.OTHER_ADDRESS
    _part_names(titles, roles)
    return roles


def _address(titles: Sequence[str], seen: Sequence[Seen], free: Sequence[int]) -> int | None:
    named = [at for at in free if is_address_title(titles[at])]
    named += [at for at in free if titles[at] in column_titles.MAYBE_ADDRESS]
    holding = [at for at in free if seen[at].at_signs]
    best = [at for at in named if at in holding] or sorted(holding, key=lambda at: -seen[at].at_signs) or named
    return best[0] if best else None


def is_address_title(title: str) -> bool:
    """Whether a folded title is that of e-mail addresses."""
    return bool(column_titles.ADDRESS.fullmatch(title)) or title in column_titles.ADDRESSES


def _is_other_address(title: str, column: Seen) -> bool:
    named = column_titles.OTHER_ADDRESS.fullmatch(title) or is_address_title(title)
    return bool(named) and (column.at_signs > 0 or not column.filled)


def _part_names(titles: Sequence[str], roles: list[Role | None]) -> None:
    """A whole name, or its parts: where all three stand there, the whole wins, unless it is itself a part."""
    name, first, last = (roles.index(role) if role in roles else None for role in (Role.NAME, Role.FIRST, Role.LAST))
    if name is None:
        return
    if first is not None and last is None and titles[first] in column_titles.LAST_BESIDE_FIRST.get(titles[name], ()):
        roles[name] = Role.LAST
    elif last is not None and first is None and titles[name] in column_titles.FIRST_BESIDE_LAST:
        roles[name] = Role.FIRST
    else:
        for part in (first, last):
            if part is not None:
                roles[part] = Role.IGNORED
