"""Slots: none twice, none early, none too late; so that no period ever holds more than its limit and one portion."""

import random
from bisect import bisect_left
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.ratelimit import slot_schedule
from newsletter.delivery.ratelimit.limit_rules import DAY, HOUR, MINUTE, Limit
from newsletter.delivery.ratelimit.slot_schedule import LOOKAHEAD, Permit, SlotSchedule

T0 = 1_795_000_000.0


def most_in(moments: list[float], seconds: float) -> int:
    moments = sorted(moments)
    return max((bisect_left(moments, at + seconds - 1e-6) - n for n, at in enumerate(moments)), default=0)


def take(schedules: list[SlotSchedule], now: float, *, not_before: float = 0.0) -> Permit | float:
    for one in schedules:
        one.open(now)
    return slot_schedule.permit(schedules, now=now, not_before=not_before)


def run(limit: Limit, *, seconds: float, step: float, chance: random.Random, waste: float = 0.0) -> list[float]:
    """Endless work: ask every ``step`` or so, use each permit at a moment of chance, give some back unused."""
    one, used, now = SlotSchedule("server:1", limit), [], T0
    while now < T0 + seconds:
        one.open(now)
        for _ in range(limit.portion):
            found = slot_schedule.permit([one], now=now, not_before=0.0)
            if not isinstance(found, Permit):
                break
            if chance.random() < waste:
                one.give_back(found.slots[0])
            else:
                used.append(chance.uniform(found.due, found.lapses))
        now += step * chance.uniform(0.2, 1.8)
    return used


@settings(max_examples=25)
@given(
    st.floats(0.5, 400),
    st.none() | st.integers(5, 3_000),
    st.floats(0.005, 0.4),
    st.floats(0, 0.5),
    st.integers(0, 10_000),
)
def test_no_second_and_no_minute_holds_more_than_the_limit_and_a_portion(
    per_second: float, per_minute: int | None, step: float, waste: float, seed: int
) -> None:
    limit = Limit(per_second=per_second, per_minute=per_minute)
    used = run(limit, seconds=90 if per_minute else 20, step=step, chance=random.Random(seed), waste=waste)
    assert most_in(used, 1.0) <= ceil(per_second + max(1, int(per_second / 10)))
    if per_minute is not None:
        assert most_in(used, MINUTE) <= per_minute


@settings(max_examples=15)
@given(st.integers(1, 400), st.integers(1, 2_000), st.integers(0, 10_000))
def test_no_hour_and_no_day_holds_more_than_its_limit(per_hour: int, per_day: int, seed: int) -> None:
    limit = Limit(per_hour=per_hour, per_day=per_day)
    used = run(limit, seconds=1.6 * DAY, step=300, chance=random.Random(seed))
    assert most_in(used, HOUR) <= per_hour
    assert most_in(used, DAY) <= per_day


@pytest.mark.parametrize(
    ("limit", "seconds", "step", "expected"),
    [
        (Limit(per_second=50), 30, 0.05, 50 * 30),
        (Limit(per_second=3), 60, 0.1, 3 * 60),
        (Limit(per_minute=600), 600, 0.5, 600 * 10),
        (Limit(per_hour=1_000), 20 * HOUR, 20, 1_000 * 20),
        (Limit(per_day=5_000), 10 * DAY, 120, 5_000 * 10),
    ],
)
def test_nearly_all_of_a_limit_is_used_when_there_is_work(
    limit: Limit, seconds: float, step: float, expected: int
) -> None:
    used = run(limit, seconds=seconds, step=step, chance=random.Random(1))
    assert len([at for at in used if at < T0 + seconds]) >= 0.95 * expected


def test_a_message_takes_one_slot_of_each_limit_all_or_none() -> None:
    domain, server = SlotSchedule("domain:gmail", Limit(per_second=2)), SlotSchedule("server:1", Limit(per_second=50))
    got = [take([domain, server], T0) for _ in range(6)]
    permits = [one for one in got if isinstance(one, Permit)]
    assert all([slot.key for slot in one.slots] == ["domain:gmail", "server:1"] for one in permits)
    # The domain has one slot now and one in half a second; what it refuses takes nothing from the server.
    assert server.taken.bit_count() == domain.taken.bit_count() == len(permits) == 2
    assert [one for one in got if not isinstance(one, Permit)]


def test_what_one_limit_makes_wait_the_others_do_not_lose() -> None:
    """Eight domains of ten a second use all fifty of their server."""
    server = SlotSchedule("server:1", Limit(per_second=50))
    domains = [SlotSchedule(f"domain:{n}", Limit(per_second=10)) for n in range(8)]
    used = []
    for tick in range(1_000):
        for domain in domains[tick % 8 :] + domains[: tick % 8]:
            found = take([domain, server], T0 + tick / 50)
            if isinstance(found, Permit):
                used.append(found.due)
    assert len(used) >= 0.98 * 50 * 20
    assert most_in(used, 1.0) <= 55


def test_a_changed_limit_gives_no_moment_out_twice() -> None:
    for before, after in ((50.0, 49.0), (50.0, 100.0), (100.0, 7.0), (3.0, 80.0)):
        one = SlotSchedule("server:1", Limit(per_second=before))
        used = []
        for tick in range(200):
            if tick == 100:
                one.limit = Limit(per_second=after)
            while isinstance(found := take([one], T0 + tick / 50), Permit):
                used.append(found.due)
        high = max(before, after)
        assert most_in(used, 1.0) <= high + max(1, int(high / 10)) + 1


def test_a_slot_that_was_given_back_is_taken_again() -> None:
    one = SlotSchedule("server:1", Limit(per_second=10, per_hour=3))
    first = take([one], T0)
    assert isinstance(first, Permit)
    assert one.used(HOUR, T0) == 1
    one.give_back(first.slots[0])
    assert one.used(HOUR, T0) == 0
    assert take([one], T0) == first


def test_a_full_hour_says_when_asking_again_makes_sense() -> None:
    one = SlotSchedule("server:1", Limit(per_hour=2))
    assert [type(take([one], T0)) for _ in range(2)] == [Permit, Permit]
    again = take([one], T0)
    assert isinstance(again, float)
    assert T0 + HOUR - LOOKAHEAD <= again <= T0 + HOUR + 3 * 60
    assert isinstance(take([one], again + LOOKAHEAD + 1), Permit)


def test_a_limit_of_nothing_lets_nothing_go() -> None:
    assert isinstance(take([SlotSchedule("server:1", Limit(per_day=0))], T0), float)
