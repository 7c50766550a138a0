"""One connection to one mail server: opened step by step, then asked command by command (RFC 5321, 3207, 4954)."""

import asyncio
import base64
import errno
import hashlib
import hmac
import ipaddress
import os
import re
import socket
import ssl
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from newsletter.delivery import redact
from newsletter.delivery.carrier import Message, Phase, TransportDown
from newsletter.delivery.smtp import byte_stream, encryption_policy, reply_parser
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

Tls = Literal["starttls", "implicit", "none"]
Clear = Literal["here", "private", "anywhere"]
Auth = Literal["auto", "plain", "login", "cram-md5", "xoauth2"]

_GO_AHEAD = re.compile(rb"(?:2[0-9]{2} [ -~]*\r\n){2}354 [ -~]*\r\n")
_UNKNOWN_AUTHORITY = {18, 19, 20, 21}
"""X509_V_ERR_… of OpenSSL: signed by itself, by an authority that is not known, or by one that was not sent along."""
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_NO_WAY_THERE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""What is said of the IPv6 addresses of a server by a machine that has none itself: seldom why the server fails."""
_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": _("it does not use TLS on this port"),
    "UNEXPECTED_EOF_WHILE_READING": _("the server closed the connection"),
    "CERTIFICATE_VERIFY_FAILED": _("certificate verify failed"),
}
_CAUSES = {
    errno.ECONNREFUSED: _("connection refused"),
    errno.ECONNRESET: _("connection reset by peer"),
    errno.ETIMEDOUT: _("connection timed out"),
    errno.EHOSTUNREACH: _("no route to host"),
    errno.ENETUNREACH: _("network is unreachable"),
    errno.ENETDOWN: _("network is down"),
    errno.EPIPE: _("broken pipe"),
    errno.EADDRNOTAVAIL: _("cannot assign requested address"),
    errno.EACCES: _("permission denied"),
    errno.EPERM: _("operation not permitted"),
}
"""As the system puts what is common, so that a page can say it in its own language; the rest stays English."""
_NAME_CAUSES = {
    socket.EAI_NONAME: _("name or service not known"),
    socket.EAI_AGAIN: _("temporary failure in name resolution"),
    socket.EAI_NODATA: _("no address associated with hostname"),
    socket.EAI_FAIL: _("non-recoverable failure in name resolution"),
}
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


@dataclass(frozen=True, kw_only=True)
class TransportSettings:
    """One SMTP server and how to speak to it."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = "starttls"
    """``none`` only when it is asked for; a password then goes to loopback only (trust T1)."""
    clear: Clear = "here"
    """How far mail may go without encryption, by the address that the host's name leads to (trust S7)."""
    auth: Auth = "auto"
    """``auto``: the first of PLAIN, LOGIN and CRAM-MD5 that is offered; with ``xoauth2`` the password is a token."""
    messages_per_connection: int = 100
    seconds_per_connection: float = 300
    max_bytes: int = 0
    """A message over this is not begun, as over the server's own SIZE; 0: that alone counts."""
    kept_in: str = "NEWSLETTER_SMTP_URL"
    """Where a person corrects these settings."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds to wait, no fewer than RFC 5321 §4.5.3.2 asks for; ``scale`` shrinks them all for tests."""

    connect: float = 30
    greeting: float = 300
    ehlo: float = 300
    starttls: float = 300
    handshake: float = 60
    auth: float = 300
    mail: float = 300
    rcpt: float = 300
    data_init: float = 120
    block: float = 180
    """For each piece of the content."""
    dot: float = 600
    rset: float = 300
    quit: float = 5
    """Nothing is lost by not hearing the answer to a good-bye."""
    scale: float = 1.0

    def of(self, name: str) -> float:
        return float(getattr(self, name)) * self.scale


class Link:
    """An open connection that has been greeted, and encrypted and authenticated as the settings ask."""

    def __init__(self, settings: TransportSettings, *, ehlo_name: str, timeouts: Timeouts) -> None:
        self._settings = settings
        self._ehlo_name = ehlo_name
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._seconds: dict[str, float] = {}
        self._wire = byte_stream.Wire()
        self._secure = False
        self.phase = Phase.CONNECT
        """How far the opening got."""
        self.mechanism = ""
        """How we signed in; empty: not at all."""
        self.capabilities: dict[str, str] = {}
        """Keyword to parameters, as offered last on this connection (fault S8)."""
        self.size_limit = 0
        """Bytes the server takes (RFC 1870), or we may give it; 0 when there is no limit."""
        self.messages = 0
        """Transactions begun on it."""
        self.opened_at = 0.0
        self.needs_reset = False
        self.is_roomy = True
        """Nothing written ever stayed behind: content, dot and the next envelope may go in one write."""

    # Opening. Everything that goes wrong here is TransportDown: no message is involved.

    async def open(self, context: ssl.SSLContext) -> None:
        """Connect, greet, encrypt, authenticate. Raises TransportDown, and leaves nothing open."""
        try:
            await self._connect()
            if self._settings.tls == "implicit":
                await self._encrypt(context)
            await self._greeting()
            await self._hello()
            if self._settings.tls == "starttls":
                await self._starttls(context)
            if self._settings.user:
                await self._authenticate()
        except BaseException:
            self.abort("opening failed")
            raise
        self.opened_at = self._loop.time()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        where = f"{self._settings.host}:{self._settings.port}"
        connect = partial(loop.create_connection, lambda: self._wire, self._settings.host, self._settings.port)
        try:
            async with asyncio.timeout(self._timeouts.of("connect")):
                # uvloop has no race of addresses: a black hole at the first one costs the whole wait.
                if isinstance(loop, asyncio.BaseEventLoop) and not _is_address(self._settings.host):
                    await connect(happy_eyeballs_delay=0.25)
                else:
                    await connect()
        except TimeoutError as error:
            raise TransportDown(
                _("The mail server %(where)s did not answer in time.", where=where), phase=Phase.CONNECT
            ) from error
        except OSError as error:
            raise TransportDown(
                _("The mail server %(where)s cannot be reached: %(cause)s.", where=where, cause=cause(error)),
                phase=Phase.CONNECT,
            ) from error

        self._check_reach(where)

    def _check_reach(self, where: str) -> None:
        """Without encryption no farther than somebody accepted, wherever the name leads now."""
        peer, clear = self._wire.peer, self._settings.clear
        if self._settings.tls != "none" or clear == "anywhere" or _is_loopback(peer):
            return
        if encryption_policy.is_public(peer):
            text = _(
                "%(where)s leads to %(peer)s, which is not in a private network, and there mail would travel without "
                "encryption. Nothing was sent; choose STARTTLS or TLS, or correct the host.",
                where=where,
                peer=peer or "?",
            )
        elif clear == "here":
            text = _(
                "Mail to %(where)s would travel without encryption, and nobody has accepted that. Nothing was sent. "
                "Choose STARTTLS or TLS, or accept it on the server’s page.",
                where=where,
            )
        else:
            return
        raise TransportDown(text, phase=Phase.CONNECT, permanent=True)

    async def _greeting(self) -> None:
        said = await self._ask(b"", phase=Phase.GREETING, seconds=self._timeouts.of("greeting"))
        if said.code != 220:
            raise self._down(_("does not take connections now"), phase=Phase.GREETING, said=said)

    async def _hello(self) -> None:
        """EHLO, or HELO for a server that does not know it (trust T7). Forgets what was offered before."""
        name = self._ehlo_name.encode()
        seconds = self._timeouts.of("ehlo")
        self.capabilities = {}
        said = await self._ask(b"EHLO %b\r\n" % name, phase=Phase.EHLO, seconds=seconds)
        if said.kind == 5:
            said = await self._ask(b"HELO %b\r\n" % name, phase=Phase.EHLO, seconds=seconds)
            if said.code == 250:
                self.size_limit = self._size_limit()
                return
        if said.code != 250:
            raise self._down(_("refused our greeting"), phase=Phase.EHLO, said=said)
        for line in said.lines[1:]:
            keyword, _blank, parameters = line.partition(" ")
            if keyword:
                self.capabilities[keyword.upper()] = parameters.strip()
        self.size_limit = self._size_limit()

    async def _starttls(self, context: ssl.SSLContext) -> None:
        host = self._settings.host
        if "STARTTLS" not in self.capabilities:
            raise TransportDown(
                _(
                    "The mail server %(host)s offers no encryption (STARTTLS), so neither password nor mail was "
                    "sent. Nothing is lost; use a port that encrypts, or ask whoever runs the server.",
                    host=host,
                ),
                phase=Phase.STARTTLS,
                permanent=True,
            )
        said = await self._ask(b"STARTTLS\r\n", phase=Phase.STARTTLS, seconds=self._timeouts.of("starttls"))
        if said.code != 220:
            raise self._down(_("refused to encrypt"), phase=Phase.STARTTLS, said=said, permanent=said.kind == 5)
        if self._wire.forget():
            # What was slipped in before encryption would pass for an encrypted answer (RFC 3207 §6).
            raise TransportDown(
                _("Something between us and %(host)s interfered with the encryption. Nothing was sent.", host=host),
                phase=Phase.STARTTLS,
            )
        await self._encrypt(context)
        await self._hello()

    def _why_not_trusted(self, error: ssl.SSLCertVerificationError) -> Translatable:
        values = {"host": self._settings.host, "verify_message": error.verify_message}
        if error.verify_code in _UNKNOWN_AUTHORITY:
            return _(
                "Nobody whom this machine trusts vouches for the certificate of the mail server %(host)s "
                "(%(verify_message)s). Nothing was sent and nothing is lost. Have it renewed; or where the authority "
                "is your own, name the file with its certificate in SSL_CERT_FILE, for each command, and restart.",
                **values,
            )
        return _(
            "The certificate of the mail server %(host)s is not valid for it (%(verify_message)s). "
            "Nothing was sent and nothing is lost; correct the host name, or have the certificate "
            "renewed.",
            **values,
        )

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        host = self._settings.host
        self.phase = Phase.STARTTLS
        try:
            await self._wire.start_tls(context, host=host, seconds=self._timeouts.of("handshake"))
        except ssl.SSLCertVerificationError as error:
            raise TransportDown(self._why_not_trusted(error), phase=Phase.STARTTLS, permanent=True) from error
        except (OSError, byte_stream.Cut) as error:
            raise TransportDown(
                _("No encrypted connection to %(host)s could be made: %(cause)s.", host=host, cause=cause(error)),
                phase=Phase.STARTTLS,
            ) from error
        self._secure = True

    async def _authenticate(self) -> None:
        host = self._settings.host
        if not self._secure and not _is_loopback(self._wire.peer):
            raise TransportDown(
                _(
                    "The password for %(host)s would travel unencrypted, so it was not sent. Use tls=starttls or "
                    "smtps://.",
                    host=host,
                ),
                phase=Phase.AUTH,
                permanent=True,
            )
        offered = self.capabilities.get("AUTH", "").upper().split()
        steps = {"PLAIN": self._plain, "LOGIN": self._login, "CRAM-MD5": self._cram_md5, "XOAUTH2": self._xoauth2}
        asked = self._settings.auth
        # A password must never pass for a token, nor a token for a password: XOAUTH2 is asked for by name.
        wanted = [name for name in steps if name != "XOAUTH2"] if asked == "auto" else [asked.upper()]
        mechanism = next((name for name in wanted if name in offered), "")
        if not mechanism:
            which = _("we know") if asked == "auto" else _("was asked for")
            raise TransportDown(
                _(
                    "The mail server %(host)s offers no way to sign in that %(which)s. Nothing was sent and "
                    "nothing is lost; take user and password out of %(kept_in)s if it needs none, or use its "
                    "submission port.",
                    host=host,
                    which=which,
                    kept_in=self._settings.kept_in,
                ),
                phase=Phase.AUTH,
                permanent=True,
            )
        said = await steps[mechanism]()
        if said.kind == 5:
            # Its words are left out: some servers repeat what they were sent.
            raise TransportDown(
                _(
                    "The mail server %(host)s refused the user name or password (%(code)s %(enhanced)s). Nothing "
                    "was sent and nothing is lost; correct %(kept_in)s, then resume.",
                    host=host,
                    code=said.code,
                    enhanced=said.enhanced,
                    kept_in=self._settings.kept_in,
                ),
                phase=Phase.AUTH,
                code=said.code,
                permanent=True,
            )
        if said.code != 235:
            raise self._down(_("cannot check the password now"), phase=Phase.AUTH, said=said)
        self.mechanism = mechanism

    async def _plain(self) -> reply_parser.Answer:
        secret = f"\0{self._settings.user}\0{self._settings.password}".encode()
        return await self._auth(b"AUTH PLAIN " + base64.b64encode(secret))

    async def _login(self) -> reply_parser.Answer:
        said = await self._auth(b"AUTH LOGIN")
        for value in (self._settings.user, self._settings.password):
            if said.code != 334:
                return said
            said = await self._auth(base64.b64encode(value.encode()))
        return said

    async def _cram_md5(self) -> reply_parser.Answer:
        said = await self._auth(b"AUTH CRAM-MD5")
        if said.code != 334:
            return said
        try:
            challenge = base64.b64decode(said.text, validate=True)
        except ValueError as error:
            raise self._down(_("sent an invalid sign-in challenge"), phase=Phase.AUTH, said=said) from error
        proof = hmac.new(self._settings.password.encode(), challenge, hashlib.md5).hexdigest()
        return await self._auth(base64.b64encode(f"{self._settings.user} {proof}".encode()))

    async def _xoauth2(self) -> reply_parser.Answer:
        """A bearer token, as Google and Microsoft take it (of the kind of RFC 7628)."""
        token = f"user={self._settings.user}\x01auth=Bearer {self._settings.password}\x01\x01".encode()
        said = await self._auth(b"AUTH XOAUTH2 " + base64.b64encode(token))
        # A 334 holds the reason of a refusal, which follows once we have answered with nothing.
        return await self._auth(b"") if said.code == 334 else said

    async def _auth(self, line: bytes) -> reply_parser.Answer:
        return await self._ask(line + b"\r\n", phase=Phase.AUTH, seconds=self._timeouts.of("auth"))

    async def _ask(self, line: bytes, *, phase: Phase, seconds: float) -> reply_parser.Answer:
        """A command of the opening and its answer. Raises TransportDown for a cut or a surprise."""
        self.phase = phase
        try:
            if line:
                self._wire.write(line)
            said = await self.answer(seconds=seconds)
        except byte_stream.Cut as error:
            raise TransportDown(
                _("The mail server %(host)s: %(error)s.", host=self._settings.host, error=error), phase=phase
            ) from error
        if said.odd:
            raise self._down(_("sent a reply with invalid bytes"), phase=phase, said=said)
        return said

    def _down(self, what: str, *, phase: Phase, said: reply_parser.Answer, permanent: bool = False) -> TransportDown:
        words = redact.addresses(said.text)[:200]
        text = _(
            "The mail server %(host)s %(what)s (%(code)s %(words)s).",
            host=self._settings.host,
            what=what,
            code=said.code,
            words=words,
        )
        return TransportDown(text, phase=phase, code=said.code, permanent=permanent)

    # Speaking, once open.

    async def answer(self, *, seconds: float) -> reply_parser.Answer:
        """The next whole reply. Raises Cut, and cuts, when it does not come in time or is none."""
        return self.ready() or await self._awaited(seconds)

    def ready(self) -> reply_parser.Answer | None:
        """The next reply, if it is here already and of one line, as nearly all are. Raises Cut, and cuts, for none."""
        line = self._wire.last_line()
        if line is None:
            return None
        try:
            return reply_parser.single(line)
        except reply_parser.Surprise as error:
            self.abort(str(error))
            raise byte_stream.Cut(str(error)) from error

    def goes_ahead(self) -> bool:
        """All three answers to an envelope that was written at once are here and say yes, each in one line."""
        return self._wire.take(_GO_AHEAD)

    async def _awaited(self, seconds: float) -> reply_parser.Answer:
        wire_ = self._wire
        deadline = self._loop.time() + seconds
        try:
            line = await wire_.line(deadline=deadline)
            if reply_parser.is_last(line):
                return reply_parser.single(line)
            lines, size = [line], len(line)
            while not reply_parser.is_last(lines[-1]):
                lines.append(await wire_.line(deadline=deadline))
                size += len(lines[-1]) + 2
                if size > reply_parser.MAX_REPLY:
                    raise reply_parser.Surprise("the server said more than fits a reply")
            return reply_parser.answer(lines)
        except TimeoutError as error:
            why = _("the server did not answer in time")
            self.abort(why)
            raise byte_stream.Cut(why) from error
        except reply_parser.Surprise as error:
            self.abort(str(error))
            raise byte_stream.Cut(str(error)) from error

    def write(self, *data: bytes) -> bool:
        """Write; True when all of it has left us. Raises Cut when nothing of it did, and never will."""
        self._wire.write(*data)
        return self._wire.is_clear

    async def drain(self, *, listening: bool = False) -> None:
        """Wait until what was written has left us. Raises Cut while some has not; after an abort it never will."""
        try:
            await self._wire.drained(seconds=self._timeouts.of("block"), listening=listening)
        except TimeoutError as error:
            why = _("the server took no more data")
            self.abort(why)
            raise byte_stream.Cut(why) from error

    def seconds(self, name: str) -> float:
        known = self._seconds.get(name)
        if known is None:
            known = self._seconds[name] = self._timeouts.of(name)
        return known

    def offers(self, keyword: str) -> bool:
        return keyword in self.capabilities

    def _size_limit(self) -> int:
        limit = self.capabilities.get("SIZE", "")
        named = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 16 else 0
        return min(filter(None, (named, self._settings.max_bytes)), default=0)

    @property
    def tls_version(self) -> str:
        """Such as TLSv1.3; empty while nothing is encrypted."""
        return self._wire.tls_version

    @property
    def quiet(self) -> bool:
        return self._wire.quiet

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
        return self._wire.is_open

    def envelope(self, message: Message) -> tuple[bytes, bytes, bytes]:
        """MAIL, RCPT and DATA. One RCPT a message (trust B9)."""
        mail = f"MAIL FROM:<{message.sender}>"
        rcpt = f"RCPT TO:<{message.recipient}>"
        offered = self.capabilities
        if "SIZE" in offered:
            mail += f" SIZE={message.size}"
        if message.smtputf8:
            # Its headers are 8-bit (RFC 6531 §3.6): a server that knows SMTPUTF8 knows 8BITMIME too.
            mail += (" BODY=8BITMIME" if "8BITMIME" in offered else "") + " SMTPUTF8"
        if "DSN" in offered and message.sender:
            # Trust D1, RFC 3461 §4: the token of the envelope sender names the message; it tells nobody anything.
            mail += f" RET=HDRS ENVID={_xtext(message.sender.partition('@')[0])}"
            rcpt += " NOTIFY=FAILURE,DELAY"
            if message.recipient.isascii():
                rcpt += f" ORCPT=rfc822;{_xtext(message.recipient)}"
        return f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode(), b"DATA\r\n"

    def abort(self, why: str) -> None:
        self._wire.abort(why)

    async def quit(self) -> None:
        """Say good-bye; whatever comes back, the connection is gone afterwards."""
        try:
            self._wire.write(b"QUIT\r\n")
            await self.answer(seconds=self._timeouts.of("quit"))
        except byte_stream.Cut:
            pass  # the answer to a good-bye decides nothing
        finally:
            self.abort("closed by us")


def cause(error: OSError | byte_stream.Cut) -> str:
    """Why there is no connection, in the words of the system, without the Python around them."""
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "TLS failed"
        return _TLS_REASONS.get(reason, reason.replace("_", " ").lower())
    if isinstance(error, byte_stream.Cut):
        return error.why
    if isinstance(error, socket.gaierror):
        said = error.strerror.lower() if error.strerror else _("its name was not found")
        return _NAME_CAUSES.get(error.errno or 0, said)
    if error.errno is not None:
        return _in_words(error.errno)
    if isinstance(error, (TimeoutError, ConnectionAbortedError)):  # asyncio gave up a handshake
        return _("it took too long")
    # Of a host with several addresses asyncio raises one error, whose text alone says what each of them answered.
    numbers = [int(number) for number in _ERRNO.findall(str(error))]
    real = [number for number in numbers if number not in _NO_WAY_THERE] or numbers
    return _in_words(real[0]) if real else _("no connection")


def _in_words(number: int) -> str:
    return _CAUSES.get(number) or os.strerror(number).lower()


def _xtext(text: str) -> str:
    """RFC 3461 §4: visible ASCII, with "+" and "=" in hexadecimal."""
    return _NOT_XTEXT.sub(lambda match: f"+{ord(match[0]):02X}", text)


def _is_loopback(peer: str) -> bool:
    return _is_address(peer) and ipaddress.ip_address(peer.partition("%")[0]).is_loopback


def _is_address(host: str) -> bool:
    """It is one IP address, and not a name that may have several."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
