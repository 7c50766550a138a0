"""What the staff is told about a release."""

from datetime import datetime, timedelta

import pytest

from newsletter.delivery import alarms
from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze, completion, leases, queries, results
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.models import Alarm, Delivery
from newsletter.delivery.states import DeliveryState as D
from newsletter.errors import NotAllowed, NotFound
from newsletter.issues.models import Issue
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(readers: newsroom.Readers, issue: Issue, now: datetime) -> list[int]:
    """Five readers: taken, refused, to be tried again, in doubt, and one still to do."""
    people = readers.join(5)
    readers.leave(readers.join_one("gone@example.org"), now=now - timedelta(days=1))
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    lease = leases.claim(owner="w", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    group = [
        Settlement(
            subscriber=person, state=state, tries=1, due=due, phase="rcpt", tried=state, code=code, reply=f"{code} so"
        )
        for person, state, code, due in (
            (people[0], D.ACCEPTED, 250, None),
            (people[1], D.REFUSED, 550, None),
            (people[2], D.DEFERRED, 450, now + timedelta(minutes=5)),
            (people[3], D.UNCERTAIN, 0, None),
        )
    ]
    results.settle(lease, group, now=now)
    return people


def test_the_ledger_adds_up(people: list[int], issue: Issue) -> None:
    """I1: the seven states are the planned, planned and excluded the candidates."""
    assert queries.ledger(issue.pk) == {
        "issue": issue.pk,
        "state": "sending",
        "candidates": 6,
        "excluded": {"unsubscribed": 1},
        "planned": 5,
        "pending": 1,
        "accepted": 1,
        "deferred": 1,
        "refused": 1,
        "uncertain": 1,
        "withdrawn": 0,
        "expired": 0,
    }
    assert queries.out_of_balance(issue.pk) == ""


def test_an_issue_that_was_not_released_has_an_empty_ledger(issue: Issue) -> None:
    sums = queries.ledger(issue.pk)
    assert sums.pop("state") == "approved"
    assert sums.pop("issue") == issue.pk
    assert not any(sums.values())
    with pytest.raises(NotFound):
        queries.ledger(issue.pk + 1)


def test_open_work_tells_what_is_left(people: list[int]) -> None:
    work = queries.open_work()
    assert (work.chunks_held, work.chunks_waiting, work.deferred, work.uncertain) == (1, 1, 1, 1)
    assert (work.freezing, work.outbox_waiting, work.transport_paused) == (0, 0, "")


def test_an_issue_whose_sums_are_off_is_never_shown_as_finished(
    readers: newsroom.Readers, issue: Issue, now: datetime
) -> None:
    """I1: finished cannot be shown while a sum is off; the staff is told, once."""
    people = readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    lease = leases.claim(owner="w", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    group = [Settlement(subscriber=one, state=D.ACCEPTED, tries=1, tried=D.ACCEPTED) for one in people]
    results.settle(lease, group, now=now)
    Delivery.objects.filter(subscriber=people[0]).delete()
    results.close(lease, now=now, not_before=None)
    for _ in range(2):
        assert not completion.finish(issue.pk, now=now)
    assert queries.ledger(issue.pk)["state"] == "sending"
    assert alarms.standing().get().key == f"sums:{issue.pk}"


def test_an_alarm_is_told_once_until_it_is_settled(now: datetime) -> None:
    assert release_actions.raise_alarm(key="k", text="It burns.", now=now)
    assert not release_actions.raise_alarm(key="k", text="It burns more.", now=now)
    assert release_actions.settle_alarm(key="k", now=now)
    assert release_actions.raise_alarm(key="k", text="Again.", now=now)
    assert Alarm.objects.count() == 2


def test_doubts_of_an_issue_that_is_cancelled_or_too_old_are_not_sent_again(
    people: list[int], issue: Issue, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        release_actions.resolve_uncertain(
            issue.pk, release_actions.Doubt.AGAIN, by="staff:1", now=now + timedelta(days=9)
        )
    release_actions.cancel(issue.pk, by="staff:1", now=now)
    with pytest.raises(NotAllowed):
        release_actions.resolve_uncertain(issue.pk, release_actions.Doubt.AGAIN, by="staff:1", now=now)
    assert release_actions.resolve_uncertain(issue.pk, release_actions.Doubt.ACCEPTED, by="staff:1", now=now) == 1
