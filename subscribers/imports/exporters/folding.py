"""One spelling for a title or a cell, however a program writes it: `folded` for titles, `spoken` for cells. Pure."""

import re
import unicodedata

from subscribers.imports.vocabulary import speech

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PUNCTUATION = re.compile(r"[\s_\-.:/|()\[\]{}?!*#\"'“”‘’،؟\u200c]+")
_MARKS = re.compile(r"[*!#+]+")
_ARABIC_TWINS = speech.ARABIC_TWINS
_SIGNS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "\ufe0e\ufe0f")),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-"),
}
"""Dashes of all lengths are the same; how a sign is to be drawn says nothing."""
SIGNED = re.compile(r"[-+]\s*\d(?:[.,]0{1,2})?|-\d{8,}")
_WHOLE = re.compile(r"(\d+)[.,]0{1,2}")
"""A number as programs write it that keep an empty cell beside whole numbers: 0.0, 1.0."""
_BLANK = re.compile(r"-+|\.+|/")
DASH = re.compile("-+")
"""What some write for no, and others for nothing."""


def folded(text: str) -> str:
    """One spelling for `UNSUB_TIME`, `unsubTime` and `Unsub-Time`; accents stay."""
    text = unicodedata.normalize("NFKC", text).translate(_ARABIC_TWINS)
    spaced = _PUNCTUATION.sub(" ", _CAMEL.sub(" ", text).casefold()).strip()
    return spaced or (text.strip() if _MARKS.fullmatch(text.strip()) else "")


def spoken(cell: str) -> str:
    """The spelling of a cell that may say yes or no: a sign is kept that stands alone or before a number."""
    text = unicodedata.normalize("NFKC", cell).translate(_SIGNS).strip()
    if text.casefold() in _EMPTY_AS_WRITTEN:
        return ""
    if SIGNED.fullmatch(text):
        return "".join(text.split())
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else folded(text) or text


def is_nothing(word: str) -> bool:
    """Whether a `spoken` cell only looks filled."""
    return word in NOTHING or bool(_BLANK.fullmatch(word)) or bool(_EMPTY_DATE.fullmatch(word))


def phrases(text: str) -> frozenset[str]:
    """Phrases parted by commas, some lines of them."""
    return frozenset(phrase for part in text.split(",") if (phrase := " ".join(part.split()).translate(_ARABIC_TWINS)))


def tokens(text: str) -> frozenset[str]:
    """Single words, parted by spaces."""
    return frozenset(text.split())


NOTHING = phrases("""
    null, none, nil, nan, nat, n a, na, \\n, <null>, <na>, undefined, 0000 00 00, 0000 00 00 00 00 00, never, blank,
    empty, no date, no value, not set yet, leer, kein datum, vide, vacío, vuoto, leeg, пусто, خالی, فارغ
""") | {""}
"""Cells that only look filled."""
_EMPTY_AS_WRITTEN = frozenset(
    phrases("""
    [], {}, (), "", '', <>, nan, nat, #nv, #n/v, #n/a, #na, #n/d, #nd, #н/д, #i/t, #yok, #puuttuu!, #hiányzik
""")
)
"""Empty cells with their signs and capitals: what spreadsheets write for #N/A, and programs for an empty list."""
_EMPTY_DATE = re.compile(
    r"(?:1970 0?1 0?1|0?1 0?1 1970|(?:thu\w* )?(?:jan\w* 0?1|0?1 jan\w*) 1970|1969 12 31|31 12 1969|12 31 1969"
    r"|1899 12 3[01]|3[01] 12 1899|12 3[01] 1899|1900 0?1 0?[01]|0?[01] 0?1 1900|0?1 0?[01] 1900"
    r"|000[01] \d{1,2} \d{1,2}|\d{1,2} \d{1,2} 000[01]|(?:1601|1753|1904) 0?1 0?1|0?1 0?1 (?:1601|1753|1904)|1348 10 11"
    r"|9999 12 31|31 12 9999|12 31 9999)"
    r"(?: t?\d[\d +]*(?: ?[a-z]{1,4}\b[+\d ]*)?(?: coordinated universal time)?)?"
)
"""The first and last days of calendars, at whatever hour: that is how programs write that there is no date."""
