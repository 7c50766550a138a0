"""Which columns of a known title say who may be mailed: standings, dates of leaving, consent."""

from collections.abc import Sequence

from subscribers.imports.columns.cell_standing import is_of_leaving, of_leaving
from subscribers.imports.columns.roles import Role
from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.columns.value_patterns import (
    counts,
    is_date,
    is_flag,
    is_plain,
    lacks_dates,
    only_dates,
    only_links,
    repeats_a_date,
    says_left,
    says_no,
    says_no_to_some,
    seems_plain,
    smells,
    wishes_for_never,
    wishes_for_nothing,
)
from subscribers.imports.exporters import cell_words, column_titles, folding
from subscribers.imports.exporters.cell_words import Word
from subscribers.imports.vocabulary import ordinary_titles


def role_of(title: str, column: Seen) -> Role | None:
    """What a column that says nothing of who it is says of who may be mailed; None where it is not understood."""
    if not column.filled and not column.more:
        if wishes_for_nothing(title, column):
            return None
        return Role.UNCLEAR if _tells_by_dashes(title, column) else Role.IGNORED
    words = title.split()
    rest = column_titles.bare(title)
    if _is_of_another_channel(title) or only_links(column):
        return Role.IGNORED
    if title in column_titles.HARMLESS:
        undated = column_titles.CONSENT_DATE.fullmatch(title) and lacks_dates(column)
        return Role.UNCLEAR if undated or says_left(column) else Role.IGNORED
    if _is_standing(title, rest, words):
        return _by_words(title, column, weak=title in column_titles.WEAK or "state" in words, of_people=True)
    if is_of_leaving(title):
        return _by_leaving(title, column)
    if title in column_titles.STAYS_CORES or rest in column_titles.STAYS_CORES:
        return _by_consent(title, column)
    if title in column_titles.JUST_THE_LETTER and all(seems_plain(word) for word in column.filled.values()):
        return _by_consent(title, column)
    if column_titles.title_speaks_of_leaving(title):
        return Role.UNCLEAR if set(column.filled.values()) - cell_words.NO else Role.IGNORED
    if column_titles.STATUS_TOKENS & set(words):
        role = _by_words(title, column, weak=True, of_people=False)
        return Role.UNCLEAR if ordinary_titles.OF_TRADE.within(title) and says_left(column) else role
    if column_titles.CONSENT_SMELL.search(title) and says_no(column):
        return Role.UNCLEAR
    if ordinary_titles.PROPER.within(title):
        return Role.UNCLEAR if says_left(column) else Role.IGNORED
    return Role.UNCLEAR if smells(column) else None


def _is_of_another_channel(title: str) -> bool:
    return bool(column_titles.OTHER_CHANNEL.search(title)) and not {"email", "mail", "emails"} & set(title.split())


def _tells_by_dashes(title: str, column: Seen) -> bool:
    """Whether dashes may be a no where nothing else stands below a title that tells who may be mailed."""
    if title in column_titles.HARMLESS or _is_of_another_channel(title):
        return False
    if not any(folding.DASH.fullmatch(word) for word in column.words):
        return False
    if is_of_leaving(title) or column_titles.title_speaks_of_leaving(title):
        return len(column.words) > 1  # The same for all marks nobody.
    rest = column_titles.bare(title)
    consents = (
        title in column_titles.STAYS_CORES
        or rest in column_titles.STAYS_CORES
        or title in column_titles.JUST_THE_LETTER
    )
    if consents or _is_standing(title, rest, title.split()):
        return True
    of_mail = column_titles.CONSENT_SMELL.search(title) or ordinary_titles.OF_MAIL.within(title)
    return bool(of_mail) and len(column.words) > 1 and not ordinary_titles.is_ordinary(title)


def _is_standing(title: str, rest: str, words: Sequence[str]) -> bool:
    if title in column_titles.STANDING or title in column_titles.STATUS_CORES or (not rest and _is_status(words)):
        return True
    return title in ordinary_titles.STATUSES or (
        ordinary_titles.STATUS.within(title) and ordinary_titles.OF_PEOPLE.within(title)
    )


def _is_status(words: Sequence[str]) -> bool:
    return bool((column_titles.STATUS_TOKENS | {"state"}) & set(words))


def _by_words(title: str, column: Seen, *, weak: bool, of_people: bool) -> Role | None:
    """A column of words such as subscribed and unsubscribed; a weak title only if that is what its words are.

    ``of_people``: its title is such that other programs write below it who may be mailed.
    """
    filled = set(column.filled.values())
    known = {word for word in filled if word in cell_words.WORDS}
    unknown = filled - known if weak else {word for word in filled - known if not is_plain(word, alone=False)}
    if not weak:
        if not known and column.has_blanks:
            return Role.UNCLEAR  # Nothing beside a yes may be a no.
        return Role.UNCLEAR if unknown or column.more or wishes_for_never(column) else Role.STANDING
    gone = {word for word in known if cell_words.WORDS[word] != Word.STAYS}
    if not gone and not smells(column) and not wishes_for_never(column):
        if of_people and known and unknown:
            return Role.UNCLEAR  # Some words are standings: the others may be, too.
        postal = title in column_titles.POSTAL
        flag = is_flag(column) and not (postal and filled == column_titles.CODES_OF_STATES)
        if of_people and (flag or (not postal and says_no_to_some(title, column))):
            return Role.UNCLEAR  # A yes or no to the letter.
        return Role.STANDING if known and not unknown else Role.IGNORED if of_people else None
    return Role.STANDING if gone and not unknown and not column.more else Role.UNCLEAR


def _by_leaving(title: str, column: Seen) -> Role:
    """A column of those who left: filled, or yes; a question where any of its words is neither a yes nor a no."""
    if title not in column_titles.LEFT and counts(column):
        return Role.UNCLEAR
    alone = column.says_one_thing
    known = all(of_leaving(title, word, alone=alone) for word in column.filled.values())
    return Role.LEFT if known and not repeats_a_date(column) else Role.UNCLEAR


def _by_consent(title: str, column: Seen) -> Role:
    """A column of yes and no, or of the dates of a yes."""
    if only_dates(column):
        return Role.UNCLEAR if column.has_blanks else Role.IGNORED
    alone, words = column.says_one_thing, column.filled.values()
    understood = all(is_plain(word, alone=alone) or word in cell_words.WORDS or is_date(word) for word in words)
    return Role.STAYS if understood and not column.has_blanks and not column.more else Role.UNCLEAR
