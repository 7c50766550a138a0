"""The scripted mail server in a thread of its own, for tests whose workers are other processes."""

import asyncio
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.delivery.scripted_smtp import Chooser, Copy, ScriptedServer, Step


class Sink:
    """Runs a server; what a test reads of its record stands still only once nobody is connected."""

    def __init__(self, server: ScriptedServer | None = None, *, port: int = 0) -> None:
        self.server = server or ScriptedServer(offered=("PIPELINING", "8BITMIME"), keeps=False)
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the mail server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with self.server.running(port=self._port):
            self._ready.set()
            await self._over.wait()

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def copies(self) -> list[Copy]:
        return self.server.copies

    def wait(self, done: Callable[[], bool], *, seconds: float, often: float = 0.002) -> bool:
        """Until ``done``, which is looked at that often; False when the time is over.

        Looked at after each change it would keep the server's thread from running.
        """
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            time.sleep(often)
        return True

    def drain(self, *, seconds: float = 30) -> None:
        """Until nobody is connected: the kernel goes on sending for the dead."""
        if not self.wait(lambda: not self.server.connections, seconds=seconds):
            raise AssertionError(f"{self.server.connections} connections are still open")

    def script(self, **steps: Step | list[Step | None] | Chooser | None) -> None:
        """Behave otherwise from now on."""
        self._call(lambda: self.server.script(**steps))

    def let_go(self) -> None:
        """End every hold."""
        self._call(self.server.let_go)

    def cut(self) -> None:
        """End every connection; what the server had not read is lost."""
        self._call(self.server.cut)

    def _call(self, act: Callable[[], None]) -> None:
        async def do() -> None:
            act()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result(10)
