"""A fresh installation, on SQLite or on a PostgreSQL of its own, both as durable as in life."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.delivery import processes, wire
from tests import postgres

CONNECTIONS = 10
DURABLE = {
    "sqlite": {"journal_mode": "wal", "synchronous": "2", "mmap_size": "0"},
    "postgresql": {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"},
}
"""SQLite's 2 is FULL: the write-ahead log reaches the disk at each commit."""


class Installation:
    """A data directory, a database, and the process that is asked about them."""

    def __init__(self, *, folder: Path, database: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.database = database
        self.environment = environment
        self.durability: dict[str, str] = {}
        self._lists: set[str] = set()
        self._inside: subprocess.Popen[str] | None = None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`newsletter` with those words, as a person would type it."""
        return subprocess.run(
            [sys.executable, "-m", "newsletter", *words],
            cwd=processes.ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def ask(self, do: str, **what: Any) -> Any:
        """Have the process inside do it. Raises Failed with its reason."""
        if self._inside is None or self._inside.stdin is None or self._inside.stdout is None:
            raise processes.Failed("the installation is not open")
        self._inside.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self._inside.stdin.flush()
        line = self._inside.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended; its words are above"}
        if "error" in answer:
            raise processes.Failed(f"{self.database}: {do}: {answer['error']}")
        return answer["answer"]

    @contextmanager
    def opened(self) -> "Iterator[Installation]":
        done = self.command("init", "--admin", "editor@harbour.example")
        if done.returncode:
            raise processes.Failed(f"newsletter init: {done.stderr}")
        self._inside = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.delivery.newsroom"],
            cwd=processes.ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._assert_durable()
            yield self
        finally:
            self._close()

    def _assert_durable(self) -> None:
        self.durability = self.ask("durability")
        for name, wanted in DURABLE[self.database].items():
            if self.durability[name] != wanted:
                raise processes.Failed(f"{self.database}: {name} is {self.durability[name]}, not {wanted}")

    def _close(self) -> None:
        if self._inside is not None and self._inside.stdin is not None:
            self._inside.stdin.close()
            processes.stop(self._inside)

    def readers(self, count: int) -> str:
        """A list with that many readers, made once; its name."""
        name = f"readers-{count}"
        if name not in self._lists:
            self.ask("people", name=name, count=count)
            self._assert_durable()  # after a fill, which is not
            self._lists.add(name)
        return name

    def sample(self, *, name: str, stories: int) -> Path:
        """One message of a digest for that list, exactly as the worker sends it, with bare line ends."""
        path = self.folder / f"sample-{stories}.eml"
        if not path.exists():
            message = wire.one_message(self, name=name, stories=stories)
            path.write_bytes(message.replace(b"\r\n", b"\n"))
        return path


@contextmanager
def fresh(database: str, scratch: Path) -> Iterator[Installation]:
    """``database`` is `sqlite` or `postgresql`. Everything of it is gone afterwards."""
    with ExitStack() as stack:
        folder = scratch / f"{database}-{len(list(scratch.iterdir()))}"
        folder.mkdir()
        # Compiled once, as an installed package is, and nowhere but here.
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER_", "PYTHON"))}
        environment = ours | {
            "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"),
            "NEWSLETTER_DATA_DIR": str(folder / "data"),
            "NEWSLETTER_BASE_URL": "https://news.harbour.example",
            "NEWSLETTER_EHLO_NAME": "mail.harbour.example",
            "NEWSLETTER_SMTP_CONNECTIONS": str(CONNECTIONS),
            "DJANGO_SETTINGS_MODULE": "newsletter.project.settings",
            "PYTHONPATH": str(processes.ROOT),
        }
        if database == "postgresql":
            environment["NEWSLETTER_DATABASE_URL"] = stack.enter_context(postgres.server(postgres.DURABLE))
        here = Installation(folder=folder, database=database, environment=environment)
        yield stack.enter_context(here.opened())
