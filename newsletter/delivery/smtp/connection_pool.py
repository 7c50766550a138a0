"""The pool of connections to one mail server: how many may be open, which is free, and when one has served enough.

All calls of `client.SmtpCarrier.deliver` share it: who waits for a connection gets one after the message under way.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

from newsletter.delivery.carrier import TransportDown
from newsletter.delivery.smtp import byte_stream
from newsletter.delivery.smtp.connection import Link, Timeouts, TransportSettings

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
        self._context = context or strict_context()
        self._most_messages = min(MAX_MESSAGES, settings.messages_per_connection)
        self._idle: list[Link] = []
        self._is_closed = False
        """Nobody takes a connection that is left any more."""
        self._places = asyncio.Semaphore(self.size)
        """One for each connection that may be open."""
        self._waiting = 0
        """Who waits for a place."""
        self._links: set[Link] = set()
        """Every connection that was opened and not yet seen to be closed."""
        self._leaving: set[asyncio.Task[None]] = set()
        """Good-byes that were said and not yet answered."""
        self._opening: set[asyncio.Future[None]] = set()
        """Connections that are being opened; done when they are, or are not."""
        self._first = asyncio.Lock()
        """With a password the first connection is opened alone: a wrong one is tried once, not once for each lane."""

    async def close(self) -> None:
        self._is_closed = True
        links, self._idle = self._idle, []
        await asyncio.gather(*[link.quit() for link in links], *self._leaving)

    @property
    def is_wanted(self) -> bool:
        """Somebody waits for a connection."""
        return self._waiting > 0

    async def place(self) -> None:
        """Wait for the right to have a connection."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def leave(self, link: Link | None) -> None:
        """Give the right back, and a connection that can be used again."""
        if link is not None:
            if not link.quiet:
                link.abort("the server closed, or spoke unasked")
            elif self._is_closed:
                self._say_goodbye(link)
            else:
                self._idle.append(link)
        self._places.release()

    async def link(self, *, down: Callable[[], TransportDown | None]) -> Link:
        """A connection on which a transaction may start. Raises TransportDown.

        ``down``: why whoever asks has been told to stop, if they were; a password that was refused is not tried again.
        """
        while self._idle:
            link = self._idle.pop()
            if await self.is_ready(link):
                return link
        if self.is_connected or not self._settings.user:
            return await self.connect()
        async with self._first:
            if (why := down()) is not None and not self.is_connected:
                raise why
            return await self.connect()

    def _say_goodbye(self, link: Link) -> None:
        """Leave it, and wait for the answer beside the next one's opening: the QUIT is there before our next SYN."""
        leaving = asyncio.create_task(link.quit())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def connect(self) -> Link:
        link = Link(self._settings, ehlo_name=self._ehlo_name, timeouts=self.timeouts)
        opening = asyncio.get_running_loop().create_future()
        self._opening.add(opening)
        try:
            await link.open(self._context)
            self._links.add(link)
        finally:
            self._opening.discard(opening)
            opening.set_result(None)
        return link

    @property
    def is_connected(self) -> bool:
        """At least one connection is open, so the server takes connections, and our password."""
        self._links = {link for link in self._links if link.is_open}
        return bool(self._links)

    async def serves(self) -> bool:
        """The server takes connections: one is open, or one that is being opened now soon comes about."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timeouts.of("connect")):
                while self._opening and not self.is_connected:
                    await asyncio.wait(self._opening, return_when=asyncio.FIRST_COMPLETED)
        return self.is_connected

    def is_worn(self, link: Link) -> bool:
        """Trust B8: it has carried enough, or lived long enough."""
        if link.messages >= self._most_messages:
            return True
        return link.age >= min(MAX_AGE, self._settings.seconds_per_connection)

    async def is_ready(self, link: Link) -> bool:
        """True when another transaction may start; else the connection is closed."""
        if not link.quiet:
            link.abort("the server spoke unasked")
            return False
        if self.is_worn(link):
            self._say_goodbye(link)
            return False
        if not link.needs_reset:
            return True
        try:
            link.write(b"RSET\r\n")
            said = await link.answer(seconds=link.seconds("rset"))
        except byte_stream.Cut:
            return False
        link.needs_reset = False
        if said.code != 250 or said.odd:
            link.abort("RSET was refused")
            return False
        return True


def strict_context() -> ssl.SSLContext:
    """Names and authorities are checked; TLS 1.2 at least (RFC 8314 §4.1)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
