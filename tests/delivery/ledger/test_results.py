"""Results: who may write them, and what a lost lease still may tell."""

from datetime import datetime, timedelta

import pytest

from newsletter.delivery.ledger import results
from newsletter.delivery.ledger.settlements import LedgerBroken, Settlement
from newsletter.delivery.models import Attempt, Chunk, Result
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.ledger.leasing import claim, steal

pytestmark = pytest.mark.django_db


def outcome(
    subscriber: int, state: D, *, tries: int = 1, due: datetime | None = None, tried: D | None = None
) -> Settlement:
    return Settlement(
        subscriber=subscriber,
        state=state,
        tries=tries,
        due=due,
        tried=tried or state,
        phase="dot",
        code=250,
        reply="so",
    )


def test_results_are_written_once_and_history_only_where_there_is_some(
    people: list[int], issue: Issue, now: datetime
) -> None:
    lease = claim(now)
    assert results.settle(lease, [outcome(people[0], D.ACCEPTED), outcome(people[1], D.REFUSED)], now=now)
    untried = Settlement(subscriber=people[2], state=D.WITHDRAWN, tries=0, reply="unsubscribed")
    assert results.settle(lease, [untried], now=now)
    assert [row.subscriber for row in results.open_deliveries(lease)] == people[3:]
    assert list(Attempt.objects.values_list("subscriber", "state")) == [(people[1], "refused")]
    assert newsroom.assert_balanced(issue) == {"pending": 3, "accepted": 1, "refused": 1, "withdrawn": 1}


def test_a_settled_row_is_never_written_over_and_the_whole_group_is_refused(
    people: list[int], issue: Issue, now: datetime
) -> None:
    """The row count is checked: a group that does not fit changes nothing."""
    lease = claim(now)
    results.settle(lease, [outcome(people[0], D.ACCEPTED)], now=now)
    with pytest.raises(LedgerBroken):
        results.settle(lease, [outcome(people[1], D.ACCEPTED), outcome(people[0], D.REFUSED)], now=now)
    assert newsroom.assert_balanced(issue) == {"pending": 5, "accepted": 1}


def test_a_commit_whose_answer_was_lost_is_read_again_and_not_assumed(
    people: list[int], issue: Issue, now: datetime
) -> None:
    """DB2."""
    lease = claim(now)
    group = [outcome(people[0], D.ACCEPTED), outcome(people[1], D.DEFERRED, due=now + timedelta(minutes=5))]
    for repeated in (False, True):
        assert results.settle(lease, group, now=now, repeated=repeated)
    assert newsroom.assert_balanced(issue) == {"pending": 4, "accepted": 1, "deferred": 1}
    assert Attempt.objects.count() == 1
    assert Chunk.objects.get(retry=True).size == 1


def test_a_lost_lease_writes_nothing(people: list[int], issue: Issue, now: datetime) -> None:
    """P1: the fence guards the rows."""
    lease = claim(now)
    steal(lease)
    assert not results.settle(lease, [outcome(people[0], D.ACCEPTED)], now=now)
    assert results.close(lease, now=now, not_before=None) is None
    assert newsroom.assert_balanced(issue) == {"pending": 6}


@pytest.mark.parametrize("state", [D.ACCEPTED, D.REFUSED, D.DEFERRED])
def test_a_lost_lease_may_still_tell_what_became_of_its_own_try(
    people: list[int], issue: Issue, now: datetime, state: D
) -> None:
    """A journaled reply may always replace `uncertain`."""
    lease = claim(now)
    results.settle(steal(lease), [outcome(people[0], D.UNCERTAIN)], now=now)
    due = now + timedelta(minutes=5) if state is D.DEFERRED else None
    assert not results.settle(lease, [outcome(people[0], state, due=due)], now=now)
    assert newsroom.assert_balanced(issue) == {"pending": 5, state.value: 1}
    if due:
        assert Result.objects.get().retry_chunk == Chunk.objects.get(retry=True).number


def test_a_lost_lease_cannot_tell_about_another_try(people: list[int], issue: Issue, now: datetime) -> None:
    lease = claim(now)
    results.settle(steal(lease), [outcome(people[0], D.UNCERTAIN, tries=2)], now=now)
    results.settle(lease, [outcome(people[0], D.ACCEPTED, tries=1)], now=now)
    assert newsroom.assert_balanced(issue) == {"pending": 5, "uncertain": 1}


def test_deferred_ones_share_a_retry_chunk_for_the_minute_they_fall_due(
    people: list[int], issue: Issue, now: datetime
) -> None:
    lease = claim(now)
    for seconds, subscriber in enumerate(people[:3]):
        due = now + timedelta(minutes=5, seconds=20 * seconds + 1)
        results.settle(lease, [outcome(subscriber, D.DEFERRED, due=due)], now=now)
    results.settle(lease, [outcome(people[3], D.DEFERRED, due=now + timedelta(minutes=9))], now=now)

    retries = Chunk.objects.filter(retry=True).order_by("number")
    assert list(retries.values_list("size", "not_before")) == [
        (3, now + timedelta(minutes=6)),
        (1, now + timedelta(minutes=9)),
    ]
    assert results.close(lease, now=now, not_before=None) is False  # two are still pending

    claimed = [claim(now + timedelta(minutes=6)) for _ in range(2)]
    assert [one.retry for one in claimed] == [True, False]  # what has a time goes before what has none
    assert claimed[1].number == lease.number


def test_a_deferred_one_is_tried_in_its_own_retry_chunk_only(people: list[int], issue: Issue, now: datetime) -> None:
    lease = claim(now)
    due = now + timedelta(minutes=5)
    results.settle(lease, [outcome(people[0], D.DEFERRED, due=due)], now=now)
    with pytest.raises(LedgerBroken):
        results.settle(lease, [outcome(people[0], D.ACCEPTED, tries=2)], now=now)
    results.settle(lease, [outcome(one, D.ACCEPTED) for one in people[1:]], now=now)
    assert results.close(lease, now=now, not_before=None) is True

    retry = claim(due)
    assert retry.retry
    assert [(row.subscriber, row.tries, row.state) for row in results.open_deliveries(retry)] == [
        (people[0], 1, D.DEFERRED)
    ]
    results.settle(retry, [outcome(people[0], D.ACCEPTED, tries=2)], now=due)
    assert results.close(retry, now=now, not_before=None) is True
    assert list(Attempt.objects.order_by("pk").values_list("state", flat=True)) == ["deferred", "accepted"]
    assert newsroom.assert_balanced(issue) == {"accepted": 6}
