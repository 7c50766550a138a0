"""Rate limits that hold: several processes on one database, judged by the records of what they handed over."""

import os
import subprocess
import sys
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.claims import boottime
from newsletter.delivery.models import RateLimit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
ROOT = Path(__file__).resolve().parent.parent.parent


def send(folder: Path, *, processes: int, seconds: float, domains: int) -> list[tuple[float, str]]:
    """What so many workers handed over, in order."""
    connection.close()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "FAULTS_DATABASE": str(connection.settings_dict["NAME"]),
    }
    files = [folder / f"record{n}" for n in range(processes)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.delivery.rate_sender", str(file), f"{seconds}", f"{domains}"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for file in files
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        start = boottime() + 0.5
        for process in running:
            assert process.stdin is not None
            process.stdin.write(f"{start}\n")
            process.stdin.flush()
        assert [process.wait(seconds + 60) for process in running] == [0] * processes
    finally:
        for process in running:
            process.kill()
            process.communicate()
    lines = [line.split() for file in files for line in file.read_text().splitlines()]
    assert all(file.stat().st_size for file in files), "each of them had its share"
    return sorted((float(at), group) for at, group in lines)


def most_in(moments: list[float], seconds: float) -> int:
    """The most that any such span holds, wherever it begins."""
    return max(bisect_left(moments, at + seconds) - n for n, at in enumerate(moments))


def test_four_processes_share_the_limits_of_a_server_and_of_eight_domains(tmp_path: Path, rate_seconds: float) -> None:
    """At most 50 a second for the server and 10 for each domain, plus a tenth; and nearly all of it is used."""
    RateLimit.objects.create(key="server:1", per_second=50)
    RateLimit.objects.create(key="domain:*", per_second=10)
    sent = send(tmp_path, processes=4, seconds=rate_seconds, domains=9)
    moments = [at for at, _ in sent]
    by_group = defaultdict(list)
    for at, group in sent:
        by_group[group].append(at)
    assert most_in(moments, 1.0) <= 50 + 5
    assert len(by_group) == 9
    assert max(most_in(group, 1.0) for group in by_group.values()) <= 10 + 1
    # They start half a second late, since they cannot know what was handed over just before.
    assert len(moments) >= 0.95 * 50 * (rate_seconds - 0.5)
