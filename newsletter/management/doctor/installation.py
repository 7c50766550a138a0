"""Whether the database, the keys and the data directory are as they must be."""

import os
from pathlib import Path

from django.db import DatabaseError, connection

from newsletter.management.doctor.diagnosis import Diagnosis, failed, first_line, ok, to_do
from newsletter.project import environment, privacy, schema

SHOWN = 8
"""Files that are named before the others are counted."""


def database() -> Diagnosis:
    """Reachable, of this version, and on SQLite in WAL mode."""
    name = "Database"
    if not _is_there():
        return failed(name, "It is not there yet. Run `newsletter init --admin you@example.org`.")
    try:
        found = schema.fit()
    except DatabaseError as error:
        return failed(name, f"Cannot be reached: {first_line(error)}. Check NEWSLETTER_DATABASE_URL and the server.")
    advice = {
        schema.Fit.EMPTY: "It is empty. Run `newsletter init --admin you@example.org`.",
        schema.Fit.OLDER: "It is older than this version. Stop every process and run `newsletter upgrade`.",
        schema.Fit.NEWER: "It was made by a newer version. Install that version again.",
    }
    if found in advice:
        return failed(name, advice[found])
    if connection.vendor != "sqlite":
        return ok(name, "PostgreSQL answers and has this version's tables.")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0])
    if mode != "wal":
        return failed(name, f"SQLite is in {mode} mode, not WAL. Is the folder on a network drive? Use a local disk.")
    return ok(name, "SQLite answers (WAL) and has this version's tables.")


def _is_there() -> bool:
    """Whether there is a database, as far as can be seen: False only for an SQLite file that was never made."""
    if connection.vendor != "sqlite" or "memory" in str(connection.settings_dict["NAME"]):
        return True
    file = Path(connection.settings_dict["NAME"])
    nearest = next(folder for folder in file.parents if os.path.lexists(folder))
    return os.path.lexists(file) or not os.access(nearest, os.X_OK)


def keys(data_dir: Path) -> Diagnosis:
    """All key files are there and only their owner may read them."""
    name = "Keys"
    folder = data_dir / "keys"
    missing = [key for key in environment.KEY_FILES if not (folder / key).is_file()]
    if len(missing) == len(environment.KEY_FILES):
        return failed(name, "There are none. Run `newsletter init --admin you@example.org`.")
    if missing:
        return failed(
            name,
            f"{', '.join(missing)} is missing from {folder}. Restore it from your backup: without it, links that "
            "were mailed or addresses that were stored can no longer be read.",
        )
    loose = [key for key in environment.KEY_FILES if privacy.is_open(folder / key)]
    if loose:
        return failed(name, f"Others may read {', '.join(loose)}. Run: chmod 600 {folder}/*.key")
    return ok(name, f"All four are in {folder}, readable by their owner only. Keep a copy apart from the database's.")


def privacy_of_files(data_dir: Path) -> Diagnosis:
    """Nobody else on this machine may look into what holds people's addresses: not the folder, nor any file in it."""
    name = "Privacy of files"
    found = list(privacy.open_to_others(data_dir))
    if not found:
        return ok(name, f"Only this user may look into {data_dir}.")
    shown = ", ".join(str(path) for path in found[:SHOWN]) + (
        f" and {len(found) - SHOWN:,} more" * (len(found) > SHOWN)
    )
    what_to_do = f"Run: chmod -R go= {data_dir}"
    if found[0] == data_dir:
        return failed(name, f"Others on this machine may look into {shown}. {what_to_do}")
    # A copy's files keep these modes.
    return to_do(name, f"Nobody else gets into {data_dir}, but in a copy of it others may read {shown}. {what_to_do}")


def folders(data_dir: Path) -> Diagnosis:
    """The data directory can be written, and so can the journal in it."""
    name = "Folders"
    for folder in (data_dir, data_dir / "journal", data_dir / "media"):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            return failed(name, f"{folder} cannot be written. Give it to the user that runs Newsletter.")
    if not data_dir.exists():
        return failed(name, f"{data_dir} is not there. Run `newsletter init --admin you@example.org`.")
    return ok(name, f"{data_dir} can be written, and so can the journal.")
