"""Several processes under a parent: a process that dies or gives no sign of life is replaced.

No process outlives the parent. The parent imports what they need, opens nothing but the web server's listening socket,
and forks: a new process is there within milliseconds and shares what was imported. It stays with a single thread and
without a connection, so that it may fork again at any time.
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

from newsletter.errors import NewsletterError
from newsletter.management.runtime.thread_group import DRAIN_SECONDS, stop_at_end_of, stop_on_signals

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 60.0
"""Seconds before a dead process is replaced; longer after each death that follows soon: 0.1, 1, 2, 4 ..."""
STEADY = 60.0
"""Seconds: a process that lived that long did not die at its start."""
MOST_DEATHS = 6
"""In a row, of the same spec, each soon after its start: then something is wrong that starting again does not mend.

That ends all, so that a service manager and its people hear of it. Where a process had lived longer once, the others
go on.
"""
GRACE = 5.0
"""Seconds after which a child ends itself that should have been killed: its parent is gone."""
LOOK_SECONDS = 0.1
SIGN_SECONDS = 1.0
"""Seconds between two signs of life."""
_STOPS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


class ProcessKeepsDying(NewsletterError, RuntimeError):
    """A process ends soon after each start: starting it again does not help. ``name`` and ``deaths`` say which."""

    def __init__(self, message: str, *, name: str, deaths: int) -> None:
        super().__init__(message)
        self.name = name
        self.deaths = deaths


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """What one process of the group is to do."""

    name: str
    work: Callable[[threading.Event], None]
    """Runs in the process: returns soon after the event is set, and never before."""
    most_silent: float
    """Seconds without a sign of life after which it is killed and replaced."""


@dataclass
class _Child:
    """The process of a spec, and what is known of the processes before it."""

    spec: ProcessSpec
    pid: int = 0
    signs: int = -1
    """File descriptor from which its signs of life are read; -1: none."""
    started: float = 0.0
    heard: float = 0.0
    start_at: float = 0.0
    deaths: int = 0
    """How many processes of the spec ended soon after their start, in a row."""
    was_steady: bool = False


@dataclass
class ProcessGroup:
    """One process for each spec, until told to stop."""

    specs: Sequence[ProcessSpec]
    pause: float = FIRST_PAUSE
    drain: float = DRAIN_SECONDS
    _children: list[_Child] = field(default_factory=list, init=False)
    _parent_ended: int = field(default=-1, init=False)
    _parent_lives: int = field(default=-1, init=False)

    def run(self, stop: threading.Event) -> None:
        """Keep every process running until ``stop``; then all drain. Call it in the main thread.

        Raises ProcessKeepsDying, after a drain.
        """
        if threading.active_count() > 1:
            raise RuntimeError("a process with threads cannot be forked")
        connections.close_all()
        gc.collect()
        gc.freeze()  # else each look for garbage would copy what the processes share
        self._children = [_Child(spec) for spec in self.specs]
        # Nothing is ever written to this pipe: a child that reads its end learns that the parent is gone.
        self._parent_ended, self._parent_lives = os.pipe()
        try:
            while not stop.is_set():
                for child in self._children:
                    self._look_after(child)
                self._listen()
        finally:
            self._end()
            os.close(self._parent_lives)
            os.close(self._parent_ended)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if not child.pid:
            if now >= child.start_at:
                self._start(child)
            return
        ended, status = os.waitpid(child.pid, os.WNOHANG)
        if ended:
            self._replace(child, f"ended unexpectedly ({_in_words(os.waitstatus_to_exitcode(status))})")
        elif now - child.heard > child.spec.most_silent and not self._hear(child):
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            self._replace(child, f"gave no sign of life for {child.spec.most_silent:.0f} s and was killed")

    def _start(self, child: _Child) -> None:
        signs, gives_signs = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal between the fork and the child's own handlers would be lost in ours, which the child has until then.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            pid = os.fork()
            if not pid:
                self._live(child.spec, gives_signs=gives_signs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(gives_signs)
        os.set_blocking(signs, False)
        child.pid, child.signs = pid, signs
        child.started = child.heard = time.monotonic()

    def _live(self, spec: ProcessSpec, *, gives_signs: int) -> NoReturn:
        """The whole life of the child: it never comes back into what the parent was doing."""
        code = 1
        try:
            os.close(self._parent_lives)
            for other in self._children:
                if other.signs >= 0:
                    os.close(other.signs)
            stop = threading.Event()
            stop_on_signals(stop, once_more=True)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            stop_at_end_of(self._parent_ended, stop)
            threading.Thread(target=_give_signs, args=[gives_signs], name="signs of life", daemon=True).start()
            threading.Thread(target=_end_after, args=[stop, self.drain + GRACE], name="end", daemon=True).start()
            spec.work(stop)
            code = 0 if stop.is_set() else 1
        except BaseException:
            _log.exception("The %s failed.", spec.name)
        finally:
            connections.close_all()
            logging.shutdown()
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _listen(self) -> None:
        """Wait a moment, and take in the signs of life that come."""
        by_pipe = {child.signs: child for child in self._children if child.signs >= 0}
        for ready in select.select(by_pipe, [], [], LOOK_SECONDS)[0]:
            self._hear(by_pipe[ready])

    def _hear(self, child: _Child) -> bool:
        """Whether a sign of life came; after the parent itself slept, the signs of all children lie there."""
        with suppress(BlockingIOError):
            if child.signs >= 0 and os.read(child.signs, 4096):
                child.heard = time.monotonic()
                return True
            self._forget_signs(child)
        return False

    def _replace(self, child: _Child, how: str) -> None:
        now = time.monotonic()
        self._forget(child)
        is_steady = now - child.started >= STEADY
        child.was_steady = child.was_steady or is_steady
        child.deaths = 1 if is_steady else child.deaths + 1
        why = f"The {child.spec.name} {how}."
        if child.deaths >= MOST_DEATHS and not child.was_steady:
            raise ProcessKeepsDying(
                f"{why} It was started {child.deaths} times and ended each time; what it said stands above.",
                name=child.spec.name,
                deaths=child.deaths,
            )
        pause = self.pause if child.deaths == 1 else min(10 * self.pause * 2 ** (child.deaths - 2), LONGEST_PAUSE)
        child.start_at = now + pause
        _log.error("%s What it held is taken over. A new one starts in %.1f s.", why, pause)

    def _end(self) -> None:
        """Ask all processes to drain, wait, and kill those that do not end."""
        living = [child for child in self._children if child.pid]
        for child in living:
            os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + self.drain
        while living and time.monotonic() < deadline:
            for child in list(living):
                if os.waitpid(child.pid, os.WNOHANG)[0]:
                    self._forget(child)
                    living.remove(child)
            time.sleep(0.02)
        for child in living:
            _log.error("The %s did not end within %.0f s and was killed.", child.spec.name, self.drain)
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            self._forget(child)

    def _forget(self, child: _Child) -> None:
        child.pid = 0
        self._forget_signs(child)

    def _forget_signs(self, child: _Child) -> None:
        if child.signs >= 0:
            os.close(child.signs)
        child.signs = -1


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _end_after(stop: threading.Event, drain: float) -> None:
    """Kill this child when it did not drain and the parent, who should have killed it, is gone."""
    stop.wait()
    time.sleep(drain)
    os._exit(1)


def _give_signs(pipe: int) -> None:
    """A thread gets its turn only while no code holds the interpreter, and none runs in a process that was stopped."""
    with suppress(OSError):  # the parent is gone
        while os.write(pipe, b"."):
            time.sleep(SIGN_SECONDS)
