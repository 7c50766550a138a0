"""A file is checked: every row is staged, repeated or rejected, before anything of a list changes."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers import addresses, conf, services
from subscribers.errors import BadAddress, InvalidInput
from subscribers.imports import caps, reasons, records
from subscribers.imports.columns.column import Plan
from subscribers.imports.reading import person_rows, scanning, survey
from subscribers.imports.staging import statements
from subscribers.imports.staging.staged_file import Answers, Staged, opened, path_of, summary

BATCH = 5_000

Progress = Callable[[int, int], None]


def check(
    path: Path, *, list_id: int, name: str, answers: Answers | None = None, progress: Progress | None = None
) -> Staged:
    """Check every row of the file into staging. Raises reading.BadFile; then no staging is left behind."""
    answers = answers or {}
    found = scanning.scan(path, name=name)
    target = path_of(found.digest, list_id, answers, name=name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not target.exists():
        plan = survey.plan_of(path, found, name=name, answers=answers)
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
    return summary(target, digest=found.digest, name=name, answers=answers)


def _fill(
    target: Path, path: Path, found: scanning.Scan, plan: Plan, *, room: int, name: str, progress: Progress | None
) -> None:
    with opened(target) as database:
        page = database.execute(statements.PAGE_SIZE).fetchone()[0]
        database.execute(statements.most_pages(max(1, room // page)))
        # Rebuilt from the file after any accident, so it need not survive any.
        database.executescript(statements.CREATE)
        total = repeated = 0
        key = conf.settings().address_key
        at = (lambda position: progress(min(position, found.size), found.size)) if progress else None
        # Nothing is staged before every question is answered: an import must not begin by accident.
        source = iter(()) if plan.asks else person_rows.rows(path, found, plan, name=name, at=at)
        while batch := list(islice(source, BATCH)):
            total += len(batch)
            if total > caps.MOST_PEOPLE:
                said = _("“%(file)s” has more than %(most)s rows. Split it into several files. Nothing was imported.")
                raise records.too_much(said, caps.MOST_PEOPLE, name=name)
            good: list[tuple[object, ...]] = []
            bad: list[tuple[object, ...]] = []
            _sort(batch, good, bad, key=key)
            repeated += len(good) - database.executemany(statements.STAGE, good).rowcount
            database.executemany(statements.REJECT, bad)
        _take_out_who_left(database)
        _balance(database, total=total, repeated=repeated, name=name)
        database.execute(statements.NOTE_FACTS, (total, repeated, _dumped(plan)))
        database.commit()
        if progress:
            progress(found.size, found.size)


def _sort(
    batch: Iterable[person_rows.PersonRow], good: list[tuple[object, ...]], bad: list[tuple[object, ...]], *, key: bytes
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
    """Reject whoever has left by another row of the file."""
    if not database.execute(statements.HAS_ANYBODY_LEFT).fetchone()[0]:
        return
    database.execute(statements.INDEX_WHO_LEFT)
    if not database.execute(statements.REJECT_WHO_LEFT, (reasons.stored("elsewhere"),)).rowcount:
        return
    database.execute(statements.UNSTAGE_WHO_LEFT)
    # Numbered anew, without gaps: steps of the commit are counted by them. Upwards, so that no two meet on the way.
    new = old = 0
    while numbers := database.execute(statements.NEXT_NUMBERS, (old, BATCH)).fetchall():
        changes = [(new + at, n) for at, (n,) in enumerate(numbers, 1)]
        database.executemany(statements.RENUMBER, [pair for pair in changes if pair[0] != pair[1]])
        new, old = changes[-1]


def _balance(database: sqlite3.Connection, *, total: int, repeated: int, name: str) -> None:
    """Every person who was read is staged, repeated or reported; else nothing is imported."""
    kept = database.execute(statements.COUNT_STAGED).fetchone()[0]
    refused = database.execute(statements.COUNT_REJECTED).fetchone()[0]
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
