"""The `newsletter` command: one root, whose groups are imported only when they are called."""

import gc
import importlib
import inspect
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


@dataclass(frozen=True, kw_only=True)
class Branch:
    """The module of a group of commands, or of a single command at the root."""

    module: str
    help: str
    panel: str = "The newsroom's work"
    single: bool = False
    """One command of the module's Typer app, shown at the root."""
    needs_install: bool = True
    """Refused until `newsletter init` has run and the schema fits the code."""


SERVER = "The installation"
INTERRUPTED = 130
"""What Typer makes of Ctrl-C, in silence."""

BRANCHES: dict[str, Branch] = {
    "init": Branch(
        module="installation",
        help="Set up: data directory, keys, database, first admin.",
        panel=SERVER,
        single=True,
        needs_install=False,
    ),
    "upgrade": Branch(
        module="installation",
        help="Bring the database to this version, after a safe copy.",
        panel=SERVER,
        single=True,
        needs_install=False,
    ),
    "run": Branch(module="serve", help="Everything: web server, scheduler and delivery.", panel=SERVER, single=True),
    "web": Branch(module="serve", help="Only the web server.", panel=SERVER, single=True),
    "scheduler": Branch(module="serve", help="Only the scheduler.", panel=SERVER, single=True),
    "worker": Branch(module="serve", help="Only delivery.", panel=SERVER, single=True),
    "doctor": Branch(
        module="doctor",
        help="What works, what is still to do, what has failed.",
        panel=SERVER,
        single=True,
        needs_install=False,
    ),
    "dkim": Branch(module="dkim", help="Keys that sign your mail: create, show, check, retire.", panel=SERVER),
    "demo": Branch(
        module="demo",
        help="See the whole product at work with a sample newsroom.",
        panel=SERVER,
        single=True,
        needs_install=False,
    ),
    "mailbox": Branch(
        module="mailbox",
        help="A development mail server that keeps every mail. Not for production.",
        panel=SERVER,
        single=True,
        needs_install=False,
    ),
    "django": Branch(
        module="installation", help="Django's own commands.", panel=SERVER, single=True, needs_install=False
    ),
    "articles": Branch(module="articles", help="Add and list articles."),
    "sources": Branch(module="sources", help="Feeds that articles come from."),
    "lists": Branch(module="lists", help="Lists of subscribers: create, import, export, show."),
    "publications": Branch(module="publications", help="Newsletters as readers know them."),
    "issues": Branch(module="issues", help="Compose, approve, schedule and follow issues."),
    "transports": Branch(module="transports", help="Mail servers that send your mail: add, edit, test, pause."),
    "deliveries": Branch(module="deliveries", help="Who got an issue, who did not, and why; send again."),
    "limits": Branch(module="limits", help="Rate limits by server, sender and receiving provider."),
    "staff": Branch(module="staff", help="Accounts of the team."),
}


class Root(TyperGroup):
    """Lists every branch without importing it; importing a branch sets Django up first."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(BRANCHES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help shows: a name and a line."""
        branch = BRANCHES.get(cmd_name)
        if branch is None:
            return None
        return TyperGroup(name=cmd_name, help=branch.help, rich_help_panel=branch.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and name in BRANCHES:
            command = _load(name, BRANCHES[name])
        return name, command, rest


def _load(name: str, branch: Branch) -> Any:
    # What is imported stays: looking for garbage meanwhile took an eighth of a command's time.
    gc.disable()
    _set_up()
    module = importlib.import_module(f"newsletter.management.cli.{branch.module}")
    gc.freeze()
    gc.enable()
    command: Any = typer.main.get_command(module.app)
    if branch.single and isinstance(command, TyperGroup):
        command = command.commands[name]
    command.name = name
    for leaf in _leaves(command):
        leaf.help = _reflowed(leaf.help or "")
        if branch.needs_install:
            _guard(leaf)
    return command


def _leaves(command: Any) -> Iterator[Any]:
    if isinstance(command, TyperGroup):
        for child in command.commands.values():
            yield from _leaves(child)
    else:
        yield command


def _reflowed(text: str) -> str:
    """Each paragraph in one line, for the terminal to break: Typer keeps line ends of all but the first."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


def _guard(command: Any) -> None:
    """Make it refuse an installation that is not ready; `--help` still answers."""
    work = command.callback

    @wraps(work)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        from newsletter.management.cli import output
        from newsletter.project import schema

        with output.problems():
            schema.require_ready()
        return work(*args, **kwargs)

    command.callback = guarded


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
    import django

    django.setup()


def _show_version(value: bool) -> None:
    if value:
        try:
            number = version("newsletter-publisher")
        except PackageNotFoundError:
            number = "unknown (not installed)"
        typer.echo(f"newsletter {number}")
        raise typer.Exit


app = typer.Typer(cls=Root, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """The email newsletter publisher for newsrooms."""


def _is_text(word: str) -> bool:
    """No database takes what a terminal could not decode."""
    return all(not "\ud800" <= character <= "\udfff" for character in word)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed with a reason, 2 wrong usage or a setting we cannot use."""
    # Databases, keys, journals, imports: whatever is made from here on is for this user alone.
    os.umask(0o077)
    from newsletter.project.setting_parsers import BadSetting

    if any(not _is_text(word) for word in sys.argv):
        sys.stderr.write("Error: one of these words is not text in UTF-8. Type it again, or rename the file.\n")
        sys.exit(2)
    try:
        app(prog_name="newsletter")
    except BadSetting as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            sys.stderr.write("Stopped.\n")
        raise


if __name__ == "__main__":
    main()
