"""How every command speaks: tables or JSON on stdout, everything else on stderr, exit codes that mean something."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from newsletter.errors import NotAllowed, UserError
from subscribers.api import SubscribersError

ACTOR = "command"
"""The opaque actor of whoever types commands on the server."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

MOST_ROWS = 1_000
"""Rows that are listed at most."""
ONE_LINE = 100_000
"""Columns of an output that is no terminal."""

_err = Console(stderr=True, highlight=False)


def clock() -> datetime:
    """The time now: the one place where commands read it."""
    return datetime.now(UTC)


def say(text: str) -> None:
    """A line for a person, on stderr: stdout is for results."""
    _err.print(text, markup=False, soft_wrap=True)


def emit(data: Any) -> None:
    """One JSON value on stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout; what does not fit a terminal goes on in the next line, so that a name can be copied whole.

    Where a program reads it, each row is one line.
    """
    grid = Table(*(Column(name, overflow="fold") for name in columns), box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*[str(cell) for cell in row])
    Console(highlight=False, width=None if sys.stdout.isatty() else ONE_LINE).print(grid)


def port(text: object) -> int:
    """A port as it was typed; 0 is for commands that then take any free port. Raises BadParameter."""
    return _whole(text, low=0, high=65_535, otherwise="is not a port number (1 to 65535)")


def how_many(text: object) -> int:
    """How many rows, as it was typed. Raises BadParameter."""
    return _whole(text, low=1, high=MOST_ROWS, otherwise=f"is not a whole number from 1 to {MOST_ROWS:,}")


def _whole(text: object, *, low: int, high: int, otherwise: str) -> int:
    typed = str(text)
    number = int(typed) if typed.isdecimal() and len(typed) < 10 else -1
    if not low <= number <= high:
        raise typer.BadParameter(f"'{typed}' {otherwise}.")
    return number


@contextmanager
def problems() -> Iterator[None]:
    """Turn an error that a person can act on into its words and exit code 1."""
    try:
        yield
    except (UserError, SubscribersError) as error:
        say(f"Error: {error}")
        raise typer.Exit(1) from error


def confirm(question: str, *, json: bool) -> None:
    """Ask a person before something that cannot be taken back; "no" ends the command with exit code 1.

    Raises NotAllowed where nobody can answer: --json, or no terminal.
    """
    if json or not sys.stdin.isatty():
        raise NotAllowed(f"{question} Nothing was changed. Add --yes to do it without being asked.")
    typer.confirm(question, abort=True, err=True)


def progress() -> Progress:
    """A progress bar on stderr; silent when stderr is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_err,
        disable=not sys.stderr.isatty(),
    )
