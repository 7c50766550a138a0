"""Whether anything may go out: a worker's look at the hold of a restored or copied database (promise DB4)."""

import asyncio
import logging

from newsletter.delivery.control import restore_guard
from newsletter.delivery.worker.background import BackgroundTasks
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.worker_journals import WorkerJournals

CHECK_EVERY = 3600.0
"""Seconds between two looks whether the database still knows what the journals know."""

_log = logging.getLogger("newsletter.delivery")


class HoldWatch:
    """Asks the database at each round; the journals at first, after trouble with the database, and now and then."""

    def __init__(self, context: WorkerContext, *, journals: WorkerJournals, background: BackgroundTasks) -> None:
        self._context = context
        self._own = journals
        self._background = background
        self._journals = restore_guard.Journals(context.config.journal_dir)
        self._reading = asyncio.Lock()
        self._check_at: float | None = None
        """When the journals are asked next; None: at once, for another database may answer."""
        self._was_on_hold = False

    def database_lost(self) -> None:
        """Note that the database did not answer: another database may answer next."""
        self._check_at = None

    async def is_on_hold(self) -> bool:
        """Nothing may go out."""
        context = self._context
        name, hold = await context.threads.db(restore_guard.look)
        if hold is None and (name != self._own.epoch or self._check_at is None):
            await self._check()
            _, hold = await context.threads.db(restore_guard.look)
        elif hold is None and self._check_at is not None and context.boottime() >= self._check_at:
            self._check_at = context.boottime() + CHECK_EVERY
            self._background.begin("epoch", self._check)  # what it finds is seen by the next look
        if hold is not None and not self._was_on_hold:
            _log.error("%s", hold)
        self._was_on_hold = hold is not None
        return self._was_on_hold

    async def _check(self) -> bool:
        context = self._context
        async with self._reading:
            # In a thread of its own: after a pause or a start there may be much to read, and chunks wait to be settled.
            found = await asyncio.to_thread(self._journals.look)
            self._own.epoch = await context.threads.db(restore_guard.check, found, now=context.clock())
            self._check_at = context.boottime() + CHECK_EVERY
        return False
