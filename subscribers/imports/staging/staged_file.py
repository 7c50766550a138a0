"""A checked file: its staging database, its source, and what is in it."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers import addresses, conf
from subscribers.errors import InvalidInput
from subscribers.imports import filenames
from subscribers.imports.columns.column import Column, Plan
from subscribers.imports.columns.roles import Role
from subscribers.imports.staging import statements

RULES = 6
"""Grows when the same file is numbered differently than before: what an older version staged is not taken up."""
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


def staged(digest: str, *, list_id: int, name: str, answers: Answers) -> Staged | None:
    """What was checked before, if its file still lies there."""
    target = path_of(digest, list_id, answers, name=name)
    return summary(target, digest=digest, name=name, answers=answers) if target.exists() else None


def people(of: Staged, *, after: int, most: int) -> list[Person]:
    """The next checked rows, in their order."""
    with opened(of.path) as database:
        found = database.execute(statements.NEXT_STAGED, (after, most)).fetchall()
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
    with opened(of.path) as database:
        found = database.execute(statements.NEXT_WHO_LEFT, (after, most))
        return [index for (index,) in found]


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


def files() -> list[Path]:
    directory = conf.settings().staging_dir
    return [path for path in directory.iterdir() if path.is_file()] if directory.is_dir() else []


def path_of(digest: str, list_id: int, answers: Answers, *, name: str) -> Path:
    # The same bytes under a name such as unsubscribed.csv are another question.
    rules = [RULES, sorted(answers.items()), filenames.smells_of_leaving(name)]
    told = hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:12]
    return conf.settings().staging_dir / f"{digest}-{list_id}.{told}.sqlite3"


def _loaded(text: str) -> Plan:
    said = json.loads(text)
    columns = [
        Column(
            title=column["title"],
            role=Role(column["role"]),
            examples=tuple(column["examples"]),
            all_shown=column["all_shown"],
            left_values=None if column["left_values"] is None else frozenset(column["left_values"]),
            stays_values=frozenset(column["stays_values"]),
            answered=column["answered"],
        )
        for column in said["columns"]
    ]
    return Plan(columns=tuple(columns), header=said["header"], mailboxes=said["mailboxes"])


def summary(path: Path, *, digest: str, name: str, answers: Answers) -> Staged:
    with opened(path) as database:
        rows, repeated, plan = database.execute(statements.FACTS).fetchone()
        usable = database.execute(statements.COUNT_STAGED).fetchone()[0]
        rejected = database.execute(statements.COUNT_REJECTED).fetchone()[0]
        left, rows_of_left = database.execute(statements.COUNT_WHO_LEFT).fetchone()
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
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        # Never made anew: it may have been dropped, for somebody in it was erased.
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", isolation_level="DEFERRED", uri=True)
    except sqlite3.OperationalError:
        if path.exists():
            raise
        raise InvalidInput(_("The checked file is no longer here. Upload it again.")) from None
    with closing(database):
        yield database
