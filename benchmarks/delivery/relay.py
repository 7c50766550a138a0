"""A relay 20 ms away: each direction is held back by 10 ms, no byte by more, however many come.

`python -m benchmarks.delivery.relay LISTEN TO` runs it; ``far_away`` starts it as a process.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from benchmarks.delivery import processes

ONE_WAY = 0.010
"""Seconds. There and back: 20 ms."""


class _Late(asyncio.Protocol):
    """One end of a connection; what it hears, its peer says 10 ms later, in order."""

    def __init__(self) -> None:
        self.peer: _Late | None = None
        self.transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes | None]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=1 << 30)  # bandwidth is not what is scarce here

    def data_received(self, data: bytes) -> None:
        self._later(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._later(None)

    def _later(self, data: bytes | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + ONE_WAY, data))
        if len(self._waiting) == 1:
            loop.call_at(self._waiting[0][0], self._pass_on)

    def _pass_on(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            _, data = self._waiting.popleft()
            out = self.peer.transport if self.peer else None
            if out is None or out.is_closing():
                continue
            if data is None:
                out.close()
            else:
                out.write(data)
        if self._waiting:
            loop.call_at(self._waiting[0][0], self._pass_on)


class _Door(_Late):
    """The end that a client knocks at: it opens the other one first."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        far = _Late()
        self.peer, far.peer = far, self
        await asyncio.get_running_loop().create_connection(lambda: far, "127.0.0.1", self._port)


async def serve(listen: int, to: int) -> None:
    """Until the process is told to end."""
    server = await asyncio.get_running_loop().create_server(lambda: _Door(to), "127.0.0.1", listen)
    async with server:
        await server.serve_forever()


@contextmanager
def far_away(folder: Path, *, to: int) -> Iterator[int]:
    """The port of a relay in front of that port."""
    port = processes.free_port()
    command = [sys.executable, "-m", "benchmarks.delivery.relay", str(port), str(to)]
    with processes.started(command, log=folder / "relay.log") as process:
        processes.await_port(port, process)
        yield port


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
