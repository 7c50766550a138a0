"""Staged files and reports are forgotten: after their time, or because somebody in them is erased."""

import csv
import io
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from subscribers import address_redaction, addresses
from subscribers.errors import InvalidInput
from subscribers.imports import encodings
from subscribers.imports.staging import statements
from subscribers.imports.staging.checking import BATCH
from subscribers.imports.staging.reports import noted_reports, write_noted
from subscribers.imports.staging.staged_file import files, opened

_BLOCK = 1 << 20
_DATABASE = b"SQLite format 3\0"


def forget_old(*, before: datetime) -> int:
    """Drop what was left lying about: checked but never committed, or half written when a process died."""
    count = 0
    for path in files():
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count


def forget(address: str, *, index: str) -> list[Path]:
    """Drop every import's files that hold the address, and its rows in the reports that lie elsewhere.

    Whoever is in the middle of such an import is told that its file is gone; the same file again goes on from there.
    Returns the files that could not be read or written.
    """
    imports, kept = set(), []
    for path in files():
        try:
            if _holds(path, address, index):
                imports.add(path.name.partition(".")[0])
        except (FileNotFoundError, InvalidInput):
            continue  # dropped meanwhile
        except OSError:
            kept.append(path)
    for path in files():
        if path.name.partition(".")[0] in imports:
            path.unlink(missing_ok=True)
    return [*kept, *_forget_in_reports(address)]


def _forget_in_reports(address: str) -> list[Path]:
    """What somebody has done to them since, or to their folders, must not keep anybody from being erased."""
    noted: list[Path] = []
    untouched: list[Path] = []
    for report in (before := noted_reports()):
        try:
            _take_out_of_report(report, address)
            noted.append(_unnamed(report, address))
        except FileNotFoundError:
            # It may lie elsewhere now: that is told once.
            untouched.append(report)
        except (OSError, UnicodeError, csv.Error):
            noted.append(report)
            untouched.append(report)
    if noted != before:
        write_noted(noted)
    return untouched


def _unnamed(report: Path, address: str) -> Path:
    """The report under a name that does not hold the address: it has that of the file whose rows are in it."""
    name = address_redaction.redacted(address, report.name)
    if name == report.name:
        return report
    target = report.with_name(name)
    if target.exists():
        target = report.with_name(f"{secrets.token_hex(4)}-{name}")
    return report.rename(target)


def _holds(path: Path, address: str, index: str) -> bool:
    with path.open("rb") as file:
        is_database = file.read(len(_DATABASE)) == _DATABASE
    if not is_database:
        return any(_name(address, lines) for lines in _blocks(path, _encoding(path)))
    try:
        return _database_holds(path, address, index)
    except sqlite3.Error:
        # It is being written, or broken. Nothing parts its cells then: rather one file too many than one too few.
        sought = {index, address.lower(), addresses.shown(address).lower()}
        return any(text in line.lower() for lines in _blocks(path, "utf-8") for line in lines for text in sought)


def _database_holds(path: Path, address: str, index: str) -> bool:
    with opened(path) as database:
        # Of a file that is imported, only the rows of the report are left.
        tables = {name for (name,) in database.execute(statements.TABLES)}
        return any(
            database.execute(asked, (index,)).fetchone()
            for table, asked in statements.HAS_INDEX.items()
            if table in tables
        ) or any(
            _name(address, [cell for (cell,) in rows])
            for table, asked in statements.WORDS.items()
            if table in tables
            for rows in _batches(database.execute(asked))
        )


def _batches(rows: sqlite3.Cursor) -> Iterator[list[tuple[str]]]:
    while some := rows.fetchmany(BATCH):
        yield some


def _name(address: str, texts: Iterable[str]) -> bool:
    return any(_names(address, text) for text in address_redaction.likely(address, texts))


def _names(address: str, text: str) -> bool:
    return address_redaction.mentions(address, addresses.visible(text))


def _blocks(path: Path, encoding: str) -> Iterator[list[str]]:
    """The lines of a file, about a million signs of them at a time."""
    with path.open(encoding=encoding, errors="replace") as file:
        while lines := file.readlines(_BLOCK):
            yield lines


def _encoding(path: Path) -> str:
    """The likeliest, as the file is read when it is imported."""
    with path.open("rb") as file:
        known = encodings.marked(file.read(encodings.SAMPLE))
        file.seek(0)
        try:
            return encodings.find(file, known=known).encoding or "latin-1"
        except encodings.EndlessLine:
            return known or "utf-8"


def _take_out_of_report(report: Path, address: str) -> None:
    with report.open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    if not any(address_redaction.likely(address, [text])):
        return
    rows = list(csv.reader(io.StringIO(text, newline="")))
    kept = [row for row in rows if not any(_names(address, cell) for cell in row)]
    if len(kept) == len(rows):
        return
    partial = report.with_name(report.name + ".partial")
    handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write("\ufeff")
            # As they were: each cell is guarded already.
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(kept)
        partial.replace(report)
    finally:
        partial.unlink(missing_ok=True)
