"""What a list writes beside an address to say that somebody left: “(abgemeldet)”, “– UNSUBSCRIBED”, “left 2023”."""

import re
from collections.abc import Iterable

from subscribers.imports import mailboxes, reasons
from subscribers.imports.exporters.cell_words import (
    NO,
    SOFT,
    UNSURE,
    VALUE_HEADS,
    VALUE_SMELL,
    WORDS,
    Word,
    speaks_of_leaving,
)
from subscribers.imports.exporters.column_titles import title_speaks_of_leaving
from subscribers.imports.exporters.folding import folded
from subscribers.imports.vocabulary.leaving import FLAT

STRUCK_OUT = frozenset("-#!*~")
"""Marks of lines that do not count. They may begin an address, and in life they do not."""
_MARKED = frozenset({"x", "†", "✝", "✗", "✘", "×", "✖", "❌"}) | (NO - {"n", "f"}) | UNSURE - {"in"}
"""Comments that may cross somebody out."""
_MONTHS = """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec januar jänner februar märz mai juni juli oktober dezember okt dez janvier février mars avril
    juin juillet août aout septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto
    septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    januari februari maart mei augustus janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
"""
_MONTH = rf"(?:{'|'.join(_MONTHS.split())})"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_DATE_BEHIND = re.compile(
    r" (?:(?:on|in|since|as of|am|im|seit|ab|le|en|depuis|el|desde|il|dal|op|sinds|od|с|от|в) )?"
    rf"(?:{_DAY} (?:de )?{_MONTH}(?: (?:de )?{_YEAR})?|{_MONTH} {_DAY}(?:,? {_YEAR})?|{_MONTH}(?: {_YEAR})?"
    rf"|\d{{1,2}} \d{{1,2}} (?:{_YEAR}|\d\d)|\d{{1,2}} {_YEAR}|{_YEAR}(?: \d{{1,2}}){{0,2}})$"
)
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}@]*)[)\]}]")
_PARTED = re.compile(r"\s[-\u2010-\u2015|/:;]+\s|[|;]+")
_NOTED = re.compile(r"[(\[{|;†✝]|\s[-\u2010-\u2015/:]+\s")
"""What a name has in it where more than a name may stand there."""
_NO_MORE = FLAT | {"nicht mehr", "no longer", "ne plus", "n est plus", "ya no", "non più", "niet meer"}
"""Notes beside a name that somebody is gone."""


def beside(mailbox: mailboxes.Mailbox) -> tuple[str, bool]:
    """What a list says with an address besides a name: the reason to refuse it, and whether they have left."""
    if mailbox.address[:1] in STRUCK_OUT:
        return reasons.stored("beside", value=mailbox.address[:60]), False
    if not mailbox.beside:
        return "", False
    if mailbox.beside.lstrip()[:1] in STRUCK_OUT | {";"}:
        return reasons.stored("beside", value=mailbox.beside[:60]), False
    text = mailbox.beside.replace(mailbox.address, " ")
    comments = _BRACKETED.findall(text)
    parts = [folded(part) for inner in comments for part in re.split(r"[,;/]", inner)]
    whole = [folded(text), *map(folded, comments)]
    # “(left)” and “(Ben, unsubscribed)”, but not “(Left Bank Books)”, nor “(Left, Right & Co)”.
    if any(_is_left(word) for word in whole) or any(_is_left(part) and _undated(part) not in SOFT for part in parts):
        return reasons.stored("beside", value=mailbox.beside[:60]), True
    words = (word for part in (*whole, *parts) for word in (part, _undated(part), part.partition(" ")[0]))
    marked = any(WORDS.get(word, Word.STAYS) != Word.STAYS for word in words)
    marked = marked or any(title_speaks_of_leaving(part) or part in _MARKED for part in parts)
    if marked or speaks_of_leaving(folded(text)):
        return reasons.stored("beside", value=mailbox.beside[:60]), False
    return "", False


def in_names(names: Iterable[str]) -> tuple[str, bool]:
    """What names say of their person, as `beside`: “Bo (abgemeldet)”, “Cy – UNSUBSCRIBED”, “ZZ_DO NOT MAIL Di”."""
    for name in names:
        noted = _NOTED.search(name)
        words = name.casefold().replace("_", " ").replace("-", " ").split()
        if not noted and (
            VALUE_HEADS.isdisjoint([word[:3] for word in words]) or not VALUE_SMELL.search(" ".join(words))
        ):
            continue
        notes = _BRACKETED.findall(name) if noted else []
        rest = _BRACKETED.sub(" ", name)
        apart = _PARTED.split(rest)
        notes += apart if len(apart) > 1 else []
        said = [_undated(folded(part)) for note in notes for part in (note, *re.split(r"[,;/]", note))]
        said.append(_undated(folded(rest)))
        # One may be called Held or Clean: such a word marks nobody as gone.
        if any(WORDS.get(word) == Word.LEFT and word not in SOFT for word in said):
            return reasons.stored("beside", value=name[:60]), True
        marked = any(WORDS.get(word, Word.STAYS) != Word.STAYS or word in _NO_MORE for word in said[:-1])
        marked = marked or any(map(speaks_of_leaving, said[:-1])) or bool(VALUE_SMELL.search(folded(name)))
        if marked or "†" in name or "✝" in name:
            return reasons.stored("beside", value=name[:60]), False
    return "", False


def _is_left(text: str) -> bool:
    """Whether a folded text is a word of leaving and nothing more, but perhaps for its date."""
    return WORDS.get(_undated(text)) == Word.LEFT


def _undated(text: str) -> str:
    """A folded text without the date at its end: left 2023, désabonnée le 3 mai."""
    return _DATE_BEHIND.sub("", text)
