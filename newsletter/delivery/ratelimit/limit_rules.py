"""What a rate limit says: how many a second, minute, hour and day, and how a new sender warms up to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400

SUB_PERIODS: Mapping[int, int] = {MINUTE: 1, HOUR: 60, DAY: 900}
"""Seconds of the sub-periods in which a longer period slides."""
SHARE = 10
"""A worker reserves at most a tenth of a limit at once, and a slot lapses when it is older than such a portion."""
EVERY = "*"
"""`domain:*` is the limit of every domain group that has none of its own."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in any such period; None where there is no bound."""

    per_second: float | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None

    @property
    def is_none(self) -> bool:
        return self.per_second is None and not self.windows

    @property
    def windows(self) -> dict[int, int]:
        """Seconds of each longer period that is bounded, to its bound."""
        bounds = {MINUTE: self.per_minute, HOUR: self.per_hour, DAY: self.per_day}
        return {seconds: bound for seconds, bound in bounds.items() if bound is not None}

    @property
    def counted(self) -> frozenset[int]:
        """The periods whose slots are counted; the minute also tells people how a rate is used."""
        return frozenset(self.windows) | (frozenset() if self.per_second is None else {MINUTE})

    @property
    def portion(self) -> int:
        """How many slots a worker may reserve at once."""
        bounds = [*self.windows.values(), *([] if self.per_second is None else [self.per_second])]
        return max(1, int(min(bounds, default=SHARE) / SHARE))

    @property
    def lapses_after(self) -> float:
        """Seconds after which a slot is too old: what a portion lasts, and no longer than a sub-period."""
        spans = [float(SUB_PERIODS[seconds]) for seconds in self.windows]
        if self.per_second is not None:
            spans.append(max(1, int(self.per_second / SHARE)) / self.per_second)
        return min(spans, default=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How a sender that nobody knows yet begins: ``first`` in each period of the first day, then more each day."""

    first: int
    growth: float
    """Each day so many times the day before."""
    period: int = DAY
    days: int = 30
    """After so many days only the limit itself holds."""

    def at(self, start: date, now: datetime) -> int | None:
        """The bound of the day of ``now`` (in UTC); None when the ramp is over."""
        day = max((now.date() - start).days, 0)
        return None if day >= self.days else int(self.first * self.growth**day)


PRESETS: Mapping[str, Ramp] = {
    "careful": Ramp(first=50, growth=1.25, days=45),
    "usual": Ramp(first=100, growth=1.5, days=30),
    "quick": Ramp(first=1_000, growth=2.0, days=14),
    # Trust B7: the Yahoo family takes about a hundred an hour from an address it does not know.
    "yahoo": Ramp(first=100, growth=1.4, period=HOUR, days=21),
}
"""The ways to warm up, by name. None is on until somebody chooses it."""


def warmed(limit: Limit, *, preset: str, start: date | None, now: datetime) -> Limit:
    """The limit as it is today, while its sender warms up."""
    ramp = PRESETS.get(preset)
    bound = None if ramp is None or start is None else ramp.at(start, now)
    if ramp is None or bound is None:
        return limit
    if ramp.period == HOUR:
        return replace(limit, per_hour=min(bound, limit.per_hour or bound))
    return replace(limit, per_day=min(bound, limit.per_day or bound))


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit that holds now, by key such as `server:3`, `sender:example.org`, `domain:gmail`, `domain:*`."""

    by_key: Mapping[str, Limit] = field(default_factory=dict)

    def of(self, key: str) -> Limit | None:
        """The limit of this key, its own or that of its kind; None when it has none."""
        found = self.by_key.get(key) or self.by_key.get(f"{key.partition(':')[0]}:{EVERY}")
        return None if found is None or found.is_none else found
