"""The parser process: strangers' bytes become values there, within limits of time and memory.

A page, feed, file or picture can be made so that reading it takes minutes or gigabytes, in ways that nobody foresaw.
Such a one ends this process and is refused; web, scheduler and delivery do not notice. Each of our processes that
reads such bytes has one parser, started at its first use and kept warm, at the lowest priority.

It is a limit of cost, not of rights: what it answers is trusted as far as our own code is.
"""

import atexit
import contextlib
import functools
import math
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

from newsletter import errors
from newsletter.articles import drafts
from newsletter.translatable import Translatable as _

SECONDS = 10
"""Of processor time for one call; the longest report of our samples takes a twentieth of one."""
MOST_SECONDS = 120
"""Of any time, on a machine that has other things to do first."""
NICENESS = 19
"""Everything else comes first."""
MEGABYTES = 700
"""Of its own memory, libraries aside. A photo of 50 million pixels takes a third."""
WORN_MEGABYTES = 300
"""A process that once grew beyond this is ended after its answer, so that what it holds comes back."""
MOST_WAITING = 3
"""Others that may wait for their turn: a page that waits keeps a thread of the web server."""

_COMMAND = (sys.executable, "-m", "newsletter.articles.parser")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class TooCostly(drafts.UnusableArticle):
    """To read it would take more time or memory than any article needs."""


class ParserBusy(errors.NewsletterError):
    """Others are being read, and take long."""


class _Died(Exception):
    """The process ended before its answer."""

    def __init__(self, code: int) -> None:
        self.code = code


class _Process:
    """The child, from its start to its end."""

    def __init__(self) -> None:
        # What libraries print is no line of our log; what goes wrong comes back as an error.
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        command = (*_COMMAND, str(NICENESS))
        self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)  # noqa: S603  (ours)
        self.owner = os.getpid()

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, job: tuple[Any, ...]) -> tuple[bool, str, Any]:
        """Whether it goes on, how the call ended, and with what. Raises _Died."""
        ask, answers = self._pipes()
        try:
            pickle.dump(job, ask)
            ask.flush()
            answer: tuple[bool, str, Any] = pickle.load(answers)  # noqa: S301  (our own process)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise _Died(self.end()) from None
        return answer

    def end(self) -> int:
        for pipe in self._pipes():
            with contextlib.suppress(OSError):
                pipe.close()
        self._child.kill()
        return self._child.wait()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._child.stdin is None or self._child.stdout is None:  # asked for above
            raise RuntimeError("a process without pipes")
        return self._child.stdin, self._child.stdout


class Parser:
    """One process at a time, for whoever asks; another one after one that was ended."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._waiting = 0
        self._process: _Process | None = None

    def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a pure function of ours there. Raises what it raises, TooCostly, or ParserBusy.

        ``function`` is found by its name in its module; what it takes and gives must be able to travel (`pickle`).
        """
        with self._my_turn():
            process = self._living()
            try:
                goes_on, ended, what = process.ask((SECONDS, MEGABYTES, function, args, kwargs))
            except _Died as died:
                self._process = None
                raise _refusal(died.code) from None
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
        answer: _T = what
        return answer

    def end(self) -> None:
        """The process is ended, whatever it does; the next call starts another."""
        process, self._process = self._process, None
        if process is not None and process.owner == os.getpid():
            process.end()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    def _living(self) -> _Process:
        if self._process is None or self._process.owner != os.getpid():
            self._process = _Process()
        return self._process

    @contextlib.contextmanager
    def _my_turn(self) -> Any:
        if self._waiting > MOST_WAITING:
            raise ParserBusy(
                _("Other articles are being read, and take long. Nothing was added. Try again in a minute.")
            )
        self._waiting += 1
        try:
            with self._turn:
                yield
        finally:
            self._waiting -= 1


def _refusal(code: int) -> TooCostly:
    if code in {-signal.SIGXCPU, -signal.SIGALRM}:
        return TooCostly(
            _(
                "Reading this took more than %(seconds)s seconds, far longer than any article needs, so it was broken "
                "off. Nothing was added. Paste the story's text without formatting.",
                seconds=SECONDS,
            )
        )
    if code == -signal.SIGKILL:  # whoever looks after the machine's memory
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
        megabytes=MEGABYTES,
    )


_parser = Parser()
run = _parser.run
atexit.register(_parser.end)


def serve(asked: IO[bytes], answers: IO[bytes], *, niceness: int) -> None:
    """The process's life: answer calls until there is nobody to ask any more."""
    os.nice(niceness)
    # A stop of everything comes to us as well, and whoever asked us may finish first: we end with our owner.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    # No picture of the memory, which holds what people wrote, is left anywhere.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        # Where memory is short on the whole machine, this process is the one to go.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    while True:
        try:
            seconds, megabytes, function, args, kwargs = pickle.load(asked)  # noqa: S301  (our own process)
        except EOFError:
            return
        ended, what = _within(seconds, megabytes, functools.partial(function, *args, **kwargs))
        worn = _most_held() > WORN_MEGABYTES * 1024
        try:
            answer = pickle.dumps((not worn, ended, what))
        except Exception as error:
            answer = pickle.dumps((not worn, "raised", RuntimeError(f"an answer that cannot travel: {error}")))
        answers.write(answer)
        answers.flush()


def _most_held() -> int:
    """KiB that this process has held at most. `getrusage` would tell of whoever started it, too."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    return 0


def _within(seconds: int, megabytes: int, call: Callable[[], object]) -> tuple[str, object]:
    """How a call ended, and with what. The kernel ends the process where it takes too long."""
    _least, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, most))
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1024 * 1024, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        return "returned", call()
    except MemoryError:
        return "memory", None
    except Exception as error:
        error.add_note(traceback.format_exc())
        return "raised", error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _warmed() -> None:
    """What reading needs, imported before the first limit is set."""
    from newsletter.articles import editable, extract, feeds, images, pasting, prepare, typed

    _all = (editable, extract, feeds, images, pasting, prepare, typed)


if __name__ == "__main__":
    # Anything that is printed goes nowhere: the way out is for answers.
    way_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _warmed()
    serve(sys.stdin.buffer, way_out, niceness=int(sys.argv[1]))
