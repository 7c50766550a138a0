"""`whole_machine`: `newsletter worker` with its defaults over the same with one process; SQLite with two over one."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.delivery import figures, processes, sinks, source, worker
from benchmarks.delivery.effort import STORIES, Effort
from benchmarks.delivery.figures import Row
from benchmarks.delivery.installation import Installation


def on_postgresql(here: Installation, effort: Effort, scratch: Path) -> Iterator[Row]:
    """Ratio of rates into the fast sink: the default, a process for each core, over `--processes 1`."""
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        raise processes.Failed("two cores are needed: with one the default is one process")
    messages = effort.messages(20_000)
    name = here.readers(messages)
    sample = here.sample(name=name, stories=STORIES)
    with sinks.fast_sink(scratch) as sink:
        rounds = figures.in_turns(
            effort.repetitions,
            lambda: source.rate(port=sink.port, messages=messages, message=sample),
            lambda: worker.deliver(here, name=name, stories=STORIES, port=sink.port, count=1).rate,
            lambda: worker.deliver(here, name=name, stories=STORIES, port=sink.port, count=None).rate,
        )
    ratio, beside = figures.ratios(rounds, above=2, below=1), figures.ratios(rounds, above=2, below=0)
    yield Row(
        key="whole_machine",
        definition=f"worker with its defaults on {cores} cores / with --processes 1, messages a second, fast sink",
        value=ratio.median,
        wanted="≥ 1.5",
        shown=str(ratio),
        notes=(
            figures.rates(rounds, ("smtp-source", "one process", "the default")),
            f"one process against itself {figures.against_itself(rounds, 1)}",
        ),
    )
    yield Row(
        key="whole_machine_source",
        definition="worker with its defaults / smtp-source -d -s 10, messages a second into the fast sink",
        value=beside.median,
        shown=str(beside),
        notes=(f"smtp-source against itself {figures.against_itself(rounds, 0)}",),
    )


def on_sqlite(here: Installation, effort: Effort, scratch: Path) -> Row:
    """Ratio of rates into the fast sink: two processes, which is the default there, over one."""
    messages = effort.messages(20_000)
    name = here.readers(messages)
    with sinks.fast_sink(scratch) as sink:
        deliver = partial(worker.deliver, here, name=name, stories=STORIES, port=sink.port)
        rounds = figures.in_turns(effort.repetitions, lambda: deliver(count=1).rate, lambda: deliver(count=2).rate)
    ratio = figures.ratios(rounds, above=1, below=0)
    return Row(
        key="two_on_sqlite",
        definition="worker with --processes 2, the default / with 1, messages a second into the fast sink, sqlite",
        value=ratio.median,
        shown=str(ratio),
        notes=(
            figures.rates(rounds, ("one process", "two")),
            f"one process against itself {figures.against_itself(rounds, 0)}",
        ),
    )
