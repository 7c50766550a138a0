"""The threads of a worker, each with a connection of its own to the database, and those that sign.

Settling must wait for nobody: so the look at consent and lease, our own mails and the reservations of rate limits each
have a thread beside the thread that claims and settles.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Made by a worker, and closed by it."""

    def __init__(self) -> None:
        self._database = ThreadPoolExecutor(1, thread_name_prefix="delivery-db")
        self._look = ThreadPoolExecutor(1, thread_name_prefix="delivery-look")
        self._outbox = ThreadPoolExecutor(1, thread_name_prefix="delivery-outbox")
        self._limits = ThreadPoolExecutor(1, thread_name_prefix="delivery-limits")
        others = len(os.sched_getaffinity(0)) - 1
        self.sign = ThreadPoolExecutor(others, thread_name_prefix="delivery-sign") if others else None
        """One for each core but ours: what they have not begun with when it is wanted, we sign ourselves."""

    async def db(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in the thread that claims and settles."""
        return await _run(self._database, lambda: work(*args, **kwargs))

    async def look(self, work: Callable[[], T]) -> T:
        """Run it in the thread that looks at consent and leases."""
        return await _run(self._look, work)

    async def outbox(self, work: Callable[[], T]) -> T:
        """Run it in the thread of our own mails."""
        return await _run(self._outbox, work)

    async def limits(self, work: Callable[[], T]) -> T:
        """Run it in the thread of rate limits: a slot lives for less time than a settle may take."""
        return await _run(self._limits, work)

    def close(self) -> None:
        """Once nothing is under way: close each thread's connection to the database, and end it."""
        if self.sign:
            self.sign.shutdown()
        for thread in (self._database, self._look, self._outbox, self._limits):
            thread.submit(connections.close_all).result()
            thread.shutdown()


async def _run(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, _closing_on_error, work)


def _closing_on_error(work: Callable[[], T]) -> T:
    """Run it in this thread; after an error of the connection the next work begins with a fresh connection."""
    try:
        return work()
    except (OperationalError, InterfaceError):
        connection.close()
        raise
