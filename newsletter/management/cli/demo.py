"""`newsletter demo`: the whole product at work on a sample newsroom, in a place of its own, nothing left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from newsletter.errors import UserError
from newsletter.management.cli import installation, output

app = typer.Typer(help="The demo.")

USUAL_PORT = 8000
LAST_LINES = 20
"""Of the log, which are shown when it fails."""
LOG = "demo.log"
"""In the demo's folder."""


class DemoFailed(UserError, RuntimeError):
    """The demo cannot run here, or did not do what it promises."""


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Stop when the issue is delivered; check the mailbox; print one JSON line.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            parser=output.port,
            metavar="PORT",
            help="Web server's port.",
            show_default="8000 if free, else any",
        ),
    ] = 0,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="A new or empty folder to keep everything in.", show_default="a temporary one, removed"),
    ] = None,
    inside: Annotated[bool, typer.Option("--inside", hidden=True)] = False,
) -> None:
    """See the whole product at work: a sample newsroom sends an issue to 240 invented readers.

    Everything stays on this machine: mails go into the development mailbox, and nothing is left when it ends.
    """
    with output.problems():
        if inside:
            from newsletter.management.sample import demo_process

            demo_process.run(once=once)
            return
        code = _run(once=once, port=port, data_dir=data_dir)
    raise typer.Exit(code)


def _run(*, once: bool, port: int, data_dir: Path | None) -> int:
    """Make a place, run the demo there in a process with settings of its own, tidy up, and say so."""
    if data_dir is not None and data_dir.exists() and any(data_dir.iterdir()):
        raise DemoFailed(f"{data_dir} is not empty. Nothing was touched; name a new folder with --data-dir.")
    web = _web_port(port, once=once)
    running: list[subprocess.Popen[bytes]] = []
    with _stopping(running) as stopped:
        folder = (data_dir or Path(tempfile.mkdtemp(prefix="newsletter-demo-"))).resolve()
        try:
            installation.prepare(folder)
            code = 0 if stopped else _inside(folder, port=web, once=once, running=running)
            if stopped and code < 0:
                output.say("Stopped.")
            elif code:
                _show_log(folder / LOG)
        finally:
            left = _left(folder, kept=data_dir is not None)
        output.say(left)
    return 0 if stopped else abs(code)


def _inside(folder: Path, *, port: int, once: bool, running: list[subprocess.Popen[bytes]]) -> int:
    command = [sys.executable, "-P", "-m", "newsletter", "demo", "--inside", *(["--once"] if once else [])]
    # It ends when its standard input does: it does not outlive us, whatever ends us.
    child = subprocess.Popen(command, stdin=subprocess.PIPE, env=_environment(folder, port=port))  # noqa: S603  (ours)
    running.append(child)
    return child.wait()


@contextmanager
def _stopping(running: list[subprocess.Popen[bytes]]) -> Iterator[list[int]]:
    """Hand a stop on to the child instead of dying of it, so that there is somebody to tidy up; tell which came."""
    stopped: list[int] = []

    def asked(number: int, _frame: object) -> None:
        stopped.append(number)
        for child in running:
            # Never SIGINT: while the child still starts, that ends in a traceback.
            child.terminate()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show_log(log: Path) -> None:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    if lines:
        output.say("The last lines of its log:")
    for line in lines[-LAST_LINES:]:
        output.say(f"  {line}")


def _left(folder: Path, *, kept: bool) -> str:
    if kept:
        return f"Everything is kept in {folder}."
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        return f"{folder} could not be removed completely. Remove it by hand; nothing else is left of the demo."
    return "The demo has removed its data; nothing is left of it."


def _environment(folder: Path, *, port: int) -> dict[str, str]:
    """Our own settings only: a real mail server in the caller's environment must never hear of the demo."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "newsletter.project.settings",
        "NEWSLETTER_DATA_DIR": str(folder),
        "NEWSLETTER_LISTEN": f"127.0.0.1:{port}",
        "NEWSLETTER_BASE_URL": f"http://127.0.0.1:{port}",
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{_free_port()}?tls=none",
        "NEWSLETTER_MAILBOX_DIR": str(folder / "mailbox"),
        "NEWSLETTER_MAIL_FROM": "The Lantern's newsroom <newsroom@lantern.example>",
    }


def _web_port(wanted: int, *, once: bool) -> int:
    """The port that was asked for; else 8000 when it is free and somebody watches, else any free port."""
    if wanted and not _is_free(wanted):
        raise DemoFailed(
            f"Port {wanted} is taken or forbidden. Name another: newsletter demo --port 8123, or make demo PORT=8123."
        )
    if wanted:
        return wanted
    return USUAL_PORT if not once and _is_free(USUAL_PORT) else _free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
