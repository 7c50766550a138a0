"""`newsletter demo`: the whole product at work on a sample newsroom, in one process, with nothing left behind."""

import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from django.urls import reverse

from newsletter.conf import config
from newsletter.delivery import queries as ledger
from newsletter.delivery import transport
from newsletter.errors import NewsletterError
from newsletter.issues import queries as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.mailbox import server, store
from newsletter.management import output, supervise, system
from newsletter.staff import services as staff
from newsletter.staff.models import User

app = typer.Typer(help="The demo.")

AHEAD = timedelta(seconds=3)
"""How far in the future the first issue is scheduled."""
PERSIAN_AHEAD = timedelta(seconds=20)
PATIENCE = 120.0
"""Seconds in which the issue must be delivered with --once."""
LOOK_SECONDS = 0.2


class DemoFailed(NewsletterError):
    """The demo cannot run here, or did not do what it promises."""


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Stop when the issue is delivered; check the mailbox; print one JSON line.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the web server.", show_default="8000 if free, else any")
    ] = 0,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="A new or empty folder to keep everything in.", show_default="a temporary one, removed"),
    ] = None,
    inside: Annotated[bool, typer.Option("--inside", hidden=True)] = False,
    throw_away: Annotated[bool, typer.Option("--throw-away", hidden=True)] = False,
) -> None:
    """See the whole product at work: a sample newsroom sends an issue to 240 invented readers.

    Everything stays on this machine: mails go into the development mailbox, and nothing is left when it ends.
    """
    with output.problems():
        if not inside:
            _start(once=once, port=port, data_dir=data_dir)
        try:
            _show(once=once)
        finally:
            if throw_away:
                shutil.rmtree(config().data_dir, ignore_errors=True)


def _start(*, once: bool, port: int, data_dir: Path | None) -> NoReturn:
    """Make a place for the demo, then become the demo, with settings of its own."""
    if data_dir is not None and data_dir.exists() and any(data_dir.iterdir()):
        raise DemoFailed(f"{data_dir} is not empty. Nothing was touched; name a new folder with --data-dir.")
    folder = (data_dir or Path(tempfile.mkdtemp(prefix="newsletter-demo-"))).resolve()
    system.prepare(folder)
    flags = [*(["--once"] if once else []), *([] if data_dir else ["--throw-away"])]
    command = [sys.executable, "-m", "newsletter", "demo", "--inside", *flags]
    os.execve(sys.executable, command, _environment(folder, port=port or _web_port(once=once)))  # noqa: S606


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


def _web_port(*, once: bool) -> int:
    """8000 for a person when it is free, else any."""
    if not once:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", 8000))
            except OSError:
                return _free_port()
            return 8000
    return _free_port()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _show(*, once: bool) -> None:
    from newsletter.management import parts
    from newsletter.management.sample import newsroom, verify

    settings = config()
    if settings.mailbox_dir is None or not settings.smtp_url:
        raise DemoFailed("This is the inside of the demo. Run `newsletter demo`.")
    output.say("Setting up: the Quillhaven Lantern, its two newsletters and 240 invented readers …")
    system.migrate()
    room = newsroom.build(now=output.clock())
    english = newsroom.compose(room, room.english, now=output.clock())
    persian = newsroom.compose(room, room.persian, now=output.clock())
    mailbox = store.Mailbox(settings.mailbox_dir)
    port = transport.settings_of(settings.smtp_url).port
    stop = threading.Event()
    supervise.stop_on_signals(stop)
    with server.Server(mailbox, port=port):
        wanted = [parts.web(settings), parts.scheduler(), parts.worker(settings)]
        now = output.clock()
        newsroom.approve(room, english, now=now, send_at=now + AHEAD)
        if not once:
            newsroom.approve(room, persian, now=now, send_at=now + PERSIAN_AHEAD)
            newsroom.look_ahead(room, now=now)
            _tell_where(room.chief, room.editor)
        follow = supervise.Part(name="demo", work=lambda until: _follow(english, until=until, once=once))
        reason = supervise.run([*wanted, follow], stop=stop)
    if reason:
        raise DemoFailed(reason)
    if once:
        verdict = verify.compare(issues.get_issue(english.pk), mailbox)
        output.emit(verdict.as_json())
        if not verdict.ok:
            raise DemoFailed("The mailbox does not hold what the ledger says; the numbers are in the line above.")


def _tell_where(chief: User, editor: User) -> None:
    base, now = config().base_url, output.clock()
    output.say("")
    output.say(f"  Newsroom           {base}/")
    output.say(f"  Caught mails       {base}{reverse('mailbox')}")
    output.say(f"  Join the list      {base}{reverse('join', args=['harbour-letter'])}")
    output.say("")
    output.say("  Sign in, each link once:")
    output.say(f"    Odile Brandt, admin and editor   {staff.sign_in_link(chief, now=now, by=output.ACTOR)}")
    output.say(f"    Ines Calloway, editor            {staff.sign_in_link(editor, now=now, by=output.ACTOR)}")
    output.say("")
    output.say("The English issue goes out in a few seconds, the Persian one soon after. Stop with Ctrl-C.")


def _follow(issue: Issue, *, until: threading.Event, once: bool) -> None:
    """Say how the release goes; with ``once`` stop everything when it has ended."""
    deadline = time.monotonic() + PATIENCE
    said = ""
    while not until.wait(LOOK_SECONDS):
        state = issues.get_issue(issue.pk).state
        if state != said:
            said = state
            output.say(f"The English issue is {state}: {_sums(issue)}")
        if state == IssueState.FINISHED:
            break
        if once and time.monotonic() > deadline:
            raise DemoFailed(f"The issue was not delivered within {PATIENCE:.0f} s; it is {state}: {_sums(issue)}")
    if once:
        until.set()
    until.wait()


def _sums(issue: Issue) -> str:
    sums = ledger.ledger(issue.pk)
    return f"{sums['accepted']} of {sums['planned']} were taken by the mail server."
