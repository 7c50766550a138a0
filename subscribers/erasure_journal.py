"""The journal of erasures: whose address is still to be erased from files, a JSON file of mode 0600 for each reader."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from subscribers import conf

_PREFIX = "erasing-"


@dataclass(frozen=True, slots=True)
class Erased:
    """The reader who is erased: number, address in clear, and its blind index."""

    id: int
    address: str
    index: str


def note(who: Erased) -> None:
    """Note the reader before the commit of their erasure; the note outlives this process, until `done`."""
    path = _path(who)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(who), file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def pending() -> Iterator[Erased]:
    """The readers whose files are still to be searched."""
    for path in sorted(_folder().glob(f"{_PREFIX}*.json")):
        try:
            yield Erased(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue  # another process has just finished it


def done(who: Erased) -> None:
    """Delete the note of this reader."""
    _path(who).unlink(missing_ok=True)


def _path(who: Erased) -> Path:
    return _folder() / f"{_PREFIX}{who.id}.json"


def _folder() -> Path:
    # Not in the staging folder: what lies there for some days is dropped.
    return conf.settings().staging_dir.parent
