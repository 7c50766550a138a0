"""The caller's side of the parser process: strangers' bytes become values there, within bounds of time and memory.

A page, feed, file or picture can be made so that reading it takes minutes or gigabytes, in ways that nobody foresaw.
It ends the parser process and is refused; web, scheduler and delivery do not notice. Each of our processes that
reads such bytes has its own parser, started at its first use and kept warm, at a low priority.

It has the rights of whoever started it, but is given none of our secrets, and what it answers is believed only as far
as `answers` goes: a hole in a library that reads strangers' bytes must not own the process that asked.
"""

import atexit
import contextlib
import contextvars
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from newsletter import errors
from newsletter.articles import drafts
from newsletter.articles.parser_process import budget, process
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

_P = ParamSpec("_P")
_T = TypeVar("_T")


class TooCostly(drafts.UnusableArticle):
    """Reading it would take more processor time or memory than any article needs."""


class ParserBusy(errors.UserError, TimeoutError):
    """Other articles are being read, and take long: this call got no turn in time."""


class OutOfTime(ParserBusy):
    """Not read within its time by the clock: other calls came first, or there were many. No fault of the bytes."""


_until: contextvars.ContextVar[float] = contextvars.ContextVar("until", default=math.inf)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """All calls within, waiting included, end in ``seconds``; an earlier deadline around it still holds."""
    before = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(before)


@contextlib.contextmanager
def one_request() -> Iterator[None]:
    """The deadline for a page, which keeps a thread of the web server."""
    with deadline(budget.REQUEST_SECONDS):
        yield


class Parser:
    """One child process at a time, for every thread of this process; another child after one that was ended."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + budget.MOST_WAITING)
        self._process: process.ChildProcess | None = None

    def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a pure function of ours in the child. Raises what it raises, TooCostly, or ParserBusy (OutOfTime).

        ``function`` is found by its name in its module; what it takes and gives must be able to travel (`pickle`).
        """
        if time.monotonic() >= _until.get():
            raise _out_of_time()
        with self._my_turn():
            child = self._living()
            # A little later than the child ends itself.
            until = min(_until.get(), time.monotonic() + budget.MOST_SECONDS + budget.SECONDS_TO_END)
            try:
                goes_on, ended, what = child.ask(
                    (budget.SECONDS, budget.MEGABYTES, function, args, kwargs), until=until
                )
            except process.ChildDied as died:
                self._process = None
                raise _refusal(died.code) from None
            except process.AnswerOverdue:
                self.end()
                raise _out_of_time() from None
            except BaseException:
                # An answer that nobody waits for any more would be taken for that to the next call.
                self.end()
                raise
            if not goes_on:
                self.end()
        if ended == "raised":
            raise what
        if ended == "memory":
            raise TooCostly(_too_large())
        if ended == "large":
            raise TooCostly(
                _(
                    "More than %(megabytes)s MB were read out of this, far more than any article holds, so it was "
                    "broken off. Nothing was added. Paste the story's text without formatting.",
                    megabytes=Quantity(budget.MOST_ANSWER_BYTES // 1_000_000),
                )
            )
        answer: _T = what
        return answer

    def end(self) -> None:
        """End the child, whatever it does; the next call starts another."""
        child, self._process = self._process, None
        if child is not None and child.owner == os.getpid():
            child.end()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is a child."""
        return self._process.pid if self._process else None

    def _living(self) -> process.ChildProcess:
        if self._process is None or self._process.owner != os.getpid():
            self._process = process.ChildProcess()
        return self._process

    @contextlib.contextmanager
    def _my_turn(self) -> Any:
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            left = min(budget.SECONDS_FOR_A_TURN, _until.get() - time.monotonic())
            if not self._turn.acquire(timeout=max(0, left)):
                raise _busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()


def _busy() -> ParserBusy:
    return ParserBusy(_("Other articles are being read, and take long. Nothing was added. Try again in a minute."))


def _out_of_time() -> OutOfTime:
    return OutOfTime(
        _(
            "Reading this was not done in time, since this machine is busy or much was to be read at once. What was "
            "not read was not added. Try again later, or with less at once."
        )
    )


def _refusal(code: int) -> TooCostly | OutOfTime:
    if code == -signal.SIGALRM:
        return _out_of_time()
    if code == -signal.SIGXCPU:
        return TooCostly(
            _(
                "Reading this took more than %(seconds)s seconds, far longer than any article needs, so it was broken "
                "off. Nothing was added. Paste the story's text without formatting.",
                seconds=budget.SECONDS,
            )
        )
    # Whoever looks after the machine's memory; and libraries in Rust and C++ that are given none.
    if code in {-signal.SIGKILL, -signal.SIGABRT}:
        return TooCostly(_too_large())
    return TooCostly(
        _(
            "What reads it broke off (%(code)s). Nothing was added. Paste the story's text without formatting, and "
            "report this.",
            code=code,
        )
    )


def _too_large() -> str:
    return _(
        "Reading this took more than %(megabytes)s MB of memory, far more than any article needs, so it was broken "
        "off. Nothing was added. Paste the story's text without formatting.",
        megabytes=budget.MEGABYTES,
    )


_parser = Parser()
run = _parser.run
atexit.register(_parser.end)
