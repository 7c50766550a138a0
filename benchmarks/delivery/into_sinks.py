"""`sink_*` and `fast_sink_*`: a worker against smtp-source, the same bytes over ten connections each."""

import statistics
from pathlib import Path

from benchmarks.delivery import figures, processes, sinks, source, worker
from benchmarks.delivery.effort import STORIES, Effort
from benchmarks.delivery.figures import Row
from benchmarks.delivery.installation import Installation

WANTED = {"sink": "≥ 0.95", "fast_sink": ""}
"""Into the fast one it says what one interpreter costs; see `whole_machine` for a goal."""
SINKS = {"sink": sinks.smtp_sink, "fast_sink": sinks.fast_sink}
WHERE = {"sink": "into smtp-sink", "fast_sink": "into the fast sink in C"}


def measure(here: Installation, kind: str, effort: Effort, scratch: Path) -> Row:
    """Ratio of rates: the worker's messages a second, ledger included, over those of `smtp-source -d -s 10`."""
    messages = effort.messages(20_000)
    name = here.readers(messages)
    sample = here.sample(name=name, stories=STORIES)
    costs: dict[str, list[float]] = {"smtp-source": [], "its sink": [], "worker": [], "the worker's sink": []}
    with SINKS[kind](scratch) as sink:

        def theirs() -> float:
            before, spent = sink.cpu, processes.cpu_of_ended_children()
            rate = source.rate(port=sink.port, messages=messages, message=sample)
            costs["smtp-source"].append(processes.cpu_of_ended_children() - spent)
            costs["its sink"].append(sink.cpu - before)
            return rate

        def ours() -> float:
            before = sink.cpu
            done = worker.deliver(here, name=name, stories=STORIES, port=sink.port)
            costs["worker"].append(done.cpu)
            costs["the worker's sink"].append(sink.cpu - before)
            return done.rate

        rounds = figures.in_turns(effort.repetitions, theirs, ours)
    shares = ", ".join(f"{who} {statistics.median(all_) / messages * 1e6:.0f}" for who, all_ in costs.items())
    ratio = figures.ratios(rounds, above=1, below=0)
    return Row(
        key=f"{kind}_{here.database}",
        definition=f"worker / smtp-source -d -s 10, messages a second {WHERE[kind]}, {here.database}",
        value=ratio.median,
        wanted=WANTED[kind],
        shown=str(ratio),
        notes=(
            figures.rates(rounds, ("smtp-source", "worker")),
            f"{messages:,} messages of {source.size_of(sample):,} bytes; processor time of one, in µs: {shares}",
            f"smtp-source against itself {figures.against_itself(rounds, 0)}",
        ),
    )
