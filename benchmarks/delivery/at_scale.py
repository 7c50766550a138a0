"""`freeze_1m`, `rss_mb_1m`, `rss_growth_mb`: a million recipients, in time and in memory."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.delivery import figures, sinks, worker
from benchmarks.delivery.effort import SMALL, Effort
from benchmarks.delivery.figures import Row, Spread
from benchmarks.delivery.installation import Installation

MILLION = 1_000_000
TEN_THOUSAND = 10_000


def memory(here: Installation, effort: Effort, scratch: Path) -> Iterator[Row]:
    """Peak resident memory (VmHWM) of the worker that delivered a small issue to a million, and to ten thousand."""
    here.command("worker", "--once")  # compiles what it imports, which takes memory once
    with sinks.fast_sink(scratch) as sink:
        few, many = (
            worker.deliver(here, name=here.readers(count), stories=SMALL, port=sink.port)
            for count in (effort.messages(TEN_THOUSAND), effort.many(MILLION))
        )
    note = (
        f"{many.messages:,} delivered at {many.rate:,.0f}/s into the fast sink, {few.messages:,} at {few.rate:,.0f}/s"
    )
    yield Row(
        key="rss_mb_1m",
        definition=f"VmHWM of the worker after a million deliveries, MB, {here.database}",
        value=many.peak_mb,
        wanted="≤ 128",
        shown=f"{many.peak_mb:.1f} MB",
        notes=(note,),
    )
    yield Row(
        key="rss_growth_mb",
        definition="the same, less that of another worker after ten thousand",
        value=many.peak_mb - few.peak_mb,
        wanted="≤ 8",
        shown=f"{many.peak_mb - few.peak_mb:.1f} MB",
    )


def freeze(here: Installation, effort: Effort) -> tuple[Spread, Row]:
    """Ratio of times: the same SELECT into an identical table over the whole release."""
    name = here.readers(effort.many(MILLION))
    pairs = [here.ask("freeze_pair", name=name, plain_first=number % 2 == 0) for number in range(effort.few)]
    ratio = Spread(values=tuple(pair["bare"] / pair["ours"] for pair in pairs))
    seconds = ", ".join(f"{pair['ours']:.1f} s to {pair['bare']:.1f} s" for pair in pairs)
    return ratio, Row(
        key=f"freeze_1m {here.database}",
        definition="rows a second of a release / of its SELECT alone into an identical table with its indexes",
        value=ratio.median,
        wanted="≥ 0.6",
        shown=str(ratio),
        notes=(f"{int(pairs[0]['candidates']):,} candidates; release to SELECT alone: {seconds}",),
    )


def settle(here: Installation, effort: Effort) -> Row:
    """Ratio of times: bare INSERTs in groups, committed each, over settling the same rows."""
    name, rows = here.readers(effort.messages(100_000)), effort.messages(100_000) // (effort.few + 1)
    issue = here.ask("approve", name=name, stories=SMALL)
    here.ask("release", issue=issue)
    pairs = [here.ask("settle_pair", issue=issue, rows=rows, plain_first=n % 2 == 0) for n in range(effort.few)]
    ratio = Spread(values=tuple(pair["bare"] / pair["ours"] for pair in pairs))
    speed = figures.rates([(one["rows"] / one["ours"], one["rows"] / one["bare"]) for one in pairs], ("settle", "bare"))
    return Row(
        key=f"settle {here.database}",
        definition="rows a second of settling / of bare INSERTs in the same groups of 250, a commit each",
        value=ratio.median,
        shown=str(ratio),
        notes=(speed,),
    )
