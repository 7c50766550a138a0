"""Several parts in one process: one death ends all, in order; a stop drains."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.management.runtime.thread_group import Part, run, stop_on_signals
from tests.project.conftest import Run, environment_of


def _waits(log: list[str], name: str) -> Part:
    def work(stop: threading.Event) -> None:
        stop.wait()
        log.append(f"{name} drained")

    return Part(name=name, work=work)


def test_when_one_part_dies_the_others_drain_and_the_reason_is_told() -> None:
    log: list[str] = []

    def dies(stop: threading.Event) -> None:
        raise OSError("the disk is full")

    reason = run([_waits(log, "web"), Part(name="scheduler", work=dies)], stop=threading.Event())
    assert reason is not None
    assert "scheduler" in reason
    assert "the disk is full" in reason
    assert log == ["web drained"]


def test_a_part_that_ends_by_itself_counts_as_dead() -> None:
    reason = run([Part(name="worker", work=lambda stop: None)], stop=threading.Event())
    assert reason is not None
    assert "worker" in reason


def test_a_stop_drains_all_and_has_no_reason() -> None:
    log: list[str] = []
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    assert run([_waits(log, "web"), _waits(log, "worker")], stop=stop) is None
    assert sorted(log) == ["web drained", "worker drained"]


@pytest.mark.timeout(20)
def test_two_signals_at_once_stop_it_whatever_the_main_thread_does_with_the_event() -> None:
    """Ctrl-C comes to all processes of a terminal, and their parent hands it on: the demo hung then, now and then."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        stop_on_signals(stop)
        with stop._cond:  # type: ignore[attr-defined]  # as within set(), wait() and the handler of the first signal
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        assert stop.wait(10)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _started(data_dir: Path, command: str, **settings: str) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", command],
        env=environment_of(data_dir, **settings),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stderr is not None
    seen = ""
    deadline = time.monotonic() + 60
    for line in process.stderr:
        seen += line
        if words in line or time.monotonic() > deadline:
            break
    assert words in seen, seen
    return seen


@pytest.mark.process
def test_run_serves_answers_and_ends_well_on_sigterm(installed: Path, free_port: int) -> None:
    """SIGTERM drains and exits 0; without a mail server the worker idles and says so once."""
    with _started(installed, "run", NEWSLETTER_LISTEN=f"127.0.0.1:{free_port}") as process:
        seen = _until(process, "No mail server is set")
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=40)
    assert process.returncode == 0, seen + rest
    assert (seen + rest).count("No mail server is set") == 1


@pytest.mark.process
def test_run_on_a_taken_port_says_so_and_exits_1(run: Run, installed: Path, taken_port: int) -> None:
    refused = run("run", NEWSLETTER_LISTEN=f"127.0.0.1:{taken_port}")
    assert refused.code == 1
    assert "NEWSLETTER_LISTEN" in refused.err
    assert "Traceback" not in refused.err
