"""Rate limits that hold: several processes on one database, judged by the records of what they handed over."""

import os
import signal
import subprocess
import sys
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.clock import boottime
from newsletter.delivery.models import RateLimit
from newsletter.delivery.ratelimit.slot_schedule import LOOKAHEAD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Worker:
    """One process with endless work, and its record."""

    record: Path
    process: subprocess.Popen[str]

    @property
    def sent(self) -> list[tuple[float, str]]:
        """What it handed over; a line that a kill cut short is none."""
        whole = [line.split() for line in self.record.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [(float(line[0]), line[1]) for line in whole if line[1] != "held"]

    @property
    def held_up(self) -> float:
        """Seconds for which it wanted to run and the machine let others run."""
        return float(self.record.read_text().splitlines()[-1].split()[0])


class Floor:
    """Starts worker processes on the test's database, and stops what is left of them."""

    def __init__(self, folder: Path, *, domains: int) -> None:
        self._folder = folder
        self._domains = domains
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": str(connection.settings_dict["NAME"]),
        }
        self.workers: list[Worker] = []

    def hire(self, count: int, *, seconds: float) -> None:
        """So many, all ready before this returns; they work for so many seconds from when they are told to start."""
        hired = []
        for _ in range(count):
            record = self._folder / f"record{len(self.workers)}"
            command = [
                sys.executable,
                "-m",
                "tests.delivery.rate_sender",
                str(record),
                f"{seconds}",
                f"{self._domains}",
            ]
            process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            hired.append(Worker(record, process))
            self.workers.append(hired[-1])
        for worker in hired:
            assert worker.process.stdout is not None
            assert worker.process.stdout.readline() == "ready\n"

    def start(self, workers: list[Worker]) -> None:
        at = boottime() + 0.2
        for worker in workers:
            assert worker.process.stdin is not None
            worker.process.stdin.write(f"{at}\n")
            worker.process.stdin.flush()

    def wait(self) -> None:
        for worker in self.workers:
            assert worker.process.wait(120) in {0, -signal.SIGKILL}

    @property
    def sent(self) -> list[tuple[float, str]]:
        """What all of them handed over, in order."""
        return sorted(one for worker in self.workers for one in worker.sent)


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Callable[[int], Floor]]:
    made: list[Floor] = []

    def make(domains: int) -> Floor:
        made.append(Floor(tmp_path, domains=domains))
        return made[-1]

    connection.close()
    yield make
    for one in made:
        for worker in one.workers:
            worker.process.kill()
            worker.process.communicate()


def most_in(moments: list[float], seconds: float) -> int:
    """The most that any such span holds, wherever it begins."""
    return max(bisect_left(moments, at + seconds) - n for n, at in enumerate(moments))


def by_group(sent: list[tuple[float, str]]) -> dict[str, list[float]]:
    found = defaultdict(list)
    for at, group in sent:
        found[group].append(at)
    return found


def test_four_processes_share_the_limits_of_a_server_and_of_its_domains(
    floor: Callable[[int], Floor], rate_seconds: float
) -> None:
    """At most 50 a second for the server and 10 for each domain, plus a tenth; and nearly all of it is used."""
    RateLimit.objects.create(key="server:1", per_second=50)
    RateLimit.objects.create(key="domain:*", per_second=10)
    here = floor(9)
    here.hire(4, seconds=rate_seconds)
    here.start(here.workers)
    here.wait()
    moments = [at for at, _ in here.sent]
    assert all(worker.sent for worker in here.workers), "each has its share"
    groups = by_group(here.sent)
    assert most_in(moments, 1.0) <= 50 + 5
    assert len(groups) == 9
    assert max(most_in(group, 1.0) for group in groups.values()) <= 10 + 1
    # They start half a second late, since they cannot know what was handed over just before.
    able = rate_seconds - LOOKAHEAD - sum(worker.held_up for worker in here.workers) / len(here.workers)
    assert len(moments) >= 0.95 * 50 * able


def test_workers_that_are_killed_and_replaced_make_no_burst_and_no_gap(floor: Callable[[int], Floor]) -> None:
    """Limits are exact over restarts: what a killed worker had reserved is lost, and nothing is given out twice."""
    RateLimit.objects.create(key="server:1", per_second=50, per_minute=400)
    RateLimit.objects.create(key="domain:*", per_second=30)
    here = floor(3)
    here.hire(4, seconds=10.0)  # two of them ready to take over at once
    first, second = here.workers[:2], here.workers[2:]
    here.start(first)
    deadline = boottime() + 60
    while not all(worker.record.exists() and len(worker.sent) > 20 for worker in first):
        assert boottime() < deadline
        time.sleep(0.05)
    for worker in first:
        worker.process.kill()
    here.start(second)
    here.wait()
    moments = [at for at, _ in here.sent]
    assert all(worker.sent for worker in second)
    assert most_in(moments, 1.0) <= 50 + 5
    assert max(most_in(group, 1.0) for group in by_group(here.sent).values()) <= 30 + 3
    # The minute is shared by those that died and those that came: nobody begins anew.
    assert 0.9 * 400 <= len(moments) <= 400
