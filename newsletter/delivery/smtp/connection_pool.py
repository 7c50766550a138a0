"""The pool of connections to a mail server: how many may be open, which are free, which have served enough.

All calls of `client.SmtpCarrier.deliver` share it: who waits for a connection gets it after the message under way.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

from newsletter.delivery.carrier import TransportUnavailable
from newsletter.delivery.smtp import starttls
from newsletter.delivery.smtp.byte_stream import ConnectionLost
from newsletter.delivery.smtp.connection import Connection
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings

MAX_MESSAGES = 100
MAX_AGE = 300.0
"""Messages, and seconds, for which a connection is used (trust B8)."""


class ConnectionPool:
    """The connections to one server. It lives in one event loop."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        ehlo_name: str,
        connections: int = 5,
        timeouts: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._ehlo_name = ehlo_name
        self.size = max(connections, 1)
        self.timeouts = timeouts or Timeouts()
        self._context = context or starttls.strict_context()
        self._most_messages = min(MAX_MESSAGES, settings.messages_per_connection)
        self._idle: list[Connection] = []
        self._is_closed = False
        """Nobody takes a connection that is left any more."""
        self._places = asyncio.Semaphore(self.size)
        """A place for each connection that may be open."""
        self._waiting = 0
        """How many wait for a place."""
        self._open: set[Connection] = set()
        """Every connection that was opened and not yet seen to be closed."""
        self._leaving: set[asyncio.Task[None]] = set()
        """QUITs that were written and not yet answered."""
        self._opening: set[asyncio.Future[None]] = set()
        """Connections that are being opened; done when they are, or are not."""
        self._first = asyncio.Lock()
        """With a password the first connection is opened alone: a wrong password is tried once, not by all."""

    async def close(self) -> None:
        self._is_closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*[connection.quit() for connection in idle], *self._leaving)

    @property
    def is_wanted(self) -> bool:
        """Somebody waits for a connection."""
        return self._waiting > 0

    async def reserve(self) -> None:
        """Wait for a place, the right to have a connection; `release` gives it back."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def release(self, connection: Connection | None) -> None:
        """Give a place back, and with it a connection that can be used again; None: there is none."""
        if connection is not None:
            if not connection.is_quiet:
                connection.abort("the server closed, or spoke unasked")
            elif self._is_closed:
                self._quit_beside(connection)
            else:
                self._idle.append(connection)
        self._places.release()

    async def connection(self, *, down: Callable[[], TransportUnavailable | None]) -> Connection:
        """A connection on which a transaction may start. Raises TransportUnavailable.

        ``down``: why whoever asks has been told to stop, if they were; a password that was refused is not tried again.
        """
        while self._idle:
            connection = self._idle.pop()
            if await self.is_ready(connection):
                return connection
        if self.is_connected or not self._settings.user:
            return await self.connect()
        async with self._first:
            if (why := down()) is not None and not self.is_connected:
                raise why
            return await self.connect()

    def _quit_beside(self, connection: Connection) -> None:
        """QUIT, and wait for the reply while the next connection opens: the QUIT is there before our next SYN."""
        leaving = asyncio.create_task(connection.quit())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def connect(self) -> Connection:
        connection = Connection(self._settings, ehlo_name=self._ehlo_name, timeouts=self.timeouts)
        opening = asyncio.get_running_loop().create_future()
        self._opening.add(opening)
        try:
            await connection.open(self._context)
            self._open.add(connection)
        finally:
            self._opening.discard(opening)
            opening.set_result(None)
        return connection

    @property
    def is_connected(self) -> bool:
        """At least one connection is open, so the server takes connections, and our password."""
        self._open = {connection for connection in self._open if connection.is_open}
        return bool(self._open)

    async def serves(self) -> bool:
        """Whether the server takes connections: any is open, or comes about of those being opened now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timeouts.of("connect")):
                while self._opening and not self.is_connected:
                    await asyncio.wait(self._opening, return_when=asyncio.FIRST_COMPLETED)
        return self.is_connected

    def is_worn(self, connection: Connection) -> bool:
        """Trust B8: it has carried enough, or lived long enough."""
        if connection.messages >= self._most_messages:
            return True
        return connection.age >= min(MAX_AGE, self._settings.seconds_per_connection)

    async def is_ready(self, connection: Connection) -> bool:
        """True when another transaction may start; else the connection is closed."""
        if not connection.is_quiet:
            connection.abort("the server spoke unasked")
            return False
        if self.is_worn(connection):
            self._quit_beside(connection)
            return False
        if not connection.needs_reset:
            return True
        try:
            connection.write(b"RSET\r\n")
            reply = await connection.reply(seconds=connection.timeout("rset"))
        except ConnectionLost:
            return False
        connection.needs_reset = False
        if reply.code != 250 or reply.odd:
            connection.abort("RSET was refused")
            return False
        return True
