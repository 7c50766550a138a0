"""Slots of rate limits, reserved in the database: a portion at a time, by any number of workers, each slot once."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from newsletter.delivery.clock import boottime
from newsletter.delivery.models import Pace, RateLimit, RateUse
from newsletter.delivery.ratelimit.limit_rules import Limit, Limits, warmed
from newsletter.delivery.ratelimit.slot_schedule import (
    LOOKAHEAD,
    Permit,
    PermitAnswer,
    PermitRequest,
    SlotSchedule,
    permit,
)

TOLERANCE = 0.001
"""Seconds, and share of what has passed, by which two clocks may drift apart before it counts as a step."""
KEPT = 2 * 86_400.0
"""Seconds after which a row that nobody uses goes: nothing in it counts any more."""
MOST_KNOWN = 10_000
"""Keys of which a worker remembers that their rows are there."""

_FIELDS = ["rate", "next_slot", "taken", "counts", "seen"]


def database_now() -> float:
    """The time that all workers share: the server's, or on SQLite this machine's."""
    if connection.vendor == "sqlite":
        return time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


def limits(*, now: datetime) -> Limits:
    """Every limit that holds now: those that were set, warmed up so far, and those that a slow-down made."""
    found: dict[str, Limit] = {}
    for row in RateLimit.objects.all():
        limit = Limit(row.per_second, row.per_minute, row.per_hour, row.per_day)
        found[row.key] = warmed(limit, preset=row.warm_up, start=row.warm_up_start, now=now)
    found.update({pace.key: Limit(per_second=pace.rate) for pace in Pace.objects.all()})
    return Limits(found)


def used(*, now: float, holding: Limits) -> dict[str, dict[int, int]]:
    """How many of the last minute, hour and day each limit has counted, where it counts it."""
    found: dict[str, dict[int, int]] = {}
    for row in RateUse.objects.all():
        schedule = _schedule(row, holding)
        found[row.key] = {seconds: schedule.used(seconds, now) for seconds in schedule.limit.counted}
    return found


def prune(*, now: float) -> int:
    """Forget limits that nobody has used for long; how many those were."""
    return RateUse.objects.filter(seen__lt=now - KEPT).delete()[0]


class Reserver:
    """One worker's hand in the shared slots. Lives in the thread that has the database."""

    def __init__(
        self, *, clock: Callable[[], float] = boottime, database_clock: Callable[[], float] = database_now
    ) -> None:
        self._clock = clock
        self._database_clock = database_clock
        self._known: set[str] = set()
        """Keys whose rows are there."""
        self._offsets: tuple[float, float, float] | None = None
        """Own time of the last look at the database's clock, and the least and most it can be ahead of ours."""
        self._steady_since = 0.0
        """Since when, in its own time, the database's clock has not jumped as far as we can tell."""
        self._trusted_from = 0.0
        """From when, in our own time, permits are due that were given out since then."""
        self._step: tuple[float, float] | None = None
        """Its last jump, and our last look before it, told in the time after it."""

    def reserve(
        self, requests: Sequence[PermitRequest], *, holding: Limits, back: Iterable[Permit] = ()
    ) -> list[PermitAnswer]:
        """Serve the requests in turn, all in a short transaction; ``back``: permits that were not used."""
        unused = list(back)
        keys = sorted(
            {key for request in requests for key in request.keys} | {s.key for permit in unused for s in permit.slots}
        )
        self._make_rows(keys)
        if not unused:
            refused = self._serve(requests, self._schedules(keys, holding))
            if not any(answer.permits for answer in refused):
                # A plain read said no: it takes no lock, and on SQLite stands in nobody's way.
                return refused
        with transaction.atomic():
            schedules = self._schedules(keys, holding, lock=True)
            return self._serve(requests, schedules, unused=unused, save=True)

    def _serve(
        self,
        requests: Sequence[PermitRequest],
        schedules: dict[str, SlotSchedule],
        *,
        unused: Sequence[Permit] = (),
        save: bool = False,
    ) -> list[PermitAnswer]:
        now, behind, ahead = self._look_at_clock()
        for schedule in schedules.values():
            self._follow_step(schedule, now)
            schedule.open(now)
        for spare in unused:
            # From before the clock was set: its slots may stand for others' moments now.
            if spare.due >= self._trusted_from:
                for slot in spare.slots:
                    schedules[slot.key].give_back(slot)
        answers = []
        for request in requests:
            permits, again = _portion([schedules[key] for key in request.keys], request.count, now, self._not_before)
            # Due by the latest our clock can be, too old by the earliest: a slow database makes nothing inexact.
            mine = tuple(Permit(found.due + ahead, found.lapses + behind, found.slots) for found in permits)
            answers.append(PermitAnswer(request.keys, mine, again + ahead))
        if save:
            _save(schedules.values())
        return answers

    @property
    def _not_before(self) -> float:
        # What was given out before a jump, or by whom we do not know, is used up by then.
        return self._steady_since + LOOKAHEAD

    def _look_at_clock(self) -> tuple[float, float, float]:
        """The database's time, and what to add to it for ours, at least and at most. Notices when it was set."""
        began = self._clock()
        now = self._database_clock()
        ended = self._clock()
        least, most = now - ended, now - began
        if self._offsets is None:
            self._steady_since, self._trusted_from = now, began + LOOKAHEAD - TOLERANCE
        else:
            last, was_least, was_most = self._offsets
            drift = TOLERANCE * (1 + ended - last)
            step = least - was_most if least > was_most + drift else most - was_least if most < was_least - drift else 0
            if step:
                self._steady_since, self._trusted_from = now, began + LOOKAHEAD - TOLERANCE
                self._step = (step, now - (ended - last))
        self._offsets = (ended, least, most)
        return now, -most, -least

    def _follow_step(self, schedule: SlotSchedule, now: float) -> None:
        """Nobody has touched this since the clock was set: what it counts is as old as it was before."""
        if self._step is None:
            return
        step, looked_before = self._step
        if (step > 0 and schedule.seen < looked_before and now - step >= schedule.seen) or (
            step < 0 and schedule.seen > now
        ):
            schedule.shift(step)

    # Rows.

    def _make_rows(self, keys: Sequence[str]) -> None:
        missing = set(keys) - self._known
        if missing:
            RateUse.objects.bulk_create([RateUse(key=key) for key in sorted(missing)], ignore_conflicts=True)
            self._known = missing if len(self._known) > MOST_KNOWN else self._known | missing

    def _schedules(self, keys: Sequence[str], holding: Limits, *, lock: bool = False) -> dict[str, SlotSchedule]:
        rows = RateUse.objects.filter(key__in=keys).order_by("key")
        found = {row.key: _schedule(row, holding) for row in (rows.select_for_update() if lock else rows)}
        if len(found) < len(keys):  # pruned since: next time they are made again
            self._known -= set(keys)
            found.update({key: SlotSchedule(key, holding.of(key) or Limit()) for key in set(keys) - set(found)})
        return found


def _portion(
    schedules: Sequence[SlotSchedule], count: int, now: float, not_before: float
) -> tuple[list[Permit], float]:
    """At most a portion of the narrowest limit, one slot after another."""
    permits: list[Permit] = []
    for _ in range(min([count, *(schedule.limit.portion for schedule in schedules)])):
        found = permit(schedules, now=now, not_before=not_before)
        if not isinstance(found, Permit):
            return permits, found
        permits.append(found)
    return permits, now


def _schedule(row: RateUse, holding: Limits) -> SlotSchedule:
    counts = {int(seconds): {int(n): count for n, count in some.items()} for seconds, some in row.counts.items()}
    limit = holding.of(row.key) or Limit()
    return SlotSchedule(row.key, limit, row.rate, row.next_slot, int(row.taken, 16), counts, row.seen)


def _save(schedules: Iterable[SlotSchedule]) -> None:
    rows = [
        RateUse(
            key=schedule.key,
            rate=schedule.rate,
            next_slot=schedule.base,
            taken=f"{schedule.taken:x}",
            counts=schedule.counts,
            seen=schedule.seen,
        )
        for schedule in schedules
    ]
    RateUse.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=_FIELDS)
