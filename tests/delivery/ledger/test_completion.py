"""An issue ends when nothing of it is open and every sum is right."""

from datetime import datetime, timedelta

import pytest

from newsletter.delivery.ledger import completion, leases, results
from newsletter.delivery.models import Alarm, Chunk, Release, Result
from newsletter.delivery.states import ChunkState
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues import services as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from tests.delivery.ledger.leasing import claim
from tests.delivery.ledger.test_results import outcome

pytestmark = pytest.mark.django_db


def settle_all(people: list[int], now: datetime, state: D = D.ACCEPTED) -> None:
    """Everybody's mail was taken, and the chunk is done."""
    lease = claim(now)
    assert results.close(lease, [outcome(person, state) for person in people], not_before=None, now=now)


def test_an_issue_with_an_open_chunk_goes_on(people: list[int], issue: Issue, now: datetime) -> None:
    lease = claim(now)
    assert results.settle(lease, [outcome(person, D.ACCEPTED) for person in people], now=now)
    assert not completion.finish(issue.pk, now=now)
    assert leases.put_back(lease, state=ChunkState.DONE, not_before=None)
    assert completion.finish(issue.pk, now=now)


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.PAUSED])
def test_it_ends_once_whether_it_is_sending_or_paused(
    state: IssueState, people: list[int], issue: Issue, now: datetime
) -> None:
    settle_all(people, now)
    if state is IssueState.PAUSED:
        issues.move(issue.pk, IssueState.PAUSED, now=now, by="staff:1")
    assert completion.finish(issue.pk, now=now)
    assert not completion.finish(issue.pk, now=now + timedelta(minutes=1))
    issue.refresh_from_db()
    assert (issue.state, Release.objects.get().finished_at) == (IssueState.FINISHED, now)


def test_a_sum_that_is_off_ends_nothing_and_is_said(people: list[int], issue: Issue, now: datetime) -> None:
    settle_all(people, now)
    Result.objects.filter(subscriber=people[0]).delete()
    assert not completion.finish(issue.pk, now=now)
    assert Release.objects.get().finished_at is None
    assert Alarm.objects.get().key == f"sums:{issue.pk}"


def test_who_waits_for_another_try_without_a_chunk_keeps_it_open(
    people: list[int], issue: Issue, now: datetime
) -> None:
    settle_all(people, now)
    Result.objects.filter(subscriber=people[0]).update(state=D.DEFERRED)
    assert not completion.finish(issue.pk, now=now)
    assert "1 deferred belong to no chunk" in str(Alarm.objects.get())


def test_doubts_are_left_to_a_person_with_an_alarm(people: list[int], issue: Issue, now: datetime) -> None:
    settle_all(people, now, D.UNCERTAIN)
    assert completion.finish(issue.pk, now=now)
    assert Alarm.objects.get().key == f"uncertain:{issue.pk}"


def test_a_sweep_ends_what_a_killed_process_did_not(people: list[int], now: datetime) -> None:
    settle_all(people, now)
    assert Chunk.objects.exclude(state=ChunkState.DONE).count() == 0
    assert (completion.sweep(now=now), completion.sweep(now=now)) == (1, 0)
