"""The people of a file, each once: usable, or with the reason why not."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers import addresses
from subscribers.errors import BadAddress
from subscribers.imports import caps, mailboxes, reasons, records
from subscribers.imports.columns import cell_standing, person_columns
from subscribers.imports.columns.column import Column, Plan
from subscribers.imports.columns.roles import Role
from subscribers.imports.exporters.cell_words import Word
from subscribers.imports.exporters.column_titles import FIRST, LAST, NAME
from subscribers.imports.exporters.folding import folded
from subscribers.imports.reading.headings import Heading
from subscribers.imports.reading.opening import clean, opened
from subscribers.imports.reading.remarks import STRUCK_OUT, beside, in_names
from subscribers.imports.reading.scanning import Scan
from subscribers.imports.reading.survey import FILE_NAME
from subscribers.imports.records import BadFile, Record

_GROUP = re.compile(r"([^@<>\"“”:]+):\s")
"""The name of a group of mailboxes, as RFC 5322 writes it before them."""
_MOST_REMEMBERED = 1_000
"""Cells of a column of which the meaning is remembered: they repeat, or there are too many."""


@dataclass(frozen=True, slots=True)
class PersonRow:
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


def rows(
    path: Path, found: Scan, plan: Plan, *, name: str, at: Callable[[int], None] | None = None
) -> Iterator[PersonRow]:
    """Every person. Raises BadFile, naming the line, when the rest cannot be trusted."""
    # What does not decode is not guessed: such a record is reported, the others are kept.
    with opened(path, found, name=name, at=at) as (lines, delimiter):
        if plan.mailboxes:
            yield from _listed(lines, plan, name=name)
            return
        reader = _Reader(plan, name=name)
        for number, record in enumerate(records.records(lines, delimiter)):
            if number or not plan.header:
                yield from reader.people(record)


def _names(column: Column) -> bool:
    """Whether it is a column of names that is not used, since another column is."""
    return column.role == Role.IGNORED and not column.answered and folded(column.title) in NAME | FIRST | LAST


def _is_usable(mailbox: mailboxes.Mailbox) -> bool:
    """Whether mail can be addressed to it."""
    try:
        addresses.normalise(mailbox.address)
    except BadAddress:
        return False
    return True


class _Reader:
    """Turns the records of one file into people, by its plan."""

    def __init__(self, plan: Plan, *, name: str) -> None:
        self._plan, self._name = plan, name
        self._width = sum(column.title != FILE_NAME for column in plan.columns)
        self._address = plan.at(Role.ADDRESS)
        self._others = plan.at(Role.OTHER_ADDRESS)
        whole, first, last = plan.at(Role.NAME), plan.at(Role.FIRST), plan.at(Role.LAST)
        self._names = whole or (*first, *last)
        # A part of a name tells as well as the whole, though a single name is kept.
        self._named = [
            at for at, column in enumerate(plan.columns[: self._width]) if at in self._names or _names(column)
        ]
        self._language = (*plan.at(Role.LANGUAGE), -1)[0]
        self._titles = [folded(column.title) for column in plan.columns[: self._width]]
        self._telling = [(at, column) for at, column in enumerate(plan.columns[: self._width]) if column.tells]
        self._all_left = any(column.tells for column in plan.columns[self._width :])
        self._said: list[dict[str, Word | None]] = [{} for _column in self._telling]
        self._heading = Heading()
        for column in (plan.columns[at] for at in self._address):
            if plan.header and not column.answered:
                self._heading.read(column.title)

    def people(self, record: Record) -> Iterator[PersonRow]:
        """Everybody in a record: at least one person."""
        cells = [clean(cell) for cell in record.cells]
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
            # The first that can be used is theirs, unless words beside the address before it may be about them all.
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
        for mailbox in found:
            yield self._row(record, cells, mailbox, refused or reasons.stored("several"), left=left)

    def _read_heading(self, cells: Sequence[str], line: int) -> None:
        """Take note of a cell that stands alone in its row, unless it is a word about somebody without an address."""
        filled = [(at, cell) for at, cell in enumerate(cells) if cell]
        if len(filled) != 1 or "@" in filled[0][1]:
            return
        at, cell = filled[0]
        if not self._plan.header or at in self._address:
            self._heading.read(cell)
        elif at == 0 and Heading.names_who_left(folded(cell)):
            # A heading stands at the beginning of its row. So may the name of a firm: only a person can tell.
            said = _(
                "“%(file)s”, line %(line)d: “%(value)s” stands alone in its row. If the people below it have left, "
                "save them as a separate file, else delete this row. Nothing was imported."
            )
            raise BadFile(said % {"file": self._name, "line": line, "value": cell[:60]}, field=self._name)

    def _refuse_second_header(self, cells: Sequence[str], line: int) -> None:
        """Refuse two files in one: below other titles, other columns say who left."""
        titles = [folded(cell) for cell in cells if cell]
        if (
            len(titles) > 1
            and titles != self._titles
            and any(person_columns.is_address_title(title) for title in titles)
        ):
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
                word = cell_standing.standing(column, cell)
                if len(said) < _MOST_REMEMBERED and len(cell) <= caps.LONGEST_VALUE:
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
        return [mailbox for mailbox in _found_in(texts) if mailbox.address.lower() != first.lower()]

    def _row(
        self, record: Record, cells: Sequence[str], mailbox: mailboxes.Mailbox, refused: str, *, left: bool
    ) -> PersonRow:
        if not left and (mailbox.beside or mailbox.address[:1] in STRUCK_OUT):
            said, left = beside(mailbox)
            refused = refused if not left and refused else said or refused
        if not left:
            said, left = in_names(cells[at] for at in self._named if at < len(cells))
            refused = refused if not left and refused else said or refused
        name = " ".join([cells[at] for at in self._names if at < len(cells) and cells[at]])
        language = cells[self._language] if 0 <= self._language < len(cells) else ""
        return _shortened(record.line, mailbox.address, name or mailbox.name, language, refused, left=left)


def _shortened(line: int, address: str, name: str, language: str, refused: str, *, left: bool) -> PersonRow:
    """Rows wait for each other: of a row with a cell like a book no more is kept than can be used or reported."""
    most = addresses.LONGEST_TEXT + 1
    return PersonRow(line, address[:most], name[:most], language[:most], refused, left)


def _found_in(texts: Sequence[str]) -> list[mailboxes.Mailbox]:
    return [mailbox for text in texts for mailbox in mailboxes.in_cell(text)]


def _listed(lines: records.Lines, plan: Plan, *, name: str) -> Iterator[PersonRow]:
    """The people in lines of mailboxes."""
    all_left = any(column.tells for column in plan.columns)
    left = reasons.stored(Word.LEFT, column=FILE_NAME, value=name[:60]) if all_left else ""
    heading = Heading()
    for line in lines:
        lines.begin()
        fault = "nul" if "\0" in line else "unreadable" if "\ufffd" in line else ""
        if "@" not in line:
            heading.read(line)
        of_line, group = Heading(), _GROUP.match(line)
        if group:
            of_line.read(group[1])
        for mailbox in mailboxes.in_line(line):
            said, gone = beside(mailbox)
            for above in (of_line, heading):
                said, gone = (said, gone) if gone or not above.reason else (above.reason, above.left)
            yield _shortened(
                lines.number, mailbox.address, mailbox.name, "", left or said or fault, left=all_left or gone
            )
