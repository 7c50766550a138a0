"""Several parts in one process: when a part dies, or a signal says stop, all of them drain."""

import _thread
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.db import connections

_log = logging.getLogger(__name__)

DRAIN_SECONDS = 30.0
"""What a service manager usually grants between SIGTERM and SIGKILL; each part uses a little less."""
LOOK_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True)
class Part:
    """One long-running piece of work. It returns soon after ``stop`` is set, and never before."""

    name: str
    work: Callable[[threading.Event], None]


def stop_on_signals(stop: threading.Event, *, once_more: bool = False) -> None:
    """Set ``stop`` on SIGTERM and SIGINT; a second signal ends the process the usual, hard way.

    ``once_more``: a second SIGTERM does not. Service managers send it to all processes of a service, and so does the
    parent, which kills who does not end.
    """

    def asked(number: int, _frame: object) -> None:
        # Python runs this in the main thread, which may be looking at the same event or handling the first of two
        # signals that come at once: it would wait there for a lock that it holds itself.
        _thread.start_new_thread(stop.set, ())
        if not (once_more and number == signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked)


def stop_at_end_of(pipe: int, stop: threading.Event) -> None:
    """Set ``stop`` when the pipe ends: whoever started us, and held its other end, is gone."""

    def listen() -> None:
        # Not by `sys.stdin`: its lock would be held while the interpreter shuts down.
        while os.read(pipe, 1024):
            pass
        stop.set()

    threading.Thread(target=listen, name="parent", daemon=True).start()


def wait_for(stop: threading.Event) -> None:
    """Wait until ``stop`` is set. Call it in the main thread.

    Python runs signal handlers in that thread alone, and the kernel may give the signal to another: a wait without end
    would then never notice that we were told to stop.
    """
    while not stop.wait(LOOK_SECONDS):
        pass


def run(parts: Sequence[Part], *, stop: threading.Event, drain: float = DRAIN_SECONDS) -> str | None:
    """Run every part until ``stop``; return why a part died, or None when it was stopped by a signal.

    A part that does not drain in time is left behind: the process ends without it, and what it held shows as
    uncertain or is taken again, as after any kill.
    """
    pool = ThreadPoolExecutor(max_workers=len(parts), thread_name_prefix="part")
    running: dict[Future[None], Part] = {pool.submit(_work, part, stop): part for part in parts}
    # Not without end: see wait_for.
    while not wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED).done:
        pass
    if reason := _why(running):
        _log.error("%s Draining the rest.", reason)
    deadline = time.monotonic() + drain
    _, late = wait(running, timeout=max(0.0, deadline - time.monotonic()))
    died = reason or _why(running)
    if late:
        names = ", ".join(running[future].name for future in late)
        _log.error("%s did not end within %.0f s and was left behind.", names, drain)
        logging.shutdown()
        os._exit(1)
    pool.shutdown()
    return died


def _work(part: Part, stop: threading.Event) -> None:
    threading.current_thread().name = part.name
    try:
        part.work(stop)
        if not stop.is_set():
            raise RuntimeError("it ended by itself")
    finally:
        stop.set()
        connections.close_all()


def _why(running: dict[Future[None], Part]) -> str | None:
    for future, part in running.items():
        if future.done() and (error := future.exception()) is not None:
            _log.error("%s failed.", part.name, exc_info=error)
            return f"The {part.name} died: {type(error).__name__}: {error}."
    return None
