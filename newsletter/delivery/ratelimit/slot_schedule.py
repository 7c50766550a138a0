"""One limit's slots: which are taken, and how many were taken in each sub-period. Pure; times are seconds.

A limit of r a second has slots at the moments n / r. A slot may be used from its moment until it lapses, a portion
later, and only once. So no second ever holds more than the limit and a portion, whoever uses them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, floor

from newsletter.delivery.ratelimit.limit_rules import SUB_PERIODS, Limit

LOOKAHEAD = 0.5
"""How far ahead slots are given out: covers a database that is busy, and is what a dead worker may waste."""
PUNCTUAL = 0.8
"""A slot lapses a little before its portion is over: whoever counts at the other end sees the network's jitter too."""
LEEWAY = 0.4
"""How much of its portion a slot may wait for the other slots of the same message."""


@dataclass(frozen=True, slots=True)
class TakenSlot:
    """A slot of a limit, with all that giving it back needs."""

    key: str
    at: float
    index: int | None
    """On the grid of seconds; None where only longer periods are limited."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Lets a message be handed over, from ``due`` until ``lapses``."""

    due: float
    lapses: float
    slots: tuple[TakenSlot, ...]


@dataclass(frozen=True, slots=True)
class PermitRequest:
    """How many messages could go under these limits, if there were slots."""

    keys: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class PermitAnswer:
    """What a request got; times in the worker's own clock."""

    keys: tuple[str, ...]
    permits: tuple[Permit, ...]
    again: float
    """The moment from which asking for more makes sense."""


@dataclass(slots=True)
class SlotSchedule:
    """What has been given out of a limit. Its counts are complete as far back as the limit's periods reach."""

    key: str
    limit: Limit
    rate: float | None = None
    """The slots a second that ``base`` and ``taken`` speak of."""
    base: int = 0
    """Index of the first slot that is not past."""
    taken: int = 0
    """A bit for each slot from ``base`` on."""
    counts: dict[int, dict[int, int]] = field(default_factory=dict)
    """Seconds of a period → number of a sub-period → how many slots."""
    seen: float = 0.0
    """When it was looked at last."""

    def open(self, now: float) -> None:
        """Forget what is past; follow a changed limit without giving any moment out twice."""
        rate = self.limit.per_second
        if rate is None:
            self.rate, self.taken = None, 0
        else:
            first = floor((now - self.limit.lapses_after) * rate)
            if rate != self.rate:
                busy = 0.0 if self.rate is None or not self.taken else (self.base + self.taken.bit_length()) / self.rate
                # Never further than anything is given out: a clock that went back must not stop us.
                full = max(0, ceil(min(busy, now + LOOKAHEAD) * rate) - first)
                self.rate, self.base, self.taken = rate, first, (1 << full) - 1
            elif self.base > floor((now + LOOKAHEAD) * rate):
                self.base, self.taken = first, 0
            elif first > self.base:
                self.taken >>= first - self.base
                self.base = first
        for seconds in list(self.counts):
            if seconds not in self.limit.counted:
                del self.counts[seconds]
                continue
            oldest = self._oldest(seconds, now)
            self.counts[seconds] = {n: count for n, count in self.counts[seconds].items() if n >= oldest and count > 0}
        self.seen = now

    def shift(self, by: float) -> None:
        """The clock was set by so many seconds since ``seen``: what was counted is as old as it was."""
        for seconds, counts in self.counts.items():
            steps = round(by / SUB_PERIODS[seconds])
            self.counts[seconds] = {n + steps: count for n, count in counts.items()}

    def free_from(self, at: float) -> float:
        """The moment of the first free slot at or after ``at``."""
        if self.rate is None:
            return at
        index = max(ceil(at * self.rate - 1e-6), self.base)
        rest = self.taken >> (index - self.base)
        index += ((~rest) & (rest + 1)).bit_length() - 1
        return index / self.rate

    def full_until(self, at: float) -> float:
        """When another slot is within the longer periods: ``at`` itself, or a later moment."""
        worst = at
        for seconds, bound in self.limit.windows.items():
            step = SUB_PERIODS[seconds]
            counts = self.counts.get(seconds, {})
            # What is counted for later stays in: a clock that went back must not allow a burst.
            recent = sorted((n, count) for n, count in counts.items() if n >= self._oldest(seconds, at))
            over = sum(count for _, count in recent) + 1 - bound
            for n, count in recent:
                if over <= 0:
                    break
                over -= count
                worst = max(worst, float((n + seconds // step + 2) * step))
            if over > 0:  # a bound of nothing
                worst = max(worst, at + seconds)
        return worst

    def take(self, at: float) -> TakenSlot:
        """Mark the slot at this moment, which `free_from` named."""
        for seconds in self.limit.counted:
            counts = self.counts.setdefault(seconds, {})
            n = floor(at / SUB_PERIODS[seconds])
            counts[n] = counts.get(n, 0) + 1
        if self.rate is None:
            return TakenSlot(self.key, at, None)
        index = round(at * self.rate)
        self.taken |= 1 << (index - self.base)
        return TakenSlot(self.key, at, index)

    def give_back(self, slot: TakenSlot) -> None:
        """Take back a slot that was not used: if it is still to come it is free again, and it is not counted."""
        # The same number stands for another moment when the limit was changed meanwhile.
        same = slot.index is not None and self.rate is not None and abs(slot.index / self.rate - slot.at) < 1e-3
        if same and slot.index is not None and slot.index >= self.base:
            self.taken &= ~(1 << (slot.index - self.base))
        for seconds, counts in self.counts.items():
            n = floor(slot.at / SUB_PERIODS[seconds])
            if counts.get(n, 0) > 0:
                counts[n] -= 1

    def used(self, seconds: int, now: float) -> int:
        """How many of the last such period."""
        return sum(count for n, count in self.counts.get(seconds, {}).items() if n >= self._oldest(seconds, now) + 1)

    def _oldest(self, seconds: int, at: float) -> int:
        # A sub-period more than the period has: a slot may be used up to a sub-period later than it was counted.
        step = SUB_PERIODS[seconds]
        return floor(at / step) - seconds // step - 1


def permit(schedules: Iterable[SlotSchedule], *, now: float, not_before: float) -> Permit | float:
    """Take one slot of each for one message, all or none; else the moment when asking again makes sense.

    All the slots of a message must be open at one moment. What one limit makes it wait, another need not lose: it
    gives the slot nearest to that moment, and keeps the earlier ones for others.
    """
    rows = list(schedules)
    due = max(now, not_before)
    moved = True
    while moved:
        moved = False
        for row in rows:
            at = max(row.free_from(max(due - LEEWAY * row.limit.lapses_after, not_before)), not_before)
            if at > due + 1e-6:
                due, moved = at, True
            full = row.full_until(due)
            if full > due + 1e-6:
                due, moved = full, True
            if due > now + LOOKAHEAD:
                return due - LOOKAHEAD
    slots, lapses = [], due + 3600.0
    for row in rows:
        at = due if row.rate is None else row.free_from(max(due - LEEWAY * row.limit.lapses_after, not_before))
        slots.append(row.take(at))
        lapses = min(lapses, at + PUNCTUAL * row.limit.lapses_after)
    return Permit(due, lapses, tuple(slots))
