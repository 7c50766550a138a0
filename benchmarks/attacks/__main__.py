"""Does anybody else notice an attack? `python -m benchmarks.attacks [--quick] [ATTACK…]`, or `make bench ONLY=attacks`.

The product as `newsletter run` on a folder of its own, which releases issues into a local sink. Each attack is played
on it, one after the other, always with a release of its own, and between two attacks one goes out undisturbed. The
last line is one JSON object. docs/benchmarks.md says what the figures mean.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.attacks import payloads, played, visitors
from benchmarks.delivery import processes, sinks
from benchmarks.delivery.command import called, say, summed_up
from benchmarks.delivery.effort import SMALL, Effort
from benchmarks.delivery.installation import Installation
from newsletter.mailbox.store import Mailbox

WANTED_MS, WANTED_SHARE = 1_000, 0.5
LEAVERS = 60_000
"""People who may leave: each visit takes one."""
LEAST_SECONDS = {True: 3.0, False: 8.0}
"""That an attack lasts, quick and in full, however soon its release is through."""


@dataclass
class Played:
    """What one attack did to the others, over all rounds."""

    shares: list[float] = field(default_factory=list)
    slowest: dict[str, float] = field(default_factory=dict)
    answers: int = 0
    failed: list[str] = field(default_factory=list)
    told: str = ""

    @property
    def share(self) -> float:
        return statistics.median(self.shares)

    @property
    def slowest_ms(self) -> float:
        return max(self.slowest.values())

    def saw(self, seen: visitors.Seen) -> None:
        for kind in seen.seconds:
            self.slowest[kind] = max(self.slowest.get(kind, 0.0), seen.slowest(kind))
        self.answers += seen.answers
        self.failed += seen.failed


@dataclass(frozen=True)
class Bench:
    """The running product, and how much is sent each time."""

    here: Installation
    scene: played.Scene
    carrier_settings: list[str]
    pid: int
    messages: int
    least_seconds: float

    def rate(self) -> float:
        """Messages a second of one release."""
        name = f"readers-{self.messages}"
        issue = self.here.ask("approve", name=name, stories=SMALL)
        planned = self.here.ask("release", issue=issue)["planned"]
        seen = self.here.ask("watch", issue=issue, planned=planned, pid=self.pid)
        if seen["accepted"] != planned:
            raise processes.Failed(f"{planned} planned, {seen['accepted']} accepted; see the log of run")
        return float(planned / seen["seconds"])

    @contextlib.contextmanager
    def visited(self) -> Iterator[visitors.Seen]:
        session = self.scene.editor.session
        with visitors.visiting(
            self.scene.port, list_name=self.scene.list_name, carrier_settings=self.carrier_settings, session=session
        ) as seen:
            yield seen

    def undisturbed(self) -> tuple[float, visitors.Seen]:
        """The rate while nobody but the visitors is there, and what they saw."""
        with self.visited() as seen:
            return self.rate(), seen

    def attacked(self, play: played.Play) -> tuple[float, visitors.Seen, played.Told]:
        """The rate meanwhile, what visitors saw, and what the attackers were told."""
        began = time.monotonic()
        with play(self.scene) as told, self.visited() as seen:
            rate = self.rate()
            # A short attack is watched on: what it left behind may slow answers after its last byte.
            time.sleep(max(0.0, self.least_seconds - (time.monotonic() - began)))
        return rate, seen, told


@contextlib.contextmanager
def running(folder: Path, effort: Effort) -> Iterator[Bench]:
    """`newsletter run` with its people, a sink, and a hostile site."""
    port, messages = processes.free_port(), 5_000 if effort.quick else 20_000
    with played.hostile_site() as hostile, sinks.fast_sink(folder) as sink:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER_", "PYTHON"))}
        environment = ours | {
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            "PYTHONPATH": str(processes.ROOT),
            "DJANGO_SETTINGS_MODULE": "newsletter.project.settings",
            "NEWSLETTER_DATA_DIR": str(folder / "data"),
            "NEWSLETTER_LISTEN": f"127.0.0.1:{port}",
            "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?tls=none",
            "NEWSLETTER_FETCH_ALLOW": hostile,
            "NEWSLETTER_MAILBOX_DIR": str(folder / "mailbox"),
        }
        here = Installation(folder=folder, database="sqlite", environment=environment)
        with here.opened():
            here.readers(messages)
            here.ask("people", name="leavers", count=effort.messages(LEAVERS))
            scene = played.Scene(
                port=port,
                editor=visitors.Editor(port, here.ask("session")),
                hostile=f"http://{hostile}",
                list_name="leavers",
                list_id=here.ask("open_to_all", name="leavers"),
                mail=_caught(folder / "mailbox"),
                rows=effort.messages(100_000),
            )
            carrier_settings = here.ask("carrier_settings", name="leavers")
            command = [sys.executable, "-m", "newsletter", "run"]
            with processes.started(command, log=folder / "run.log", env=environment) as process:
                processes.await_port(port, process, seconds=30)
                bench = Bench(here, scene, carrier_settings, process.pid, messages, LEAST_SECONDS[effort.quick])
                bench.rate()  # the first finds nothing warm
                yield bench


def _caught(folder: Path) -> str:
    """The number of a mail that the development mailbox has caught."""
    box = Mailbox(folder)
    return box.add(payloads.mail(), sender="a@example.org", recipients=("b@example.org",), now=datetime.now(UTC))


def measured(bench: Bench, names: list[str], rounds: int) -> dict[str, Played]:
    """Every attack in each round, between two undisturbed releases."""
    results = {name: Played() for name in names}
    for number in range(rounds):
        before, seen = bench.undisturbed()
        say(f"round {number + 1}, undisturbed: {before:,.0f}/s, slowest answer {seen.slowest():.0f} ms")
        for name in names:
            rate, seen, told = bench.attacked(played.ATTACKS[name])
            after, _ = bench.undisturbed()
            one = results[name]
            one.shares.append(2 * rate / (before + after))
            one.saw(seen)
            one.told = ", ".join(f"{count} × {what}" for what, count in sorted(told.items()))
            say(f"  {name}: {one.shares[-1]:.2f}, {seen.slowest():.0f} ms, {seen.answers} answers; {one.told}")
            before = after
    return results


def table(results: dict[str, Played]) -> str:
    lines = [f"{'attack':<30} {'release':>7} {'one-click':>9} {'page':>7} {'newsroom':>8}  answered"]
    for name, one in results.items():
        ms = [one.slowest.get(kind, 0.0) for kind in ("one-click", "public page", "newsroom")]
        lines.append(f"{name:<30} {one.share:>7.2f} {ms[0]:>6.0f} ms {ms[1]:>4.0f} ms {ms[2]:>5.0f} ms  {one.told}")
        lines += [f"{'':<30} not answered: {said}" for said in sorted(set(one.failed))]
    return "\n".join(lines)


def main() -> int:
    chosen, effort = called("benchmarks.attacks", description=__doc__, choices=played.ATTACKS, metavar="ATTACK")
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch:
        try:
            with running(Path(scratch), effort) as bench:
                results = measured(bench, chosen, effort.few)
            log = (Path(scratch) / "run.log").read_text(errors="replace")
        except processes.Failed as failure:
            say(f"It could not be measured: {failure}")
            return summed_up({"slowest_answer_ms": None, "release_share": None}, ok=False)
    faults = log.count("Traceback")
    if faults:
        say("\nThe log, from its first traceback on:\n" + log[max(log.index("Traceback") - 500, 0) :][:5_000])
    say("\n" + table(results) + "\n")
    say(f"wanted: answers within {WANTED_MS} ms, a release at {WANTED_SHARE} of its undisturbed rate or more")
    unanswered = sum(len(one.failed) for one in results.values())
    summary = {
        "slowest_answer_ms": round(max(one.slowest_ms for one in results.values())),
        "release_share": round(min(one.share for one in results.values()), 3),
        "answers": sum(one.answers for one in results.values()),
        "unanswered": unanswered,
        "tracebacks": faults,
        "attacks": {name: [round(one.slowest_ms), round(one.share, 3)] for name, one in results.items()},
    }
    return summed_up(summary, ok=not unanswered and not faults)


if __name__ == "__main__":
    sys.exit(main())
