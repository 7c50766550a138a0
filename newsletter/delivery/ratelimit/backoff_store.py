"""What workers learned about how fast a group of domains takes mail: gathered in the loop, stored for all of them."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from newsletter.delivery import models
from newsletter.delivery.carrier import Reply
from newsletter.delivery.ratelimit import backoff
from newsletter.delivery.ratelimit.backoff import Pace
from newsletter.delivery.ratelimit.token_bucket import MOST_CONNECTIONS

OBSERVED_OVER = 10.0
"""Seconds over which the rate that went out is counted."""
MOST_KEYS = 2_000
"""Groups whose rate is counted, before those at rest are forgotten."""
SUCCESS_EVERY = 5.0
"""Seconds between two successes that are worth a row's update."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What is to be stored about a `pace_key`."""

    key: str
    limit: float | None
    observed: float = 0.0
    connections: int = MOST_CONNECTIONS
    reply: str = ""
    """The codes of a reply that asked for less; empty: it went well."""


@dataclass(slots=True)
class BackoffObserver:
    """What this worker has seen since it stored last. Belongs to the event loop's thread."""

    clock: Callable[[], float]
    slowed: frozenset[str] = frozenset()
    """Keys that are slowed down now."""
    _taken: dict[str, deque[list[int]]] = field(default_factory=dict)
    """By key: seconds of the clock, and how many were taken in each. An instant for each message took 8 MB."""
    _observations: list[Observation] = field(default_factory=list)
    _told: dict[str, float] = field(default_factory=dict)

    @property
    def has_observations(self) -> bool:
        return bool(self._observations)

    def taken_observations(self) -> list[Observation]:
        taken, self._observations = self._observations, []
        return taken

    def tell_again(self, observations: Sequence[Observation]) -> None:
        """Storing did not work out. Twice is no harm: what comes close together counts once."""
        self._observations[:0] = observations

    def worked(self, key: str) -> bool:
        """True when it is worth `recovers`: it was slowed down, and nothing was told of late."""
        now = self.clock()
        times = self._taken.get(key)
        if times is None:
            if len(self._taken) >= MOST_KEYS:
                since = now - OBSERVED_OVER
                self._taken = {name: seen for name, seen in self._taken.items() if seen[-1][0] >= since}
            times = self._taken[key] = deque(maxlen=int(OBSERVED_OVER) + 1)
        if times and times[-1][0] == int(now):
            times[-1][1] += 1
        else:
            times.append([int(now), 1])
        if key not in self.slowed or now - self._told.get(key, 0.0) < SUCCESS_EVERY:
            return False
        self._told[key] = now
        return True

    def recovers(self, key: str, *, limit: float | None) -> None:
        self._observations.append(Observation(key, limit))

    def resisted(self, key: str, reply: Reply, *, limit: float | None, connections: int) -> bool:
        """False when the reply is not about how much we send."""
        if not backoff.asks_for_less(reply):
            return False
        codes = f"{reply.code} {reply.enhanced}".strip()[:12]
        self._observations.append(Observation(key, limit, self.observed(key), connections, codes))
        return True

    def observed(self, key: str) -> float:
        """Messages a second that were taken of late."""
        since = self.clock() - OBSERVED_OVER
        times = self._taken.get(key, deque())
        return sum(count for second, count in times if second + 0.5 >= since) / OBSERVED_OVER


def store(observations: Sequence[Observation], *, now: datetime) -> None:
    """Take it into the rows that all workers follow; several workers that hear the same slow down once."""
    for observation in observations:
        with transaction.atomic():
            row = models.Pace.objects.select_for_update().filter(pk=observation.key).first()
            was = None if row is None else _value(row)
            if observation.reply:
                _write(
                    observation,
                    backoff.slower(
                        was,
                        limit=observation.limit,
                        observed=observation.observed,
                        connections=observation.connections,
                        now=now,
                    ),
                )
            elif was is not None:
                then = backoff.faster(was, limit=observation.limit, most=MOST_CONNECTIONS, now=now)
                if then is None:
                    models.Pace.objects.filter(pk=observation.key).delete()
                elif then != was:
                    _write(observation, then)


def ceilings() -> tuple[dict[str, int], frozenset[str]]:
    """The most connections of those that have a bound, and every key that is slowed down."""
    rows = dict(models.Pace.objects.values_list("key", "connections"))
    return {key: most for key, most in rows.items() if most is not None}, frozenset(rows)


def _value(row: models.Pace) -> Pace:
    return Pace(
        rate=row.rate,
        goal=row.goal,
        slowed_at=row.slowed_at,
        grown_at=row.grown_at,
        connections=row.connections,
        in_a_row=row.in_a_row,
    )


def _write(observation: Observation, value: Pace) -> None:
    fields = {
        "rate": value.rate,
        "goal": value.goal,
        "slowed_at": value.slowed_at,
        "grown_at": value.grown_at,
        "connections": value.connections,
        "in_a_row": value.in_a_row,
    }
    if observation.reply:
        fields["reply"] = observation.reply
    models.Pace.objects.update_or_create(pk=observation.key, defaults=fields)
