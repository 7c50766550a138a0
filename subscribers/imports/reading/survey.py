"""What each column of a file is, after a look at all of its values."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers.imports import caps, mailboxes, records
from subscribers.imports.columns import cell_standing, deciding, person_columns, seen_column
from subscribers.imports.columns.column import Column, Plan
from subscribers.imports.columns.roles import Role
from subscribers.imports.columns.seen_column import Seen
from subscribers.imports.exporters.cell_words import Word, speaks_of_leaving
from subscribers.imports.exporters.folding import folded
from subscribers.imports.filenames import smells_of_leaving
from subscribers.imports.reading.opening import clean, first_filled, opened
from subscribers.imports.reading.scanning import Scan
from subscribers.imports.records import BadFile, Record

_FIRST_ROWS = 200
"""Rows in which an @ is looked for, to know the column of addresses without a title."""
_JSON = re.compile(r"\ufeff?\s*(?:\[\s*)?\{\s*(?:\"|$)|\ufeff?\s*\[\s*$")
FILE_NAME = "file name"
"""The column, for answers, that a file's own name stands for."""
_AT = re.compile(
    r"[^\s@]@|@[^\s@]+\.[^\s@]|\w\s*[(\[{]\s*(?:at|ät)\s*[)\]}]\s*\w|^\S+ at \S+(?:\.| dot )[a-z]{2,}$", re.IGNORECASE
)
_TITLE_WITH_AT = re.compile(r"e?[\s-]*m@il\w*", re.IGNORECASE)


def plan_of(path: Path, found: Scan, *, name: str, answers: Mapping[str, str]) -> Plan:
    """What each column is, after a look at all of its values. Raises BadFile."""
    with opened(path, found, name=name) as (lines, delimiter):
        if _JSON.match(first_filled(lines)):
            said = _("“%(file)s” is a JSON file, not CSV. Save the list as CSV. Nothing was imported.")
            raise BadFile(said % {"file": name}, field=name)
        about_file = {title: answer for title, answer in answers.items() if folded(title) == FILE_NAME}
        if mailboxes.is_line(first_filled(lines)):
            listed = Plan(columns=(Column(_("addresses"), Role.ADDRESS),), header=False, mailboxes=True)
            return _with_file_name(listed, [], about_file, name=name)
        seen, header = _survey(records.records(lines, delimiter), name=name)
    if not seen:
        raise BadFile(_("“%(file)s” has no rows. Nothing was imported.") % {"file": name}, field=name)
    try:
        plan = deciding.decide(seen, {t: a for t, a in answers.items() if t not in about_file}, header=header)
    except person_columns.NoAddresses as error:
        raise _no_addresses(seen, name=name) from error
    except deciding.NoSuchColumn as error:
        raise BadFile(
            _("“%(file)s” has no column “%(column)s”. Nothing was imported.") % {"file": name, "column": error.title},
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
    cells = [clean(cell) for cell in first.cells]
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
        elif len(values) < seen_column.MOST_VALUES:
            values[value] = 1
            remembered += len(value)
        else:
            column.more = True
            column.pass_over(value)
    return remembered


def _is_of_a_person(cell: str) -> bool:
    """Whether it holds an address, be it bad or with other words around it: no title does."""
    return bool(_AT.search(cell)) and not _TITLE_WITH_AT.fullmatch(cell)


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
    if any(_marks_somebody(column, values) for column, values in zip(plan.columns, seen, strict=False)):
        return plan
    return replace(plan, columns=(*plan.columns, Column(FILE_NAME, Role.UNCLEAR, (name,))))


def _marks_somebody(column: Column, seen: Seen) -> bool:
    return column.tells and any(cell_standing.standing(column, value) == Word.LEFT for value in seen.values)
