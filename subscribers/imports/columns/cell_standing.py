"""What a cell says of its person: may be mailed, has left, was asked."""

import re

from subscribers.imports.columns.column import Column
from subscribers.imports.columns.roles import Role
from subscribers.imports.columns.value_patterns import DATE, is_date, is_unsure
from subscribers.imports.exporters import cell_words, column_titles, folding
from subscribers.imports.exporters.cell_words import Word
from subscribers.imports.exporters.folding import folded, spoken

_REFUSING = re.compile("allow|denied|revoked|withdrawn|widerrufen")
_DENIAL = re.compile(r"(?:not|never|non?|nicht|nie|noch|kein\w*|pas|ne|niet|inte|ikke|ei|не|нет)\b ?\w")
"""“Not opted out” below “Opt-out”."""
_STILL = re.compile(rf"(?:{_DENIAL.pattern}|(?:still|noch|immer noch|encore|toujours|nog|ancora|todavía|ainda)\b)")
"""Words of denial, and “still subscribed”."""


def is_of_leaving(title: str) -> bool:
    cores = column_titles.LEFT_CORES
    named = title in column_titles.LEFT or title in cores or column_titles.bare(title) in cores
    return named or bool(column_titles.OF_LETTERS.fullmatch(title))


def of_leaving(title: str, word: str, *, alone: bool) -> Word | None:
    """What a word says below a title of leaving; None where it may be a yes as well as a no."""
    if folding.is_nothing(word) or word in cell_words.NO:
        return Word.STAYS
    if is_unsure(word, alone=alone) or _DENIAL.match(word):
        return None
    if word in cell_words.CODES.get(title, ()) or word in cell_words.OF_THIS_CHANNEL:
        return Word.LEFT
    free = title in column_titles.LEFT or bool(cell_words.REASONS & set(title.split()))
    if word in cell_words.YES or is_date(word) or DATE.fullmatch(word) or word.isdecimal():
        return Word.LEFT
    if word in cell_words.WORDS and not (free and word == cell_words.NORMAL):
        said = cell_words.WORDS[word]
        if said == Word.STAYS:
            plain = cell_words.OF_JOINING.search(word) or (
                word in cell_words.FINE and cell_words.OF_DELIVERY.search(title)
            )
            return said if plain else None
        # “Opt-out: active”, “inactive” or “denied” may speak of the opt-out.
        of_anything = (word in cell_words.SOFT or _REFUSING.search(word)) and word not in title
        return said if said == Word.LEFT and not of_anything else None
    repeats_title = word.startswith(f"{title} ") and cell_words.NO.isdisjoint(word.split())  # On hold: on hold bounce.
    return Word.LEFT if free or repeats_title or cell_words.speaks_of_leaving(word) else None


def keeps_out(column: Column, value: str) -> bool:
    """Whether nobody with this value is added: an admin named it, or it is known of other programs."""
    if column.left_values is not None:
        return standing(column, value) != Word.STAYS
    return is_known_to_keep_out(column, value)


def is_known_to_keep_out(column: Column, value: str) -> bool:
    """Whether this value is known, without anybody's answer, to keep people out."""
    word = spoken(value)
    return (_known(column.title, word) or Word.STAYS) != Word.STAYS or _is_plainly_left(word)


def standing(column: Column, cell: str) -> Word | None:
    """The standing that a cell gives its person; None when it says something that is not understood."""
    word = spoken(cell)
    if column.left_values is not None:
        return _as_named(column, column.left_values, word)
    alone = column.says_one_thing and column.role != Role.STANDING
    if column.role == Role.LEFT:
        said = of_leaving(folded(column.title), word, alone=alone)
        # Told that all but a no means it, what may itself be a no is not understood yet, unless it stands alone.
        maybe_no = is_unsure(word, alone=alone) or word in cell_words.WORDS or _STILL.match(word)
        told = column.answered and (alone or not maybe_no)
        return said or (Word.LEFT if told else None)
    if folding.is_nothing(word):
        return Word.ASKED if column.role == Role.STAYS else Word.STAYS
    if word in cell_words.WORDS:
        return cell_words.WORDS[word]
    told = column.role == Role.STAYS and column.answered
    if is_unsure(word, alone=alone) and not (told and alone):
        return None
    if word in cell_words.NO:
        return _no_below(column.title)
    if word in cell_words.YES or (column.role == Role.STAYS and is_date(word)):
        return Word.STAYS
    return Word.STAYS if told and not _is_plainly_left(word) else None


def _no_below(title: str) -> Word:
    """What a no says below a title of consent."""
    return Word.ASKED if column_titles.CONFIRMING.search(folded(title)) else Word.LEFT


def _is_plainly_left(word: str) -> bool:
    """Whether a word speaks of leaving, and does not deny it: unsubscribed from all."""
    return cell_words.speaks_of_leaving(word) and not _DENIAL.match(word)


def _as_named(column: Column, left: frozenset[str], word: str) -> Word | None:
    """Where an admin named some values: what they said of this value, else what is known of it."""
    if word in column.stays_values:
        return Word.STAYS
    known = _known(column.title, word)
    if word in left:
        return Word.ASKED if known == Word.ASKED else Word.LEFT
    if word.isdecimal() and any(value.isdecimal() for value in left):
        return Word.STAYS  # Codes and counts have no meaning of their own.
    if known in {Word.LEFT, Word.ASKED}:
        return known
    return None if known is None and _is_plainly_left(word) else Word.STAYS


def _known(title: str, word: str) -> Word | None:
    """What is known of a value without anybody's answer; None where nothing is."""
    title = folded(title)
    consents = title in column_titles.STAYS_CORES or column_titles.bare(title) in column_titles.STAYS_CORES
    if folding.is_nothing(word):
        return Word.ASKED if consents and column_titles.CONFIRMING.search(title) else Word.STAYS
    if is_of_leaving(title):
        return of_leaving(title, word, alone=False)
    if word in cell_words.WORDS:
        return cell_words.WORDS[word]
    consents = consents or title in column_titles.JUST_THE_LETTER
    return _no_below(title) if consents and word in cell_words.NO and not cell_words.is_unsure(word) else None
