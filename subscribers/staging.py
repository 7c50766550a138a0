"""The staging file of an import: every row checked before the database is touched, kept until all are committed."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from subscribers import addresses, conf, csvsafe, reading, services
from subscribers.errors import BadAddress, InvalidInput

_SCHEMA = """
CREATE TABLE staged (n INTEGER PRIMARY KEY, line INTEGER, address TEXT, address_index TEXT UNIQUE,
                     domain_group INTEGER, name TEXT, language TEXT);
CREATE TABLE rejected (line INTEGER, reason TEXT, content TEXT);
CREATE TABLE facts (rows INTEGER, repeated INTEGER);
"""
_INSERT = (
    "INSERT OR IGNORE INTO staged (line, address, address_index, domain_group, name, language) VALUES (?,?,?,?,?,?)"
)
_BATCH = 5_000

# What other programs, and our own export, write for "may be mailed". Everything else is left out and reported.
_WELCOME = frozenset({"", "confirmed", "subscribed", "active", "enabled", "member", "yes", "true", "1"})

Progress = Callable[[int, int], None]


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


def check(path: Path, *, list_id: int, name: str, progress: Progress | None = None) -> Staged:
    """Check every row of the file into staging. Raises reading.BadFile; then no staging is left behind."""
    found = reading.scan(path, name=name)
    target = _target(found.digest, list_id)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not target.exists():
        partial = target.with_suffix(f".{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        # It holds addresses: nobody else on this machine may read it.
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _fill(partial, path, found, name=name, progress=progress)
            partial.replace(target)
        except sqlite3.OperationalError as error:
            raise InvalidInput(
                f"“{name}” could not be checked, perhaps for want of room on the disk ({error}). Nothing was imported."
            ) from error
        finally:
            partial.unlink(missing_ok=True)
    return _summary(target, digest=found.digest, name=name)


def staged(digest: str, *, list_id: int, name: str) -> Staged | None:
    """What was checked before, if its file still lies there."""
    target = _target(digest, list_id)
    return _summary(target, digest=digest, name=name) if target.exists() else None


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


def report(of: Staged) -> Iterator[str]:
    """The rows that cannot be used, as CSV that is safe to open: line, reason, content."""
    yield csvsafe.line(["line", "reason", "content"])
    with _opened(of.path) as database:
        for line, reason, content in database.execute("SELECT line, reason, content FROM rejected ORDER BY line"):
            yield csvsafe.line([str(line), reason, content])


def put_away(of: Staged) -> None:
    """Keep the report for those who want to see it, and drop the rest: it holds addresses, and is done with."""
    if of.rejected:
        write_report(of, _report_path(of.path))
    discard(of)


def write_report(of: Staged, target: Path) -> None:
    """The report as a file that only its owner may read."""
    handle = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write("\ufeff")
        file.writelines(report(of))


def kept_report(digest: str, *, list_id: int) -> Iterator[str] | None:
    """The report of a file that is checked, or was imported in the last days; None when it is gone."""
    found = staged(digest, list_id=list_id, name="")
    if found is not None:
        return report(found)
    path = _report_path(_target(digest, list_id))
    return iter([path.read_bytes().decode("utf-8-sig")]) if path.exists() else None


def _report_path(path: Path) -> Path:
    return path.with_suffix(".rejected.csv")


def discard(of: Staged) -> None:
    """Drop the staging file: it holds addresses, and is done with."""
    of.path.unlink(missing_ok=True)


def forget_old(*, before: datetime) -> int:
    """Drop what was left lying about: checked but never committed, or half written when a process died."""
    directory, count = conf.settings().staging_dir, 0
    for path in directory.iterdir() if directory.is_dir() else ():
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count


def _target(digest: str, list_id: int) -> Path:
    return conf.settings().staging_dir / f"{digest}-{list_id}.sqlite3"


def _fill(target: Path, path: Path, found: reading.Scan, *, name: str, progress: Progress | None) -> None:
    with _opened(target) as database:
        # Rebuilt from the file after any accident, so it need not survive one.
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        total = 0
        key = conf.settings().address_key
        at = (lambda position: progress(min(position, found.size), found.size)) if progress else None
        source = reading.rows(path, found, name=name, at=at)
        while batch := list(islice(source, _BATCH)):
            total += len(batch)
            good: list[tuple[object, ...]] = []
            bad: list[tuple[object, ...]] = []
            _sort(batch, good, bad, key=key)
            database.executemany(_INSERT, good)
            database.executemany("INSERT INTO rejected VALUES (?,?,?)", bad)
        kept = database.execute("SELECT count(*) FROM staged").fetchone()[0]
        refused = database.execute("SELECT count(*) FROM rejected").fetchone()[0]
        database.execute("INSERT INTO facts VALUES (?,?)", (total, total - kept - refused))
        database.commit()
        if progress:
            progress(found.size, found.size)


def _sort(
    batch: Iterable[reading.Row], good: list[tuple[object, ...]], bad: list[tuple[object, ...]], *, key: bytes
) -> None:
    for row in batch:
        try:
            reason = row.broken or _unwelcome(row)
            if not reason:
                address = addresses.columns(addresses.normalise(row.address), key=key)
                name, language = services.clean_name(row.name), row.language[:20]
                good.append((row.line, *address.values(), name, language))
        except BadAddress as error:
            reason = str(error)
        if reason:
            bad.append((row.line, reason, row.address.replace("\0", "␀")[:320]))


def _unwelcome(row: reading.Row) -> str:
    if row.state in _WELCOME:
        return ""
    return f"The file says “{row.state[:40]}” of this person: only those who may be mailed are imported."


def _summary(path: Path, *, digest: str, name: str) -> Staged:
    with _opened(path) as database:
        rows, repeated = database.execute("SELECT rows, repeated FROM facts").fetchone()
        usable = database.execute("SELECT count(*) FROM staged").fetchone()[0]
        rejected = database.execute("SELECT count(*) FROM rejected").fetchone()[0]
    return Staged(path=path, digest=digest, name=name, rows=rows, usable=usable, repeated=repeated, rejected=rejected)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level="DEFERRED")) as database:
        yield database
