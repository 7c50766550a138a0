"""Ticks of the scheduler: APScheduler calls every few seconds and at the next instant that is due. It keeps nothing."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from django.db import connection

EVERY_SECONDS = 5
"""How late a change by another process may be noticed; the next known time is met exactly."""

_log = logging.getLogger(__name__)


class Runner:
    """Calls ``tick(now)`` until stopped, one call at a time.

    ``next_time(now)`` names the next instant after it that is due. Both run in the runner's own thread. A tick that
    fails is logged; the next tick takes up again what it had claimed.
    """

    def __init__(
        self,
        *,
        tick: Callable[[datetime], object],
        next_time: Callable[[datetime], datetime | None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._tick = tick
        self._next_time = next_time
        self._clock = clock
        self._every = every_seconds
        # One thread: the regular tick and the exact wake-up never run side by side.
        self._ticking = threading.Lock()
        self._woken_at = 0.0
        """Monotonic."""
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})

    def start(self) -> None:
        """Begin to tick, at once for the first time."""
        self._scheduler.add_job(
            self._wake,
            IntervalTrigger(seconds=self._every, timezone=UTC),
            id="tick",
            next_run_time=datetime.now(UTC),
            coalesce=True,
            # Due again while it runs, it waits for the thread instead of being left out.
            max_instances=2,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """End after the tick under way; returns when it has ended."""
        if self._scheduler.running:
            # Not with ``wait``: it would hold the lock that the tick under way needs to say when it is due again.
            self._scheduler.shutdown(wait=False)
            with self._ticking:
                pass

    def run(self, stop: threading.Event) -> None:
        """Tick until ``stop`` is set."""
        self.start()
        try:
            while not stop.wait(self._every):
                self._keep_ticking()
        finally:
            self.stop()

    def _keep_ticking(self) -> None:
        # When the clock was set back, the next tick is as far away as it was set.
        if time.monotonic() - self._woken_at > 2 * self._every and not self._ticking.locked():
            with suppress(JobLookupError):  # stopped meanwhile
                self._scheduler.modify_job("tick", next_run_time=datetime.now(UTC))

    def _wake(self) -> None:
        with self._ticking:
            self._woken_at = time.monotonic()
            if self._scheduler.running:
                self._tick_once()

    def _tick_once(self) -> None:
        now = self._clock()
        try:
            self._tick(now)
            upcoming = self._next_time(now)
        finally:
            # The pool's thread may rest for long, and end without a word: it keeps no connection.
            connection.close()
        self._wake_at(upcoming, now=now)

    def _wake_at(self, moment: datetime | None, *, now: datetime) -> None:
        if moment is None or (moment - now).total_seconds() > self._every or not self._scheduler.running:
            return
        # The job is moved: an extra job would be removed by the scheduler's thread while we add the next.
        with suppress(JobLookupError):  # stopped meanwhile
            self._scheduler.modify_job("tick", next_run_time=max(moment, datetime.now(UTC)))
