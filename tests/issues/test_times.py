"""Times as people write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.errors import InvalidInput
from newsletter.issues import times

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-27 07:00", datetime(2026, 11, 27, 6, 0, tzinfo=UTC)),
        ("2026-11-27T07:00", datetime(2026, 11, 27, 6, 0, tzinfo=UTC)),
        ("2026-07-01 07:00", datetime(2026, 7, 1, 5, 0, tzinfo=UTC)),
        ("2026-11-27T07:00+03:30", datetime(2026, 11, 27, 3, 30, tzinfo=UTC)),
        ("2026-11-27T07:00Z", datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
        ("09:15", datetime(2026, 11, 26, 8, 15, tzinfo=UTC)),
        ("8:00", datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_the_zone_unless_it_says_otherwise(text: str, expected: datetime) -> None:
    """C2: of a time that comes twice, the first is meant."""
    assert times.read(text, zone=BERLIN, now=NOW) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("soon", "is not a time"),
        ("", "is not a time"),
        ("25:00", "is not a time"),
        ("2026-11-27", "Add a time"),
        ("2026-03-29 02:30", "does not exist in Europe/Berlin"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint):
        times.read(text, zone=BERLIN, now=NOW)


def test_times_are_told_with_their_zone() -> None:
    assert times.tell(NOW, zone=BERLIN) == "Thu 26 Nov 2026, 08:00 (Europe/Berlin)"
