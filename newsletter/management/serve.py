"""`newsletter run`, `web`, `scheduler` and `worker`: the long-running processes."""

import threading
from typing import Annotated

import typer

from newsletter.conf import config
from newsletter.management import crew, output, parts, supervise

app = typer.Typer(help="The long-running processes.", no_args_is_help=True)
MOST_PROCESSES = 256


Processes = Annotated[
    str, typer.Option("--processes", metavar="N|auto", help="Delivery processes; auto: one for each core.")
]


def _count(processes: str) -> int:
    if processes == "auto":
        return crew.cores()
    if not (processes.isascii() and processes.isdigit() and 1 <= int(processes) <= MOST_PROCESSES):
        raise typer.BadParameter(f"Write a number from 1 to {MOST_PROCESSES}, or auto.", param_hint="--processes")
    return int(processes)


def _delivery(processes: str) -> supervise.Part:
    count = _count(processes)
    return parts.worker(config()) if count == 1 else parts.workers(count)


def _serve(*wanted: supervise.Part, as_child: bool = False) -> None:
    stop = threading.Event()
    supervise.stop_on_signals(stop)
    if as_child:
        crew.stop_at_end_of_input(stop)
    reason = supervise.run(wanted, stop=stop)
    if reason:
        output.say(f"Stopped: {reason} Every part has ended. See the log above.")
        raise typer.Exit(1)
    output.say("Stopped.")


@app.command()
def run(processes: Processes = "1") -> None:
    """Web server, scheduler and delivery in one process; with --processes, delivery in several of its own.

    If one of them dies, the others finish what they hold, and this exits 1 with the reason.
    SIGTERM and Ctrl-C drain for up to 30 seconds and exit 0.
    """
    with output.problems():
        wanted = (parts.web(config()), parts.scheduler(), _delivery(processes))
        output.say(f"Newsletter is at {config().base_url} (listening on {config().listen}).")
        _serve(*wanted)


@app.command()
def web() -> None:
    """Only the web server."""
    with output.problems():
        _serve(parts.web(config()))


@app.command()
def scheduler() -> None:
    """Only the scheduler: releases what is due. Any number may run; each slot is claimed once."""
    with output.problems():
        _serve(parts.scheduler())


@app.command()
def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    processes: Processes = "1",
    while_stdin_is_open: Annotated[bool, typer.Option("--while-stdin-is-open", hidden=True)] = False,
) -> None:
    """Only a delivery worker: sends what was released, and our own single mails. Any number may run.

    With --processes, several are started and looked after: one that dies is replaced, after a pause that grows.
    If they keep dying, the others finish what they hold, and this exits 1 with the reason.
    """
    with output.problems():
        if once:
            parts.work_once(config(), now=output.clock())
            return
        _serve(_delivery(processes), as_child=while_stdin_is_open)
