"""The warmed process that workers are forked from, and the workers as a test sees them."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from tests.faults.hunt import Hunt

ROOT = Path(__file__).resolve().parents[2]
DRAIN = 30
"""Seconds that a worker has to end once it is told to (fault K6)."""


class Parent:
    """The warmed process that every worker is forked from; one for a whole run of pytest."""

    def __init__(self, *, database_url: str = "") -> None:
        """``database_url``: of another server than that of the tests."""
        other = {"NEWSLETTER_DATABASE_URL": database_url} if database_url else {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=ROOT,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
                "FAULTS_DATABASE": str(connection.settings_dict["NAME"]),
            }
            | other,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **order: Any) -> int | None:
        """The child's process id, or its exit code (None: it still runs)."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(json.dumps(order) + "\n")
        to.flush()
        answer = back.readline()
        if not answer:
            raise RuntimeError("the parent of all workers is gone")
        said: int | None = json.loads(answer)
        return said

    @property
    def bytes(self) -> int:
        """Of its address space, with which every worker begins."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> None:
        self._process.communicate(timeout=10)


@dataclass(frozen=True)
class Worker:
    """One process at work."""

    pid: int
    hunt: "Hunt"

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """At once, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def wait(self, seconds: float) -> int | None:
        """Its exit code; None when it still runs by then."""
        code = self.hunt.parent.ask(wait=self.pid, seconds=seconds)
        if code is not None:
            self.hunt.gone.add(self.pid)
        return code

    def stands_still(self) -> bool:
        """It has stopped itself, as it was asked to (``halt``)."""
        return "State:\tT" in Path(f"/proc/{self.pid}/status").read_text()

    def wake(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    @property
    def megabytes(self) -> int:
        """The most memory that it has held so far."""
        told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert told is not None
        return int(told[1]) // 1024

    @property
    def is_gone(self) -> bool:
        return self.pid in self.hunt.gone or self.wait(0) is not None

    def stop(self) -> None:
        """Tell it to stop, once it can hear that, and see that it ends well and in time."""
        ready = f"ready {self.pid}\n"
        self.hunt.until(lambda: ready in self.hunt.log_text(), self)
        self.signal(signal.SIGTERM)
        code = self.wait(DRAIN)
        assert code == 0, f"exit {code}: {self.hunt.words()}"
