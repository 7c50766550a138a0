"""A crew of small processes, for tests: `python -m tests.project.small_crew FOLDER KIND...`; run from nothing.

Each notes its start in FOLDER/starts, as its kind and number. A crew forks, and a test's own process has threads.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

from newsletter.management.runtime import process_group, thread_group


def _note(folder: Path, name: str, text: str) -> None:
    with (folder / name).open("a") as file:
        file.write(f"{text}\n")


def steady(folder: Path, stop: threading.Event) -> None:
    stop.wait()
    _note(folder, "drained", f"steady {os.getpid()}")


def dies(_folder: Path, _stop: threading.Event) -> None:
    os._exit(3)


def tires(folder: Path, _stop: threading.Event) -> None:
    """The first of its post lives a while."""
    time.sleep(1.5 * ((folder / "starts").read_text().count("tires") == 1))
    os._exit(3)


def fails(_folder: Path, _stop: threading.Event) -> None:
    raise OSError("the disk is full")


def deaf(_folder: Path, _stop: threading.Event) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


def frozen(folder: Path, stop: threading.Event) -> None:
    """The first of its post holds the interpreter for ever; who comes after it is well."""
    if (folder / "starts").read_text().count("frozen") > 1:
        steady(folder, stop)
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGSTOP)


KINDS: dict[str, Callable[[Path, threading.Event], None]] = {
    one.__name__: one for one in (steady, dies, tires, fails, deaf, frozen)
}


def _work(folder: Path, kind: str, stop: threading.Event) -> None:
    _note(folder, "starts", f"{kind} {os.getpid()}")
    KINDS[kind](folder, stop)


def main(folder: Path, kinds: list[str]) -> None:
    django.setup()
    process_group.STEADY = 1.0
    stop = threading.Event()
    thread_group.stop_on_signals(stop)
    specs = [process_group.ProcessSpec(name=kind, work=partial(_work, folder, kind), most_silent=2.0) for kind in kinds]
    try:
        process_group.ProcessGroup(specs, pause=0.01, drain=1.0).run(stop)
    except process_group.ProcessKeepsDying as error:
        sys.stdout.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
