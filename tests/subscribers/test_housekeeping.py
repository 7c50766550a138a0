"""What is forgotten by itself."""

import os
from datetime import datetime, timedelta

import pytest

from subscribers import api, conf
from subscribers.joining import request_limits
from subscribers.models import ConsentEvent, Subscriber, Subscription, Tally
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import make_list, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("mails")
def test_who_does_not_answer_is_forgotten_after_seven_days(now: datetime) -> None:
    """L1: pending rows are purged within seven days, with the address and the event, and nobody else is."""
    letter, other = make_list(), make_list()
    on_both = make_subscriber(letter, state=S.CONFIRMED)
    make_subscriber(other, "x@example.org")
    Subscription.objects.create(list=other, subscriber=on_both, state=S.PENDING, public_id=b"12345678", created_at=now)
    api.ask_to_join(letter.pk, "late@example.org", form_url="", client="192.0.2.1", now=now)
    api.ask_to_join(letter.pk, "fresh@example.org", form_url="", client="192.0.2.1", now=now + timedelta(days=2))

    assert api.purge_pending(now=now + timedelta(days=7)) == 0
    assert api.purge_pending(now=now + timedelta(days=7, seconds=1)) == 2

    assert api.find("late@example.org") is None
    assert api.find("fresh@example.org") is not None
    assert Subscriber.objects.filter(pk=on_both.pk).exists()
    assert ConsentEvent.objects.count() == 1


def test_counts_and_forgotten_uploads_go_too(now: datetime) -> None:
    request_limits.passes(client="192.0.2.1", proved=False, now=now)
    folder = conf.settings().staging_dir
    folder.mkdir(parents=True, exist_ok=True)
    old, fresh = folder / "old.sqlite3", folder / "fresh.sqlite3"
    for path, age in ((old, 8), (fresh, 1)):
        path.write_text("")
        at = (now - timedelta(days=age)).timestamp()
        os.utime(path, (at, at))

    api.purge_pending(now=now + timedelta(hours=1, seconds=1))

    assert not old.exists()
    assert fresh.exists()
    assert Tally.objects.filter(expires_at__lt=now + timedelta(hours=1)).count() == 0
    assert all("192.0.2" not in tally.key for tally in Tally.objects.all())


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_network_is_what_one_line_has(client: str, network: str) -> None:
    assert request_limits.networks_of(client)[0] == (network, 1)


@pytest.mark.django_db
def test_many_networks_of_one_line_are_one(now: datetime) -> None:
    """A provider gives 65,536 networks of 64 bits to whoever asks; together they do what a few households do."""
    clients = [f"2001:db8:7:{number << 8:x}::1" for number in range(200)]
    passed = sum(request_limits.passes(client=client, proved=True, now=now) for client in clients)
    assert passed == 4 * request_limits.FROM_NETWORK[0].most
    assert request_limits.passes(client="2001:db8:8::1", proved=True, now=now), (
        "one line does not close the form for others"
    )


@pytest.mark.django_db
def test_a_network_above_its_limit_uses_up_nothing_of_those_around_it(now: datetime) -> None:
    for _ in range(200):
        request_limits.passes(client="2001:db8:7:1::1", proved=False, now=now)
    assert request_limits.passes(client="2001:db8:7:1::1", proved=True, now=now), (
        "with a proof of work, from the same office"
    )
    assert request_limits.passes(client="2001:db8:7:2::1", proved=False, now=now), "the neighbours"


@pytest.mark.django_db
@pytest.mark.parametrize("proved", [True, False])
def test_no_flood_closes_the_form_for_a_household_that_has_not_asked_today(proved: bool, now: datetime) -> None:
    """One rented network, then many small ones: what there is for everybody is used up, and a newcomer passes."""
    everywhere = (request_limits.EVERYWHERE if proved else request_limits.UNPROVED_EVERYWHERE)[0]
    each = (request_limits.FROM_NETWORK if proved else request_limits.UNPROVED_FROM_NETWORK)[0].most
    clients = [f"198.51.{number // 250}.{number % 250}" for number in range(everywhere.most // each)]
    assert all(request_limits.passes(client=client, proved=proved, now=now) for client in clients for _ in range(each))
    flood = [f"203.0.113.{number}" for number in range(256)]
    assert sum(request_limits.passes(client=client, proved=proved, now=now) for client in flood) == 8
    for newcomer in ("192.0.2.7", "2001:db8:9::1"):
        assert request_limits.passes(client=newcomer, proved=proved, now=now)
        assert not request_limits.passes(client=newcomer, proved=proved, now=now), "once a day, as long as that lasts"
    assert request_limits.passes(client="203.0.113.9", proved=proved, now=now + timedelta(hours=1)), "then it is over"
