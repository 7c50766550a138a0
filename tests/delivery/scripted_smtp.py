"""A mail server that does what a test tells it: any reply, delay, silence or cut at any step of the dialogue.

Its own record is the judge: who got which message, whole or cut, and whether a reply was sent.
"""

import asyncio
import base64
import ctypes
import re
import socket
import ssl
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from newsletter.delivery.carriers import Message, Reply


class Do(Enum):
    DROP = "cut the connection"
    RESET = "cut it with a TCP reset"
    HANG = "say nothing, and read nothing, until the client gives up"
    VANISH = "be gone without a word, as when the cable is cut: not even the kernel answers, until the test lets go"
    BABBLE = "a reply that never ends"
    HOLD = "say nothing until the client is gone, or the test lets go: then as usual"


@dataclass(frozen=True)
class Drip:
    """A reply a byte at a time."""

    said: bytes
    pause: float


Step = bytes | Do | Drip | float | tuple["Step", ...]
"""A reply, an act, a pause in seconds, or several in a row."""
Chooser = Callable[["Session", str], Step | None]
"""Decides each time, from what the connection has seen; the second is the recipient, where one is known."""
Script = Mapping[str, Step | list[Step | None] | Chooser]
"""Step by verb (GREETING, EHLO, …, DATA, BLOCK, DOT, RSET, QUIT): always it, or a list to use up (None: as usual)."""

OFFERED = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
SO_ATTACH_FILTER = 26
LONGEST = 1 << 26
"""Bytes of a message that are read."""

_PATH = re.compile(rb":\s*<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_MARKS = re.compile(rb"reader\d+@[a-z0-9.-]+|/u/[^\s>\"]+")
"""What belongs to one reader: address, and the end of each link that acts for them."""


@dataclass
class Session:
    """What one connection saw."""

    commands: list[bytes] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)
    """What followed each 354, raw, the final CRLF.CRLF included."""
    secure: bool = False
    number: int = 0
    copies: int = 0
    """Whole messages so far."""
    ended: bool = False

    def verbs(self) -> list[str]:
        return [command.split(b" ")[0].split(b"\r")[0].decode().upper() for command in self.commands]


@dataclass(slots=True)
class Copy:
    """One message, as far as it came."""

    recipient: str
    sender: str
    message_id: str
    session: int
    began: float
    """Moment (monotonic) of the 354."""
    whole: bool
    """The final dot was seen."""
    marks: frozenset[bytes]
    size: int
    reply: bytes = b""
    """What was said to the dot; empty: nothing."""

    @property
    def taken(self) -> bool:
        """The reader has it: it came whole and was not refused."""
        return self.whole and self.reply[:1] in {b"", b"2"}


class ScriptedServer:
    def __init__(
        self,
        script: Script | None = None,
        *,
        offered: tuple[str, ...] = OFFERED,
        context: ssl.SSLContext | None = None,
        implicit: bool = False,
        slipped: bytes = b"",
        password: str = "",
        window: int = 0,
        keeps: bool = True,
    ) -> None:
        self._script = {
            verb: list(steps) if isinstance(steps, list) else steps for verb, steps in (script or {}).items()
        }
        self.offered = offered
        """Read anew at each EHLO: a test may change it."""
        self.context = context
        """Used by each STARTTLS that follows."""
        self._implicit = implicit
        self._slipped = slipped
        """Sent in clear right behind the answer to STARTTLS."""
        self.password = password
        """The only one that AUTH PLAIN takes; empty: any."""
        self._window = window
        """Size of the receiving buffer; 0: the system's."""
        self._keeps = keeps
        """False: no commands and no blocks are kept, for a million messages."""
        self.sessions: list[Session] = []
        self.copies: list[Copy] = []
        """Every message of which content came, in the order in which they ended."""
        self.met: Counter[str] = Counter()
        """How often each verb of the script did something unusual."""
        self.held: Counter[str] = Counter()
        """Connections that are being held now, by verb."""
        self.port = 0

    def script(self, **steps: Step | list[Step | None] | Chooser | None) -> None:
        """Behave otherwise from now on; None: as usual."""
        for verb, step in steps.items():
            self._script.pop(verb, None)
            if step is not None:
                self._script[verb] = step

    @property
    def connections(self) -> int:
        """Open now."""
        return len(self._tasks)

    def let_go(self) -> None:
        """End every hold, in the server's own loop."""
        old, self._going = self._going, asyncio.Event()
        old.set()

    def cut(self) -> None:
        """End every connection, in the server's own loop."""
        for task in self._tasks:
            task.cancel()

    @property
    def accepted(self) -> list[tuple[bytes, bytes]]:
        """(RCPT line, raw block) of each message whose dot was answered 250."""
        return self._accepted

    @asynccontextmanager
    async def running(self, *, port: int = 0) -> AsyncIterator["ScriptedServer"]:
        self._accepted: list[tuple[bytes, bytes]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._going = asyncio.Event()
        loop = asyncio.get_running_loop()
        sock = socket.create_server(("127.0.0.1", port), backlog=256)
        # asyncio itself does it only for sockets that name their protocol.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._window:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._window)
        server = await loop.create_server(self._protocol, sock=sock, ssl=self.context if self._implicit else None)
        self.port = sock.getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(_Reader(limit=LONGEST), self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        assert isinstance(reader, _Reader)
        self._tasks.add(task)
        session = Session(secure=self._implicit, number=len(self.sessions))
        self.sessions.append(session)
        try:
            await self._talk(session, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, _Over, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)
            session.ended = True

    async def _talk(self, session: Session, reader: "_Reader", writer: asyncio.StreamWriter) -> None:
        talk = _Talk(self, session, reader, writer)
        await talk.say("GREETING", b"220 mail.example.org ESMTP\r\n")
        while line := await reader.readuntil(b"\r\n"):
            if self._keeps:
                session.commands.append(line)
            verb = line.split(b" ")[0].strip().upper().decode(errors="replace")
            if verb == "EHLO":
                offered = [*self.offered, *(["STARTTLS"] if self.context and not session.secure else [])]
                lines = ["mail.example.org greets you", *offered]
                said = "".join(f"250{'-' if n < len(lines) - 1 else ' '}{text}\r\n" for n, text in enumerate(lines))
                await talk.say(verb, said.encode())
            elif verb == "STARTTLS":
                if await talk.say(verb, b"220 2.0.0 go ahead\r\n" + self._slipped) and self.context:
                    await writer.start_tls(self.context)
                    session.secure = True
            elif verb == "AUTH":
                await talk.authenticate(line)
            elif verb == "DATA":
                await talk.data()
            elif verb == "QUIT":
                await talk.say(verb, b"221 2.0.0 bye\r\n")
                return
            else:
                if verb in {"MAIL", "RCPT"}:
                    path = _PATH.search(line)
                    name = path[1].decode(errors="replace") if path else ""
                    if verb == "MAIL":
                        talk.sender, talk.recipient, talk.rcpt = name, "", b""
                    else:
                        talk.recipient, talk.rcpt = name, line
                usual = (
                    b"502 5.5.1 unknown\r\n" if verb not in {"MAIL", "RCPT", "RSET", "HELO"} else b"250 2.1.0 ok\r\n"
                )
                good = await talk.say(verb, usual)
                talk.ready = good if verb == "RCPT" else talk.ready and verb != "MAIL"

    def next_step(self, verb: str, session: Session, recipient: str) -> Step | None:
        steps = self._script.get(verb)
        if isinstance(steps, list):
            step = steps.pop(0) if steps else None
        elif callable(steps):
            step = steps(session, recipient)
        else:
            step = steps
        if step is not None:
            self.met[verb] += 1
        return step


class _Reader(asyncio.StreamReader):
    """Knows at once when the other end is gone, whatever is still unread."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(limit=limit, loop=asyncio.get_running_loop())
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        self.gone.set()
        super().feed_eof()

    def set_exception(self, exc: BaseException) -> None:
        self.gone.set()
        super().set_exception(exc)


class _Talk:
    """One connection's dialogue."""

    def __init__(self, server: ScriptedServer, session: Session, reader: _Reader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._session = session
        self._reader = reader
        self._writer = writer
        self.sender = ""
        self.recipient = ""
        self.rcpt = b""
        self.ready = False

    async def authenticate(self, line: bytes) -> None:
        if b" PLAIN " in line:
            wanted = self._server.password.encode()
            good = not wanted or base64.b64decode(line.split(b" ")[-1]).endswith(b"\0" + wanted)
            await self.say("AUTH", b"235 2.7.0 welcome\r\n" if good else b"535 5.7.8 wrong password\r\n")
            return
        for challenge in (
            (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n") if b" LOGIN" in line else (b"334 PGFAYj4=\r\n",)
        ):
            self._writer.write(challenge)
            self._session.commands.append(await self._reader.readuntil(b"\r\n"))
        await self.say("AUTH", b"235 2.7.0 welcome\r\n")

    async def data(self) -> None:
        server, session = self._server, self._session
        if self.rcpt and not self.ready:
            await self.say("DATA", b"503 5.5.1 nobody to write to\r\n")
            return
        if not await self.say("DATA", b"354 go ahead\r\n"):
            return
        began = time.monotonic()
        step = server.next_step("BLOCK", session, self.recipient)
        if step is not None:
            # What a test does not read must stay in the client's own buffer.
            self._writer.transport.pause_reading()
            try:
                await self._act(step, b"", verb="BLOCK")
            except _Over:
                self._note(b"", whole=False, began=began)
                raise
            self._writer.transport.resume_reading()
        try:
            block = await self._reader.readuntil(b"\r\n.\r\n")
        except asyncio.IncompleteReadError as cut:
            self._note(cut.partial, whole=False, began=began)
            raise
        if server._keeps:
            session.blocks.append(block)
        copy = self._note(block, whole=True, began=began)
        if isinstance(step, bytes):
            return  # it was answered early
        if await self.say("DOT", b"250 2.0.0 taken\r\n", copy=copy) and server._keeps:
            server.accepted.append((self.rcpt, block))

    def _note(self, block: bytes, *, whole: bool, began: float) -> Copy:
        content = block.replace(b"=\r\n", b"").replace(b"=3D", b"=")
        found = _MESSAGE_ID.search(content)
        copy = Copy(
            recipient=self.recipient,
            sender=self.sender,
            message_id=found[1].decode(errors="replace") if found else "",
            session=self._session.number,
            began=began,
            whole=whole,
            marks=frozenset(_MARKS.findall(content)),
            size=len(block),
        )
        self._session.copies += whole
        self._server.copies.append(copy)
        return copy

    async def say(self, verb: str, usual: bytes, *, copy: Copy | None = None) -> bool:
        """True when the usual answer was given."""
        step = self._server.next_step(verb, self._session, self.recipient)
        await self._act(step, usual, verb=verb, copy=copy)
        said = step[-1] if isinstance(step, tuple) else step
        return (
            said in {None, Do.HOLD}
            or isinstance(said, float)
            or (isinstance(said, (bytes, Drip)) and (said if isinstance(said, bytes) else said.said)[:3] == usual[:3])
        )

    async def _act(self, step: Step | None, usual: bytes, *, verb: str, copy: Copy | None = None) -> None:
        if isinstance(step, tuple):
            for one in step:
                await self._act(one, b"", verb=verb, copy=copy)
        elif step is None or isinstance(step, bytes):
            await self._write(usual if step is None else step, copy)
            # Inside the content it reads on: a cut with unread content would take the words away again.
            if isinstance(step, bytes) and step.startswith(b"421") and verb != "BLOCK":
                raise _Over
        elif isinstance(step, Drip):
            for at in range(len(step.said)):
                await self._write(step.said[at : at + 1], copy)
                await self._pause(step.pause)
        elif isinstance(step, float):
            await self._pause(step)
            await self._write(usual, copy)
        elif step is Do.HANG:
            self._writer.transport.pause_reading()
            await asyncio.Event().wait()
        elif step is Do.VANISH:
            _deafen(self._writer.get_extra_info("socket"))
            await self._server._going.wait()
            raise _Over
        elif step is Do.BABBLE:
            while True:
                await self._write(b"250-and on\r\n" * 1000, copy)
        elif step is Do.HOLD:
            await self._hold(verb)
            await self._write(usual, copy)
        else:
            if step is Do.RESET:
                sock: socket.socket = self._writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Over

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._reader.gone.wait()
        except TimeoutError:
            return
        raise _Over

    async def _hold(self, verb: str) -> None:
        server = self._server
        server.held[verb] += 1
        gone = asyncio.ensure_future(self._reader.gone.wait())
        going = asyncio.ensure_future(server._going.wait())
        try:
            await asyncio.wait({gone, going}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise _Over
        finally:
            gone.cancel()
            going.cancel()
            server.held[verb] -= 1

    async def _write(self, said: bytes, copy: Copy | None) -> None:
        if copy is not None and said:
            copy.reply += said
        self._writer.write(said)
        await self._writer.drain()


def _deafen(sock: socket.socket) -> None:
    """Drop whatever arrives, unacknowledged, in the kernel: needs neither root nor a network of one's own."""
    keep_nothing = ctypes.create_string_buffer(struct.pack("@HBBI", 0x06, 0, 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(keep_nothing)))


class _Over(Exception):
    """The script ends this connection."""


@dataclass
class Notes:
    """A gate that writes down what it is asked, and forbids what it is told to."""

    no_start: set[int] = field(default_factory=set)
    no_dot: set[int] = field(default_factory=set)
    said: list[tuple[str, int]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def may_start(self, message: Message) -> bool:
        self.said.append(("start", message.key))
        return message.key not in self.no_start

    def before_dot(self, message: Message) -> bool:
        self.said.append(("dot", message.key))
        return message.key not in self.no_dot

    def after_reply(self, message: Message, reply: Reply) -> None:
        assert reply.key == message.key
        self.said.append(("reply", message.key))

    def settled(self, reply: Reply) -> None:
        self.replies.append(reply)

    def by_key(self) -> dict[int, Reply]:
        assert len({reply.key for reply in self.replies}) == len(self.replies), "settled twice"
        return {reply.key: reply for reply in self.replies}
