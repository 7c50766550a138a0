"""The development mail catcher: a real SMTP server that delivers to nobody and keeps every mail. Not for production."""

import asyncio
import socket
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP

from newsletter.errors import CannotListen
from newsletter.mailbox.store import Mailbox
from newsletter.translatable import Translatable as _

MAX_BYTES = 33_554_432
"""Offered as SIZE (RFC 1870); an issue is a thousand times smaller."""

WARNING = "This is the development mailbox: it takes every mail and delivers none. Never point a real newsletter at it."


class _Keep:
    """Answers DATA (called by aiosmtpd)."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mailbox.add(
            envelope.content,
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            now=datetime.now(UTC),
        )
        return "250 2.0.0 Kept in the development mailbox"


class Server:
    """Runs in a thread of its own; ``port`` is the real port when 0 was asked for."""

    def __init__(self, mailbox: Mailbox, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self._handler = _Keep(mailbox)
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="mailbox", daemon=True)

    @property
    def url(self) -> str:
        """What NEWSLETTER_SMTP_URL must be to send here."""
        return f"smtp://{self.host}:{self.port}?tls=none"

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        """Take mail from now on; the socket has been listening since construction."""
        self._thread.start()
        # Stopped any sooner, the loop would end in the middle of its beginning.
        self._serving.wait(timeout=10)

    def stop(self) -> None:
        """Close the port and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
        self._socket.close()
        if not self._loop.is_running():
            self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _session(self) -> Any:
        return SMTP(
            self._handler,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname="mailbox.newsletter.localhost",
            ident="Newsletter development mailbox",
            loop=self._loop,
        )

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._session, sock=self._socket))
        self._serving.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        address, reason = f"{host}:{port}", error.strerror or str(error)
        raise CannotListen(
            _(
                "Cannot listen on %(address)s: %(reason)s. Stop what uses that port, or choose another with --port.",
                address=address,
                reason=reason,
            ),
            address=address,
            reason=reason,
        ) from error
