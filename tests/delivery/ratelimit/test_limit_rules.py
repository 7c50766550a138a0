"""What a limit says, and how a new sender warms up to it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.ratelimit import limit_rules
from newsletter.delivery.ratelimit.limit_rules import DAY, HOUR, PRESETS, Limit, Limits, Ramp

START = date(2026, 11, 1)


def on_day(number: int) -> datetime:
    return datetime(2026, 11, 1, 15, tzinfo=UTC) + timedelta(days=number - 1)


@pytest.mark.parametrize(
    ("limit", "portion", "lapses"),
    [
        (Limit(per_second=50), 5, 0.1),
        (Limit(per_second=10), 1, 0.1),
        (Limit(per_second=15), 1, 1 / 15),
        (Limit(per_second=0.5), 1, 2.0),
        (Limit(per_second=50, per_day=10), 1, 0.1),
        (Limit(per_hour=1_000), 100, 60.0),
    ],
)
def test_a_portion_is_a_tenth_of_the_narrowest_limit_and_at_least_one(
    limit: Limit, portion: int, lapses: float
) -> None:
    assert limit.portion == portion
    assert limit.lapses_after == pytest.approx(lapses)


def test_a_ramp_begins_small_grows_each_day_and_ends() -> None:
    ramp = Ramp(first=100, growth=1.5, days=4)
    assert [ramp.at(START, on_day(day)) for day in range(1, 7)] == [100, 150, 225, 337, None, None]
    assert ramp.at(START, on_day(-3)) == 100  # planned for later: already careful


def test_a_warm_up_lowers_the_limit_and_never_lifts_it() -> None:
    set_ = Limit(per_second=20, per_day=120)
    assert limit_rules.warmed(set_, preset="usual", start=START, now=on_day(1)).per_day == 100
    assert limit_rules.warmed(set_, preset="usual", start=START, now=on_day(2)).per_day == 120
    assert limit_rules.warmed(set_, preset="usual", start=START, now=on_day(60)) == set_


def test_nothing_warms_up_that_nobody_asked_to() -> None:
    for preset, start in (("", START), ("usual", None), ("no-such", START)):
        assert limit_rules.warmed(Limit(per_second=5), preset=preset, start=start, now=on_day(1)) == Limit(per_second=5)


def test_yahoo_starts_with_a_hundred_an_hour() -> None:
    """Trust B7."""
    assert limit_rules.warmed(Limit(), preset="yahoo", start=START, now=on_day(1)) == Limit(per_hour=100)


@given(st.sampled_from(sorted(PRESETS)), st.integers(1, 60))
def test_every_ramp_only_ever_rises(name: str, day: int) -> None:
    ramp = PRESETS[name]
    today, tomorrow = ramp.at(START, on_day(day)), ramp.at(START, on_day(day + 1))
    assert tomorrow is None or (today is not None and 0 < today < tomorrow)
    assert ramp.period in {HOUR, DAY}


def test_a_group_without_a_limit_of_its_own_has_that_of_all() -> None:
    found = Limits({"domain:gmail": Limit(per_second=3), "domain:*": Limit(per_second=1), "server:1": Limit()})
    assert found.of("domain:gmail") == Limit(per_second=3)
    assert found.of("domain:yahoo") == Limit(per_second=1)
    assert found.of("server:1") is None
    assert found.of("sender:example.org") is None
