"""`make test` and `make faults`: every test on SQLite, then on a PostgreSQL of our own, and a summary at the end."""

import asyncio
import os
import re
import signal
import sys
import time
from asyncio import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
WORKERS = "3"
"""More than the two cores of a small machine: many tests wait for a database or a server."""
BESIDE = "2"
"""Where another call of pytest runs beside this."""
KILLERS = "2"
"""In their long form kills keep their instants only where nobody waits for a core."""


@dataclass(frozen=True)
class Run:
    """One call of pytest."""

    title: str
    arguments: tuple[str, ...]
    postgres: bool = False
    root: bool = False


Result = tuple[bool, str]
"""Whether it was good, and its line of the summary."""

# Browsers take a core each; kills come when all else is over.
APART = "faults or browser or wheel or judges"

STORED_FAULTS = tuple(
    f"tests/faults/test_{name}.py" for name in ("kills", "databases", "power", "yesterday", "control")
)
"""What befalls the ledger itself."""

BESIDE_EACH_OTHER = (
    (Run("SQLite", ("-n", WORKERS, "-m", f"not ({APART})")),),
    (
        Run("PostgreSQL", ("-n", BESIDE, "-m", f"not ({APART} or process)", "--stored"), postgres=True),
        Run("SQLite, journeys in a browser", ("-n", BESIDE, "-m", "browser")),
        Run(
            "The wheel in an empty environment; Postfix, Exim and OpenSMTPD",
            ("-n", BESIDE, "-m", "wheel or judges"),
            root=True,
        ),
        # In sequence: a connection of a live server outlives its test, and its database cannot be dropped meanwhile.
        # The other pages do not know which database they have.
        Run("PostgreSQL, journeys in a browser", ("-m", "browser", "tests/journeys"), postgres=True),
    ),
)
"""Two lanes at once, of about the same length: each waits for its database, for servers and for pages now and then.
With a third one two cores had less done."""
MUTANTS = "tests/faults/test_mutants.py"
KILLS = (
    (Run("SQLite, kills and broken servers", ("-n", WORKERS, "-m", "faults", f"--ignore={MUTANTS}")),),
    # What servers say and how fast mail goes is the same to either database: `make faults` asks on both.
    (
        Run(
            "PostgreSQL, kills and lost databases",
            ("-n", BESIDE, "-m", "faults", f"--ignore={MUTANTS}", *STORED_FAULTS),
            postgres=True,
        ),
    ),
)
"""After all else, two lanes again: these wait for leases and for servers in between."""
# A mutant is caught only where kills come as quickly as they should. It judges our tests, and needs one database.
ALONE = (Run("SQLite, mutants", ("-n", WORKERS, "-m", "faults", MUTANTS)),)
COMMANDS = (
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*command*.py"))),
    "tests/articles/text/test_bounds.py",
)
FAULTS = (
    Run("SQLite, every fault", ("-n", KILLERS, "-m", "faults")),
    Run("PostgreSQL, every fault", ("-n", KILLERS, "-m", "faults"), postgres=True),
    Run("SQLite, requests that no form would send", ("-n", WORKERS, "tests/attacks/test_fuzz.py")),
    Run("SQLite, long texts of every sign", ("-n", WORKERS, "tests/attacks/test_doubling.py")),
    Run(
        "PostgreSQL, every page, command, attack and file of people",
        ("-n", WORKERS, "-m", f"not ({APART})", "tests/web", "tests/subscribers", "tests/attacks", *COMMANDS),
        postgres=True,
    ),
)


def main() -> int:
    """Run everything even after a failure; 0 only when all passed and nothing was skipped."""
    with postgres.server() as url:
        try:
            results = asyncio.run(_everything(url, long="--faults" in sys.argv[1:]))
        except asyncio.CancelledError:
            return 128 + signal.SIGTERM
    _say("\nSummary")
    for _, line in results:
        _say(f"  {line}")
    good = all(good for good, _ in results)
    _say("All green." if good else "FAILED")
    return int(not good)


async def _everything(url: str, *, long: bool) -> list[Result]:
    # So that a stop from outside still stops pytest and PostgreSQL.
    if (this := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    if long:
        return await _lane(FAULTS, url, long=True)
    beside = await _beside_each_other(BESIDE_EACH_OTHER, url) + await _beside_each_other(KILLS, url)
    return beside + await _lane(ALONE, url)


async def _beside_each_other(runs: Iterable[Iterable[Run]], url: str) -> list[Result]:
    async with asyncio.TaskGroup() as group:
        lanes = [group.create_task(_lane(lane, url)) for lane in runs]
    return [result for lane in lanes for result in lane.result()]


async def _lane(runs: Iterable[Run], url: str, *, long: bool = False) -> list[Result]:
    return [await _run(run, url=url, long=long) for run in runs]


async def _run(run: Run, *, url: str, long: bool) -> Result:
    if run.root and os.getuid() != 0:
        return True, f"left out        {run.title}: the servers run as root; `pytest -m wheel` does not"
    _say(f"\n== {run.title}: started")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    if run.postgres:
        environment["NEWSLETTER_DATABASE_URL"] = url
    if long:
        environment = {
            "KILLS": "1000", "ROUNDS": "10", "RATE_SECONDS": "60", "FUZZ": "10000", "CHARACTERS": "32000",
            "FLOOD": "1000",
        } | environment  # fmt: skip
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", *run.arguments), cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    # All at once: the words of two calls would mix.
    text = output.decode(errors="replace")
    _say(f"\n== {run.title}\n{text}")
    last = (text.strip().splitlines() or ["nothing was said"])[-1]
    # A test that was skipped proved nothing: something that it needs is missing.
    skipped = re.search(r"\d+ skipped", last)
    good = process.returncode == 0 and not skipped
    verdict, seconds = "ok    " if good else "FAILED", time.monotonic() - started
    return good, f"{verdict} {seconds:6.0f} s  {run.title}: {last.strip('= ')}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
