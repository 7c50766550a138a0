"""Recurring times: five cron fields in a zone, once each, whatever the clocks do (trust C2)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import InvalidInput
from newsletter.scheduling import cadence
from newsletter.translation import translated

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"


def _at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _slots(rule: str, zone: str, start: str, end: str) -> list[str]:
    """Every slot between two wall-clock times, as the wall shows it, with its offset."""
    tz = ZoneInfo(zone)
    moment, last = _at(start, zone), _at(end, zone)
    found = []
    while (moment := cadence.next_after(rule, zone=tz, after=moment)) < last:
        found.append(moment.astimezone(tz).strftime("%d %H:%M %z"))
    return found


@pytest.mark.parametrize(
    ("rule", "zone", "start", "end", "expected"),
    [
        # Berlin, 29 March 2026: 02:00 to 03:00 is skipped; 25 October: 02:00 to 03:00 comes twice.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-30 12:00", ["29 03:00 +0200", "30 02:30 +0200"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-26 12:00", ["25 02:30 +0200", "26 02:30 +0100"]),
        # New York, 8 March and 1 November 2026.
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07 12:00",
            "2026-03-09 12:00",
            ["08 03:00 -0400", "09 02:30 -0400"],
        ),
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31 12:00",
            "2026-11-02 12:00",
            ["01 01:30 -0400", "02 01:30 -0500"],
        ),
        # Lord Howe turns by half an hour: 4 October 2026 02:00 to 02:30 is skipped, 5 April 01:30 to 02:00 comes twice.
        (
            "10 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03 12:00",
            "2026-10-05 12:00",
            ["04 02:30 +1100", "05 02:10 +1100"],
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04 12:00",
            "2026-04-06 12:00",
            ["05 01:45 +1100", "06 01:45 +1030"],
        ),
        # Tehran dropped daylight saving: still in 2022 (22 March, 00:00 skipped), never after.
        ("30 0 * * *", "Asia/Tehran", "2022-03-21 12:00", "2022-03-23 12:00", ["22 01:00 +0430", "23 00:30 +0430"]),
        ("30 0 * * *", "Asia/Tehran", "2023-03-21 12:00", "2023-03-23 12:00", ["22 00:30 +0330", "23 00:30 +0330"]),
        # A day that never was: Samoa had no 30 December 2011.
        ("0 7 * * *", "Pacific/Apia", "2011-12-29 12:00", "2012-01-01 06:00", ["31 00:00 +1400", "31 07:00 +1400"]),
        # Steps of hours that begin with a star keep to the wall as well.
        ("30 */2 * * *", "Europe/Berlin", "2026-10-25 01:00", "2026-10-25 05:00", ["25 02:30 +0200", "25 04:30 +0100"]),
        # Two slots that the gap swallows become one.
        ("0,30 2 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 12:00", ["29 03:00 +0200"]),
        ("30 2,3 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 12:00", ["29 03:00 +0200", "29 03:30 +0200"]),
    ],
)
def test_gaps_and_overlaps_fire_once(rule: str, zone: str, start: str, end: str, expected: list[str]) -> None:
    """C2"""
    assert _slots(rule, zone, start, end) == expected


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-07-01"])
def test_every_quarter_of_an_hour_stays_every_quarter_of_an_hour(day: str) -> None:
    """C2: rules for every hour follow elapsed time."""
    moment = start = _at(f"{day} 00:00", "Europe/Berlin")
    for step in range(1, 30):
        moment = cadence.next_after("*/15 * * * *", zone=ZoneInfo("Europe/Berlin"), after=moment)
        assert moment == start + timedelta(minutes=15 * step)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("year", [2021, 2022, 2026])
@pytest.mark.parametrize("rule", ["30 2 * * *", "0 0 * * *", "45 1 * * *", "59 23 * * *"])
def test_a_daily_time_fires_once_for_each_day_of_a_year(rule: str, year: int, zone: str) -> None:
    """C2: never 0, never 2."""
    slots = _slots(rule, zone, f"{year}-01-01 00:00", f"{year + 1}-01-01 00:00")
    days = 366 if year % 4 == 0 else 365
    # The first midnight is where the count begins, not a slot after it.
    assert len(slots) == (days - 1 if rule == "0 0 * * *" else days)


@settings(max_examples=60)
@given(
    st.sampled_from(["30 2 * * *", "*/20 * * * *", "0 7 * * 1-5", "15 */3 * * *", "0 0 1 * *", "5,55 1,2 * * SUN"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_the_next_slot_lies_ahead_and_none_lies_before_it(rule: str, zone: str, start: datetime) -> None:
    tz, after = ZoneInfo(zone), start.replace(tzinfo=UTC)
    slot = cadence.next_after(rule, zone=tz, after=after)
    assert slot > after
    assert slot.tzinfo == UTC
    middle = after + (slot - after) / 2
    assert cadence.next_after(rule, zone=tz, after=middle) == slot


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("", "five parts"),
        ("0 7 * *", "five parts"),
        ("0 0 7 * * *", "five parts"),
        ("60 7 * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 7 32 * *", "day"),
        ("0 7 * 13 *", "month"),
        ("0 7 * * 8", "weekday"),
        ("0 7 * * maybe", "weekday"),
        ("0 7 30 2 *", "day"),
        ("@daily", "Write @daily as 0 0 \\* \\* \\*"),
        ("every day at seven", "five parts"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_the_part_named(rule: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        cadence.check(rule)
    assert caught.value.field == "cadence"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("0 7 * * 1-5", "At 07:00 on Monday to Friday"),
        ("0 7 * * *", "At 07:00 every day"),
        ("30 6,18 * * SUN", "At 06:30 and 18:30 on Sunday"),
        ("0 7 * * 1,3,5", "At 07:00 on Monday, Wednesday and Friday"),
        ("0 7 * * 0,6", "At 07:00 on Saturday and Sunday"),
        ("0 7 * JAN 7", "At 07:00 on Sunday in January"),
        ("0 7 1,15 * *", "At 07:00 on days 1 and 15 of the month"),
        ("0 7 1 3,9 *", "At 07:00 on day 1 of the month in March and in September"),
        ("0 * * * *", "Every hour"),
        ("*/15 * * * 1-5", "Every 15 minutes on Monday to Friday"),
        ("0 7 * * 5L", "At the times of the schedule “0 7 * * 5L”"),
        ("0 7 L * *", "At the times of the schedule “0 7 L * *”"),
        ("0 7 1 * 1", "At the times of the schedule “0 7 1 * 1”"),
        ("* 7 * * *", "At the times of the schedule “* 7 * * *”"),
        ("7,9 * * * *", "At the times of the schedule “7,9 * * * *”"),
    ],
)
def test_a_rule_is_told_in_words(rule: str, words: str) -> None:
    assert cadence.describe(rule) == words
    with override("fa"):
        assert "⁨" not in translated(cadence.describe(rule)) or rule in translated(cadence.describe(rule))


@given(
    rule=st.tuples(
        *(
            st.sampled_from(f)
            for f in (
                ("0", "*/7", "5,50"),
                ("7", "*", "*/5"),
                ("*", "1", "L", "*/2"),
                ("*", "5-7"),
                ("*", "1-5", "7", "1#2", "6-7"),
            )
        )
    ).map(" ".join)
)
def test_whatever_can_be_read_can_be_said(rule: str) -> None:
    assert str(cadence.describe(rule)).strip()


def test_of_slots_missed_in_a_row_the_youngest_that_is_still_good_counts() -> None:
    now = _at("2026-11-26 12:40")
    window = timedelta(hours=1)

    def latest(rule: str, first: str) -> datetime:
        return cadence.latest_due(rule, zone=ZoneInfo("UTC"), first=_at(first), now=now, window=window)

    assert latest("*/15 * * * *", "2026-11-26 12:00") == _at("2026-11-26 12:30")
    assert latest("0 * * * *", "2026-11-23 12:00") == _at("2026-11-26 12:00")
    assert latest("0 7 * * *", "2026-11-23 07:00") == _at("2026-11-23 07:00")
    assert latest("40 12 * * *", "2026-11-26 12:40") == now
