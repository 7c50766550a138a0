"""Commands for the installation itself: `init`, `upgrade`, and Django's own."""

import os
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command, execute_from_command_line
from django.core.validators import validate_email
from django.db import DatabaseError, connection

from newsletter.conf import config
from newsletter.errors import UserError
from newsletter.management.cli import output
from newsletter.project import environment, privacy, schema

app = typer.Typer(help="The installation.", no_args_is_help=True)


class CannotSetUp(UserError, RuntimeError):
    """Setting up stopped; the text says at what."""


@app.command()
def init(
    admin: Annotated[str, typer.Option("--admin", metavar="EMAIL", help="Address of the first admin.")],
    json: output.Json = False,
) -> None:
    """Set up: data directory, keys (mode 0600), database, and a first admin with a one-time sign-in link.

    Needs no mail server. Safe to repeat: what is there is kept, and a new link is printed.
    """
    try:
        validate_email(admin)
    except ValidationError as error:
        raise typer.BadParameter(f"{admin!r} is no e-mail address.", param_hint="--admin") from error
    if _first_time():
        # Settings were read before there were keys: write them, then start again with them.
        with output.problems():
            prepare(config().data_dir)
        os.execv(sys.executable, [sys.executable, "-P", "-m", "newsletter", *sys.argv[1:]])  # noqa: S606
    with output.problems():
        prepare(config().data_dir)
        migrate()
        link = first_admin(address=admin, now=output.clock())
    if json:
        output.emit({"data_dir": str(config().data_dir), "admin": admin, "sign_in": link})
        return
    output.say(f"Ready. Everything is kept in {config().data_dir}.")
    output.say(f"Sign in as {admin} with this link. It works once, within seven days:")
    typer.echo(link)
    output.say("The link works while `newsletter run` runs. `newsletter doctor` shows what is still to do.")


def _first_time() -> bool:
    from newsletter.project import settings as ours

    return not ours.INITIALISED


def prepare(data_dir: Path) -> None:
    """Make the data directory, its folders and its keys; existing ones are kept, and closed to others.

    Raises CannotSetUp, OpenToOthers or FolderInUse.
    """
    try:
        privacy.require_ours(data_dir)
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Closed before the first key is written.
        privacy.close(data_dir)
        environment.make_keys(data_dir / "keys")
        for name in privacy.FOLDERS:
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
    except UserError:  # those of `privacy` are OSErrors as well, and say what to do themselves
        raise
    except OSError as error:
        raise CannotSetUp(
            f"{error.filename or data_dir} cannot be written: {error.strerror}. Give this user the right to write "
            "there, or name another place in NEWSLETTER_DATA_DIR."
        ) from error


def migrate() -> None:
    """Bring the database and its cache table to this version. Raises CannotSetUp."""
    try:
        if schema.fit() is schema.Fit.NEWER:
            raise CannotSetUp("The database was made by a newer version of Newsletter; nothing was changed.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
    except DatabaseError as error:
        raise CannotSetUp(
            f"The database cannot be used: {str(error).strip()}. "
            "Check NEWSLETTER_DATABASE_URL, and that the server runs."
        ) from error


def first_admin(*, address: str, now: datetime) -> str:
    """Make the account if it is missing, give it both roles, and return a one-time sign-in link."""
    from newsletter.staff import services
    from newsletter.staff.models import User

    try:
        user = User.objects.get_by_natural_key(address)
    except User.DoesNotExist:
        user = User.objects.create_user(address, is_editor=True, is_admin=True)
        services.record(actor=output.ACTOR, action="staff.add", subject=user.actor, now=now)
    if not (user.is_admin and user.is_active):
        user.is_admin = user.is_active = True
        user.save(update_fields=["is_admin", "is_active"])
        services.record(actor=output.ACTOR, action="staff.admin", subject=user.actor, now=now)
    return services.sign_in_link(user, now=now, by=output.ACTOR)


@app.command()
def upgrade() -> None:
    """Bring the database to this version. An SQLite database is copied to `backups/` first."""
    with output.problems():
        found = _fit_or_raise()
        if found is schema.Fit.CURRENT:
            migrate()
            output.say("The database is up to date.")
            return
        if connection.vendor == "sqlite":
            copy = back_up(data_dir=config().data_dir, now=output.clock())
            output.say(f"A copy of the database as it was: {copy}")
        else:
            output.say("PostgreSQL: no copy was made here; to go back, restore your own backup.")
        migrate()
        output.say("Upgraded. Start `newsletter run` again.")


def _fit_or_raise() -> schema.Fit:
    if _first_time():
        raise CannotSetUp(f"There is no installation in {config().data_dir}. Run `newsletter init` first.")
    try:
        found = schema.fit()
    except DatabaseError as error:
        raise CannotSetUp(f"The database cannot be reached: {str(error).strip()}.") from error
    if found is schema.Fit.EMPTY:
        raise CannotSetUp("The database is empty. Run `newsletter init` first.")
    if found is schema.Fit.NEWER:
        raise CannotSetUp(
            "The database was made by a newer version of Newsletter. Nothing was changed; install that version."
        )
    return found


def back_up(*, data_dir: Path, now: datetime) -> Path:
    """Copy the SQLite database with its own backup call, which is whole even while others write."""
    folder = data_dir / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"db-{now:%Y%m%dT%H%M%SZ}.sqlite3"
    part = target.with_suffix(".part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    source = settings.DATABASES["default"]["NAME"]
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
        old.backup(new)
    part.replace(target)
    return target


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def django(context: typer.Context) -> None:
    """Django's own commands, for those who know them: `newsletter django check`, `… shell`, `… dbshell`."""
    execute_from_command_line(["newsletter django", *context.args])
