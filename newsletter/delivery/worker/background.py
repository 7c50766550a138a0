"""What a worker does while chunks go out, where a silent server keeps nobody else waiting: probes, our own mails."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger("newsletter.delivery")

Work = Coroutine[Any, Any, bool]
"""True when there was something to do."""


class BackgroundTasks:
    """At most one task of each name at a time. It lives in one event loop."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[bool]] = {}
        self.is_closing = False
        """Nothing more begins."""

    def begin(self, name: str, work: Callable[[], Work]) -> None:
        """Begin it, unless the last of that name still goes on. If that had an error, it is logged and tried again."""
        task = self._tasks.get(name)
        if task is not None and not task.done():
            return
        if task is not None and (error := task.exception()) is not None:
            _log.error("%s: trying again after an error", name, exc_info=error)
        self._tasks[name] = asyncio.create_task(work())

    async def done(self, *, within: float | None) -> bool:
        """Wait for all, at most ``within`` seconds. True if a task did something, or goes on: the loop must as well.

        Raises what a task raised.
        """
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=within)
        did = False
        for name, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[name]
                did = task.result() or did
            else:
                did = True
        return did

    async def end(self, *, but: str) -> None:
        """Begin nothing more, break off what goes on, and wait for it; what is called ``but`` may come to its end."""
        self.is_closing = True
        for name, task in self._tasks.items():
            if name != but:
                task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
