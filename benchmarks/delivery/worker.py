"""Our side: the worker as it is shipped, `newsletter worker`, one process or its default, watched by the ledger."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.delivery import processes
from benchmarks.delivery.installation import Installation


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """One release, delivered."""

    messages: int
    seconds: float
    """From the first claim to the last settle's commit."""
    cpu: float
    """Seconds of processor time of the worker meanwhile."""
    peak_mb: float
    """Of the largest of its processes."""

    @property
    def rate(self) -> float:
        return self.messages / self.seconds


@contextmanager
def running(
    here: Installation, *, port: int, cores: set[int] | None = None, count: int | None = 1
) -> "Iterator[subprocess.Popen[bytes]]":
    """A worker whose mail server is on that port; ``count``: of its processes, None: its default."""
    environment = here.environment | {"NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none"}
    command = [sys.executable, "-m", "newsletter", "worker"]
    command += [] if count is None else ["--processes", str(count)]
    with processes.started(command, log=here.folder / "worker.log", env=environment, cores=cores) as process:
        yield process


def deliver(
    here: Installation,
    *,
    name: str,
    stories: int,
    port: int,
    cores: set[int] | None = None,
    count: int | None = 1,
) -> Delivered:
    """A new issue for that list from its release to its end. Raises Failed unless everything was accepted."""
    issue = here.ask("approve", name=name, stories=stories)
    planned = here.ask("release", issue=issue)["planned"]
    with running(here, port=port, cores=cores, count=count) as process:
        seen = here.ask("watch", issue=issue, planned=planned, pid=process.pid)
        peak = max(map(processes.peak_rss_mb, processes.family(process.pid)))
    if seen["accepted"] != planned:
        raise processes.Failed(f"{planned} planned, {seen['accepted']} accepted; see {here.folder / 'worker.log'}")
    return Delivered(messages=planned, seconds=seen["seconds"], cpu=seen["cpu"], peak_mb=peak)
