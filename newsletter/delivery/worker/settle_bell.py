"""Wakes the send loop: there is something to settle, or others to claim."""

import asyncio
from collections.abc import Iterable
from typing import Any


class SettleBell:
    """Lives in one event loop; one waits, many ring."""

    def __init__(self) -> None:
        self._rung: asyncio.Future[None] | None = None
        """Made for each wait. A task would be cancelled each time, and leave a circle of garbage."""

    def ring(self) -> None:
        """While nobody waits this does nothing: whoever is about to wait looks first."""
        if self._rung is not None and not self._rung.done():
            self._rung.set_result(None)

    async def wait(self, *, tasks: Iterable[asyncio.Future[Any]], seconds: float) -> None:
        """Wait until it is rung, any of the tasks has ended, or so many seconds are over."""
        self._rung = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._rung, *tasks}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self._rung = None
