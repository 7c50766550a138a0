"""Reserving slots in the database: short, shared, over restarts, and whatever the clocks do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.models import Pace, RateLimit, RateUse
from newsletter.delivery.ratelimit import slot_reservations
from newsletter.delivery.ratelimit.limit_rules import HOUR, Limit, Limits
from newsletter.delivery.ratelimit.slot_reservations import Reserver
from newsletter.delivery.ratelimit.slot_schedule import Permit, PermitRequest
from tests.delivery.ratelimit.test_slot_schedule import most_in

pytestmark = pytest.mark.django_db
SERVER = ("server:1",)
FIFTY = Limits({"server:1": Limit(per_second=50)})


@dataclass
class Machine:
    """Real time, the database's clock that may be set, and workers with clocks of their own."""

    real: float = 1_000.0
    set_by: float = 1_795_000_000.0
    slow: float = 0.0
    """Seconds that a look at the database's clock takes."""
    used: list[float] = field(default_factory=list)

    def worker(self, *, ahead: float = 0.0) -> Reserver:
        """A worker whose own clock is so much ahead of real time."""
        return Reserver(clock=lambda: self.real + ahead, database_clock=self._database)

    def _database(self) -> float:
        self.real += self.slow / 2
        now = self.real + self.set_by
        self.real += self.slow / 2
        return now

    def ask(self, worker: Reserver, limits: Limits, *, ahead: float = 0.0, count: int = 5) -> list[Permit]:
        (answer,) = worker.reserve([PermitRequest(SERVER, count)], holding=limits)
        self.used.extend(one.due - ahead for one in answer.permits)
        return list(answer.permits)


def test_several_workers_never_get_the_same_slot() -> None:
    machine = Machine()
    workers = [(machine.worker(ahead=n), n) for n in (0, 77, -300)]
    for _ in range(150):
        for worker, ahead in workers:
            machine.ask(worker, FIFTY, ahead=ahead)
        machine.real += 0.05
    assert len({round(at * 50) for at in machine.used}) == len(machine.used)
    assert most_in(machine.used, 1.0) <= 55
    assert len(machine.used) >= 0.95 * 50 * 7


def test_a_restart_does_not_begin_anew() -> None:
    machine = Machine()
    limits = Limits({"server:1": Limit(per_second=50, per_hour=40)})
    for _ in range(30):  # a worker that dies and comes back before each reservation
        worker = machine.worker()
        machine.ask(worker, limits)
        machine.real += 0.7
        machine.ask(worker, limits)
    assert len(machine.used) == 40


def test_a_slow_first_look_at_the_clock_loses_no_slot() -> None:
    """What came of it seemed to be from before it, and was not given back: an hour's limit lost a portion."""
    machine = Machine(slow=0.2)
    worker = machine.worker()
    hourly = Limits({"server:1": Limit(per_hour=100)})
    worker.reserve([], holding=hourly)
    machine.slow = 0.0
    permits = machine.ask(worker, hourly)
    assert permits
    worker.reserve([], holding=hourly, back=permits)
    assert sum(RateUse.objects.get().counts["3600"].values()) == 0


@pytest.mark.parametrize("step", [0.05, 0.3, 2.0, 3_600.0, -0.05, -0.3, -2.0, -3_600.0])
def test_a_clock_that_is_set_makes_no_burst_and_no_standstill(step: float) -> None:
    machine = Machine()
    old = machine.worker()
    for tick in range(200):
        if tick == 100:
            machine.set_by += step
            before = len(machine.used)
            new = machine.worker()  # started after it: cannot know of it
        machine.ask(old, FIFTY)
        if tick >= 100:
            machine.ask(new, FIFTY)
        machine.real += 0.05
    assert most_in(machine.used, 1.0) <= 55
    assert len(machine.used) - before >= 0.95 * 50 * (5 - 2 * 0.5)


@pytest.mark.parametrize("step", [3_600.0, 86_400.0, -3_600.0])
def test_a_clock_that_is_set_gives_no_second_helping_of_the_hour(step: float) -> None:
    machine = Machine()
    limits = Limits({"server:1": Limit(per_hour=20)})
    worker = machine.worker()
    for tick in range(80):
        if tick == 40:
            machine.set_by += step
        machine.ask(worker, limits)
        machine.real += 30
    assert len(machine.used) == 20
    for _ in range(60):  # and after the hour it goes on
        machine.ask(worker, limits)
        machine.real += 60
    assert 38 <= len(machine.used) <= 40
    assert most_in(machine.used, HOUR) <= 20


def test_a_slow_database_makes_no_slot_early_and_none_last_longer() -> None:
    machine = Machine(slow=0.03)
    worker = machine.worker()
    machine.ask(worker, FIFTY)
    machine.real += 1
    permits = machine.ask(worker, FIFTY)
    for one in permits:
        at = one.slots[0].at - machine.set_by
        assert one.due >= at
        assert one.lapses <= at + Limit(per_second=50).lapses_after


def test_what_is_refused_writes_nothing() -> None:
    """On SQLite a write would stand in the way of others."""
    machine = Machine()
    worker = machine.worker()
    limits = Limits({"server:1": Limit(per_hour=1)})
    machine.ask(worker, limits)
    machine.real += 1
    machine.ask(worker, limits)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert machine.ask(worker, limits) == []
    assert [query["sql"][:6] for query in seen.captured_queries] == ["SELECT"]


def test_a_reservation_for_many_groups_is_a_handful_of_statements() -> None:
    machine = Machine()
    limits = Limits({"server:1": Limit(per_second=50), "domain:*": Limit(per_second=10)})
    requests = [PermitRequest((f"domain:{n}", "server:1"), 1) for n in range(9)]
    worker = machine.worker()
    worker.reserve(requests, holding=limits)
    machine.real += 1
    with CaptureQueriesContext(connection) as seen:
        answers = worker.reserve(requests, holding=limits)
    assert sum(len(answer.permits) for answer in answers) == 9
    statements = [q["sql"].split()[0] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert statements == ["SELECT", "SELECT", "INSERT"]


def test_permits_that_were_not_used_go_back() -> None:
    machine = Machine()
    worker = machine.worker()
    limits = Limits({"server:1": Limit(per_hour=20)})
    permits = machine.ask(worker, limits)
    assert len(permits) == 2  # a tenth
    assert slot_reservations.used(now=machine.real + machine.set_by, holding=limits)["server:1"][HOUR] == 2
    worker.reserve([], holding=limits, back=permits)
    assert slot_reservations.used(now=machine.real + machine.set_by, holding=limits)["server:1"][HOUR] == 0


def test_what_is_left_from_before_the_clock_was_set_frees_nobody_elses_slot() -> None:
    machine = Machine()
    old, other = machine.worker(), machine.worker()
    machine.ask(old, FIFTY)
    machine.ask(other, FIFTY)
    machine.real += 1
    left = machine.ask(old, FIFTY)
    machine.used.clear()
    machine.set_by -= 5
    machine.real += 4.5  # what comes next are the same moments again
    for tick in range(40):
        machine.ask(other, FIFTY)
        if tick % 4 == 0:
            old.reserve([], holding=FIFTY, back=left)
        machine.real += 0.05
    assert len(machine.used) == len({round(at * 50) for at in machine.used}) > 40


def test_the_limits_that_hold_are_those_set_warmed_up_and_slowed_down() -> None:
    now = datetime(2026, 11, 2, 8, tzinfo=UTC)
    RateLimit.objects.create(key="server:1", per_second=50, per_day=9_000)
    RateLimit.objects.create(key="sender:example.org", warm_up="usual", warm_up_start=now.date())
    Pace.objects.create(key="pace:1:gmail", rate=2.5, goal=5, slowed_at=now)
    found = slot_reservations.limits(now=now)
    assert found.of("server:1") == Limit(per_second=50, per_day=9_000)
    assert found.of("sender:example.org") == Limit(per_day=100)
    assert found.of("pace:1:gmail") == Limit(per_second=2.5)
    assert found.of("pace:2:gmail") is None


def test_rows_that_nobody_uses_go_and_come_back() -> None:
    machine = Machine()
    worker = machine.worker()
    machine.ask(worker, FIFTY)
    machine.real += 1
    machine.ask(worker, FIFTY)
    machine.real += slot_reservations.KEPT + 10
    assert slot_reservations.prune(now=machine.real + machine.set_by) == 1
    assert RateUse.objects.count() == 0
    for _ in range(3):
        machine.ask(worker, FIFTY)
        machine.real += 1
    assert RateUse.objects.count() == 1
    assert len(machine.used) >= 10
