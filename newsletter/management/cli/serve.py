"""`newsletter run`, `web`, `scheduler` and `worker`: the long-running processes."""

import threading
from typing import Annotated

import typer

from newsletter.conf import config
from newsletter.management.cli import output
from newsletter.management.runtime import parts, process_group, thread_group

app = typer.Typer(help="The long-running processes.", no_args_is_help=True)

Processes = Annotated[
    str,
    typer.Option(
        "--processes",
        metavar="N|auto",
        help="Delivery processes. auto: one for each core that it may use, at most four, and no more than a mail "
        "server may have connections; with SQLite at most two. `run` leaves a core to the pages.",
    ),
]


def _count(processes: str, *, beside: int = 0) -> int:
    """How many delivery processes; ``beside``: cores that are left to others where there are several."""
    if processes == "auto":
        return parts.processes_for(config(), cores=process_group.cores() - beside)
    most = parts.most_processes()
    if not (processes.isascii() and processes.isdigit() and len(processes) < 5 and 1 <= int(processes) <= most):
        why = " With SQLite, where one writes at a time, more would only wait: PostgreSQL takes more."
        text = f"Write a number from 1 to {most}, or auto." + why * (most < parts.MOST)
        raise typer.BadParameter(text, param_hint="--processes")
    return int(processes)


def _serve(wanted: thread_group.Part) -> None:
    stop = threading.Event()
    thread_group.stop_on_signals(stop)
    _say_the_end(thread_group.run([wanted], stop=stop))


def _look_after(wanted: process_group.ProcessGroup) -> None:
    stop = threading.Event()
    thread_group.stop_on_signals(stop)
    try:
        wanted.run(stop)
    except process_group.ProcessKeepsDying as error:
        _say_the_end(str(error))
    _say_the_end(None)


def _say_the_end(reason: str | None) -> None:
    if reason:
        output.say(f"Stopped: {reason} Every process has ended. See the log above.")
        raise typer.Exit(1)
    output.say("Stopped.")


@app.command()
def run(processes: Processes = "auto") -> None:
    """Everything: web server, scheduler and delivery, each a process of its own.

    One that dies, or gives no sign of life, is replaced; if it keeps dying, the others finish what they hold, and this
    exits 1 with the reason. SIGTERM and Ctrl-C drain for up to 30 seconds and exit 0.
    """
    with output.problems():
        wanted = parts.process_group_of(config(), processes=_count(processes, beside=1), everything=True)
        output.say(f"Newsletter is at {config().base_url} (listening on {config().listen}).")
        _look_after(wanted)


@app.command()
def web() -> None:
    """Only the web server."""
    with output.problems():
        wanted = parts.web(config())
        parts.tune_for_pages()
        _serve(wanted)


@app.command()
def scheduler() -> None:
    """Only the scheduler: releases what is due. Any number may run; each slot is claimed once."""
    with output.problems():
        _serve(parts.scheduler())


@app.command()
def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    processes: Processes = "auto",
) -> None:
    """Only delivery: sends what was released, and our own single mails. Any number may run.

    Its processes share the connections that a mail server may have; each has at least one. One that dies is replaced,
    after a pause that grows; if they keep dying, the others finish what they hold, and this exits 1 with the reason.
    """
    with output.problems():
        if once:
            parts.work_once(config(), now=output.clock())
            return
        _look_after(parts.process_group_of(config(), processes=_count(processes), everything=False))
