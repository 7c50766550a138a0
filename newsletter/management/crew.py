"""Several worker processes under one parent: one that dies is replaced, and none outlives the parent."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.management.supervise import DRAIN_SECONDS

WORKER = (sys.executable, "-m", "newsletter", "worker", "--while-stdin-is-open")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a dead one is replaced; twice as long after each death that follows soon."""
STEADY = 60.0
"""Seconds: one that lived that long did not die at its start."""
MOST_DEATHS = 6
"""In a row, of one place, each soon after its start: then something is wrong that starting again does not mend."""
LOOK_SECONDS = 0.1

_log = logging.getLogger(__name__)


class KeepDying(Exception):
    """Starting them again does not help."""


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Place:
    """One process of the crew, and those that were there before it."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    deaths: int = 0
    """In a row."""


class Crew:
    """So many processes of one command, until told to stop. Fresh ones, not forks: we may have threads."""

    def __init__(
        self, count: int, *, command: Sequence[str] = WORKER, pause: float = FIRST_PAUSE, drain: float = DRAIN_SECONDS
    ) -> None:
        """``command`` ends when its standard input does: that is how it learns that we were killed."""
        self._places = [_Place(number) for number in range(1, count + 1)]
        self._command = list(command)
        self._pause = pause
        self._drain = drain

    def run(self, stop: threading.Event) -> None:
        """Until ``stop``; then all drain. Raises KeepDying, also after a drain."""
        try:
            while not stop.is_set():
                for place in self._places:
                    self._look_after(place)
                stop.wait(LOOK_SECONDS)
        finally:
            self._end()

    def _look_after(self, place: _Place) -> None:
        now = time.monotonic()
        if place.process is None:
            if now >= place.start_at:
                place.process = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603  (ours)
                place.started = now
            return
        code = place.process.poll()
        if code is None:
            return
        self._forget(place)
        place.deaths = place.deaths + 1 if now - place.started < STEADY else 1
        why = f"Worker process {place.number} ended by itself ({_in_words(code)})."
        if place.deaths >= MOST_DEATHS:
            raise KeepDying(f"{why} It was started {place.deaths} times and ended each time; what it said stands above")
        pause = min(self._pause * 2 ** (place.deaths - 1), LONGEST_PAUSE)
        place.start_at = now + pause
        _log.error("%s What it held is taken over. A new one starts in %.0f s.", why, pause)

    def _end(self) -> None:
        """Ask all of them to drain, wait, and kill who does not."""
        for place in self._places:
            if place.process is not None:
                place.process.terminate()
        deadline = time.monotonic() + self._drain
        for place in self._places:
            if place.process is None:
                continue
            try:
                place.process.wait(max(deadline - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                _log.error("Worker process %d did not end within %.0f s and was killed.", place.number, self._drain)
                place.process.kill()
                place.process.wait()
            self._forget(place)

    def _forget(self, place: _Place) -> None:
        if place.process is not None and place.process.stdin is not None:
            place.process.stdin.close()
        place.process = None


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def stop_at_end_of_input(stop: threading.Event) -> None:
    """Set ``stop`` when standard input ends: whoever started us is gone."""

    def listen() -> None:
        # Not by `sys.stdin`: its lock would be held while the interpreter shuts down.
        while os.read(0, 1024):
            pass
        stop.set()

    threading.Thread(target=listen, name="parent", daemon=True).start()
