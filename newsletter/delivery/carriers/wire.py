"""The bytes of one connection: whole lines in, writes out, and whether a write has left us when the line is cut."""

import asyncio
import ssl
from typing import cast

from newsletter.delivery.carriers import replies


class Cut(Exception):
    """The connection is gone: closed by the server, silent for too long, or talking nonsense."""


class Wire(asyncio.Protocol):
    """One reader and writer at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._blocked = False
        self._gone = ""
        self._transport: asyncio.Transport | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Told as soon as a byte stays behind: whether the dot has left is then known exactly.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > replies.MAX_REPLY:
            self.abort("the server said more than fits a reply")
        self._wake()

    def eof_received(self) -> bool:
        # Not close(): that would still flush what waits, and with it a dot that was reported as kept.
        self.abort("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = self._gone or "the connection was lost"
        self._wake()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._wake()

    # What a link calls.

    @property
    def quiet(self) -> bool:
        """Open, and the server has said nothing that was not asked for."""
        return not self._gone and not self._buffer

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
        """Cut the connection; what waits to be written is dropped at once."""
        self._gone = self._gone or why
        if self._transport:
            self._transport.abort()

    def forget(self) -> int:
        """Drop what was received and not read; how much it was."""
        size = len(self._buffer)
        self._buffer.clear()
        return size

    def write(self, data: bytes) -> None:
        """Hand bytes to the operating system, or keep what it does not take. Raises Cut when nothing of them left."""
        if self._gone or self._transport is None:
            raise Cut(self._gone)
        self._transport.write(data)
        if self._transport.is_closing():  # the send itself failed, which takes no byte
            self._gone = self._gone or "the connection was lost"
            raise Cut(self._gone)

    async def drained(self, *, listening: bool) -> None:
        """Return when all that was written has left us. Raises Cut while some of it is still ours.

        ``listening``: also when the server says something meanwhile, which ends the content early.
        """
        while self._blocked:
            if self._gone:
                raise Cut(self._gone)
            if listening and self._buffer:
                raise Cut("the server spoke before the message ended")
            await self._woken()

    async def line(self) -> bytes:
        """The next line without its end. What arrived before a cut is still read; then raises Cut."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if self._gone:
                raise Cut(self._gone)
            await self._woken()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    async def start_tls(self, context: ssl.SSLContext, *, host: str, seconds: float) -> None:
        """Wrap the connection; the certificate's name is checked by the context. Raises OSError, ssl.SSLError, Cut."""
        if self._gone or self._transport is None:
            raise Cut(self._gone)
        loop = asyncio.get_running_loop()
        wrapped = await loop.start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if wrapped is None:
            raise Cut("the connection was lost")
        self._transport = wrapped
        # 0 would pause and never resume here: asyncio's TLS compares with "at least".
        wrapped.set_write_buffer_limits(high=1, low=0)

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def _woken(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
