"""How many deliveries of a release are in each state, without counting a million rows: asked every few seconds.

A first chunk that is done has a result for each of its deliveries. So what is settled is the sum of the done chunks'
sizes and the rows of the few chunks that are begun; what was not taken has an index of its own; the rest was accepted.
`queries.counted` counts every row, and an issue ends only when the two agree with the release.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Sum

from newsletter.delivery.ledger import statements
from newsletter.delivery.models import Chunk, Release
from newsletter.delivery.states import ChunkState, DeliveryState
from subscribers import api as subscribers

OTHERS = 0
D = DeliveryState


@dataclass(frozen=True, kw_only=True)
class Group:
    """The deliveries to the domains of a big provider, or (number 0) to all other domains."""

    number: int
    planned: int
    settled: int
    """Have a result, which may be "to be tried again"."""
    again: int
    """Wait in a retry chunk."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """A release at an instant. The states add up to ``planned``."""

    planned: int
    counts: Mapping[DeliveryState, int]
    groups: list[Group] = field(default_factory=list)


def take(issue_id: int) -> Tally:
    """The counts of a frozen release as they are now."""
    named = subscribers.domain_groups()
    sums: Counter[tuple[str, int]] = Counter()
    counts = dict.fromkeys(DeliveryState, 0)
    with connection.cursor() as cursor:
        cursor.execute(statements.TALLY, [issue_id] * 5)
        for what, number, state, n in cursor.fetchall():
            if what == "state":
                counts[D(state)] = int(n)
            else:
                sums[what, number if number in named else OTHERS] += int(n)
    groups = [
        Group(
            number=number,
            planned=planned,
            settled=sums["done", number] + sums["begun", number],
            again=sums["again", number],
        )
        for (what, number), planned in sorted(sums.items())
        if what == "planned"
    ]
    planned, settled = sum(g.planned for g in groups), sum(g.settled for g in groups)
    counts[D.ACCEPTED] = settled - sum(counts.values())
    counts[D.PENDING] = planned - settled
    return Tally(planned=planned, counts=counts, groups=groups)


@dataclass(frozen=True, kw_only=True)
class Chunks:
    """How the work of a release is cut and held."""

    waiting: int
    held: int
    done: int
    retries: int
    """How many of the waiting chunks are retry chunks."""
    workers: int
    """Who holds any."""


def chunks(issue_id: int) -> Chunks:
    """The chunks of a release by their state."""
    rows = Chunk.objects.filter(issue_id=issue_id).order_by("state", "retry").values_list("state", "retry")
    counted = rows.annotate(n=Count("number"))
    counts: dict[tuple[str, bool], int] = {(state, retry): n for state, retry, n in counted}
    held = Chunk.objects.filter(issue_id=issue_id, state=ChunkState.LEASED)

    def of(state: ChunkState) -> int:
        return counts.get((state.value, False), 0) + counts.get((state.value, True), 0)

    return Chunks(
        waiting=of(ChunkState.WAITING),
        held=of(ChunkState.LEASED),
        done=of(ChunkState.DONE),
        retries=counts.get((ChunkState.WAITING.value, True), 0),
        workers=len(set(held.values_list("owner", flat=True))),
    )


def is_ended(issue_id: int) -> bool:
    """Everybody is accounted for, or nobody was ever to get it."""
    return not Release.objects.filter(pk=issue_id, frozen_at__isnull=False, finished_at__isnull=True).exists()


def next_tries(issue_id: int, *, limit: int) -> list[tuple[datetime, int]]:
    """When deferred ones are tried again, and how many each time, the nearest first."""
    waiting = Chunk.objects.filter(issue_id=issue_id, retry=True, state=ChunkState.WAITING, not_before__isnull=False)
    rows = waiting.values(at=F("not_before")).annotate(n=Sum("size")).order_by("at")
    return [(row["at"], row["n"]) for row in rows[:limit]]
