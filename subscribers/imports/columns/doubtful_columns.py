"""What columns make plain of each other, and which of an unknown title may say who left: those become questions."""

import re
from collections.abc import Iterable, Sequence

from subscribers.imports.columns.cell_standing import standing
from subscribers.imports.columns.column import column_of
from subscribers.imports.columns.roles import Role
from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.columns.value_patterns import (
    MOST_STANDINGS,
    dates_some,
    denies,
    is_flag,
    is_strange,
    lacks_dates,
    only_dates,
    only_soft,
    says_left,
    says_no_to_some,
    says_unsubscribed,
    sorts_people,
    wishes_for_nothing,
)
from subscribers.imports.exporters import column_titles
from subscribers.imports.exporters.cell_words import Word
from subscribers.imports.vocabulary import leaving, ordinary_titles


def second_thoughts(titles: Sequence[str], seen: Sequence[Seen], roles: Sequence[Role | None]) -> Iterable[Role]:
    """What one column makes plain of the others."""
    told = any(role == Role.STANDING and not only_soft(column) for role, column in zip(roles, seen, strict=True))
    marked = told or any(_marks_somebody(column, role) for role, column in zip(roles, seen, strict=True))
    # A status that is asked about itself says it once it is answered.
    said = any(role in {Role.STANDING, Role.STAYS} for role in roles)
    said = said or any(title in column_titles.STATUS_CORES for title in titles) or any(map(_confirms_all, titles, seen))
    for title, column, role in zip(titles, seen, roles, strict=True):
        if column_titles.BESIDE.get(title) in titles:
            yield Role.IGNORED
            continue
        if role is None:
            # Beside another that tells, only what speaks of mail may tell something else: consent that was withheld.
            asks = (not marked or _is_of_mail(title)) and _may_tell(title, column)
            yield Role.UNCLEAR if asks else Role.IGNORED
            continue
        of_something_else = column_titles.STATUS_TOKENS & set(title.split()) and title not in column_titles.STANDING
        of_something_else = of_something_else and not _is_of_mail(title)
        waits = role == Role.UNCLEAR and told
        known = told or (said and not column_titles.CONFIRMING.search(title))
        if role == Role.UNCLEAR and known and _is_of_consent(title) and lacks_dates(column):
            yield Role.IGNORED  # Another column already says who never agreed or confirmed.
        elif waits and of_something_else and title not in column_titles.STATUS_CORES and not says_unsubscribed(column):
            yield Role.IGNORED  # An order may be cancelled: this file says elsewhere who may be mailed.
        else:
            yield role


def _is_of_consent(title: str) -> bool:
    """Whether a date below this title is that of a yes."""
    cores = column_titles.STAYS_CORES
    named = column_titles.CONSENT_DATE.fullmatch(title) or column_titles.CONFIRMING.search(title)
    return bool(named) or title in cores or column_titles.bare(title) in cores


def _confirms_all(title: str, column: Seen) -> bool:
    """Whether everybody has the date of a confirmation, as in Mailchimp's CONFIRM_TIME."""
    whole = bool(column.values) and not column.has_blanks and only_dates(column)
    return whole and bool(column_titles.CONFIRMING.search(title))


def _is_of_mail(title: str) -> bool:
    """Whether a title speaks of mail, of wanting it, or of having agreed to it."""
    return (
        bool(column_titles.OF_MAIL.search(title))
        or ordinary_titles.OF_MAIL.within(title)
        or leaving.WISHES.within(title)
    )


def _may_tell(title: str, column: Seen) -> bool:
    """Whether a column of an unknown title looks like a column that tells who left: a flag, a date, or a standing."""
    if any(part.strip() in leaving.FLAT for word in column.filled.values() for part in re.split("[,;]", word)):
        return True
    if ordinary_titles.is_ordinary(title):
        return False
    if is_flag(column) or dates_some(column) or wishes_for_nothing(title, column) or says_no_to_some(title, column):
        return True
    if column.more or len(column.filled) > MOST_STANDINGS:
        return False
    if says_left(column) or denies(column):
        return True
    of_mail = ordinary_titles.OF_MAIL.within(title)
    if of_mail and column.has_blanks:
        return True
    words = column.filled.values()
    strange = is_strange(title) or (bool(words) and all(is_strange(word) for word in words))
    return (strange or of_mail or ordinary_titles.STATUS.within(title)) and sorts_people(column)


def _marks_somebody(column: Seen, role: Role | None) -> bool:
    """Whether it is understood, and names somebody who left: then no other column need tell."""
    if role not in {Role.LEFT, Role.STAYS, Role.STANDING} or only_soft(column):
        return False
    as_column = column_of(column, role)
    return any(standing(as_column, value) == Word.LEFT for value in column.values)
