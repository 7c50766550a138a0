"""`newsletter run`, `web`, `scheduler` and `worker`: the long-running processes."""

import threading
from typing import Annotated

import typer

from newsletter.conf import config
from newsletter.management import output, parts, supervise

app = typer.Typer(help="The long-running processes.", no_args_is_help=True)


def _serve(*wanted: supervise.Part) -> None:
    stop = threading.Event()
    supervise.stop_on_signals(stop)
    reason = supervise.run(wanted, stop=stop)
    if reason:
        output.say(f"Stopped: {reason} Every part was drained. The log above says more.")
        raise typer.Exit(1)
    output.say("Stopped.")


@app.command()
def run() -> None:
    """Web server, scheduler and delivery in one process.

    If one of them dies, the others finish what they hold, and this exits 1 with the reason.
    SIGTERM and Ctrl-C drain for up to 30 seconds and exit 0.
    """
    with output.problems():
        wanted = (parts.web(config()), parts.scheduler(), parts.worker(config()))
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
) -> None:
    """Only a delivery worker: sends what was released, and our own single mails. Any number may run."""
    with output.problems():
        if once:
            parts.work_once(config(), now=output.clock())
            return
        _serve(parts.worker(config()))
