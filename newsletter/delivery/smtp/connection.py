"""One connection to a mail server: opened step by step, then asked command by command (RFC 5321 §3.1, §4.1)."""

import asyncio
import ipaddress
import re
import ssl
from functools import partial

from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.smtp import auth, cleartext_policy, connection_errors, ehlo, reply_parser, starttls
from newsletter.delivery.smtp.byte_stream import ByteStream, ConnectionLost
from newsletter.delivery.smtp.exchange import Exchange
from newsletter.delivery.smtp.reply_parser import SmtpReply
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings
from newsletter.translatable import Translatable as _

_ENVELOPE_ACCEPTED = re.compile(rb"(?:2[0-9]{2} [ -~]*\r\n){2}354 [ -~]*\r\n")


class Connection:
    """A connection that, once open, has been greeted, encrypted and authenticated as the settings ask."""

    def __init__(self, settings: TransportSettings, *, ehlo_name: str, timeouts: Timeouts) -> None:
        self._settings = settings
        self._ehlo_name = ehlo_name
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._seconds: dict[str, float] = {}
        self._stream = ByteStream()
        self._is_encrypted = False
        self.phase = Phase.CONNECT
        """How far the opening got."""
        self.mechanism = ""
        """How we signed in; empty: not at all."""
        self.capabilities: ehlo.Capabilities = {}
        """The extensions offered last on this connection (fault S8)."""
        self.size_limit = 0
        """Bytes the server takes (RFC 1870), or we may give it; 0 when there is no limit."""
        self.messages = 0
        """Transactions begun on it."""
        self.opened_at = 0.0
        """In the loop's time."""
        self.needs_reset = False
        """A transaction was refused: RSET must end it before the next MAIL."""
        self.never_blocked = True
        """Nothing written ever stayed behind: content, dot and the next envelope may go in the same write."""

    # Opening. Everything that goes wrong here is TransportUnavailable: no message is involved.

    async def open(self, context: ssl.SSLContext) -> None:
        """Connect, greet, encrypt, authenticate. Raises TransportUnavailable, and leaves nothing open."""
        settings = self._settings
        try:
            await self._connect()
            if settings.tls == "implicit":
                await self._encrypt(context)
            await self._greeting()
            await self._ehlo()
            if settings.tls == "starttls":
                await starttls.request(
                    self._exchange(Phase.STARTTLS, "starttls"),
                    self._stream,
                    host=settings.host,
                    is_offered="STARTTLS" in self.capabilities,
                )
                await self._encrypt(context)
                await self._ehlo()  # what was offered before is void (RFC 3207 §4.2)
            if settings.user:
                self.mechanism = await auth.authenticate(
                    settings,
                    offered=self.capabilities.get("AUTH", ""),
                    is_private=self._is_encrypted or cleartext_policy.is_loopback(self._stream.peer),
                    exchange=self._exchange(Phase.AUTH, "auth"),
                )
        except BaseException:  # cancelled, too
            self.abort("opening failed")
            raise
        self.opened_at = self._loop.time()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        where = f"{self._settings.host}:{self._settings.port}"
        connect = partial(loop.create_connection, lambda: self._stream, self._settings.host, self._settings.port)
        try:
            async with asyncio.timeout(self._timeouts.of("connect")):
                # uvloop has no race of addresses (RFC 8305): a black hole at the first address costs the whole wait.
                if isinstance(loop, asyncio.BaseEventLoop) and not _is_address(self._settings.host):
                    await connect(happy_eyeballs_delay=0.25)
                else:
                    await connect()
        except TimeoutError as error:
            raise TransportUnavailable(
                _("The mail server %(where)s did not answer in time.", where=where), phase=Phase.CONNECT
            ) from error
        except OSError as error:
            raise TransportUnavailable(
                _(
                    "The mail server %(where)s cannot be reached: %(cause)s.",
                    where=where,
                    cause=connection_errors.cause(error),
                ),
                phase=Phase.CONNECT,
            ) from error
        if self._settings.tls == "none":
            peer = self._stream.peer
            if objection := cleartext_policy.objection(peer, accepted=self._settings.clear, where=where):
                raise TransportUnavailable(objection, phase=Phase.CONNECT, permanent=True)

    async def _greeting(self) -> None:
        """The server's 220 (RFC 5321 §3.1), which comes unasked."""
        reply = await self._command(b"", phase=Phase.GREETING, timeout="greeting")
        if reply.code != 220:
            raise connection_errors.refused(
                self._settings.host, _("does not take connections now"), phase=Phase.GREETING, reply=reply
            )

    async def _ehlo(self) -> None:
        self.capabilities = {}
        self.capabilities = await ehlo.greet(
            self._exchange(Phase.EHLO, "ehlo"), name=self._ehlo_name, host=self._settings.host
        )
        self.size_limit = ehlo.size_limit(self.capabilities, max_bytes=self._settings.max_bytes)

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        self.phase = Phase.STARTTLS
        seconds = self._timeouts.of("handshake")
        await starttls.handshake(self._stream, context, host=self._settings.host, seconds=seconds)
        self._is_encrypted = True

    def _exchange(self, phase: Phase, timeout: str) -> Exchange:
        return lambda line: self._command(line + b"\r\n", phase=phase, timeout=timeout)

    async def _command(self, line: bytes, *, phase: Phase, timeout: str) -> SmtpReply:
        """A command of the opening and its reply. Raises TransportUnavailable where none comes, or what is no SMTP."""
        self.phase = phase
        host = self._settings.host
        try:
            if line:
                self._stream.write(line)
            reply = await self.reply(seconds=self._timeouts.of(timeout))
        except ConnectionLost as error:
            raise TransportUnavailable(
                _("The mail server %(host)s: %(error)s.", host=host, error=error), phase=phase
            ) from error
        if reply.odd:
            raise connection_errors.refused(host, _("sent a reply with invalid bytes"), phase=phase, reply=reply)
        return reply

    # Speaking, once open.

    async def reply(self, *, seconds: float) -> SmtpReply:
        """The next whole reply. Raises ConnectionLost, and aborts, when it does not come in time or is none."""
        return self.buffered_reply() or await self._awaited_reply(seconds)

    def buffered_reply(self) -> SmtpReply | None:
        """The next reply, if it is here already and of one line, as nearly all are.

        Raises ConnectionLost, and aborts, for a line that is no reply.
        """
        line = self._stream.buffered_last_line()
        if line is None:
            return None
        try:
            return reply_parser.parse_line(line)
        except reply_parser.ProtocolError as error:
            self.abort(str(error))
            raise ConnectionLost(str(error)) from error

    def envelope_accepted(self) -> bool:
        """All three replies to an envelope that was written at once are here and say yes, each in one line."""
        return self._stream.take_match(_ENVELOPE_ACCEPTED)

    async def _awaited_reply(self, seconds: float) -> SmtpReply:
        stream = self._stream
        deadline = self._loop.time() + seconds
        try:
            line = await stream.read_line(deadline=deadline)
            if reply_parser.is_last_line(line):
                return reply_parser.parse_line(line)
            lines, size = [line], len(line)
            while not reply_parser.is_last_line(lines[-1]):
                lines.append(await stream.read_line(deadline=deadline))
                size += len(lines[-1]) + 2
                if size > reply_parser.MAX_REPLY:
                    raise reply_parser.ProtocolError("the server said more than fits a reply")
            return reply_parser.parse(lines)
        except TimeoutError as error:
            why = _("the server did not answer in time")
            self.abort(why)
            raise ConnectionLost(why) from error
        except reply_parser.ProtocolError as error:
            self.abort(str(error))
            raise ConnectionLost(str(error)) from error

    def write(self, *data: bytes) -> bool:
        """Write; True when all of it has left us. Raises ConnectionLost when nothing of it did, and never will."""
        self._stream.write(*data)
        return self._stream.is_flushed

    async def drain(self, *, listening: bool = False) -> None:
        """Wait until what was written has left us; see `ByteStream.drain`.

        Raises ConnectionLost while some has not; after an abort it never will.
        """
        try:
            await self._stream.drain(seconds=self._timeouts.of("block"), listening=listening)
        except TimeoutError as error:
            why = _("the server took no more data")
            self.abort(why)
            raise ConnectionLost(why) from error

    def timeout(self, name: str) -> float:
        """Seconds to wait for the step of that name; see `Timeouts`."""
        known = self._seconds.get(name)
        if known is None:
            known = self._seconds[name] = self._timeouts.of(name)
        return known

    def offers(self, keyword: str) -> bool:
        return keyword in self.capabilities

    @property
    def tls_version(self) -> str:
        """Such as TLSv1.3; empty while nothing is encrypted."""
        return self._stream.tls_version

    @property
    def is_quiet(self) -> bool:
        """Open, and the server has said nothing that was not asked for."""
        return self._stream.is_quiet

    @property
    def now(self) -> float:
        """In the loop's time."""
        return self._loop.time()

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return self._loop.time() - self.opened_at

    @property
    def is_open(self) -> bool:
        return self._stream.is_open

    def abort(self, why: str) -> None:
        """End the connection; what waits to be written is dropped at once."""
        self._stream.abort(why)

    async def quit(self) -> None:
        """QUIT (RFC 5321 §4.1.1.10); whatever comes back, the connection is gone afterwards."""
        try:
            self._stream.write(b"QUIT\r\n")
            await self.reply(seconds=self._timeouts.of("quit"))
        except ConnectionLost:
            pass  # the reply to QUIT decides nothing
        finally:
            self.abort("closed by us")


def _is_address(host: str) -> bool:
    """True for an IP address, False for a name, which may have several."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
