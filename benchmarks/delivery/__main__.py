"""Delivery, measured: `python -m benchmarks.delivery [--quick] [PART…]`, or `make bench ONLY=delivery [QUICK=1]`.

Prints a table in which each figure's definition stands beside it, and as its last line one JSON object. What was not
measured is null there. docs/benchmarks.md says how to read it.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.delivery import against, at_scale, figures, installation, into_sinks, rsa, whole_machine
from benchmarks.delivery.command import called, say, summed_up
from benchmarks.delivery.effort import Effort
from benchmarks.delivery.figures import Row
from benchmarks.delivery.processes import Failed

KEYS = (
    *("sink_postgresql", "sink_sqlite", "fast_sink_postgresql", "fast_sink_sqlite"),
    *("rsa_core", "rsa_second_core", "relay_20ms_smtplib", "django_loop", "django_loop_rsa", "django_newsletter"),
    *("freeze_1m", "rss_mb_1m", "rss_growth_mb"),
    *("whole_machine", "whole_machine_source", "two_on_sqlite"),
)

Part = Callable[[Effort, Path], Iterator[Row]]


def sinks_part(effort: Effort, scratch: Path) -> Iterator[Row]:
    for database in ("postgresql", "sqlite"):
        with installation.fresh(database, scratch) as here:
            say(f"{database}: {here.durability}")
            for kind in into_sinks.SINKS:
                yield into_sinks.measure(here, kind, effort, scratch)


def rivals_part(effort: Effort, scratch: Path) -> Iterator[Row]:
    with installation.fresh("sqlite", scratch) as here:
        yield against.over_the_relay(here, effort, scratch)
        yield from against.on_the_same_digest(here, effort, scratch)


def rsa_part(effort: Effort, scratch: Path) -> Iterator[Row]:
    with installation.fresh("sqlite", scratch) as here:
        if not rsa.signs(here):
            raise Failed("this version has no `newsletter dkim create`, so nothing signs")
        yield from rsa.measure(here, effort, scratch)
        yield against.signed(here, effort, scratch)


def scale_part(effort: Effort, scratch: Path) -> Iterator[Row]:
    freezes = []
    for database in ("sqlite", "postgresql"):
        with installation.fresh(database, scratch) as here:
            if database == "sqlite":  # its cache lies in the worker's own memory
                yield from at_scale.memory(here, effort, scratch)
            ratio, row = at_scale.freeze(here, effort)
            freezes.append(ratio.median)
            yield row
        with installation.fresh(database, scratch) as here:
            yield at_scale.settle(here, effort)
    yield Row(
        key="freeze_1m",
        definition="the lower of the two databases",
        value=min(freezes),
        wanted="≥ 0.6",
        shown=f"{min(freezes):.3f}",
    )


def machine_part(effort: Effort, scratch: Path) -> Iterator[Row]:
    with installation.fresh("postgresql", scratch) as here:
        yield from whole_machine.on_postgresql(here, effort, scratch)
    with installation.fresh("sqlite", scratch) as here:
        yield whole_machine.on_sqlite(here, effort, scratch)


PARTS: dict[str, Part] = {
    "machine": machine_part,
    "sinks": sinks_part,
    "rivals": rivals_part,
    "rsa": rsa_part,
    "scale": scale_part,
}


def main() -> int:
    chosen, effort = called("benchmarks.delivery", description=__doc__, choices=PARTS, metavar="PART")
    rows, failed = [], False
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch:
        for name in chosen:
            began = time.monotonic()
            try:
                for row in PARTS[name](effort, Path(scratch)):
                    rows.append(row)
                    say(f"  {row.key}: {row.shown}")
            except Failed as failure:
                failed = True
                say(f"{name} could not be measured: {failure}")
            say(f"{name}: {time.monotonic() - began:.0f} s")
    say("\n" + figures.table(rows) + "\n")
    values = {row.key: row.value for row in rows}
    return summed_up(
        {key: None if (value := values.get(key)) is None else round(value, 3) for key in KEYS}, ok=not failed
    )


if __name__ == "__main__":
    sys.exit(main())
