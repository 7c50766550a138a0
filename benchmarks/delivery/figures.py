"""Ratios of pairs measured in turns, their median and spread, and the table they are printed in."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Several values of one figure."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        return f"{self.median:.3f} ({min(self.values):.3f}–{max(self.values):.3f})"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table, and one key of the last line."""

    key: str
    definition: str
    value: float | None
    wanted: str = ""
    shown: str = ""
    notes: tuple[str, ...] = ()


def in_turns(times: int, *sides: Callable[[], float]) -> list[tuple[float, ...]]:
    """Each side ``times`` times, in turns, every second round backwards, so that a slow minute meets both."""
    rounds: list[tuple[float, ...]] = []
    for number in range(times):
        order = list(enumerate(sides))
        taken = {place: side() for place, side in (order if number % 2 == 0 else order[::-1])}
        rounds.append(tuple(taken[place] for place in range(len(sides))))
    return rounds


def ratios(rounds: Sequence[tuple[float, ...]], above: int, below: int) -> Spread:
    """Of two sides, pair by pair."""
    return Spread(values=tuple(one[above] / one[below] for one in rounds))


def against_itself(rounds: Sequence[tuple[float, ...]], side: int) -> str:
    """How far one side is from itself, from one round to the next: what a ratio cannot be more certain than."""
    rates = [one[side] for one in rounds]
    if len(rates) < 2:
        return "one repetition: no spread"
    steps = [later / earlier for earlier, later in pairwise(rates)]
    return f"{statistics.median(steps):.3f} ({min(steps):.3f}–{max(steps):.3f})"


def rates(rounds: Sequence[tuple[float, ...]], names: Sequence[str]) -> str:
    """What each side did, as medians. Only ratios carry from one machine to another."""
    middle = [statistics.median(one[side] for one in rounds) for side in range(len(names))]
    return ", ".join(f"{name} {value:,.0f}/s" for name, value in zip(names, middle, strict=True))


def table(rows: Sequence[Row]) -> str:
    """For people: each figure with its definition beside it."""
    lines = [f"{'figure':<22} {'median (low–high)':<26} {'wanted':<10} definition"]
    for row in rows:
        lines.append(f"{row.key:<22} {row.shown or 'not measured':<26} {row.wanted:<10} {row.definition}")
        lines += [f"{'':<22} · {note}" for note in row.notes]
    return "\n".join(lines)
