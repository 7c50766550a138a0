"""A mail server that does what a test tells it: any reply, delay, silence or cut at any step of the dialogue."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from newsletter.delivery.carriers import Message, Reply


class Do(Enum):
    DROP = "cut the connection"
    RESET = "cut it with a TCP reset"
    HANG = "say nothing, and read nothing, until the client gives up"


Step = bytes | Do | float | tuple["Step", ...]
"""A reply, an act, a pause in seconds, or several in a row."""
Script = Mapping[str, Step | list[Step | None]]
"""Step by verb (GREETING, EHLO, …, DATA, BLOCK, DOT, RSET, QUIT): always it, or a list to use up (None: as usual).

XOAUTH2 is the challenge that comes before the answer to AUTH, if any.
"""

OFFERED = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


@dataclass
class Session:
    """What one connection saw."""

    commands: list[bytes] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)
    """What followed each 354, raw, the final CRLF.CRLF included."""
    secure: bool = False

    def verbs(self) -> list[str]:
        return [command.split(b" ")[0].split(b"\r")[0].decode().upper() for command in self.commands]


class ScriptedServer:
    def __init__(
        self,
        script: Script | None = None,
        *,
        offered: tuple[str, ...] = OFFERED,
        context: ssl.SSLContext | None = None,
        implicit: bool = False,
        slipped: bytes = b"",
    ) -> None:
        self._script = {
            verb: list(steps) if isinstance(steps, list) else steps for verb, steps in (script or {}).items()
        }
        self._offered = offered
        self._context = context
        self._implicit = implicit
        self._slipped = slipped
        """Sent in clear right behind the answer to STARTTLS."""
        self.sessions: list[Session] = []
        self.port = 0

    @property
    def accepted(self) -> list[tuple[bytes, bytes]]:
        """(RCPT line, raw block) of each message whose dot was answered 250."""
        return self._accepted

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ScriptedServer"]:
        self._accepted: list[tuple[bytes, bytes]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context if self._implicit else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        session = Session(secure=self._implicit)
        self.sessions.append(session)
        try:
            await self._talk(session, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, _Over, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "GREETING", b"220 mail.example.org ESMTP\r\n")
        recipient = b""
        while line := await reader.readuntil(b"\r\n"):
            session.commands.append(line)
            verb = line.split(b" ")[0].strip().upper().decode()
            if verb == "EHLO":
                offered = [*self._offered, *(["STARTTLS"] if self._context and not session.secure else [])]
                lines = ["mail.example.org greets you", *offered]
                said = "".join(f"250{'-' if n < len(lines) - 1 else ' '}{text}\r\n" for n, text in enumerate(lines))
                await self._say(writer, verb, said.encode())
            elif verb == "STARTTLS":
                if await self._say(writer, verb, b"220 2.0.0 go ahead\r\n" + self._slipped) and self._context:
                    await writer.start_tls(self._context)
                    session.secure = True
            elif verb == "AUTH":
                await self._authenticate(session, line, reader, writer)
            elif verb == "DATA":
                if await self._say(writer, verb, b"354 go ahead\r\n"):
                    await self._act(writer, self._next("BLOCK"), b"")
                    # In pieces: what a test does not read must stay in the client's own buffer.
                    block = await _block(reader)
                    session.blocks.append(block)
                    if await self._say(writer, "DOT", b"250 2.0.0 taken\r\n"):
                        self._accepted.append((recipient, block))
            elif verb == "QUIT":
                await self._say(writer, verb, b"221 2.0.0 bye\r\n")
                return
            else:
                recipient = line if verb == "RCPT" else recipient
                usual = (
                    b"502 5.5.1 unknown\r\n" if verb not in {"MAIL", "RCPT", "RSET", "HELO"} else b"250 2.1.0 ok\r\n"
                )
                await self._say(writer, verb, usual)

    async def _authenticate(
        self, session: Session, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if b" PLAIN " in line:
            await self._say(writer, "AUTH", b"235 2.7.0 welcome\r\n")
            return
        if b" XOAUTH2 " in line:
            challenge = self._next("XOAUTH2")
            if challenge is not None:
                await self._act(writer, challenge, b"")
                session.commands.append(await reader.readuntil(b"\r\n"))
            await self._say(writer, "AUTH", b"235 2.7.0 welcome\r\n")
            return
        for challenge in (
            (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n") if b" LOGIN" in line else (b"334 PGFAYj4=\r\n",)
        ):
            writer.write(challenge)
            session.commands.append(await reader.readuntil(b"\r\n"))
        await self._say(writer, "AUTH", b"235 2.7.0 welcome\r\n")

    def _next(self, verb: str) -> Step | None:
        steps = self._script.get(verb)
        if isinstance(steps, list):
            return steps.pop(0) if steps else None
        return steps

    async def _say(self, writer: asyncio.StreamWriter, verb: str, usual: bytes) -> bool:
        """True when the usual answer was given."""
        step = self._next(verb)
        await self._act(writer, step, usual)
        return step is None or isinstance(step, float) or (isinstance(step, bytes) and step[:3] == usual[:3])

    async def _act(self, writer: asyncio.StreamWriter, step: Step | None, usual: bytes) -> None:
        if isinstance(step, tuple):
            for one in step:
                await self._act(writer, one, b"")
        elif step is None or isinstance(step, bytes):
            writer.write(usual if step is None else step)
            await writer.drain()
            if isinstance(step, bytes) and step.startswith(b"421"):
                raise _Over
        elif isinstance(step, float):
            await asyncio.sleep(step)
            writer.write(usual)
        elif step is Do.HANG:
            await asyncio.Event().wait()
        else:
            if step is Do.RESET:
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Over


async def _block(reader: asyncio.StreamReader) -> bytes:
    """Up to the dot, and no further: the next envelope may travel in the same segment (RFC 2920 §3.1)."""
    block = b""
    while (end := block.find(b"\r\n.\r\n", max(len(block) - 2**16 - 4, 0))) < 0:
        piece = await reader.read(2**16)
        if not piece:
            raise _Over
        block += piece
    rest = block[end + 5 :] + bytes(reader._buffer)  # type: ignore[attr-defined]
    reader._buffer.clear()  # type: ignore[attr-defined]
    reader.feed_data(rest)
    return block[: end + 5]


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
        self.replies.append(reply)

    def put_back(self, message: Message) -> None:
        self.said.append(("back", message.key))

    def by_key(self) -> dict[int, Reply]:
        assert len({reply.key for reply in self.replies}) == len(self.replies), "settled twice"
        return {reply.key: reply for reply in self.replies}
