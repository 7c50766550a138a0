"""Kills a worker process again and again while a release goes out, then lets one finish."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from newsletter.delivery import queries
from newsletter.issues.models import Issue
from tests.faults.sink import Sink

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 4


@dataclass(kw_only=True)
class Hunt:
    """One release under fire."""

    issue: Issue
    sink: Sink
    seed: int
    data_dir: Path
    lease_seconds: int = 5
    mutant: str = ""
    open_at_kills: int = 0
    """Connections that the server had open, added up over the kills."""

    def kill(self, times: int, *, apart: int) -> None:
        """That many times: start a worker, let it hand over a random number of messages up to ``apart``, kill it."""
        chance = random.Random(self.seed)
        for _ in range(times):
            self._kill_one(more=chance.randint(0, apart), nerve=chance.uniform(0, 0.03))

    def _kill_one(self, *, more: int, nerve: float) -> None:
        goal = len(self.sink.copies) + more
        with self.worker() as process:
            self._until(lambda: len(self.sink.copies) >= goal or self.is_over, process, seconds=30)
            time.sleep(nerve)
            # Stopped first, so that no connection opens or closes while they are counted.
            process.send_signal(signal.SIGSTOP)
            self.open_at_kills += self.sink.connections
            process.kill()

    def finish(self, *, seconds: float = 90) -> None:
        """One worker that nobody kills, until the issue is over."""
        with self.worker() as process:
            self._until(lambda: self.is_over, process, seconds=seconds)
            self.stop(process)

    def stop(self, process: subprocess.Popen[str]) -> None:
        """Tell a worker to stop, once it can hear that, and see that it ends well."""
        self._until(lambda: self._said(f"ready {process.pid}\n") == 1, process, seconds=30)
        process.terminate()
        code = process.wait(40)
        assert code == 0, f"exit {code}: {self._words()}"

    def _words(self) -> str:
        return (self.data_dir / "worker.log").read_text()[-3000:]

    def kill_freezing(self, times: int, *, longest: float) -> None:
        """That many times: start a release of the issue and kill it within that many seconds of its beginning."""
        chance = random.Random(self.seed)
        for number in range(times):
            with self.worker("freezer", str(self.issue.pk)) as process:
                self._until(lambda begun=number + 1: self._said("freezing") >= begun, process, seconds=30)
                time.sleep(chance.uniform(0, longest))
                process.kill()

    def _said(self, word: str) -> int:
        return (self.data_dir / "worker.log").read_text().count(word)

    def let_run(self, *, seconds: float) -> None:
        """One worker for that long, or until the issue is over, wherever that leads."""
        end = time.monotonic() + seconds
        with self.worker():
            while time.monotonic() < end and not self.is_over:
                time.sleep(0.05)

    @property
    def is_over(self) -> bool:
        return bool(Issue.objects.values_list("state", flat=True).get(pk=self.issue.pk) == "finished")

    @contextmanager
    def worker(self, module: str = "worker", *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A process of that module on this test's database."""
        with (self.data_dir / "worker.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"tests.faults.{module}", *arguments],
                cwd=ROOT,
                env=self._environment(),
                stdout=log,
                stderr=log,
                text=True,
            )
            try:
                yield process
            finally:
                process.kill()
                process.wait(10)

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": str(connection.settings_dict["NAME"]),
            "FAULTS_MUTANT": self.mutant,
            "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{self.sink.port}?tls=none",
            "NEWSLETTER_SMTP_CONNECTIONS": str(CONNECTIONS),
            "NEWSLETTER_LEASE_SECONDS": str(self.lease_seconds),
        }

    def _until(self, done: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end or process.poll() not in {None, 0}:
                counts = queries.ledger(self.issue.pk)
                raise AssertionError(f"the worker did not get there: {counts}; it said:\n{self._words()}")
            time.sleep(0.005)
