"""`newsletter worker --processes N`: the dead are replaced, a stop drains all, and nobody outlives the parent."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.management.crew import MOST_DEATHS, Crew, KeepDying
from newsletter.management.supervise import Part, run
from tests.project.conftest import Run, environment_of


def _until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def _crew(code: str, file: Path, *, count: int = 2, first: str = "", drain: float = 5) -> Crew:
    """Of small programs that write a line when they start."""
    opened = f"os.open({str(file)!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)"
    begin = f"import os, signal, sys, time; {first or 'pass'}; os.write({opened}, b'x\\n');"
    return Crew(count, command=[sys.executable, "-c", begin + code], pause=0.01, drain=drain)


def test_those_that_keep_dying_end_all_and_the_reason_is_told(tmp_path: Path) -> None:
    file = tmp_path / "starts"
    reason = run([Part(name="delivery workers", work=_crew("sys.exit(3)", file, count=1).run)], stop=threading.Event())
    assert reason is not None
    assert "exit code 3" in reason
    assert len(file.read_text().split()) == MOST_DEATHS


def test_one_that_keeps_dying_lets_the_others_drain(tmp_path: Path) -> None:
    """Of two, the first that comes lives until it is told to stop, and then says so."""
    drained = tmp_path / "drained"
    lives = (
        f"lock = {str(tmp_path / 'lock')!r}\n"
        "try: os.mkdir(lock)\n"
        "except FileExistsError: sys.exit(4)\n"
        f"def bye(*_): open({str(drained)!r}, 'w').close(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "while True: time.sleep(60)\n"
    )
    with pytest.raises(KeepDying, match="exit code 4"):
        _crew("\n" + lives, tmp_path / "starts").run(threading.Event())
    assert drained.exists()


def test_who_does_not_drain_in_time_is_killed(tmp_path: Path) -> None:
    file, stop = tmp_path / "starts", threading.Event()
    crew = _crew("time.sleep(60)", file, first="signal.signal(signal.SIGTERM, signal.SIG_IGN)", drain=0.2)
    thread = threading.Thread(target=crew.run, args=[stop])
    thread.start()
    _until(lambda: file.exists() and len(file.read_text().split()) == 2)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


@contextmanager
def _started(data_dir: Path, log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", "newsletter", "worker", "--processes", "2"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=environment_of(data_dir), stderr=out, stdout=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()  # a part runs in a thread of its own
    return [int(one) for thread in threads for one in (thread / "children").read_text().split()]


def _is_there(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def _ready(log: Path) -> int:
    """How many have begun to work, by what each says of an installation without a mail server."""
    return log.read_text().count("No mail server is set")


@pytest.mark.process
def test_a_worker_process_that_dies_is_replaced_and_all_end_well(installed: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with _started(installed, log) as process:
        _until(lambda: _ready(log) == 2)
        first, second = _children(process.pid)
        subprocess.run(["kill", "-9", str(first)], check=True)
        _until(lambda: _ready(log) == 3)
        now = _children(process.pid)
        assert second in now
        assert first not in now
        assert len(now) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, log.read_text()
    assert re.search(r"Worker process \d ended by itself \(killed by SIGKILL\)", log.read_text())
    assert not any(_is_there(one) for one in [*now, first])


@pytest.mark.process
def test_a_killed_parent_leaves_nobody_behind(installed: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with _started(installed, log) as process:
        _until(lambda: _ready(log) == 2)
        children = _children(process.pid)
        assert len(children) == 2
        process.kill()
        process.wait(10)
        _until(lambda: not any(_is_there(one) for one in children))


@pytest.mark.process
@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5", "٣"])
def test_a_number_of_processes_that_cannot_be_is_wrong_usage(run: Run, installed: Path, wrong: str) -> None:
    refused = run("worker", f"--processes={wrong}")
    assert refused.code == 2
    assert "auto" in refused.err
