"""A full disk, and a database that goes away under a release (faults DB1, DB2)."""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.delivery import newsroom
from tests.faults import scenarios
from tests.faults.hunt import Hunt
from tests.faults.parent import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]


def test_a_disk_that_is_full_stops_the_sending_and_no_more(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """DB1: no file may grow: journal, log, and SQLite with its own log; with room again it goes on by itself."""
    under_fire = hunt(lease_seconds=2)
    under_fire.sink.script(DOT=lambda *_: 0.005)
    planned = scenarios.release(under_fire.issue, readers, count=300)
    goal = under_fire.chance.randint(20, 200)
    with under_fire.worker() as worker:
        under_fire.until_or_over(lambda: len(under_fire.sink.copies) >= goal, worker)
        with _no_growth(worker):
            under_fire.until(lambda: _quiet(under_fire), worker)
            assert len(under_fire.sink.copies) < 300, "nothing was left to be stopped"
        under_fire.to_the_end(worker, seconds=120)
    # Answers that could not be recorded are doubts, one a connection; the journal's own gaps are the fault.
    scenarios.judge(under_fire, planned, doubts=under_fire.connections, journals=False)


def _quiet(under_fire: Hunt) -> bool:
    """Nothing has come for a second."""
    seen = len(under_fire.sink.copies)
    time.sleep(1)
    return len(under_fire.sink.copies) == seen


def test_a_journal_on_a_full_disk_stops_the_sending_before_more_is_claimed(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, tmp_path: Path
) -> None:
    """DB1: nothing is handed over that cannot be written down."""
    with _disk(tmp_path / "disk") as disk:
        under_fire = hunt(data_dir=disk / "data", lease_seconds=2)
        under_fire.sink.script(DOT=lambda *_: 0.005)
        planned = scenarios.release(under_fire.issue, readers, count=300)
        with under_fire.worker() as worker:
            under_fire.until_or_over(lambda: len(under_fire.sink.copies) >= 50, worker)
            with _no_room(disk, worker):
                under_fire.until(lambda: _quiet(under_fire), worker)
                assert len(under_fire.sink.copies) < 300, "nothing was left to be stopped"
            under_fire.to_the_end(worker, seconds=60)
        scenarios.judge(under_fire, planned, doubts=under_fire.connections, journals=False)


@contextmanager
def _disk(path: Path) -> Iterator[Path]:
    """A small one of its own; only root may mount one."""
    path.mkdir()
    if os.getuid() != 0:
        yield path
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


@contextmanager
def _no_room(disk: Path, worker: Worker) -> Iterator[None]:
    """The disk is full until the end of the block; where it is not ours alone, no file of the worker may grow."""
    if not disk.is_mount():
        with _no_growth(worker):
            yield
        return
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        _fill(filler)
    yield
    filler.unlink()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))


@contextmanager
def _no_growth(worker: Worker) -> Iterator[None]:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    yield
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, unlimited)


def test_a_database_that_breaks_off_again_and_again(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """DB2: connections reset on PostgreSQL, `database is locked` on SQLite, at any statement; nobody lends a hand.

    What was answered is told once the database is back: a lost acknowledgement is read again, not assumed.
    """
    under_fire = hunt(lease_seconds=30)
    under_fire.sink.script(DOT=lambda *_: 0.01)
    planned = scenarios.release(under_fire.issue, readers, count=400)
    breaks = 0
    with under_fire.worker(patience=0.05) as worker:
        while not under_fire.is_over and breaks < 8:
            time.sleep(under_fire.chance.uniform(0.05, 0.3))
            _break_off(under_fire)
            breaks += 1
        under_fire.to_the_end(worker, seconds=120)
    scenarios.judge(under_fire, planned, doubts=breaks * under_fire.connections)
    # Whoever sits idle reads what PostgreSQL says last, whoever writes just then learns only that it is gone.
    gone = ("terminating connection", "server closed the connection")
    said = gone if connection.vendor == "postgresql" else ("database is locked",)
    log = under_fire.log_text()
    assert any(words in log for words in said), "the database never broke off where it mattered"


def _break_off(under_fire: Hunt) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    with scenarios.nobody_writes(under_fire.issue):
        time.sleep(under_fire.chance.uniform(0.1, 0.5))
