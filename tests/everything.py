"""`make test` and `make faults`: every test on SQLite, then on a PostgreSQL of our own, and a summary at the end."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
WORKERS = "3"
"""More than the two cores of a small machine: many tests wait for a database or a server."""
BROWSERS = "2"
KILLERS = "2"
"""In their long form kills keep their instants only where nobody waits for a core."""


@dataclass(frozen=True)
class Run:
    """One call of pytest."""

    title: str
    arguments: tuple[str, ...]
    postgres: bool = False
    root: bool = False


# Browsers take a core each; kills have every core for themselves.
APART = "faults or browser or wheel or judges"

STORED_FAULTS = tuple(
    f"tests/faults/test_{name}.py" for name in ("kills", "mutants", "databases", "power", "yesterday", "control")
)
"""What befalls the ledger itself."""

TESTS = (
    Run("SQLite", ("-n", WORKERS, "-m", f"not ({APART})")),
    Run("SQLite, kills and broken servers", ("-n", WORKERS, "-m", "faults")),
    Run("SQLite, journeys in a browser", ("-n", BROWSERS, "-m", "browser")),
    Run(
        "The wheel in an empty environment; Postfix, Exim and OpenSMTPD",
        ("-n", BROWSERS, "-m", "wheel or judges"),
        root=True,
    ),
    Run("PostgreSQL", ("-n", WORKERS, "-m", f"not ({APART} or process)", "--stored"), postgres=True),
    # What servers say and how fast mail goes is the same to either database: `make faults` asks on both.
    Run("PostgreSQL, kills and lost databases", ("-n", WORKERS, "-m", "faults", *STORED_FAULTS), postgres=True),
    # One after another: a connection of a live server outlives its test, and its database cannot be dropped meanwhile.
    # The other pages do not know which database they have.
    Run("PostgreSQL, journeys in a browser", ("-m", "browser", "tests/journeys"), postgres=True),
)
FAULTS = (
    Run("SQLite, every fault", ("-n", KILLERS, "-m", "faults")),
    Run("PostgreSQL, every fault", ("-n", KILLERS, "-m", "faults"), postgres=True),
    Run(
        "PostgreSQL, every page and every file of people",
        ("-n", WORKERS, "-m", f"not ({APART})", "tests/web", "tests/subscribers"),
        postgres=True,
    ),
)


def main() -> int:
    """Run everything even after a failure; 0 only when all passed and nothing was skipped."""
    # So that a stop from outside still stops PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    long = "--faults" in sys.argv[1:]
    lines, failed = [], False
    with postgres.server() as url:
        for run in FAULTS if long else TESTS:
            if run.root and os.getuid() != 0:
                lines.append(f"left out        {run.title}: the servers run as root; `pytest -m wheel` does not")
                continue
            good, line = _run(run, url=url, long=long)
            failed = failed or not good
            lines.append(line)
    _say("\nSummary")
    for line in lines:
        _say(f"  {line}")
    _say("FAILED" if failed else "All green.")
    return int(failed)


def _run(run: Run, *, url: str, long: bool) -> tuple[bool, str]:
    _say(f"\n== {run.title}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    if run.postgres:
        environment["NEWSLETTER_DATABASE_URL"] = url
    if long:
        environment = {"KILLS": "1000", "ROUNDS": "10", "RATE_SECONDS": "60"} | environment
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *run.arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    last = ""
    if process.stdout is None:  # asked for above
        raise RuntimeError("no output to read")
    for text in process.stdout:
        sys.stdout.write(text)
        sys.stdout.flush()
        last = text.strip() or last
    code = process.wait()
    # A test that was skipped proved nothing: something that it needs is missing.
    skipped = re.search(r"\d+ skipped", last)
    good = code == 0 and not skipped
    verdict, seconds = "ok    " if good else "FAILED", time.monotonic() - started
    return good, f"{verdict} {seconds:6.0f} s  {run.title}: {last.strip('= ')}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
