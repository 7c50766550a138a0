"""The parser process: strangers' bytes become values there, within limits of time and memory.

A page, feed, file or picture can be made so that reading it takes minutes or gigabytes, in ways that nobody foresaw.
Such a one ends this process and is refused; web, scheduler and delivery do not notice. Each of our processes that
reads such bytes has one parser, started at its first use and kept warm, at a low priority.

It has the rights of whoever started it, but is given none of our secrets, and what it answers is believed only as far
as `_Answers` goes: a hole in a library that reads strangers' bytes must not own who asked.
"""

import atexit
import contextlib
import contextvars
import dataclasses
import enum
import functools
import io
import math
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from datetime import time as time_of_day
from pathlib import Path
from types import FunctionType
from typing import IO, Any, ClassVar, ParamSpec, TypeVar

from newsletter import errors, translatable
from newsletter.articles import drafts
from newsletter.translatable import Quantity, Translatable
from newsletter.translatable import Translatable as _

SECONDS = 10
"""Of processor time for one call; the longest report of our samples takes a twentieth of one."""
MOST_SECONDS = 120
"""Of any time, on a machine that has other things to do first."""
NICENESS = 10
"""Everything else comes first; but at 19, beside one busy process, half a second of work takes a minute."""
MEGABYTES = 700
"""Of its own memory, libraries aside. A photo of 50 million pixels takes a third."""
WORN_MEGABYTES = 300
"""A process that once grew beyond this is ended after its answer, so that what it holds comes back."""
MOST_WAITING = 3
"""Others that may wait for their turn: a page that waits keeps a thread of the web server."""
SECONDS_FOR_A_TURN = 60
"""That each of them waits."""
REQUEST_SECONDS = 120
"""Of any time, for all that one request of a page reads."""
MOST_ANSWER_BYTES = 50_000_000
"""No answer is larger: a file or page has five million at most, with the pictures inside it."""
_LAST_WORDS = 5
"""Seconds for a process that has closed its pipe to be gone."""

# Not from the working directory, which may be a folder of downloads: a file `nh3.py` there would be run.
_COMMAND = (sys.executable, "-P", "-m", "newsletter.articles.parser")
_NEEDED = frozenset({"LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH"})
_LENGTH = 8
_P = ParamSpec("_P")
_T = TypeVar("_T")


class TooCostly(drafts.UnusableArticle):
    """To read it would take more time or memory than any article needs."""


class ParserBusy(errors.UserError):
    """Others are being read, and take long."""


class OutOfTime(ParserBusy):
    """Not read within its time by the clock: others came first, or it was one of many. No fault of what was read."""


class _Died(Exception):
    """The process ended before its answer."""

    def __init__(self, code: int) -> None:
        self.code = code


class _TimeIsUp(Exception):
    """No answer yet."""


_until: contextvars.ContextVar[float] = contextvars.ContextVar("until", default=math.inf)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """All that is read within, waiting included, ends by then; an earlier one around it still holds."""
    before = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(before)


@contextlib.contextmanager
def one_request() -> Iterator[None]:
    """The deadline for a page, which keeps a thread of the web server."""
    with deadline(REQUEST_SECONDS):
        yield


def _environment() -> dict[str, str]:
    """What Python needs, and nothing of ours: keys and passwords are often in the environment.

    Modules are found where they are for us.
    """
    kept = {name: value for name, value in os.environ.items() if name in _NEEDED or name.startswith(("LC_", "PYTHON"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute())}


class _Answers(pickle._Unpickler):
    """Reads an answer that a process gave which may be a stranger's by now.

    Unpickling calls what it is told to, which would hand all our rights to a child that a library's hole gave away. So
    only what answers are made of is found: our values, words and errors, and times. None of them does more than to
    hold what it is given, and no class can be changed (`load_build`, for which it is the unpickler in Python). What is
    in the values is the child's word all the same: such a child can still tell another story than the page has.
    """

    _PLAIN = (date, datetime, time_of_day, timedelta, timezone, set, frozenset, bytearray)
    _WORDS = (translatable._restored, translatable._restored_plural)
    _ROOMS = ("newsletter.articles.", "newsletter.errors", "newsletter.translatable")

    _AS_EVER: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    dispatch: ClassVar[dict[int, Any]] = dict(_AS_EVER)

    def load_build(self) -> None:
        if isinstance(vars(self)["stack"][-2], type | FunctionType):
            raise pickle.UnpicklingError("an answer changes no classes")
        self._AS_EVER[pickle.BUILD[0]](self)

    dispatch[pickle.BUILD[0]] = load_build

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" or module == "datetime" or module.startswith(self._ROOMS):
            found = super().find_class(module, name)
            if found in self._PLAIN or found in self._WORDS:
                return found
            if isinstance(found, type) and found.__module__ == module and _is_harmless(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")


def _is_harmless(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, Exception | enum.Enum | Translatable)


def _read(answer: bytes) -> tuple[bool, str, Any]:
    """Raises UnpicklingError where it is no answer of ours, and what else damaged ones raise."""
    match _Answers(io.BytesIO(answer)).load():
        case (bool() as goes_on, "raised" as ended, Exception() as what):
            return goes_on, ended, what
        case (bool() as goes_on, ("returned" | "memory" | "large") as ended, what):
            return goes_on, ended, what
    raise pickle.UnpicklingError("no answer")


def _tell(pipe: int, data: bytes, *, until: float) -> None:
    left = memoryview(data)
    while left:
        _wait_for(pipe, select.POLLOUT, until=until)
        left = left[os.write(pipe, left) :]


def _hear(pipe: int, size: int, *, until: float) -> bytes:
    heard = bytearray()
    while len(heard) < size:
        _wait_for(pipe, select.POLLIN, until=until)
        more = os.read(pipe, min(size - len(heard), 1_000_000))
        if not more:
            raise EOFError
        heard += more
    return bytes(heard)


def _wait_for(pipe: int, event: int, *, until: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0, until - time.monotonic()) * 1000):
        raise _TimeIsUp


class _Process:
    """The child, from its start to its end."""

    def __init__(self) -> None:
        # What libraries print is no line of our log; what goes wrong comes back as an error.
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self._child = subprocess.Popen(  # noqa: S603 - no word of it comes from outside
            (*_COMMAND, str(NICENESS)), stdin=pipe, stdout=pipe, stderr=nowhere, env=_environment(), bufsize=0
        )
        self.owner = os.getpid()
        os.set_blocking(self._pipes()[0].fileno(), False)

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, job: tuple[Any, ...], *, until: float) -> tuple[bool, str, Any]:
        """Whether it goes on, how the call ended, and with what. Raises _Died, _TimeIsUp."""
        ask, answers = (pipe.fileno() for pipe in self._pipes())
        told = pickle.dumps(job)
        try:
            _tell(ask, told, until=until)
            size = int.from_bytes(_hear(answers, _LENGTH, until=until), "big")
            if size > MOST_ANSWER_BYTES:
                return False, "large", None
            answer = _hear(answers, size, until=until)
        except (EOFError, OSError):
            raise _Died(self._code()) from None
        try:
            return _read(answer)
        except Exception:
            # Whatever unpickling strange bytes raises. Ours never answers so: it has read its answer itself before.
            self.end()
            raise _Died(0) from None

    def end(self) -> int:
        # Killed first: whatever it does, nobody waits for it to read or write.
        self._child.kill()
        code = self._child.wait()
        for pipe in self._pipes():
            with contextlib.suppress(OSError):
                pipe.close()
        return code

    def _code(self) -> int:
        """What it ended with by itself, before anything of ours ends it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=_LAST_WORDS)
        return self.end()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._child.stdin is None or self._child.stdout is None:  # asked for above
            raise RuntimeError("a process without pipes")
        return self._child.stdin, self._child.stdout


class Parser:
    """One process at a time, for whoever asks; another one after one that was ended."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + MOST_WAITING)
        self._process: _Process | None = None

    def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a pure function of ours there. Raises what it raises, TooCostly, or ParserBusy (OutOfTime).

        ``function`` is found by its name in its module; what it takes and gives must be able to travel (`pickle`).
        """
        if time.monotonic() >= _until.get():
            raise _out_of_time()
        with self._my_turn():
            process = self._living()
            # A little later than the process ends itself.
            until = min(_until.get(), time.monotonic() + MOST_SECONDS + _LAST_WORDS)
            try:
                goes_on, ended, what = process.ask((SECONDS, MEGABYTES, function, args, kwargs), until=until)
            except _Died as died:
                self._process = None
                raise _refusal(died.code) from None
            except _TimeIsUp:
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
                    megabytes=Quantity(MOST_ANSWER_BYTES // 1_000_000),
                )
            )
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
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            left = min(SECONDS_FOR_A_TURN, _until.get() - time.monotonic())
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
                seconds=SECONDS,
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
            seconds, megabytes, function, args, kwargs = pickle.load(asked)  # noqa: S301 - from our parent, down a pipe that only it holds
        except EOFError:
            return
        ended, what = _within(seconds, megabytes, functools.partial(function, *args, **kwargs))
        answer = _packed(ended, what)
        answers.write(len(answer).to_bytes(_LENGTH, "big") + answer)
        answers.flush()


class _Packer(pickle.Pickler):
    """Packs what `_Answers` reads. Some versions of Python pack a member of an Enum as a call of `getattr`."""

    def reducer_override(self, what: Any) -> Any:
        return (type(what), (what.value,)) if isinstance(what, enum.Enum) else NotImplemented


def _pack(answer: tuple[bool, str, object]) -> bytes:
    packed = io.BytesIO()
    _Packer(packed).dump(answer)
    return packed.getvalue()


def _packed(ended: str, what: object) -> bytes:
    goes_on = _most_held() <= WORN_MEGABYTES * 1024
    try:
        answer = _pack((goes_on, ended, what))
        if len(answer) > MOST_ANSWER_BYTES:
            return _pack((goes_on, "large", None))
        _read(answer)
    except MemoryError:
        return _pack((False, "memory", None))
    except Exception as error:  # a library may raise anything: it is told, never swallowed
        unknown = RuntimeError(f"an answer that cannot travel: {error}")
        for note in [repr(what), *getattr(what, "__notes__", ())] if ended == "raised" else []:
            unknown.add_note(note)
        return _pack((goes_on, "raised", unknown))
    return answer


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
    except Exception as error:  # whatever it was, the parent raises it again
        error.add_note(traceback.format_exc())
        return "raised", error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _warmed() -> None:
    """What reading needs, imported before the first limit is set."""
    from newsletter.articles import prepare
    from newsletter.articles.pictures import recode
    from newsletter.articles.reading import editable, extract, feeds, pasting, typed

    _all = (editable, extract, feeds, recode, pasting, prepare, typed)


if __name__ == "__main__":
    # Anything that is printed goes nowhere: the way out is for answers.
    way_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _warmed()
    serve(sys.stdin.buffer, way_out, niceness=int(sys.argv[1]))
