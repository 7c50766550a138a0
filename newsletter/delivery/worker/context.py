"""What every part of a worker is given: settings, clocks, chance, threads, and whether it was told to stop."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.conf import Config
from newsletter.delivery.worker.threads import Threads


@dataclass(frozen=True, slots=True)
class WorkerContext:
    config: Config
    threads: Threads
    clock: Callable[[], datetime]
    """An aware datetime: for what is stored and shown."""
    boottime: Callable[[], float]
    """Seconds (`delivery.clock`): for leases, deadlines and rounds."""
    chance: Callable[[], float]
    """From 0 to 1: spreads tries of what was deferred."""
    is_stopping: Callable[[], bool]
