"""Reads a file of people as programs save it: any encoding, any delimiter, with or without a header; streamed.

Every person in the file comes out once, usable or with the reason why not: nobody is passed over in silence.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers import addresses
from subscribers.errors import BadAddress
from subscribers.imports import caps, columns, csv_cells, encodings, mailboxes, reasons, records
from subscribers.imports.columns import Column, Plan, Role, Seen
from subscribers.imports.exporters import (
    CONSENT_SMELL,
    FIRST,
    LAST,
    LEFT_CORES,
    NAME,
    NO,
    SOFT,
    STAYS_CORES,
    UNSURE,
    VALUE_HEADS,
    VALUE_SMELL,
    WORDS,
    Word,
    bare,
    folded,
    speaks_of_leaving,
    title_speaks_of_leaving,
)
from subscribers.imports.filenames import smells_of_leaving
from subscribers.imports.records import BadFile, Record
from subscribers.imports.vocabulary import FLAT, OF_PEOPLE

__all__ = ["BadFile", "Row", "Scan", "plan_of", "rows", "scan", "smells_of_leaving"]

_HEAD = 1 << 16
_FIRST_ROWS = 200
"""Rows in which an @ is looked for, to know the column of addresses without a title."""

# Seen in no name and in no word of a standing, and in the way of comparing them.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))

_JSON = re.compile(r"\ufeff?\s*(?:\[\s*)?\{\s*(?:\"|$)|\ufeff?\s*\[\s*$")

FILE_NAME = "file name"
"""The column, for answers, that a file's own name stands for."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a first look at the whole file tells."""

    digest: str
    encoding: str
    size: int


@dataclass(frozen=True, slots=True)
class Row:
    """One person in the file."""

    line: int
    """Where the record begins; the first line is 1."""
    address: str
    name: str
    language: str
    refused: str
    """Why the person is not imported (`reasons.stored`); empty when nothing but the address may speak against it."""
    left: bool
    """Refused because they have left: no later file may wake them."""


def scan(path: Path, *, name: str) -> Scan:
    """Hash the file and find its encoding. Raises BadFile for what is no text."""
    try:
        return _scan(path, name=name)
    except OSError as error:
        said = _("“%(file)s” cannot be read: %(reason)s.") % {"file": name, "reason": error.strerror}
        raise BadFile(said, field=name) from error


def plan_of(path: Path, found: Scan, *, name: str, answers: Mapping[str, str]) -> Plan:
    """What each column is, after a look at all of its values. Raises BadFile."""
    with _opened(path, found, name=name) as (lines, delimiter):
        if _JSON.match(_first_filled(lines)):
            said = _("“%(file)s” is a JSON file, not CSV. Save the list as CSV. Nothing was imported.")
            raise BadFile(said % {"file": name}, field=name)
        about_file = {title: answer for title, answer in answers.items() if folded(title) == FILE_NAME}
        if mailboxes.is_line(_first_filled(lines)):
            listed = Plan(columns=(Column(_("addresses"), Role.ADDRESS),), header=False, mailboxes=True)
            return _with_file_name(listed, [], about_file, name=name)
        seen, header = _survey(records.records(lines, delimiter), name=name)
    if not seen:
        raise BadFile(_("“%(file)s” has no rows. Nothing was imported.") % {"file": name}, field=name)
    try:
        plan = columns.decide(seen, {t: a for t, a in answers.items() if t not in about_file}, header=header)
    except columns.NoAddresses as error:
        raise _no_addresses(seen, name=name) from error
    except columns.NoSuchColumn as error:
        raise BadFile(
            _("“%(file)s” has no column “%(column)s”. Nothing was imported.") % {"file": name, "column": error.args[0]},
            field=name,
        ) from error
    _refuse_unknown_values(plan, seen, name=name)
    if sum(column.tells for column in plan.columns) > caps.MOST_TELLING:
        said = _(
            "“%(file)s” has more than %(most)s columns that say who may be mailed. Delete those that are not of this "
            "list. Nothing was imported."
        )
        raise records.too_much(said, caps.MOST_TELLING, name=name)
    return _with_file_name(plan, seen, about_file, name=name)


def _refuse_unknown_values(plan: Plan, seen: Sequence[Seen], *, name: str) -> None:
    """An answer that names a value which is not there was mistyped: whom it means would join."""
    for column, of_file in zip(plan.columns, seen, strict=True):
        if column.left_values is None or of_file.more:
            continue
        for value in sorted((column.left_values | column.stays_values) - of_file.words):
            said = _("Column “%(column)s” of “%(file)s” has no value “%(value)s”. Nothing was imported.")
            raise BadFile(said % {"column": column.title, "file": name, "value": value}, field=name)


def rows(path: Path, found: Scan, plan: Plan, *, name: str, at: Callable[[int], None] | None = None) -> Iterator[Row]:
    """Every person. Raises BadFile, naming the line, when the rest cannot be trusted."""
    # What does not decode is not guessed: such a record is reported, the others are kept.
    with _opened(path, found, name=name, at=at) as (lines, delimiter):
        if plan.mailboxes:
            yield from _listed(lines, plan, name=name)
            return
        reader = _Reader(plan, name=name)
        for number, record in enumerate(records.records(lines, delimiter)):
            if number or not plan.header:
                yield from reader.people(record)


@contextmanager
def _opened(
    path: Path, found: Scan, *, name: str, at: Callable[[int], None] | None = None
) -> Iterator[tuple[records.Lines, str]]:
    with path.open(encoding=found.encoding, errors="replace", newline="") as file:
        told = (lambda: at(file.buffer.tell())) if at else None  # type: ignore[attr-defined]
        lines = records.Lines(file, name=name, told=told)
        first = (lines.peek(1) or [""])[0]
        hint = re.fullmatch(r"\ufeff?sep=(.)\s*", first)
        if hint:  # Excel's own word for what parts the cells.
            next(lines)
            lines.number = 0
        yield lines, hint[1] if hint else records.delimiter_of(_first_filled(lines))


def _first_filled(lines: records.Lines) -> str:
    return next((line for line in lines.peek(50) if line.strip(' ,;\t|"\r\n')), "")


# A first look --------------------------------------------------------------------------------------------------------


def _survey(source: Iterator[Record], *, name: str) -> tuple[list[Seen], bool]:
    """The columns with the values that they have, and whether the first row holds their titles. Raises BadFile."""
    first = next(source, None)
    if first is None:
        return [], False
    if len(first.cells) > caps.MOST_COLUMNS:
        said = _(
            "“%(file)s” has more than %(most)s columns. Keep those of addresses, names, languages, and who may be "
            "mailed. Nothing was imported."
        )
        raise records.too_much(said, caps.MOST_COLUMNS, name=name)
    cells = [_clean(cell) for cell in first.cells]
    header = not any(_is_of_a_person(cell) for cell in cells)
    seen = [Seen(title if header and title else f"#{at}", {}) for at, title in enumerate(cells, 1)]
    remembered = _look(seen, cells, first=True) if not header else 0
    short: Counter[int] = Counter()
    for number, record in enumerate(source):
        if record.unclosed:
            continue
        short[len(record.cells)] += 1
        remembered += _look(seen, record.cells, first=number < _FIRST_ROWS)
        if remembered > caps.MOST_REMEMBERED:
            said = _(
                "The columns of “%(file)s” have too many long texts (more than %(most)s characters that differ). "
                "Delete those of notes; keep addresses, names, languages, and who may be mailed. Nothing was imported."
            )
            raise records.too_much(said, caps.MOST_REMEMBERED, name=name)
    _fill_up(seen, short)
    return seen, header


def _fill_up(seen: Sequence[Seen], short: Mapping[int, int]) -> None:
    """Rows that end early are empty in the columns behind: counted once, not cell by cell."""
    rows = 0
    for at, column in enumerate(seen):
        if rows:
            column.values[""] = column.values.get("", 0) + rows
        rows += short.get(at + 1, 0)


def _look(seen: Sequence[Seen], cells: Sequence[str], *, first: bool) -> int:
    """Take note of a row; how many characters are remembered of it."""
    if len(cells) > len(seen) and any(cells[len(seen) :]):
        return 0  # Shifted: not a word for its column.
    remembered = 0
    for column, cell in zip(seen, cells, strict=False):
        value = cell.strip()
        if column.more:
            column.pass_over(value)
            continue
        if first and "@" in value:
            column.at_signs += 1
        if len(value) > caps.LONGEST_VALUE:
            # No word for anything; that it speaks of leaving is noticed all the same.
            column.smells = column.smells or speaks_of_leaving(folded(value))
            value = value[: caps.LONGEST_VALUE]
        values = column.values
        if value in values:
            values[value] += 1
        elif len(values) < columns.MOST_VALUES:
            values[value] = 1
            remembered += len(value)
        else:
            column.more = True
            column.pass_over(value)
    return remembered


def _is_of_a_person(cell: str) -> bool:
    """Whether it holds an address, be it a bad one or with other words around it: no title does."""
    return bool(_AT.search(cell)) and not _TITLE_WITH_AT.fullmatch(cell)


_AT = re.compile(
    r"[^\s@]@|@[^\s@]+\.[^\s@]|\w\s*[(\[{]\s*(?:at|ät)\s*[)\]}]\s*\w|^\S+ at \S+(?:\.| dot )[a-z]{2,}$", re.IGNORECASE
)
_TITLE_WITH_AT = re.compile(r"e?[\s-]*m@il\w*", re.IGNORECASE)


def _no_addresses(seen: Sequence[Seen], *, name: str) -> BadFile:
    titles = ", ".join(f"“{column.title[:40]}”" for column in seen[:8] if column.title)
    said = _(
        "“%(file)s” has no column of e-mail addresses. Its first row is: %(titles)s. "
        "Give the column of addresses the title “email”. Nothing was imported."
    )
    return BadFile(said % {"file": name, "titles": titles}, field=name)


def _with_file_name(plan: Plan, seen: Sequence[Seen], answers: Mapping[str, str], *, name: str) -> Plan:
    """Where only the file's own name says that these people left, that is a question, too."""
    for answer in answers.values():
        role = Role.LEFT if answer.startswith(Role.LEFT) else Role.IGNORED
        plan = replace(plan, columns=(*plan.columns, Column(FILE_NAME, role, (name,), answered=True)))
    if answers or plan.asks or not smells_of_leaving(name):
        return plan
    # A column that names nobody as gone ("active" for all) does not answer what the name says of all.
    if any(_marks_somebody(column, one) for column, one in zip(plan.columns, seen, strict=False)):
        return plan
    return replace(plan, columns=(*plan.columns, Column(FILE_NAME, Role.UNCLEAR, (name,))))


def _marks_somebody(column: Column, seen: Seen) -> bool:
    return column.tells and any(columns.verdict(column, value) == Word.LEFT for value in seen.values)


# Words beside and above ----------------------------------------------------------------------------------------------

_LONGEST_HEADING = 60
_STRUCK_OUT = frozenset("-#!*~")
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
_GROUP = re.compile(r"([^@<>\"“”:]+):\s")
"""The name of a group of mailboxes, as RFC 5322 writes it before them."""
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}@]*)[)\]}]")


def _beside(one: mailboxes.Mailbox) -> tuple[str, bool]:
    """What a list says with an address besides a name: the reason to refuse it, and whether they have left."""
    if one.address[:1] in _STRUCK_OUT:
        return reasons.stored("beside", value=one.address[:60]), False
    if not one.beside:
        return "", False
    if one.beside.lstrip()[:1] in _STRUCK_OUT | {";"}:
        return reasons.stored("beside", value=one.beside[:60]), False
    text = one.beside.replace(one.address, " ")
    comments = _BRACKETED.findall(text)
    parts = [folded(part) for inner in comments for part in re.split(r"[,;/]", inner)]
    whole = [folded(text), *map(folded, comments)]
    # “(left)” and “(Ben, unsubscribed)”, but not “(Left Bank Books)”, nor “(Left, Right & Co)”.
    if any(_is_left(word) for word in whole) or any(_is_left(part) and _undated(part) not in SOFT for part in parts):
        return reasons.stored("beside", value=one.beside[:60]), True
    words = (word for part in (*whole, *parts) for word in (part, _undated(part), part.partition(" ")[0]))
    marked = any(WORDS.get(word, Word.STAYS) != Word.STAYS for word in words)
    marked = marked or any(title_speaks_of_leaving(part) or part in _MARKED for part in parts)
    if marked or speaks_of_leaving(folded(text)):
        return reasons.stored("beside", value=one.beside[:60]), False
    return "", False


_PARTED = re.compile(r"\s[-\u2010-\u2015|/:;]+\s|[|;]+")
_NOTED = re.compile(r"[(\[{|;†✝]|\s[-\u2010-\u2015/:]+\s")
"""What a name has in it where more than a name may stand there."""


_NO_MORE = FLAT | {"nicht mehr", "no longer", "ne plus", "n est plus", "ya no", "non più", "niet meer"}
"""Notes beside a name that somebody is gone."""


def _in_names(names: Iterable[str]) -> tuple[str, bool]:
    """What names say of their person, as `_beside`: “Bo (abgemeldet)”, “Cy – UNSUBSCRIBED”, “ZZ_DO NOT MAIL Di”."""
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


def _names(column: Column) -> bool:
    """Whether it is a column of names that is not used, since another one is."""
    return column.role == Role.IGNORED and not column.answered and folded(column.title) in NAME | FIRST | LAST


def _is_usable(one: mailboxes.Mailbox) -> bool:
    """Whether mail can be addressed to it."""
    try:
        addresses.normalise(one.address)
    except BadAddress:
        return False
    return True


def _is_left(text: str) -> bool:
    """Whether a folded text is a word of leaving and nothing more, but perhaps for its date."""
    return WORDS.get(_undated(text)) == Word.LEFT


def _undated(text: str) -> str:
    """A folded text without the date at its end: left 2023, désabonnée le 3 mai."""
    return _DATE_BEHIND.sub("", text)


class _Heading:
    """A line between addresses: below “Unsubscribed:” nobody is added, until another line says otherwise."""

    def __init__(self) -> None:
        self.reason, self.left = "", False

    def read(self, text: str) -> None:
        """Take note of a line without an address."""
        word = folded(text) if len(text) <= caps.LONGEST_BESIDE else ""
        if not word or len(word) > _LONGEST_HEADING:
            return
        meant = WORDS.get(word)
        core = bare(word)
        if self.names_who_left(word):
            self.reason, self.left = reasons.stored("below", value=text.strip()[:60]), True
        elif meant == Word.ASKED or title_speaks_of_leaving(word) or speaks_of_leaving(word):
            self.reason, self.left = reasons.stored("below", value=text.strip()[:60]), False
        elif meant == Word.STAYS or core in STAYS_CORES or CONSENT_SMELL.search(word) or OF_PEOPLE.within(word):
            self.reason, self.left = "", False

    @staticmethod
    def names_who_left(word: str) -> bool:
        """Whether a folded line is a word for those who left, and nothing more."""
        return WORDS.get(word) == Word.LEFT or word in LEFT_CORES or bare(word) in LEFT_CORES


# Its people ----------------------------------------------------------------------------------------------------------


_MOST_VERDICTS = 1_000
"""Cells of a column of which the meaning is remembered: they repeat, or there are too many."""


class _Reader:
    """Turns the records of one file into people, by its plan."""

    def __init__(self, plan: Plan, *, name: str) -> None:
        self._plan, self._name = plan, name
        self._width = sum(column.title != FILE_NAME for column in plan.columns)
        self._address = plan.at(Role.ADDRESS)
        self._others = plan.at(Role.OTHER_ADDRESS)
        whole, first, last = plan.at(Role.NAME), plan.at(Role.FIRST), plan.at(Role.LAST)
        self._names = whole or (*first, *last)
        # A part of a name tells as well as the whole, though only one of them is kept.
        self._named = [
            at for at, column in enumerate(plan.columns[: self._width]) if at in self._names or _names(column)
        ]
        self._language = (*plan.at(Role.LANGUAGE), -1)[0]
        self._titles = [folded(column.title) for column in plan.columns[: self._width]]
        self._telling = [(at, column) for at, column in enumerate(plan.columns[: self._width]) if column.tells]
        self._all_left = any(column.tells for column in plan.columns[self._width :])
        self._said: list[dict[str, Word | None]] = [{} for _column in self._telling]
        self._heading = _Heading()
        for column in (plan.columns[at] for at in self._address):
            if plan.header and not column.answered:
                self._heading.read(column.title)

    def people(self, record: Record) -> Iterator[Row]:
        """Everybody in a record: at least one."""
        cells = [_clean(cell) for cell in record.cells]
        address = next((cells[at] for at in self._address if at < len(cells) and cells[at]), "")
        further = cells[self._width :] if len(cells) > self._width else []
        if "@" not in address:
            self._refuse_second_header(cells, record.line)
            self._read_heading(cells, record.line)
        refused, left = self._judge(cells, record.unclosed, further)
        # One plain address in a row of the right width: nearly every row there is.
        if "@" in address and not any("@" in cell for cell in further):
            found = mailboxes.in_cell(address)
        else:
            found = _found_in([address, *(cell for cell in further if "@" in cell)])
        if len(found) == 1:
            others = self._other_addresses(cells, found[0].address)
            if not address and others:
                found, others = [others[0]], others[1:]
            # The first that can be used is theirs, unless words beside the one before it may be about them all.
            worded = "@" in found[0].address and " " in found[0].address
            usable = next(filter(_is_usable, others), None) if others and not worded else None
            if usable is not None and not _is_usable(found[0]):
                yield _shortened(record.line, found[0].address, "", "", refused, left=left)
                others.remove(usable)
                found = [usable]
            yield self._row(record, cells, found[0], refused, left=left)
            for other in others:
                yield _shortened(record.line, other.address, "", "", reasons.stored("second"), left=left)
            return
        for one in found:
            yield self._row(record, cells, one, refused or reasons.stored("several"), left=left)

    def _read_heading(self, cells: Sequence[str], line: int) -> None:
        """Take note of a cell that stands alone in its row, unless it is a word about somebody without an address."""
        filled = [(at, cell) for at, cell in enumerate(cells) if cell]
        if len(filled) != 1 or "@" in filled[0][1]:
            return
        at, cell = filled[0]
        if not self._plan.header or at in self._address:
            self._heading.read(cell)
        elif at == 0 and _Heading.names_who_left(folded(cell)):
            # A heading stands at the beginning of its row. So may the name of a firm: only a person can tell.
            said = _(
                "“%(file)s”, line %(line)d: “%(value)s” stands alone in its row. If the people below it have left, "
                "save them as a separate file, else delete this row. Nothing was imported."
            )
            raise BadFile(said % {"file": self._name, "line": line, "value": cell[:60]}, field=self._name)

    def _refuse_second_header(self, cells: Sequence[str], line: int) -> None:
        """Two files in one: below other titles, other columns say who left."""
        titles = [folded(cell) for cell in cells if cell]
        if len(titles) > 1 and titles != self._titles and any(columns.is_address_title(title) for title in titles):
            said = _(
                "“%(file)s”, line %(line)d: a second table with other columns begins here. "
                "Save it as a separate file. Nothing was imported."
            )
            raise BadFile(said % {"file": self._name, "line": line}, field=self._name)

    def _judge(self, cells: Sequence[str], unclosed: bool, further: Sequence[str]) -> tuple[str, bool]:
        """Why this person cannot be imported, and whether that is because they left."""
        if self._all_left:
            return reasons.stored(Word.LEFT, column=FILE_NAME, value=self._name[:60]), True
        whole = "".join(cells)
        if unclosed:
            return reasons.stored("unclosed"), False
        if any(cell and "@" not in cell for cell in further):
            # What stands beyond the titles may say that somebody left, and no column says what it is.
            return reasons.stored("shifted"), False
        fault = reasons.stored("nul") if "\0" in whole else reasons.stored("unreadable") if "\ufffd" in whole else ""
        refused = fault or self._heading.reason
        if self._heading.left:
            return refused, True
        for (at, column), said in zip(self._telling, self._said, strict=True):
            cell = cells[at] if at < len(cells) else ""
            if cell in said:
                word = said[cell]
            else:
                word = columns.verdict(column, cell)
                if len(said) < _MOST_VERDICTS and len(cell) <= caps.LONGEST_VALUE:
                    said[cell] = word
            if word == Word.STAYS:
                continue
            reason = reasons.stored(word or "unclear", column=column.title[:60], value=cell[:60])
            if word == Word.LEFT:
                return reason, True
            refused = refused or reason
        return refused, False

    def _other_addresses(self, cells: Sequence[str], first: str) -> list[mailboxes.Mailbox]:
        texts = [cells[at] for at in self._others if at < len(cells) and cells[at]]
        if not texts:
            return []
        return [one for one in _found_in(texts) if one.address.lower() != first.lower()]

    def _row(self, record: Record, cells: Sequence[str], one: mailboxes.Mailbox, refused: str, *, left: bool) -> Row:
        if not left and (one.beside or one.address[:1] in _STRUCK_OUT):
            said, left = _beside(one)
            refused = refused if not left and refused else said or refused
        if not left:
            said, left = _in_names(cells[at] for at in self._named if at < len(cells))
            refused = refused if not left and refused else said or refused
        name = " ".join([cells[at] for at in self._names if at < len(cells) and cells[at]])
        language = cells[self._language] if 0 <= self._language < len(cells) else ""
        return _shortened(record.line, one.address, name or one.name, language, refused, left=left)


def _shortened(line: int, address: str, name: str, language: str, refused: str, *, left: bool) -> Row:
    """Rows wait for each other: of one with a cell like a book no more is kept than can be used or reported."""
    most = addresses.LONGEST_TEXT + 1
    return Row(line, address[:most], name[:most], language[:most], refused, left)


def _found_in(texts: Sequence[str]) -> list[mailboxes.Mailbox]:
    return [one for text in texts for one in mailboxes.in_cell(text)]


def _listed(lines: records.Lines, plan: Plan, *, name: str) -> Iterator[Row]:
    """The people in lines of mailboxes."""
    all_left = any(column.tells for column in plan.columns)
    left = reasons.stored(Word.LEFT, column=FILE_NAME, value=name[:60]) if all_left else ""
    heading = _Heading()
    for line in lines:
        lines.begin()
        fault = "nul" if "\0" in line else "unreadable" if "\ufffd" in line else ""
        if "@" not in line:
            heading.read(line)
        of_line, group = _Heading(), _GROUP.match(line)
        if group:
            of_line.read(group[1])
        for one in mailboxes.in_line(line):
            said, gone = _beside(one)
            for above in (of_line, heading):
                said, gone = (said, gone) if gone or not above.reason else (above.reason, above.left)
            yield _shortened(lines.number, one.address, one.name, "", left or said or fault, left=all_left or gone)


def _clean(cell: str) -> str:
    cell = cell.strip()
    if not cell.isascii():
        cell = cell.translate(_UNSEEN).strip()
    return csv_cells.plain(cell).strip() if cell.startswith("'") else cell


# The bytes -----------------------------------------------------------------------------------------------------------


def _scan(path: Path, *, name: str) -> Scan:
    size = path.stat().st_size
    if not size:
        raise BadFile(_("“%(file)s” is empty. Nothing was imported.") % {"file": name}, field=name)
    if size > caps.BIGGEST_FILE:
        said = _("“%(file)s” is larger than 1 GB. Split it into several files.")
        raise BadFile(said % {"file": name}, field=name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        known = encodings.marked(head)
        if not known:
            _refuse_binary(head, name=name)
        file.seek(0)
        try:
            found = encodings.find(file, known=known)
        except encodings.EndlessLine as error:
            raise records.too_long(error.args[0], name=name) from error
    if not found.encoding:
        said = _("The encoding of “%(file)s” could not be detected. Save the list as UTF-8. Nothing was imported.")
        raise BadFile(said % {"file": name}, field=name)
    return Scan(digest=found.digest, encoding=found.encoding, size=size)


def _refuse_binary(head: bytes, *, name: str) -> None:
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        said = _(
            "“%(file)s” is a workbook or a ZIP archive, not CSV. Unpack it, or open it and save it as “CSV (UTF-8)”."
        )
        raise BadFile(said % {"file": name}, field=name)
    at = head.find(b"\0")
    if at >= 0:
        said = _(
            "“%(file)s”, line %(line)d contains a NUL byte: this is not a text file. Save the list as CSV. "
            "Nothing was imported."
        )
        raise BadFile(said % {"file": name, "line": head.count(b"\n", 0, at) + 1}, field=name)
    control = sum(byte < 32 and byte not in b"\t\r\n\f\v" for byte in head)
    if control > len(head) // 100:
        said = _("“%(file)s” is not a text file. Save the list as CSV. Nothing was imported.")
        raise BadFile(said % {"file": name}, field=name)
