"""Several processes under one parent: one that dies or gives no sign of life is replaced, and none outlives the parent.

The parent imports what they need, opens nothing but the door of the web server, and forks: a new process is there
within milliseconds and shares what was imported. It stays with one thread and without a connection, so that it may
fork again at any time.
"""

import gc
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from django.db import connections

from newsletter.management.runtime.thread_group import DRAIN_SECONDS, stop_at_end_of, stop_on_signals

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 60.0
"""Seconds before a dead one is replaced; longer after each death that follows soon: 0.1, 1, 2, 4 ..."""
STEADY = 60.0
"""Seconds: one that lived that long did not die at its start."""
MOST_DEATHS = 6
"""In a row, of one place, each soon after its start: then something is wrong that starting again does not mend.

That ends all, so that a service manager and its people hear of it. Where it had lived longer once, the others go on.
"""
GRACE = 5.0
"""Seconds after which a child ends itself that should have been killed: its parent is gone."""
LOOK_SECONDS = 0.1
SIGN_SECONDS = 1.0
"""Between two signs of life."""
_STOPS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


class KeepDying(Exception):
    """Starting them again does not help."""


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Post:
    """What one of the processes is there for."""

    name: str
    work: Callable[[threading.Event], None]
    """Its life, in a process of its own: it returns soon after the event is set, and never before."""
    most_silent: float
    """Seconds without a sign of life after which it is killed and replaced."""


@dataclass
class _Place:
    """The process of a post, and those that were there before it."""

    post: Post
    pid: int = 0
    signs: int = -1
    """Where its signs of life are read."""
    started: float = 0.0
    heard: float = 0.0
    start_at: float = 0.0
    deaths: int = 0
    """In a row."""
    was_steady: bool = False


@dataclass
class Crew:
    """One process for each post, until told to stop."""

    posts: Sequence[Post]
    pause: float = FIRST_PAUSE
    drain: float = DRAIN_SECONDS
    _places: list[_Place] = field(default_factory=list, init=False)
    _end_of_us: int = field(default=-1, init=False)
    _we_live: int = field(default=-1, init=False)

    def run(self, stop: threading.Event) -> None:
        """Until ``stop``; then all drain. Raises KeepDying, after a drain. Call it in the main thread."""
        if threading.active_count() > 1:
            raise RuntimeError("a process with threads cannot be forked")
        connections.close_all()
        gc.collect()
        gc.freeze()  # else each look for garbage would copy what the processes share
        self._places = [_Place(post) for post in self.posts]
        # Nothing is ever written there: whoever reads its end learns that we are gone.
        self._end_of_us, self._we_live = os.pipe()
        try:
            while not stop.is_set():
                for place in self._places:
                    self._look_after(place)
                self._listen()
        finally:
            self._end()
            os.close(self._we_live)
            os.close(self._end_of_us)

    def _look_after(self, place: _Place) -> None:
        now = time.monotonic()
        if not place.pid:
            if now >= place.start_at:
                self._start(place)
            return
        ended, status = os.waitpid(place.pid, os.WNOHANG)
        if ended:
            self._replace(place, f"ended unexpectedly ({_in_words(os.waitstatus_to_exitcode(status))})")
        elif now - place.heard > place.post.most_silent and not self._hear(place):
            os.kill(place.pid, signal.SIGKILL)
            os.waitpid(place.pid, 0)
            self._replace(place, f"gave no sign of life for {place.post.most_silent:.0f} s and was killed")

    def _start(self, place: _Place) -> None:
        signs, gives_signs = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal between the fork and the child's own handlers would be lost in ours, which the child has until then.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            pid = os.fork()
            if not pid:
                self._live(place.post, gives_signs=gives_signs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(gives_signs)
        os.set_blocking(signs, False)
        place.pid, place.signs = pid, signs
        place.started = place.heard = time.monotonic()

    def _live(self, post: Post, *, gives_signs: int) -> NoReturn:
        """The whole life of the child: it never comes back into what the parent was doing."""
        code = 1
        try:
            os.close(self._we_live)
            for other in self._places:
                if other.signs >= 0:
                    os.close(other.signs)
            stop = threading.Event()
            stop_on_signals(stop, once_more=True)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            stop_at_end_of(self._end_of_us, stop)
            threading.Thread(target=_give_signs, args=[gives_signs], name="signs of life", daemon=True).start()
            threading.Thread(target=_end_after, args=[stop, self.drain + GRACE], name="end", daemon=True).start()
            post.work(stop)
            code = 0 if stop.is_set() else 1
        except BaseException:
            _log.exception("The %s failed.", post.name)
        finally:
            connections.close_all()
            logging.shutdown()
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _listen(self) -> None:
        """Wait a moment, and take in the signs of life that come."""
        open_ones = {place.signs: place for place in self._places if place.signs >= 0}
        for ready in select.select(open_ones, [], [], LOOK_SECONDS)[0]:
            self._hear(open_ones[ready])

    def _hear(self, place: _Place) -> bool:
        """Whether a sign of life came: after we slept ourselves, those of all the others lie there."""
        with suppress(BlockingIOError):
            if place.signs >= 0 and os.read(place.signs, 4096):
                place.heard = time.monotonic()
                return True
            self._forget_signs(place)
        return False

    def _replace(self, place: _Place, how: str) -> None:
        now = time.monotonic()
        self._forget(place)
        is_steady = now - place.started >= STEADY
        place.was_steady = place.was_steady or is_steady
        place.deaths = 1 if is_steady else place.deaths + 1
        why = f"The {place.post.name} {how}."
        if place.deaths >= MOST_DEATHS and not place.was_steady:
            raise KeepDying(
                f"{why} It was started {place.deaths} times and ended each time; what it said stands above."
            )
        pause = self.pause if place.deaths == 1 else min(10 * self.pause * 2 ** (place.deaths - 2), LONGEST_PAUSE)
        place.start_at = now + pause
        _log.error("%s What it held is taken over. A new one starts in %.1f s.", why, pause)

    def _end(self) -> None:
        """Ask all of them to drain, wait, and kill who does not."""
        living = [place for place in self._places if place.pid]
        for place in living:
            os.kill(place.pid, signal.SIGTERM)
        deadline = time.monotonic() + self.drain
        while living and time.monotonic() < deadline:
            for place in list(living):
                if os.waitpid(place.pid, os.WNOHANG)[0]:
                    self._forget(place)
                    living.remove(place)
            time.sleep(0.02)
        for place in living:
            _log.error("The %s did not end within %.0f s and was killed.", place.post.name, self.drain)
            os.kill(place.pid, signal.SIGKILL)
            os.waitpid(place.pid, 0)
            self._forget(place)

    def _forget(self, place: _Place) -> None:
        place.pid = 0
        self._forget_signs(place)

    def _forget_signs(self, place: _Place) -> None:
        if place.signs >= 0:
            os.close(place.signs)
        place.signs = -1


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _end_after(stop: threading.Event, drain: float) -> None:
    """Whoever does not drain is killed by the parent; where that is gone, too, the child does it itself."""
    stop.wait()
    time.sleep(drain)
    os._exit(1)


def _give_signs(pipe: int) -> None:
    """A thread gets its turn only while no code holds the interpreter, and none runs in a process that was stopped."""
    with suppress(OSError):  # the parent is gone
        while os.write(pipe, b"."):
            time.sleep(SIGN_SECONDS)
