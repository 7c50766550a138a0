"""The life of the parser process: it answers calls, each within its budget, until there is nobody to ask any more."""

import contextlib
import functools
import math
import os
import pickle
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

from newsletter.articles.parser_process import answers, budget


def serve(calls: IO[bytes], replies: IO[bytes], *, niceness: int) -> None:
    """Answer calls until there is nobody to ask any more."""
    os.nice(niceness)
    # A stop of everything comes to this process as well, and the parent may finish first: this process ends with it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    # No picture of the memory, which holds what people wrote, is left anywhere.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        # Where memory is short on the whole machine, this process goes first.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    while True:
        try:
            seconds, megabytes, function, args, kwargs = pickle.load(calls)  # noqa: S301 - from our parent, down a pipe that only it holds
        except EOFError:
            return
        ended, what = within_budget(seconds, megabytes, functools.partial(function, *args, **kwargs))
        answer = _packed(ended, what)
        replies.write(len(answer).to_bytes(answers.LENGTH_BYTES, "big") + answer)
        replies.flush()


def _packed(ended: str, what: object) -> bytes:
    goes_on = _most_held() <= budget.WORN_MEGABYTES * 1024
    try:
        answer = answers.pack((goes_on, ended, what))
        if len(answer) > budget.MOST_ANSWER_BYTES:
            return answers.pack((goes_on, "large", None))
        answers.read(answer)
    except MemoryError:
        return answers.pack((False, "memory", None))
    except Exception as error:  # a library may raise anything: it is told, never swallowed
        unknown = RuntimeError(f"an answer that cannot travel: {error}")
        for note in [repr(what), *getattr(what, "__notes__", ())] if ended == "raised" else []:
            unknown.add_note(note)
        return answers.pack((goes_on, "raised", unknown))
    return answer


def _most_held() -> int:
    """KiB of memory that this process has held at most. `getrusage` would count the parent's, too."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    return 0


def within_budget(seconds: int, megabytes: int, call: Callable[[], object]) -> tuple[str, object]:
    """How a call ended, and with what. The kernel ends this process where the call takes too long."""
    _least, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, most))
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1024 * 1024, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    signal.setitimer(signal.ITIMER_REAL, budget.MOST_SECONDS)
    try:
        return "returned", call()
    except MemoryError:
        return "memory", None
    except Exception as error:  # whatever it was, the parent raises it again
        error.add_note(traceback.format_exc())
        return "raised", error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def warm_up() -> None:
    """Import what reading needs, before the first call's budget is set."""
    from newsletter.articles.pictures import recode
    from newsletter.articles.reading import draft_cleaning, editable, extract, feeds, pasting, typed

    _all = (draft_cleaning, editable, extract, feeds, pasting, recode, typed)


if __name__ == "__main__":
    # Anything that is printed goes nowhere: the way out is for answers.
    way_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warm_up()
    serve(sys.stdin.buffer, way_out, niceness=int(sys.argv[1]))
