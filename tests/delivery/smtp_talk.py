"""One connection of the scripted mail server, from its greeting to its end."""

import asyncio
import base64
import ctypes
import re
import socket
import ssl
import struct
import time
from typing import TYPE_CHECKING

from tests.delivery.smtp_script import Copy, Do, Drip, Session, Step

if TYPE_CHECKING:
    from tests.delivery.scripted_smtp import ScriptedServer

SO_ATTACH_FILTER = 26
_PATH = re.compile(rb":\s*<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_MARKS = re.compile(rb"reader\d+@[a-z0-9.-]+|/u/[^\s>\"]+")
"""What belongs to one reader: address, and the end of each link that acts for them."""


class Reader(asyncio.StreamReader):
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


class Talk:
    """One connection's dialogue."""

    def __init__(
        self, server: "ScriptedServer", session: Session, reader: Reader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._session = session
        self._reader = reader
        self._writer = writer
        self.sender = ""
        self.recipient = ""
        self._rcpt = b""
        self._mailed = False
        self._ready = False
        self._context: ssl.SSLContext | None = None
        """What STARTTLS was offered with on this connection: a test may take the server's away meanwhile."""

    async def run(self) -> None:
        """From the greeting to QUIT, or to whatever ends it. Raises Over, ConnectionError, IncompleteReadError."""
        await self.say("GREETING", b"220 mail.example.org ESMTP\r\n")
        while line := await self._reader.readuntil(b"\r\n"):
            if self._server.keeps:
                self._session.commands.append(line)
            verb = line.split(b" ")[0].strip().upper().decode(errors="replace")
            match verb:
                case "EHLO":
                    await self.say(verb, self._offer())
                case "STARTTLS":
                    await self._encrypt()
                case "AUTH":
                    await self._authenticate(line)
                case "MAIL" | "RCPT":
                    await self._envelope(verb, line)
                case "DATA":
                    await self._data()
                case "QUIT":
                    await self.say(verb, b"221 2.0.0 bye\r\n")
                    return
                case "RSET" | "HELO":
                    self._mailed = self._ready = False
                    await self.say(verb, b"250 2.1.0 ok\r\n")
                case _:
                    await self.say(verb, b"502 5.5.1 unknown\r\n")

    def _offer(self) -> bytes:
        self._context = None if self._session.secure else self._server.context
        lines = ["mail.example.org greets you", *self._server.offered, *(["STARTTLS"] if self._context else [])]
        return "".join(f"250{'-' if n < len(lines) - 1 else ' '}{text}\r\n" for n, text in enumerate(lines)).encode()

    async def _encrypt(self) -> None:
        server = self._server
        if await self.say("STARTTLS", b"220 2.0.0 go ahead\r\n" + server.slipped) and self._context:
            await self._writer.start_tls(self._context)
            self._session.secure = True

    async def _envelope(self, verb: str, line: bytes) -> None:
        path = _PATH.search(line)
        name = path[1].decode(errors="replace") if path else ""
        if verb == "MAIL":
            self.sender, self.recipient, self._ready = name, "", False
            self._mailed = await self.say(verb, b"250 2.1.0 ok\r\n")
        else:
            self.recipient, self._rcpt = name, line
            if self._mailed:
                self._ready = await self.say(verb, b"250 2.1.0 ok\r\n")
            else:
                await self.say(verb, b"503 5.5.1 MAIL first\r\n")

    async def _authenticate(self, line: bytes) -> None:
        if b" PLAIN " in line:
            wanted = self._server.password.encode()
            good = not wanted or base64.b64decode(line.split(b" ")[-1]).endswith(b"\0" + wanted)
            await self.say("AUTH", b"235 2.7.0 welcome\r\n" if good else b"535 5.7.8 wrong password\r\n")
            return
        if b" XOAUTH2 " in line:
            challenge = self._server.next_step("XOAUTH2", self._session, self.recipient)
            if challenge is not None:  # that comes before the answer
                await self._act(challenge, b"", verb="XOAUTH2")
                self._session.commands.append(await self._reader.readuntil(b"\r\n"))
            await self.say("AUTH", b"235 2.7.0 welcome\r\n")
            return
        for challenge in (
            (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n") if b" LOGIN" in line else (b"334 PGFAYj4=\r\n",)
        ):
            self._writer.write(challenge)
            self._session.commands.append(await self._reader.readuntil(b"\r\n"))
        await self.say("AUTH", b"235 2.7.0 welcome\r\n")

    async def _data(self) -> None:
        server, session = self._server, self._session
        if not self._ready:
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
            except Over:
                self._note(b"", whole=False, began=began)
                raise
            self._writer.transport.resume_reading()
        try:
            block = await self._reader.readuntil(b"\r\n.\r\n")
        except asyncio.IncompleteReadError as cut:
            self._note(cut.partial, whole=False, began=began)
            raise
        if server.keeps:
            session.blocks.append(block)
        copy = self._note(block, whole=True, began=began)
        if isinstance(step, bytes):
            return  # it was answered early
        if await self.say("DOT", b"250 2.0.0 taken\r\n", copy=copy) and server.keeps:
            server.accepted.append((self._rcpt, block))

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
                raise Over
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
            await self._server.going.wait()
            raise Over
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
            raise Over

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._reader.gone.wait()
        except TimeoutError:
            return
        raise Over

    async def _hold(self, verb: str) -> None:
        server = self._server
        server.held[verb] += 1
        gone = asyncio.ensure_future(self._reader.gone.wait())
        going = asyncio.ensure_future(server.going.wait())
        try:
            await asyncio.wait({gone, going}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise Over
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


class Over(Exception):
    """The script ends this connection."""
