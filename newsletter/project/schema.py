"""Whether the database's schema fits the code: the migrations of both are compared."""

from enum import StrEnum

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.errors import UserError
from newsletter.project import privacy


class Fit(StrEnum):
    """How the schema stands to the code."""

    CURRENT = "current"
    EMPTY = "empty"
    OLDER = "older"
    NEWER = "newer"


class NotReady(UserError, RuntimeError):
    """The installation cannot be used yet; the text names the command that helps."""


def fit() -> Fit:
    """Compare the migrations in the database with those in the code. Raises DatabaseError when unreachable."""
    executor = MigrationExecutor(connection)
    applied = set(executor.loader.applied_migrations)
    known = set(executor.loader.graph.nodes)
    if not applied:
        return Fit.EMPTY
    if {name for name in applied if name[0] in executor.loader.migrated_apps} - known - _replaced(executor):
        return Fit.NEWER
    return Fit.OLDER if executor.migration_plan(executor.loader.graph.leaf_nodes()) else Fit.CURRENT


def _replaced(executor: MigrationExecutor) -> set[tuple[str, str]]:
    return {old for migration in executor.loader.disk_migrations.values() for old in migration.replaces}


def require_ready() -> None:
    """Raise NotReady unless this installation was initialised and its schema fits the code; OpenToOthers."""
    from newsletter.project import settings as ours

    if not ours.INITIALISED:
        raise NotReady(f"There is no installation in {settings.NEWSLETTER.data_dir}. Run `newsletter init` first.")
    privacy.close(settings.NEWSLETTER.data_dir)
    try:
        found = fit()
    except DatabaseError as error:
        raise NotReady(f"The database cannot be reached: {str(error).strip()}. See `newsletter doctor`.") from error
    if found is Fit.EMPTY:
        raise NotReady("The database is empty. Run `newsletter init` first.")
    if found is Fit.OLDER:
        raise NotReady("The database is older than this version. Nothing was changed. Run `newsletter upgrade`.")
    if found is Fit.NEWER:
        raise NotReady(
            "The database was made by a newer version. Nothing was changed. Install that version, or restore the copy "
            "that `newsletter upgrade` made before it."
        )
