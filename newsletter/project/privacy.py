"""Modes of files: the data directory is for the user that runs Newsletter, and for nobody else on the machine."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from newsletter.errors import UserError

OTHERS = 0o077
"""Mode bits of group and others."""
FOLDERS = ("keys", "media", "journal", "imports", "backups")
"""What a data directory holds, besides its database."""


class OpenToOthers(UserError, PermissionError):
    """``folder`` lets others in, and we may not close it."""

    def __init__(self, message: str, *, folder: Path) -> None:
        super().__init__(message)
        self.folder = folder


class FolderInUse(UserError, FileExistsError):
    """``folder`` holds what Newsletter did not make."""

    def __init__(self, message: str, *, folder: Path) -> None:
        super().__init__(message)
        self.folder = folder


def require_ours(data_dir: Path) -> None:
    """Refuse to set up in a folder with anything in it that is not ours, for it would be closed to all others.

    Raises FolderInUse.
    """
    made = ("keys/secret.key", "db.sqlite3")
    if not data_dir.is_dir() or any((data_dir / name).exists() for name in made):
        return
    # A fresh disk has lost+found.
    others = sorted({path.name for path in data_dir.iterdir()} - {*FOLDERS, "lost+found"})
    if others:
        raise FolderInUse(
            f"{data_dir} holds something that Newsletter did not make, such as {others[0]}. Nothing was changed. "
            "Name a folder for Newsletter alone in NEWSLETTER_DATA_DIR; it is made if it is not there.",
            folder=data_dir,
        )


def close(data_dir: Path) -> None:
    """Take from others what rights they have to the data directory and its folders. Raises OpenToOthers.

    A link to another place is not followed: what lies there may be for others, too.
    """
    for folder in (data_dir, *(data_dir / name for name in FOLDERS)):
        if not folder.is_dir() or not is_open(folder):
            continue
        if folder.is_symlink():
            raise OpenToOthers(
                f"{folder} is a link to {folder.resolve()}, and others on this machine may look into that. Nothing was "
                f"started. If it is for Newsletter alone, run: chmod go= {folder.resolve()}",
                folder=folder,
            )
        try:
            folder.chmod(stat.S_IMODE(folder.lstat().st_mode) & ~OTHERS)
        except OSError as error:
            raise OpenToOthers(
                f"Others on this machine may look into {folder}, and this user may not change that: {error.strerror}. "
                f"Nothing was started. Give it to this user, and run: chmod -R go= {data_dir}",
                folder=folder,
            ) from error


def is_open(path: Path) -> bool:
    """Whether anybody besides its owner has a right to it."""
    return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)


def open_to_others(data_dir: Path) -> Iterator[Path]:
    """Folders and files in the data directory that let others in: a folder comes before what is in it."""
    for folder, _names, files in os.walk(data_dir):
        here = [Path(folder), *(Path(folder, name) for name in sorted(files))]
        # A file that has gone meanwhile lets nobody in.
        yield from (path for path in here if path.exists() and is_open(path))
