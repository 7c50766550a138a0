"""One release under fire: its workers hired, killed and waited for, and the mail server that they speak to."""

import random
import signal
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from django.db import connection

from newsletter.delivery.ledger import queries
from newsletter.delivery.models import Release, Result, Transport
from newsletter.delivery.servers import stored_servers
from newsletter.issues.models import Issue
from tests.delivery.scripted_smtp import Do, Session
from tests.faults.parent import Parent, Worker
from tests.faults.sink import Sink

MUTANTS_MAY_TAKE = 6
"""Seconds; a whole engine takes less for the same story."""


@dataclass(kw_only=True)
class Hunt:
    """One release, or several after one another, under fire."""

    parent: Parent
    issue: Issue
    sink: Sink
    data_dir: Path
    seed: int = 1
    lease_seconds: int = 5
    connections: int = 4
    mutant: str = ""
    scale: float = 1.0
    """Of the SMTP time-outs."""
    url: str = "smtp://127.0.0.1:{port}?tls=none"
    listen: str = "127.0.0.1:0"
    """Of a crew's web server."""
    authority: Path | None = None
    """Certificates that workers trust."""
    open_at_kills: int = 0
    """Connections that the server had open, added up over the kills."""
    dots_hit: int = 0
    """Kills that met a message whose dot had come and whose answer had not gone."""
    gone: set[int] = field(default_factory=set)
    jumped: float = 0
    _owed: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.data_dir.mkdir(exist_ok=True)
        self.log.touch()
        (self.data_dir / "clock").write_bytes(struct.pack("d", 0))

    @property
    def log(self) -> Path:
        return self.data_dir / "worker.log"

    @property
    def journals(self) -> Path:
        return self.data_dir / "journal"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def words(self) -> str:
        return self.log_text()[-4000:]

    def jump(self, seconds: float) -> None:
        """From now on the workers' clock is that many seconds ahead of ours; leases do not go by it."""
        self.jumped = seconds
        with (self.data_dir / "clock").open("r+b", buffering=0) as file:
            file.write(struct.pack("d", seconds))

    # Workers.

    def hire(self, job: str = "worker", **more: Any) -> Worker:
        """A process that does that, from now on."""
        pid = self.parent.ask(**self._order(job) | more)
        assert pid is not None
        return Worker(pid, self)

    @contextmanager
    def worker(self, job: str = "worker", **more: Any) -> Iterator[Worker]:
        """A process for as long as the block lasts; killed at its end if it still runs."""
        one = self.hire(job, **more)
        try:
            yield one
        finally:
            if not one.is_gone:
                one.kill()

    def _order(self, job: str) -> dict[str, Any]:
        return {
            "job": job,
            "issue": self.issue.pk,
            "mutant": self.mutant,
            "log": str(self.log),
            "clock": str(self.data_dir / "clock"),
            "scale": self.scale,
            "authority": str(self.authority or ""),
            "limits": {},
            "host": "",
            "addresses": str(self.data_dir / "addresses"),
            "patience": 0,
            "halt": False,
            "processes": 1,
            "most_silent": 15.0,
            "database": str(connection.settings_dict["NAME"]),
            "config": {
                "data_dir": str(self.data_dir),
                "smtp_url": self.url.format(port=self.sink.port),
                "lease_seconds": self.lease_seconds,
                "smtp_connections": self.connections,
                "listen": self.listen,
            },
        }

    def until(self, done: Callable[[], bool], worker: Worker | None = None, *, seconds: float = 30) -> None:
        """Wait for it; fails when it does not come, or when the worker ended."""
        end = time.monotonic() + seconds
        while not self.sink.wait(done, seconds=0.2):
            if time.monotonic() > end or (worker is not None and worker.is_gone):
                counts = queries.ledger(self.issue.pk)
                raise AssertionError(f"seed {self.seed}: it did not come to that: {counts}; said:\n{self.words()}")

    def to_the_end(self, worker: Worker, *, seconds: float = 30) -> None:
        """Wait for the issue's end, and stop the worker; then nobody is connected any more."""
        self.until(lambda: self.is_over, worker, seconds=seconds)
        worker.stop()
        self.sink.drain()

    def until_or_over(self, done: Callable[[], bool], worker: Worker) -> None:
        """Wait for it, or for the end of the issue."""
        looked = 0.0

        def either() -> bool:
            nonlocal looked
            if done():
                return True
            if time.monotonic() - looked < 0.1:  # a question to the database for each message would slow us all
                return False
            looked = time.monotonic()
            return self.is_over

        self.until(either, worker)

    @property
    def is_over(self) -> bool:
        return Release.objects.filter(pk=self.issue.pk, finished_at__isnull=False).exists()

    def finish(self) -> None:
        """One worker that nobody kills, until the issue is over; then nobody is connected any more.

        A mutant may never get there: it is given some seconds, and left to the judge.
        """
        with self.worker() as worker:
            if self.mutant:
                self.sink.wait(lambda: self.is_over, seconds=MUTANTS_MAY_TAKE, often=0.05)
            else:
                self.to_the_end(worker, seconds=90)
        self.sink.drain()

    # Kills.

    def kill(self, worker: Worker) -> None:
        """Kill it, and count what was open; then wait until the kernel has sent what the dead left behind."""
        # Stopped first, so that no connection opens or closes while they are counted.
        worker.signal(signal.SIGSTOP)
        self.open_at_kills += self.sink.server.connections
        worker.kill()
        if self.sink.server.held["BLOCK"]:
            self.sink.let_go()  # a server that does not read does not notice
        self.sink.drain()
        owed = self.owed
        self.dots_hit += owed > self._owed
        self._owed = owed

    @property
    def owed(self) -> int:
        """Messages that came whole and were never answered."""
        return sum(copy.whole and not copy.reply for copy in self.sink.copies)

    def turn_to(self, issue: Issue) -> None:
        """Another release; the record of the last one is cleared."""
        self.sink.drain()
        self.issue = issue
        self.sink.copies.clear()
        self._owed = self.open_at_kills = 0

    def kill_at_random(self, *, more: int, aimed: bool) -> None:
        """Start a worker, let it hand over that many messages, kill it; ``aimed``: while the server owes an answer."""
        goal = len(self.sink.copies) + more

        def owing(session: Session, _recipient: str) -> Do | None:
            return Do.HOLD if len(self.sink.copies) > goal else None

        if aimed:
            self.sink.script(DOT=owing)
        with self.worker() as worker:
            wanted = (lambda: self.sink.server.held["DOT"] > 0) if aimed else (lambda: len(self.sink.copies) >= goal)
            self.until_or_over(wanted, worker)
            time.sleep(self.chance.uniform(0, 0.004 if aimed else 0.03))
            self.kill(worker)
        self.sink.script(DOT=None)

    def kill_at(self, verb: str, *, let_go: bool = False) -> None:
        """Start a worker and kill it while the server holds a connection at that step.

        ``let_go``: the server answers before the kill, and the worker cannot have read it.
        """
        self.sink.script(**{verb: Do.HOLD})
        with self.worker() as worker:
            self.until(lambda: self.sink.server.held[verb] > 0, worker)
            if let_go:
                worker.signal(signal.SIGSTOP)
                self.until(lambda: self._none_held(verb))
            self.kill(worker)
        self.sink.script(**{verb: None})

    def _none_held(self, verb: str) -> bool:
        """Let go, and again: what a worker wrote just before it was stopped comes to the server later."""
        self.sink.let_go()
        return self.sink.server.held[verb] == 0

    def kill_beside(self, *, more: int) -> None:
        """Kill a second worker after that many more messages, while the first goes on."""
        goal = len(self.sink.copies) + more
        with self.worker() as worker:
            self.until_or_over(lambda: len(self.sink.copies) >= goal, worker)
            worker.signal(signal.SIGSTOP)
            self.open_at_kills += self.sink.server.connections
            worker.kill()

    def kill_freezing(self, *, longest: float) -> None:
        """Start to freeze and kill it within that many seconds of its beginning."""
        with self.worker("freezer") as freezer:
            self.until(lambda: f"ready {freezer.pid}\n" in self.log_text())
            time.sleep(self.chance.uniform(0, longest))
            freezer.kill()

    # What the ledger says.

    def rows(self) -> dict[int, Result]:
        return {row.subscriber: row for row in Result.objects.filter(issue_id=self.issue.pk)}

    @property
    def carrier_settings_of(self) -> str:
        """`paused`, `sleeps`, or empty while it is used."""
        row = Transport.objects.filter(name=stored_servers.DEFAULT).first()
        if row is None:
            return ""
        return "paused" if row.paused_at else "sleeps" if row.sleeping_until else ""

    def __enter__(self) -> Self:
        self.sink.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.sink.__exit__(*error)
