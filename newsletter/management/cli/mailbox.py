"""`newsletter mailbox`: catch every mail while developing."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from newsletter.conf import config
from newsletter.mailbox import server, store
from newsletter.management.cli import output
from newsletter.management.runtime import thread_group

app = typer.Typer(help="The development mailbox.")


@app.command()
def mailbox(
    port: Annotated[
        int, typer.Option("--port", parser=output.port, metavar="PORT", help="Port to listen on; 0: any free one.")
    ] = 2525,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Folder to keep the mails in.", show_default="mailbox/ in the data dir")
    ] = None,
) -> None:
    """A mail server for development: takes every mail, delivers none, keeps each as a file. NOT for production."""
    folder = directory or config().mailbox_dir or config().data_dir / "mailbox"
    stop = threading.Event()
    thread_group.stop_on_signals(stop)
    with output.problems(), server.Server(store.Mailbox(folder), port=port) as running:
        output.say(f"WARNING: {server.WARNING}")
        output.say(f"Set NEWSLETTER_SMTP_URL={running.url} (on this machine only) and NEWSLETTER_MAILBOX_DIR={folder}")
        output.say(f"Mails are kept in {folder}. Stop with Ctrl-C.")
        thread_group.wait_for(stop)
    output.say(f"Stopped; {store.Mailbox(folder).count():,} mails are kept in {folder}.")
