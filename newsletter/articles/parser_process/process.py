"""The child process as its parent sees it: started without our secrets, asked over a pipe, ended."""

import contextlib
import os
import pickle
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from newsletter.articles.parser_process import answers, budget
from newsletter.errors import NewsletterError

# Not from the working directory, which may be a folder of downloads: a file `nh3.py` there would be run.
_COMMAND = (sys.executable, "-P", "-m", "newsletter.articles.parser_process.child")
_NEEDED = frozenset({"LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH"})


class ChildDied(NewsletterError, ChildProcessError):
    """The child ended before its answer; ``code`` is its exit code, or the negative number of the signal."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the parser process ended with {code}")
        self.code = code


class AnswerOverdue(NewsletterError, TimeoutError):
    """The child has not answered by the deadline."""


def _environment() -> dict[str, str]:
    """What Python needs, and nothing of ours: keys and passwords are often in the environment.

    Modules are found where they are for us.
    """
    kept = {name: value for name, value in os.environ.items() if name in _NEEDED or name.startswith(("LC_", "PYTHON"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute())}


def _write(pipe: int, data: bytes, *, until: float) -> None:
    left = memoryview(data)
    while left:
        _wait_for(pipe, select.POLLOUT, until=until)
        left = left[os.write(pipe, left) :]


def _read(pipe: int, size: int, *, until: float) -> bytes:
    received = bytearray()
    while len(received) < size:
        _wait_for(pipe, select.POLLIN, until=until)
        more = os.read(pipe, min(size - len(received), 1_000_000))
        if not more:
            raise EOFError
        received += more
    return bytes(received)


def _wait_for(pipe: int, event: int, *, until: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0, until - time.monotonic()) * 1000):
        raise AnswerOverdue("no answer by the deadline")


class ChildProcess:
    """A child process, from its start to its end; ``owner`` is the process that started it."""

    def __init__(self) -> None:
        # What libraries print is no line of our log; what goes wrong comes back as an error.
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self._child = subprocess.Popen(  # noqa: S603 - no word of it comes from outside
            (*_COMMAND, str(budget.NICENESS)), stdin=pipe, stdout=pipe, stderr=nowhere, env=_environment(), bufsize=0
        )
        self.owner = os.getpid()
        os.set_blocking(self._pipes()[0].fileno(), False)

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, job: tuple[Any, ...], *, until: float) -> tuple[bool, str, Any]:
        """Whether the child goes on, how the call ended, and with what. Raises ChildDied, AnswerOverdue."""
        questions, replies = (pipe.fileno() for pipe in self._pipes())
        question = pickle.dumps(job)
        try:
            _write(questions, question, until=until)
            size = int.from_bytes(_read(replies, answers.LENGTH_BYTES, until=until), "big")
            if size > budget.MOST_ANSWER_BYTES:
                return False, "large", None
            answer = _read(replies, size, until=until)
        except AnswerOverdue:  # an OSError, too: it is no sign of a death
            raise
        except (EOFError, OSError):
            raise ChildDied(self._code()) from None
        try:
            return answers.read(answer)
        except Exception:
            # Whatever unpickling strange bytes raises. Ours never answers so: it has read its answer itself before.
            self.end()
            raise ChildDied(0) from None

    def end(self) -> int:
        """Kill the child, and return its exit code."""
        # Killed first: whatever it does, nobody waits for it to read or write.
        self._child.kill()
        code = self._child.wait()
        for pipe in self._pipes():
            with contextlib.suppress(OSError):
                pipe.close()
        return code

    def _code(self) -> int:
        """The exit code that the child ended with by itself, before anything of ours ends it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=budget.SECONDS_TO_END)
        return self.end()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._child.stdin is None or self._child.stdout is None:  # asked for above
            raise RuntimeError("a process without pipes")
        return self._child.stdin, self._child.stdout
