"""The bytes of one connection: whole lines in, writes out, and whether a write has left us when it ends."""

import asyncio
import re
import ssl
from typing import cast

from newsletter.delivery.smtp import reply_parser
from newsletter.errors import NewsletterError
from newsletter.translatable import Translatable as _

_BLANK, _CR = b" \r"


class ConnectionLost(NewsletterError, ConnectionError):
    """The connection has ended: closed by the server, silent for too long, or no SMTP (`ProtocolError`).

    ``reason``: why, as a part of a sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ByteStream(asyncio.Protocol):
    """The bytes of one connection, for one reader and one writer at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        """One timer for the whole connection, moved only when it goes off: a timer for each wait costs more than
        the wait."""
        self._blocked = False
        self._gone = ""
        self._transport: asyncio.Transport | None = None
        self._socket: asyncio.Transport | None = None
        """The transport below; the same transport where nothing is encrypted."""

    # What asyncio calls (asyncio.Protocol).

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self._socket = cast(asyncio.Transport, transport)
        # `pause_writing` comes as soon as a byte stays behind: whether the dot has left is then known exactly.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > reply_parser.MAX_REPLY:
            self.abort(_("the server said more than fits a reply"))
        self._wake()

    def eof_received(self) -> bool:
        # Not close(): that would still flush what waits, and with it a dot that was reported as kept.
        self.abort(_("the server closed the connection"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = self._gone or _("the connection was lost")
        if self._timer:
            self._timer.cancel()
        self._wake()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._wake()

    # What a connection calls.

    @property
    def is_quiet(self) -> bool:
        """Open, and the server has said nothing that was not asked for."""
        return not self._gone and not self._buffer

    @property
    def is_open(self) -> bool:
        return not self._gone

    @property
    def is_flushed(self) -> bool:
        """Everything written has left us."""
        return not self._blocked

    @property
    def peer(self) -> str:
        """IP address of the server."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    @property
    def tls_version(self) -> str:
        """Such as TLSv1.3; empty while nothing is encrypted."""
        tls = self._transport.get_extra_info("ssl_object") if self._transport else None
        return (tls.version() or "") if tls else ""

    def abort(self, why: str) -> None:
        """ConnectionLost the connection; what waits to be written is dropped at once."""
        self._gone = self._gone or why
        if self._transport:
            self._transport.abort()

    def discard_input(self) -> int:
        """Drop what was received and not read; how many bytes that was."""
        size = len(self._buffer)
        self._buffer.clear()
        return size

    def write(self, *data: bytes) -> None:
        """Hand bytes to the operating system, or keep what it does not take.

        Raises ConnectionLost when nothing of them left.
        """
        if self._gone or self._transport is None or self._socket is None:
            raise ConnectionLost(self._gone)
        # One write: with TLS each would be a record, whose length tells that of the reader's name.
        self._transport.write(b"".join(data))
        # The send itself failed, which takes no byte. asyncio's TLS does not say so, and drops all that comes after.
        if self._transport.is_closing() or self._socket.is_closing():
            self._gone = self._gone or _("the connection was lost")
            raise ConnectionLost(self._gone)

    async def drain(self, *, seconds: float, listening: bool) -> None:
        """Wait until all that was written has left us.

        Raises ConnectionLost while some of it is still ours, TimeoutError after that many seconds without progress.
        ``listening``: also when the server says something meanwhile, which ends the content early.
        """
        while self._blocked:
            if self._gone:
                raise ConnectionLost(self._gone)
            if listening and self._buffer:
                raise ConnectionLost(_("the server spoke before the message ended"))
            await self._wait(self._loop.time() + seconds)

    def buffered_last_line(self) -> bytes | None:
        """The next line if it is here and ends a reply (RFC 5321 §4.2.1); else None, and nothing is taken."""
        buffer = self._buffer
        end = buffer.find(b"\n")
        if end < 5 or buffer[3] != _BLANK or buffer[end - 1] != _CR:
            return None
        line = bytes(buffer[: end - 1])
        del buffer[: end + 1]
        return line

    def take_match(self, wanted: re.Pattern[bytes]) -> bool:
        """True when what was received begins like that; then it is taken."""
        match = wanted.match(self._buffer)
        if match is None:
            return False
        end = match.end()
        del match  # it holds on to the buffer
        del self._buffer[:end]
        return True

    async def read_line(self, *, deadline: float) -> bytes:
        """The next line without its end. What arrived before the connection ended is still read.

        Then raises ConnectionLost; TimeoutError at ``deadline``, in the loop's time.
        """
        start = 0
        buffer = self._buffer
        while (end := buffer.find(b"\n", start)) < 0:
            start = len(buffer)
            if self._gone:
                raise ConnectionLost(self._gone)
            await self._wait(deadline)
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        return line[:-1] if line.endswith(b"\r") else line

    async def start_tls(self, context: ssl.SSLContext, *, host: str, seconds: float) -> None:
        """Wrap the connection in TLS; the context checks the certificate's name.

        Raises OSError, such as ssl.SSLError or ConnectionLost.
        """
        if self._gone or self._transport is None:
            raise ConnectionLost(self._gone)
        wrapped = await self._loop.start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if wrapped is None:
            raise ConnectionLost(_("the connection was lost"))
        self._transport = wrapped
        # 0 would pause and never resume here: asyncio's TLS compares with "at least".
        wrapped.set_write_buffer_limits(high=1, low=0)

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, deadline: float) -> None:
        """Wait until the transport reports something. Raises TimeoutError at ``deadline``, in the loop's time."""
        self._waiter = self._loop.create_future()
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            self._set_timer()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self._waiter.set_exception(TimeoutError())
        else:
            self._set_timer()
