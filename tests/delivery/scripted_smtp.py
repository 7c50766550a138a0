"""A mail server that does what a test tells it: any reply, delay, silence or cut at any step of the dialogue.

Its own record is the judge: who got which message, whole or cut, and whether a reply was sent.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from newsletter.delivery.carrier import Message, Reply
from tests.delivery import smtp_talk
from tests.delivery.smtp_script import Chooser, Copy, Do, Drip, Script, Session, Step

__all__ = ["Chooser", "Copy", "Do", "Drip", "Notes", "Script", "ScriptedServer", "Session", "Step"]

OFFERED = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
LONGEST = 1 << 26
"""Bytes of a message that are read."""


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
        self.slipped = slipped
        """Sent in clear right behind the answer to STARTTLS."""
        self.password = password
        """The only one that AUTH PLAIN takes; empty: any."""
        self._window = window
        """Size of the receiving buffer; 0: the system's."""
        self.keeps = keeps
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
        old, self.going = self.going, asyncio.Event()
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
        self.going = asyncio.Event()
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
        return asyncio.StreamReaderProtocol(smtp_talk.Reader(limit=LONGEST), self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        assert isinstance(reader, smtp_talk.Reader)
        self._tasks.add(task)
        session = Session(secure=self._implicit, number=len(self.sessions))
        self.sessions.append(session)
        try:
            await smtp_talk.Talk(self, session, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, smtp_talk.Over, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

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

    def may_still_start(self) -> bool:
        return True

    def before_dot(self, message: Message) -> bool:
        self.said.append(("dot", message.key))
        return message.key not in self.no_dot

    def after_reply(self, message: Message, reply: Reply) -> None:
        assert reply.key == message.key
        self.said.append(("reply", message.key))
        self.replies.append(reply)

    def put_back(self, message: Message, *, seen: bool) -> None:
        self.said.append(("back", message.key))

    def by_key(self) -> dict[int, Reply]:
        assert len({reply.key for reply in self.replies}) == len(self.replies), "settled twice"
        return {reply.key: reply for reply in self.replies}
