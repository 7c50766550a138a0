"""`rsa_core`, `rsa_second_core`: what signing costs, against the arithmetic alone, on one core and then on all."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.delivery import figures, processes, sinks, worker
from benchmarks.delivery.effort import STORIES, Effort
from benchmarks.delivery.figures import Row, Spread
from benchmarks.delivery.installation import Installation

DOMAIN = "harbour.example"


def signs(here: Installation) -> bool:
    """Make an RSA key alone, so that the worker signs from now on; False when there is no `newsletter dkim create`."""
    if here.command("dkim", "create", "--help").returncode:
        return False
    done = here.command("dkim", "create", DOMAIN, "--algorithm", "rsa")
    if done.returncode:
        raise processes.Failed(f"newsletter dkim create: {done.stderr or done.stdout}")
    return True


def assert_signed(here: Installation, name: str) -> None:
    """Raises Failed unless a worker's mail carries an RSA signature."""
    head = here.sample(name=name, stories=STORIES).read_bytes().partition(b"\n\n")[0]
    if not re.search(rb"(?im)^DKIM-Signature:(?:[^\n]|\n[ \t])*a=rsa-sha256", head):
        raise processes.Failed("the worker has a key and its mail carries no DKIM-Signature with a=rsa-sha256")


def openssl_rate(core: int, *, seconds: int) -> float:
    """RSA-2048 signatures a second on one core."""
    command = processes.pinned(["openssl", "speed", "-seconds", str(seconds), "rsa2048"], {core})
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    found = re.search(r"^rsa\s+2048 bits\s+\S+s\s+\S+s\s+([\d.]+)", said, re.MULTILINE)
    if found is None:
        raise processes.Failed(f"openssl speed said nothing of rsa 2048 bits: {said[-300:]}")
    return float(found[1])


def measure(here: Installation, effort: Effort, scratch: Path) -> Iterator[Row]:
    """Worker and `openssl speed` on the same one core, the fast sink on another; then the same worker unpinned."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise processes.Failed("two cores are needed: one for the worker, one for the sink")
    mine, others = cores[0], set(cores[1:])
    name = here.readers(effort.messages(3_000))
    assert_signed(here, name)
    sink_loads: list[list[float]] = [[], []]
    with sinks.fast_sink(scratch, cores=others) as beside, sinks.fast_sink(scratch) as anywhere:

        def deliver(sink: sinks.Sink, bound: set[int] | None, loads: list[float]) -> float:
            before = sink.cpu
            done = worker.deliver(here, name=name, stories=STORIES, port=sink.port, cores=bound)
            loads.append((sink.cpu - before) / done.seconds)
            return done.rate

        rounds = figures.in_turns(
            effort.repetitions,
            lambda: openssl_rate(mine, seconds=1 if effort.quick else 3),
            lambda: deliver(beside, {mine}, sink_loads[0]),
            lambda: deliver(anywhere, None, sink_loads[1]),
        )
    core, second = figures.ratios(rounds, above=1, below=0), figures.ratios(rounds, above=2, below=1)
    loads = [Spread(values=tuple(one)) for one in sink_loads]
    yield Row(
        key="rsa_core",
        definition="signed messages of the worker / RSA-2048 signs of openssl speed, a second, on the same one core",
        value=core.median,
        shown=str(core),
        notes=(
            figures.rates(rounds, ("openssl speed", "worker on one core", f"worker on {len(cores)}")),
            f"cores that the sink kept busy: {loads[0]} beside the pinned worker, {loads[1]} beside the unpinned one",
            f"openssl speed against itself {figures.against_itself(rounds, 0)}",
        ),
    )
    yield Row(
        key="rsa_second_core",
        definition=f"the same worker on all {len(cores)} cores / on one, signed messages a second",
        value=second.median,
        shown=str(second),
    )
