"""A mail server of our own whose record is the judge: who got which message, noted when the whole of it has come."""

import asyncio
import random
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_RCPT = re.compile(rb"RCPT TO:<([^>]+)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Copy:
    """One message that came whole."""

    recipient: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How the server behaves."""

    latency: float = 0.0
    """Longest wait, in seconds, between the whole message and the reply."""
    drop: float = 0.0
    """Share of messages after which the connection breaks instead of a reply."""
    seed: int = 1


class Sink:
    """Runs in a thread. `copies` grows before each reply and knows nothing of replies."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.copies: list[Copy] = []
        self.connections = 0
        """Open now."""
        self.dropped = 0
        """Links broken instead of a reply."""
        self.port = 0
        self._random = random.Random(self.manners.seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0, limit=1 << 20))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            writer.write(b"220 sink.example ESMTP\r\n")
            await self._commands(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.connections -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    async def _commands(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        answer: Callable[[], Awaitable[None]] = writer.drain
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                found = _RCPT.match(line)
                recipient = found[1].decode() if found else ""
                writer.write(b"250 2.1.5 Ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 Go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                message_id = _MESSAGE_ID.search(content)
                self.copies.append(Copy(recipient, message_id[1].decode() if message_id else ""))
                if self._random.random() < self.manners.drop:
                    self.dropped += 1
                    return
                if self.manners.latency:
                    await asyncio.sleep(self._random.uniform(0, self.manners.latency))
                writer.write(b"250 2.0.0 Taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Bye\r\n")
                await answer()
                return
            else:
                writer.write(b"250 2.0.0 Ok\r\n")
            await answer()
