"""What the values of a column look like: yes and no, dates, marks on some, a few kinds. Words are `spoken`. Pure."""

import re

from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.exporters import cell_words, column_titles, folding
from subscribers.imports.exporters.cell_words import Word
from subscribers.imports.exporters.folding import spoken
from subscribers.imports.vocabulary import leaving, ordinary_titles

MOST_STANDINGS = 6
_LONGEST_WORD = 25
_LONGEST_MARK = 3
"""Letters of a lone word that may be the yes of a language whose words are not known."""
_TINY = 3
"""Rows of a file in which nothing is repeated because there are so few."""
_FEWEST_REPEATED = 3
"""Rows of a file in which a date that most have is no chance."""
_FEWEST_BLANKS = 0.2
"""Of the rows: who was never given a date of leaving is still there."""
_MONTH = r"[^\W\d]{3,12}"
_YEAR = r"(?:1[34]\d\d|19\d\d|20\d\d|25[5-9]\d)"
_KNOWN_LETTER = re.compile(
    r"[\u0000-\u024f\u0370-\u052f\u0590-\u06ff\u0750-\u077f\u0900-\u097f\u0e00-\u0e7f\u1e00-\u1fff"
    r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
"""Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Chinese, Japanese, Korean: `vocabulary` has their words."""
DATE = re.compile(
    rf"{_YEAR}(?:[ 年년/]+\d{{1,2}}[ 月월/]*(?:\d{{1,2}}(?!\d).*)?)?|\d{{1,2}} \d{{1,2}} (?:{_YEAR}|\d\d)\b.*"
    rf"|\d{{1,2}} {_YEAR}|(?:19|20)\d\d[01]\d[0-3]\d|1\d{{9}}|1\d{{12}}"
    rf"|(?:{_MONTH},? )?\d{{1,2}}(?:st|nd|rd|th)? (?:de )?{_MONTH},? (?:de )?{_YEAR}.*"
    rf"|(?:{_MONTH},? )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}.*"
)


def repeats_a_date(column: Seen) -> bool:
    """Whether everybody has a date, and most the same date: it may be how a program writes that there is none."""
    if any(_is_without(word) for word in column.words) or column.rows < _FEWEST_REPEATED:
        return False
    value, number = max(column.values.items(), key=lambda pair: pair[1])
    word = spoken(value)
    return 2 * number > column.rows and (is_date(word) or bool(DATE.fullmatch(word)))


def lacks_dates(column: Seen) -> bool:
    """Whether some have a date, and others nothing."""
    return column.has_blanks and only_dates(column)


def says_left(column: Seen) -> bool:
    """Whether a whole value is a word for having left: a company may be called “Unsubscribed Ltd”."""
    return any(cell_words.WORDS.get(word, Word.STAYS) == Word.LEFT for word in column.filled.values())


def says_no(column: Seen) -> bool:
    """Whether yes and no are all that it says, and somebody has what is, or may be, a no."""
    words = set(column.filled.values())
    alone = column.says_one_thing
    some = any(word in cell_words.NO or is_unsure(word, alone=alone) for word in words)
    return some and all(seems_plain(word) for word in words)


def is_plain(word: str, *, alone: bool) -> bool:
    """Whether it is a yes or a no, and none can take it for the other."""
    return (word in cell_words.YES or word in cell_words.NO) and not is_unsure(word, alone=alone)


def is_unsure(word: str, *, alone: bool) -> bool:
    """``alone``: no other word stands in its column."""
    return cell_words.is_unsure(word) or (word == cell_words.TICK and not alone)


def seems_plain(word: str) -> bool:
    """Whether it is a yes or a no, though it may not be plain which."""
    return word in cell_words.YES or word in cell_words.NO or cell_words.is_unsure(word)


def only_soft(column: Seen) -> bool:
    return set(column.filled.values()) <= cell_words.SOFT


def smells(column: Seen) -> bool:
    return column.smells or any(cell_words.speaks_of_leaving(word) for word in column.filled.values())


def says_unsubscribed(column: Seen) -> bool:
    """`smells` in words that are used of nothing but mail."""
    return column.smells or any(cell_words.VALUE_SMELL.search(word) for word in column.filled.values())


def only_links(column: Seen) -> bool:
    return all(re.match(r"\s*(?:https?://|www\.)", value, re.IGNORECASE) for value in column.filled)


def only_dates(column: Seen) -> bool:
    return all(is_date(word) for word in column.filled.values())


def is_date(word: str) -> bool:
    return sum(character.isdecimal() for character in word) >= 5 and not re.fullmatch(r"\d{5,8}", word)


def counts(column: Seen) -> bool:
    """How often a mail came back, instead of whether: 0, 2, 7."""
    numbers = [word for word in column.filled.values() if re.fullmatch(r"\d{1,7}", word)]
    return any(int(number) > 1 for number in numbers)


def is_flag(column: Seen) -> bool:
    """Whether it marks some, and not others."""
    words = set(column.filled.values())
    if len(words) == 1 and column.has_blanks and all(word.isalpha() and len(word) <= _LONGEST_MARK for word in words):
        return True
    if column.more or not words or not all(seems_plain(word) for word in words) or words == {"0"}:
        return False
    if column.has_blanks or (words & cell_words.YES and words & cell_words.NO):
        return True
    return len(words) == 2 and any(is_unsure(word, alone=False) for word in words)


def dates_some(column: Seen) -> bool:
    """Whether some have a date, and not others."""
    without = sum(number for value, number in column.values.items() if _is_without(spoken(value)))
    dated = [word for word in column.filled.values() if not _is_without(word)]
    whole = bool(dated) and all(DATE.fullmatch(word) or word in cell_words.YES for word in dated)
    return whole and without >= _FEWEST_BLANKS * column.rows


def _is_without(word: str) -> bool:
    return folding.is_nothing(word) or word in cell_words.NO


def wishes_for_never(column: Seen) -> bool:
    """Whether somebody wants it “never”; below dates and numbers that only means that it did not happen."""
    others = {word for word in column.words - leaving.NEVER if not folding.is_nothing(word)}
    measured = bool(others) and all(DATE.fullmatch(word) or is_date(word) or word.isdecimal() for word in others)
    return bool(column.words & leaving.NEVER) and not measured


def wishes_for_nothing(title: str, column: Seen) -> bool:
    if column.more or len(column.values) > 2 * MOST_STANDINGS:
        return False
    nothing = bool(column.words & leaving.NONE) and leaving.WISHES.within(title)
    return nothing or wishes_for_never(column)


def says_no_to_some(title: str, column: Seen) -> bool:
    """Whether what is, or may be, a no stands among words that are no yes: weekly, monthly, off."""
    words = set(column.filled.values())
    others = [word for word in words if not seems_plain(word)]
    no = {word for word in words if word in cell_words.NO or is_unsure(word, alone=False)}
    of_mail = (
        ordinary_titles.OF_MAIL.within(title)
        or column_titles.CONSENT_SMELL.search(title)
        or leaving.WISHES.within(title)
    )
    if not of_mail and not all(word in cell_words.WORDS for word in others):
        # A single letter may be a code, and a sign anything.
        told = cell_words.NO | cell_words.UNSURE | cell_words.CROSSES
        no = {word for word in no & told if len(word) > 1 or not word.isascii()}
    few = not column.more and len(words) <= MOST_STANDINGS
    # Two or three letters may be codes of countries: NO is Norway.
    spoken = any(len(word) > 3 or not word.isascii() or word in cell_words.WORDS for word in others)
    return few and bool(no) and spoken and not any(word.isdecimal() for word in others)


def denies(column: Seen) -> bool:
    """Whether one value is another with something before it: aktibo, ez aktibo; subscribed, nonsubscribed."""
    words = set(column.filled.values())
    return any(long != short and len(short) > 3 and long.endswith(short) for long in words for short in words)


def sorts_people(column: Seen) -> bool:
    """Whether a few short words part the people into a few kinds."""
    words = column.filled.values()
    if not words or any(len(word) > _LONGEST_WORD or re.search(r"\d", word) for word in words):
        return False
    if len(words) == 1:
        return column.has_blanks
    filled = sum(column.values[value] for value in column.filled)
    return column.rows <= _TINY or filled >= 2 * len(words)


def is_strange(text: str) -> bool:
    """Whether it is written in letters of which no word is known here."""
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and not any(_KNOWN_LETTER.match(letter) for letter in letters)
