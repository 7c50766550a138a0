"""The freeze: everyone accounted for, once, all or nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze, journal, leases, queries
from newsletter.delivery.models import Chunk, Delivery, Exclusion, Release
from newsletter.errors import NotAllowed, NotFound
from newsletter.issues import services as issues
from newsletter.issues.models import Approval, Issue
from newsletter.issues.states import IssueState
from subscribers import api as subscribers
from subscribers.models import Subscriber, Subscription
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db


def planned(issue: Issue) -> list[int]:
    rows = Delivery.objects.filter(issue_id=issue.pk).order_by("subscriber")
    return list(rows.values_list("subscriber", flat=True))


def test_every_candidate_is_planned_or_excluded_with_the_reason(
    readers: newsroom.Readers, issue: Issue, now: datetime
) -> None:
    """I1: candidates = planned + excluded, by reason."""
    stays, left, barred, asked, unproved = readers.join(5)
    readers.leave(left, now=now - timedelta(days=1))
    subscribers.suppress(readers.addresses[barred], reason="complaint", now=now)
    Subscription.objects.filter(subscriber_id=asked).update(state="pending", confirmed_at=None)
    Subscription.objects.filter(subscriber_id=unproved).update(basis="")
    late = readers.join_one("late@example.org", at=now + timedelta(seconds=1))

    release = audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    assert planned(issue) == [stays]
    reasons = dict(Exclusion.objects.filter(issue_id=issue.pk).values_list("subscriber", "reason"))
    assert reasons == {
        left: "unsubscribed",
        barred: "suppressed",
        asked: "pending",
        unproved: "no-consent",
        late: "joined-later",
    }
    assert (release.candidates, release.planned, sum(release.excluded.values())) == (6, 1, 5)
    assert release.cut_off == now
    assert newsroom.assert_balanced(issue) == {"pending": 1}
    assert queries.excluded(issue.pk) == release.excluded


def test_chunks_hold_at_most_500_of_one_domain_and_small_domains_share(
    readers: newsroom.Readers, issue: Issue, now: datetime
) -> None:
    big = readers.join(620)
    Subscriber.objects.filter(pk__in=big).update(domain_group=1)
    for number in range(30):
        Subscriber.objects.filter(pk__in=readers.join(2)).update(domain_group=2 + number)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    chunks = list(Chunk.objects.filter(issue_id=issue.pk).values_list("number", "size", "domain_group"))
    assert sorted(size for _, size, _ in chunks) == [60, 120, 500]
    assert len({group for _, _, group in chunks}) == 2
    for number, size, _ in chunks:
        assert Delivery.objects.filter(issue_id=issue.pk, chunk=number).count() == size


def test_releasing_twice_is_one_release(readers: newsroom.Readers, issue: Issue, now: datetime) -> None:
    people = readers.join(3)
    first = audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    readers.join(1, at=now)
    second = audience_freeze.freeze(issue.pk, by="staff:2", now=now + timedelta(minutes=1))
    assert (first.cut_off, first.released_by) == (second.cut_off, second.released_by)
    assert planned(issue) == people


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_make_one_release(readers: newsroom.Readers, issue: Issue, now: datetime) -> None:
    """P1."""
    people = readers.join(700)

    def release(_: int) -> datetime:
        try:
            return audience_freeze.freeze(issue.pk, by="scheduler", now=now).cut_off
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(release, range(4))) == {now}
    assert planned(issue) == people
    assert newsroom.assert_balanced(issue) == {"pending": 700}
    assert Release.objects.count() == 1


def test_a_freeze_that_was_cut_short_is_invisible_and_gives_the_same_set_again(
    readers: newsroom.Readers, issue: Issue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K1: all or nothing; the rerun is bound to the first cut-off."""
    people = readers.join(230)
    monkeypatch.setattr(audience_freeze, "SLICE", 50)
    whole = audience_freeze._publish
    monkeypatch.setattr(audience_freeze, "_publish", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    assert leases.claim(owner="w", host="h", now=now, states=list(IssueState)) is None
    sums = queries.ledger(issue.pk)
    assert (sums["state"], sums["candidates"], sums["planned"]) == ("freezing", 0, 0)

    monkeypatch.setattr(audience_freeze, "_publish", whole)
    later = now + timedelta(hours=1)
    readers.join(5, at=now + timedelta(minutes=30))
    assert audience_freeze.resume_cut_short(now=later) == 1

    assert planned(issue) == people
    assert newsroom.assert_balanced(issue) == {"pending": 230}
    release = Release.objects.get(pk=issue.pk)
    assert (release.cut_off, release.frozen_at, release.excluded) == (now, later, {"joined-later": 5})
    assert audience_freeze.resume_cut_short(now=later) == 0


def test_a_wrong_sum_keeps_everything_from_going_out(
    readers: newsroom.Readers, issue: Issue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I1: the sums are checked before the first mail."""
    readers.join(3)
    name = "_copy_all" if connection.vendor == "postgresql" else "_copy_in_slices"
    copy = getattr(audience_freeze, name)
    monkeypatch.setattr(audience_freeze, name, lambda *given: copy(*given) + 1)
    with pytest.raises(audience_freeze.FreezeFailed, match="4 candidates, 3 planned"):
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    assert queries.ledger(issue.pk)["state"] == "freezing"
    assert leases.claim(owner="w", host="h", now=now, states=list(IssueState)) is None


def test_an_empty_audience_is_finished_at_once_and_says_why(
    readers: newsroom.Readers, issue: Issue, now: datetime
) -> None:
    readers.leave(readers.join_one("gone@example.org"), now=now)
    release = audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    issue.refresh_from_db()
    assert (issue.state, release.finished_at) == ("finished", now)
    assert issue.state_reason == "Nobody could be written to: 1 unsubscribed."


def test_what_is_not_approved_is_not_released(readers: newsroom.Readers, issue: Issue, now: datetime) -> None:
    Approval.objects.update(voided_at=now)
    with pytest.raises(NotAllowed, match="approved first"):
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    issue.refresh_from_db()
    assert issue.state == "approved"
    assert not Release.objects.exists()


def test_a_cancelled_issue_is_not_released(issue: Issue, now: datetime) -> None:
    issues.move(issue.pk, IssueState.CANCELLED, now=now, by="staff:1")
    with pytest.raises(NotAllowed):
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    with pytest.raises(NotFound):
        audience_freeze.freeze(issue.pk + 1, by="staff:1", now=now)


def test_a_freeze_that_is_cancelled_leaves_nothing(
    readers: newsroom.Readers, issue: Issue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: whether it still runs, or was cut short."""
    readers.join(3)
    whole = audience_freeze._publish

    def cancel_first(*args: Any, **kwargs: Any) -> None:
        release_actions.cancel(issue.pk, by="staff:1", now=now)
        whole(*args, **kwargs)

    monkeypatch.setattr(audience_freeze, "_publish", cancel_first)
    with pytest.raises(NotAllowed):
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    assert not Delivery.objects.exists()
    assert not Chunk.objects.exists()


def test_a_freeze_that_was_cut_short_can_be_cancelled(
    readers: newsroom.Readers, issue: Issue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers.join(3)
    monkeypatch.setattr(audience_freeze, "_publish", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    release_actions.cancel(issue.pk, by="staff:1", now=now)
    assert not Delivery.objects.exists()
    assert queries.ledger(issue.pk)["state"] == "cancelled"
    assert audience_freeze.resume_cut_short(now=now) == 0


def test_the_lock_of_a_freeze_lets_one_in_and_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with journal.exclusive(path) as first, journal.exclusive(path) as second:
        assert (first, second) == (True, False)
    assert not path.exists()
