"""One message as it goes over the wire, taken from a worker: what every side of a comparison sends."""

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP

from benchmarks.delivery import processes
from benchmarks.delivery.effort import STORIES

if TYPE_CHECKING:
    from benchmarks.delivery.installation import Installation

LEAST, MOST = 42_000, 44_500
"""Bytes of the whole digest: the 43 KB that every ratio speaks of."""


class _Keeper:
    def __init__(self) -> None:
        self.kept = b""
        self.came = threading.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.kept = envelope.content
        self.came.set()
        return "250 2.0.0 kept"


def one_message(here: "Installation", *, name: str, stories: int) -> bytes:
    """Release an issue to a list of one reader, and keep what comes. Raises Failed when a digest is not of its size."""
    from benchmarks.delivery import worker

    here.ask("people", name=f"{name}-sample-{stories}", count=1)
    issue = here.ask("approve", name=f"{name}-sample-{stories}", stories=stories)
    here.ask("release", issue=issue)
    keeper, port = _Keeper(), processes.free_port()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(keeper, loop=loop), "127.0.0.1", port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        with worker.running(here, port=port) as process:
            if not keeper.came.wait(60):
                raise processes.Failed(f"no message came; see {here.folder / 'worker.log'}")
            here.ask("watch", issue=issue, planned=1, pid=process.pid)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
    if stories == STORIES and not LEAST <= len(keeper.kept) <= MOST:
        raise processes.Failed(f"the digest is {len(keeper.kept):,} bytes and should be 43,000: see digest.py")
    return keeper.kept
