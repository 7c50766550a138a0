"""Who is to be forgotten in files, noted beside them until it is done: a file of its own for each, as 0600."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from subscribers import conf

_PREFIX = "erasing-"


@dataclass(frozen=True, slots=True)
class Erased:
    """Who is forgotten."""

    id: int
    address: str
    index: str


def note(who: Erased) -> None:
    """Before the commit: it holds until `done`, whatever happens to this process."""
    path = _path(who)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(who), file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def noted() -> Iterator[Erased]:
    """Whoever was noted and is not done with."""
    for path in sorted(_folder().glob(f"{_PREFIX}*.json")):
        try:
            yield Erased(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue  # somebody else has just done it


def done(who: Erased) -> None:
    """Forget whom."""
    _path(who).unlink(missing_ok=True)


def _path(who: Erased) -> Path:
    return _folder() / f"{_PREFIX}{who.id}.json"


def _folder() -> Path:
    # Not in the staging folder: what lies there for some days is dropped.
    return conf.settings().staging_dir.parent
