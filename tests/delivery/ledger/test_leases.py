"""Leases: who has a chunk, for how long, and when another may take it (P1)."""

from datetime import datetime, timedelta

import pytest

from newsletter.delivery.ledger import audience_freeze, leases
from newsletter.delivery.ledger.leases import Observer
from newsletter.delivery.models import Chunk
from newsletter.delivery.states import ChunkState
from newsletter.issues import services as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from tests.delivery import newsroom
from tests.delivery.ledger.leasing import claim, leased, steal

pytestmark = pytest.mark.django_db


def test_a_chunk_is_claimed_once_and_each_claim_raises_the_fence(people: list[int], now: datetime) -> None:
    first = claim(now)
    assert leases.claim(owner="x", host="here", now=now, states=leases.SENDING) is None
    assert leases.put_back(first, state=ChunkState.WAITING, not_before=None)
    assert not leases.put_back(first, state=ChunkState.DONE, not_before=None)
    second = claim(now)
    assert second.token == first.token + 1
    assert not leases.beat(first)
    assert leases.beat(second)


def test_a_paused_issue_is_not_claimed(people: list[int], issue: Issue, now: datetime) -> None:
    issues.move(issue.pk, IssueState.PAUSED, now=now, by="staff:1")
    assert leases.claim(owner="w", host="here", now=now, states=leases.SENDING) is None


def test_what_is_not_due_waits_and_what_is_due_goes_first(
    readers: newsroom.Readers, issue: Issue, now: datetime
) -> None:
    readers.join(1_100)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    first, second, third = Chunk.objects.order_by("number").values_list("number", flat=True)
    Chunk.objects.filter(number=first).update(not_before=now + timedelta(minutes=5))
    Chunk.objects.filter(number=third).update(not_before=now - timedelta(minutes=5))
    assert [claim(now).number, claim(now).number] == [third, second]
    assert leases.claim(owner="w", host="here", now=now, states=leases.SENDING) is None


def test_a_lease_is_lost_only_after_a_whole_lease_without_a_sign(people: list[int], now: datetime) -> None:
    """P1: by the taker's own clock and the owner's counter; no wall clock."""
    lease = claim(now)
    clock = iter([0.0, 59.9, 60.0, 61.0, 119.0, 121.5]).__next__
    observer = Observer(lease_seconds=60, clock=clock)

    def lost() -> bool:
        return bool(observer.lost(leases.leased(), known_dead=lambda _: False))

    assert [lost(), lost()] == [False, False]
    leases.beat(lease)
    assert [lost(), lost(), lost(), lost()] == [False, False, False, True]


def test_what_this_machine_knows_to_be_dead_is_lost_at_once(people: list[int], now: datetime) -> None:
    claim(now)
    assert Observer(lease_seconds=60).lost(leases.leased(), known_dead=lambda chunk: chunk.owner == "w")


def test_an_owner_that_showed_life_since_keeps_its_chunk(people: list[int], now: datetime) -> None:
    lease = claim(now)
    seen = leased(lease)
    leases.beat(lease)
    assert leases.take_over(seen, owner="thief", host="there") is None
    assert leases.beat(lease)


def test_publications_and_domain_groups_that_cannot_go_are_left_alone(
    people: list[int], issue: Issue, now: datetime
) -> None:
    options = {"owner": "w", "host": "here", "now": now, "states": leases.SENDING}
    group = Chunk.objects.get().domain_group
    assert leases.claim(**options, without=[issue.publication_id]) is None
    assert leases.claim(**options, slow=[group]) is None
    assert leases.claim(**options, without=[issue.publication_id + 1], slow=[group + 1]) is not None


def test_one_chunk_is_claimed_by_its_number_before_its_time_unless_somebody_has_it(
    people: list[int], issue: Issue, now: datetime
) -> None:
    number = Chunk.objects.get().number
    Chunk.objects.update(not_before=now + timedelta(hours=1))
    lease = leases.claim_one(issue=issue.pk, number=number, owner="w", host="here")
    assert lease is not None
    assert leases.claim_one(issue=issue.pk, number=number, owner="x", host="here") is None
    assert leases.put_back(lease, state=ChunkState.DONE, not_before=None)
    assert leases.claim_one(issue=issue.pk, number=number, owner="x", host="here") is None


def test_a_window_is_authorised_with_the_claim_and_with_each_sign_of_life(people: list[int], now: datetime) -> None:
    lease = leases.claim(owner="w", host="here", now=now, states=leases.SENDING, window=3)
    assert lease is not None
    assert leased(lease).window == 3
    assert leases.beat(lease)
    assert (leased(lease).window, leased(lease).beat) == (3, 1)
    assert leases.beat(lease, window=7)
    assert (leased(lease).window, leased(lease).beat) == (7, 2)


def test_who_was_taken_over_is_told_so_at_the_next_sign_of_life(people: list[int], now: datetime) -> None:
    lease = claim(now)
    taken = steal(lease)
    assert not leases.beat(lease, window=500)
    assert not leases.put_back(lease, state=ChunkState.WAITING, not_before=None)
    assert (leased(taken).owner, leased(taken).token, leased(taken).beat) == ("thief", lease.token + 1, 0)
    assert leases.beat(taken)
