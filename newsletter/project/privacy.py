"""Whom files let in: what is kept here is for the user that runs Newsletter, and for nobody else on the machine."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from newsletter.errors import NewsletterError

OTHERS = 0o077
FOLDERS = ("keys", "media", "journal", "imports", "backups")
"""What a data directory holds, besides its database."""


class OpenToOthers(NewsletterError):
    """A folder lets others in, and we may not close it."""


def close(data_dir: Path) -> None:
    """Take from others what rights they have to the data directory and its folders. Raises OpenToOthers."""
    for folder in (data_dir, *(data_dir / name for name in FOLDERS)):
        if not folder.is_dir() or not is_open(folder):
            continue
        try:
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~OTHERS)
        except OSError as error:
            raise OpenToOthers(
                f"Others on this machine may look into {folder}, and this user may not change that: {error.strerror}. "
                f"Nothing was started. Give it to this user, and run: chmod -R go= {data_dir}"
            ) from error


def is_open(path: Path) -> bool:
    """Whether anybody besides its owner has a right to it."""
    return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)


def open_ones(data_dir: Path) -> Iterator[Path]:
    """Everything kept here that lets others in: a folder comes before what is in it."""
    for folder, _names, files in os.walk(data_dir):
        here = [Path(folder), *(Path(folder, name) for name in sorted(files))]
        # What has gone meanwhile lets nobody in.
        yield from (path for path in here if path.exists() and is_open(path))
