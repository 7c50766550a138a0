"""The staging file of an import: every row checked before the database is touched, kept until all are committed."""

import csv
import hashlib
import io
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers import address_redaction, addresses, conf, services
from subscribers.errors import BadAddress, InvalidInput
from subscribers.imports import caps, csv_cells, encodings, file_reader, reasons, records
from subscribers.imports.columns import Column, Plan, Role

_SCHEMA = """
CREATE TABLE staged (n INTEGER PRIMARY KEY, line INTEGER, address TEXT, address_index TEXT UNIQUE,
                     domain_group INTEGER, name TEXT, language TEXT);
CREATE TABLE rejected (line INTEGER, reason TEXT, content TEXT, left_index TEXT);
CREATE TABLE facts (rows INTEGER, repeated INTEGER, plan TEXT);
"""
_INSERT = (
    "INSERT OR IGNORE INTO staged (line, address, address_index, domain_group, name, language) VALUES (?,?,?,?,?,?)"
)
_INDEXED = {
    "staged": "SELECT 1 FROM staged WHERE address_index = ? LIMIT 1",
    "rejected": "SELECT 1 FROM rejected WHERE left_index = ? LIMIT 1",
}
_WORDS = {
    "staged": "SELECT name FROM staged",
    "rejected": "SELECT content FROM rejected",
    "facts": "SELECT plan FROM facts",
}
"""Where each table of a staging file may hold somebody."""
_BLOCK = 1 << 20
_BATCH = 5_000
_DATABASE = b"SQLite format 3\0"
_REPORTS = "reports.json"
"""Beside the staging folder: where the reports lie that were written elsewhere."""
RULES = 6
"""Grows when the same file is numbered differently than before: what an older version staged is not taken up."""

Progress = Callable[[int, int], None]
Answers = Mapping[str, str]
"""Title of a column to what an admin said of it, as in `--column`."""


@dataclass(frozen=True, slots=True)
class Person:
    """One checked row."""

    n: int
    """Its number: 1, 2, 3 … without gaps, the same each time the file is checked."""
    columns: dict[str, str | int]
    """The address's fields, as `addresses.columns` makes them."""
    name: str
    language: str

    @property
    def index(self) -> str:
        return str(self.columns["address_index"])


@dataclass(frozen=True, slots=True)
class Staged:
    """A checked file."""

    path: Path
    digest: str
    name: str
    rows: int
    usable: int
    repeated: int
    rejected: int
    left: int
    """Of the rejected, those who have left according to the file, each once."""
    plan: Plan
    """How each column was understood. While it asks something, nothing is staged."""
    answers: Answers = field(default_factory=dict)


def check(
    path: Path, *, list_id: int, name: str, answers: Answers | None = None, progress: Progress | None = None
) -> Staged:
    """Check every row of the file into staging. Raises reading.BadFile; then no staging is left behind."""
    answers = answers or {}
    found = file_reader.scan(path, name=name)
    target = _target(found.digest, list_id, answers, name=name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not target.exists():
        plan = file_reader.plan_of(path, found, name=name, answers=answers)
        partial = target.with_suffix(f".{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        # It holds addresses: nobody else on this machine may read it.
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            room = min(caps.MOST_STAGED, shutil.disk_usage(target.parent).free // 2)
            _fill(partial, path, found, plan, room=room, name=name, progress=progress)
            partial.replace(target)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                said = _(
                    "Checking “%(file)s” takes more than the %(most)d MB of disk that an import may use (at most 2 GB, "
                    "and half of what is free). Make room, or split the file. Nothing was imported."
                )
                raise InvalidInput(said % {"file": name, "most": room // 1_000_000}, field=name) from error
            said = _(
                "“%(file)s” could not be checked, perhaps because the disk is full (%(error)s). Nothing was imported."
            )
            raise InvalidInput(said % {"file": name, "error": error}) from error
        finally:
            partial.unlink(missing_ok=True)
    return _summary(target, digest=found.digest, name=name, answers=answers)


def staged(digest: str, *, list_id: int, name: str, answers: Answers) -> Staged | None:
    """What was checked before, if its file still lies there."""
    target = _target(digest, list_id, answers, name=name)
    return _summary(target, digest=digest, name=name, answers=answers) if target.exists() else None


def people(of: Staged, *, after: int, most: int) -> list[Person]:
    """The next checked rows, in their order."""
    with _opened(of.path) as database:
        found = database.execute(
            "SELECT n, address, address_index, domain_group, name, language FROM staged WHERE n > ? ORDER BY n LIMIT ?",
            (after, most),
        ).fetchall()
    return [
        Person(
            n=n,
            columns={addresses.COLUMN: address, "address_index": index, "domain_group": group},
            name=name,
            language=language,
        )
        for n, address, index, group, name, language in found
    ]


def left(of: Staged, *, after: str, most: int) -> list[str]:
    """The next indexes of addresses that have left according to the file, in their order."""
    with _opened(of.path) as database:
        found = database.execute(
            "SELECT DISTINCT left_index FROM rejected WHERE left_index > ? ORDER BY left_index LIMIT ?", (after, most)
        )
        return [index for (index,) in found]


def report(of: Staged) -> Iterator[str]:
    """The rows that cannot be used, as CSV that is safe to open: line, reason, content."""
    return _report(of.path)


def _report(path: Path) -> Iterator[str]:
    yield csv_cells.line([_("line"), _("reason"), _("content")])
    with _opened(path) as database:
        for line, reason, content in database.execute("SELECT line, reason, content FROM rejected ORDER BY line"):
            yield csv_cells.line([str(line), reasons.words(reason), content])


def put_away(of: Staged) -> None:
    """Keep what the report is made of for those who want to see it, and drop the rest: it holds addresses."""
    if of.rejected:
        with _opened(of.path) as database:
            database.execute("DROP TABLE IF EXISTS staged")
            database.commit()
            database.execute("VACUUM")
        of.path.replace(_report_path(of.path))
    discard(of)


def write_report(of: Staged, target: Path) -> None:
    """The report as a file that only its owner may read. Where it is, is noted: people in it may be erased one day."""
    _note_report(target)
    handle = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write("\ufeff")
        file.writelines(report(of))


def kept_report(digest: str, *, list_id: int, name: str, answers: Answers) -> Iterator[str] | None:
    """The report of a file that is checked, or was imported in the last days; None when it is gone."""
    target = _target(digest, list_id, answers, name=name)
    path = next((path for path in (target, _report_path(target)) if path.exists()), None)
    return None if path is None else _report(path)


def _report_path(path: Path) -> Path:
    return path.with_suffix(".rejected.db")


def discard(of: Staged) -> None:
    """Drop the staging file and the upload: they hold addresses, and are done with."""
    of.path.unlink(missing_ok=True)
    source(of).unlink(missing_ok=True)


def keep_source(of: Staged, path: Path) -> None:
    """Keep the file itself until it is imported or forgotten, so that it can be read again by another plan."""
    if path != source(of):
        shutil.move(path, source(of))


def source(of: Staged) -> Path:
    """Where the file itself is kept, once `keep_source` was called."""
    return of.path.with_name(of.path.name.partition(".")[0] + ".source")


def forget_old(*, before: datetime) -> int:
    """Drop what was left lying about: checked but never committed, or half written when a process died."""
    count = 0
    for path in _files():
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
    for path in _files():
        try:
            if _holds(path, address, index):
                imports.add(path.name.partition(".")[0])
        except (FileNotFoundError, InvalidInput):
            continue  # dropped meanwhile
        except OSError:
            kept.append(path)
    for path in _files():
        if path.name.partition(".")[0] in imports:
            path.unlink(missing_ok=True)
    return [*kept, *_forget_in_reports(address)]


def _forget_in_reports(address: str) -> list[Path]:
    """What somebody has done to them since, or to their folders, must not keep anybody from being erased."""
    noted: list[Path] = []
    untouched: list[Path] = []
    for report in (before := _noted_reports()):
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
        _write_noted(noted)
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


def _files() -> list[Path]:
    directory = conf.settings().staging_dir
    return [path for path in directory.iterdir() if path.is_file()] if directory.is_dir() else []


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
        return any(one in line.lower() for lines in _blocks(path, "utf-8") for line in lines for one in sought)


def _database_holds(path: Path, address: str, index: str) -> bool:
    with _opened(path) as database:
        # Of a file that is imported, only the rows of the report are left.
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        return any(
            database.execute(asked, (index,)).fetchone() for table, asked in _INDEXED.items() if table in tables
        ) or any(
            _name(address, [cell for (cell,) in rows])
            for table, asked in _WORDS.items()
            if table in tables
            for rows in _batches(database.execute(asked))
        )


def _batches(rows: sqlite3.Cursor) -> Iterator[list[tuple[str]]]:
    while some := rows.fetchmany(_BATCH):
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


def _note_report(target: Path) -> None:
    _write_noted(dict.fromkeys([*_noted_reports(), target.resolve()]))


def _noted_reports() -> list[Path]:
    noted = conf.settings().staging_dir.with_name(_REPORTS)
    return [Path(line) for line in json.loads(noted.read_text(encoding="utf-8"))] if noted.exists() else []


def _write_noted(reports: Iterable[Path]) -> None:
    noted = conf.settings().staging_dir.with_name(_REPORTS)
    partial = noted.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump([str(path) for path in reports], file)
    partial.replace(noted)


def _target(digest: str, list_id: int, answers: Answers, *, name: str) -> Path:
    # The same bytes under a name such as unsubscribed.csv are another question.
    rules = [RULES, sorted(answers.items()), file_reader.smells_of_leaving(name)]
    told = hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:12]
    return conf.settings().staging_dir / f"{digest}-{list_id}.{told}.sqlite3"


def _fill(
    target: Path, path: Path, found: file_reader.Scan, plan: Plan, *, room: int, name: str, progress: Progress | None
) -> None:
    with _opened(target) as database:
        page = database.execute("PRAGMA page_size").fetchone()[0]
        database.execute(f"PRAGMA max_page_count={max(1, room // page)}")
        # Rebuilt from the file after any accident, so it need not survive one.
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        total = repeated = 0
        key = conf.settings().address_key
        at = (lambda position: progress(min(position, found.size), found.size)) if progress else None
        # Nothing is staged before every question is answered: an import must not begin by accident.
        source = iter(()) if plan.asks else file_reader.rows(path, found, plan, name=name, at=at)
        while batch := list(islice(source, _BATCH)):
            total += len(batch)
            if total > caps.MOST_PEOPLE:
                said = _("“%(file)s” has more than %(most)s rows. Split it into several files. Nothing was imported.")
                raise records.too_much(said, caps.MOST_PEOPLE, name=name)
            good: list[tuple[object, ...]] = []
            bad: list[tuple[object, ...]] = []
            _sort(batch, good, bad, key=key)
            repeated += len(good) - database.executemany(_INSERT, good).rowcount
            database.executemany("INSERT INTO rejected VALUES (?,?,?,?)", bad)
        _take_out_who_left(database)
        _balance(database, total=total, repeated=repeated, name=name)
        database.execute("INSERT INTO facts VALUES (?,?,?)", (total, repeated, _dumped(plan)))
        database.commit()
        if progress:
            progress(found.size, found.size)


def _sort(
    batch: Iterable[file_reader.Row], good: list[tuple[object, ...]], bad: list[tuple[object, ...]], *, key: bytes
) -> None:
    for row in batch:
        reason = row.refused
        left_index = None
        try:
            if not reason:
                address = addresses.columns(addresses.normalise(row.address), key=key)
                name, language = services.clean_name(row.name), row.language[:20]
                good.append((row.line, *address.values(), name, language))
                continue
            if row.left:
                left_index = addresses.index(addresses.normalise(row.address), key=key)
        except BadAddress as error:
            reason = reason or str(error)
        bad.append((row.line, reason, row.address.replace("\0", "␀")[:320], left_index))


def _take_out_who_left(database: sqlite3.Connection) -> None:
    """Who has left by one row of the file is not brought in by another."""
    if not database.execute("SELECT EXISTS (SELECT 1 FROM rejected WHERE left_index IS NOT NULL)").fetchone()[0]:
        return
    database.execute("CREATE INDEX left_by_index ON rejected (left_index)")
    # Put into both statements below; nothing of the file is in it.
    both = "SELECT n FROM staged WHERE address_index IN (SELECT left_index FROM rejected)"
    moved = database.execute(
        f"INSERT INTO rejected SELECT line, ?, address, NULL FROM staged WHERE n IN ({both})",  # noqa: S608 - see above
        (reasons.stored("elsewhere"),),
    ).rowcount
    if not moved:
        return
    database.execute(f"DELETE FROM staged WHERE n IN ({both})")  # noqa: S608 - see above
    # Numbered anew, without gaps: steps of the commit are counted by them. Upwards, so that no two meet on the way.
    new = old = 0
    while numbers := database.execute("SELECT n FROM staged WHERE n > ? ORDER BY n LIMIT ?", (old, _BATCH)).fetchall():
        changes = [(new + at, n) for at, (n,) in enumerate(numbers, 1)]
        database.executemany("UPDATE staged SET n = ? WHERE n = ?", [pair for pair in changes if pair[0] != pair[1]])
        new, old = changes[-1]


def _balance(database: sqlite3.Connection, *, total: int, repeated: int, name: str) -> None:
    """Every person who was read is staged, repeated or reported; else nothing is imported."""
    kept = database.execute("SELECT count(*) FROM staged").fetchone()[0]
    refused = database.execute("SELECT count(*) FROM rejected").fetchone()[0]
    if kept + repeated + refused != total:
        said = _(
            "The count of “%(file)s” does not add up: %(rows)d people were read, but %(found)d accounted for. "
            "Nothing was imported. Please report this as a bug."
        )
        raise InvalidInput(said % {"file": name, "rows": total, "found": kept + repeated + refused}, field=name)


def _dumped(plan: Plan) -> str:
    said = asdict(plan)
    for column in said["columns"]:
        column["left_values"] = sorted(column["left_values"]) if column["left_values"] is not None else None
        column["stays_values"] = sorted(column["stays_values"])
    return json.dumps(said, ensure_ascii=False)


def _loaded(text: str) -> Plan:
    said = json.loads(text)
    columns = [
        Column(
            title=one["title"],
            role=Role(one["role"]),
            examples=tuple(one["examples"]),
            all_shown=one["all_shown"],
            left_values=None if one["left_values"] is None else frozenset(one["left_values"]),
            stays_values=frozenset(one["stays_values"]),
            answered=one["answered"],
        )
        for one in said["columns"]
    ]
    return Plan(columns=tuple(columns), header=said["header"], mailboxes=said["mailboxes"])


def _summary(path: Path, *, digest: str, name: str, answers: Answers) -> Staged:
    with _opened(path) as database:
        rows, repeated, plan = database.execute("SELECT rows, repeated, plan FROM facts").fetchone()
        usable = database.execute("SELECT count(*) FROM staged").fetchone()[0]
        rejected = database.execute("SELECT count(*) FROM rejected").fetchone()[0]
        left, rows_of_left = database.execute(
            "SELECT count(DISTINCT left_index), count(left_index) FROM rejected"
        ).fetchone()
    again = rows_of_left - left
    return Staged(
        path=path,
        digest=digest,
        name=name,
        rows=rows,
        usable=usable,
        repeated=repeated + again,
        rejected=rejected - again,
        left=left,
        plan=_loaded(plan),
        answers=answers,
    )


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        # Never made anew: it may have been dropped, for somebody in it was erased.
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", isolation_level="DEFERRED", uri=True)
    except sqlite3.OperationalError:
        if path.exists():
            raise
        raise InvalidInput(_("The checked file is no longer here. Upload it again.")) from None
    with closing(database):
        yield database
