"""When things are expected to go out."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.scheduling import services as scheduling
from tests.issues import factories

pytestmark = pytest.mark.django_db
THURSDAY = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


def test_what_goes_out_next_stands_in_order_of_time_whatever_it_is() -> None:
    daily = factories.publication(cadence="0 7 * * *", name="Daily", slug="daily")
    by_hand = factories.publication(name="By hand", slug="by-hand")
    empty = factories.publication(cadence="0 12 * * *", name="Noon", slug="noon")
    first, second = factories.issue(daily, subject="First"), factories.issue(daily, subject="Second")
    for one in (second, first):
        factories.approved(one)
    timed = factories.issue(daily, subject="Timed")
    factories.approved(timed, send_at=THURSDAY + timedelta(hours=30))
    loose = factories.issue(by_hand, subject="Loose")
    factories.approved(loose)
    factories.issue(daily, subject="A draft")
    found = [(one.issue or one.publication, one.at) for one in scheduling.coming(now=THURSDAY)]
    zone = daily.time_zone
    assert zone == empty.time_zone
    assert [one for one, _at in found[-1:]] == [loose], "what a person has to send stands last"
    assert {one for one, _at in found} == {first, second, timed, empty, loose}
    at = [moment for _one, moment in found[:-1]]
    assert at == sorted(moment for moment in at if moment)
    times = dict(found)
    assert times[second] == times[first] + timedelta(days=1), "each time of the schedule sends one issue"
