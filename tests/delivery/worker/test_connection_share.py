"""How many of a server's connections a group of domains may hold, by itself (I5, B7)."""

from dataclasses import dataclass

import pytest

from newsletter.delivery.ratelimit.token_bucket import FIRST_CONNECTIONS, TokenBuckets
from newsletter.delivery.worker.connection_share import QUICK, ConnectionShare

SLOW, OTHER = "pace:1:slow.example", "pace:1:other.example"


@dataclass
class Moment:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def moment() -> Moment:
    return Moment()


def share_of(moment: Moment, *, share: int = 2) -> ConnectionShare:
    return ConnectionShare(TokenBuckets(), share=share, clock=moment)


def test_a_group_has_its_share_and_no_more_while_others_wait(moment: Moment) -> None:
    share = share_of(moment)
    for _ in range(2):
        assert share.has_room(SLOW, behind=None, alone=False)
        share.started(SLOW)
    assert not share.has_room(SLOW, behind=None, alone=False)
    assert share.has_room(OTHER, behind=None, alone=False)
    share.ended(SLOW)
    assert share.has_room(SLOW, behind=None, alone=False)


def test_behind_a_message_of_the_same_group_there_is_always_room(moment: Moment) -> None:
    share = share_of(moment, share=1)
    share.started(SLOW)
    assert share.has_room(SLOW, behind=SLOW, alone=False)
    assert not share.has_room(SLOW, behind=OTHER, alone=False)


def test_a_group_that_is_alone_has_more_while_it_answers_and_no_longer(moment: Moment) -> None:
    share = share_of(moment, share=1)
    share.started(SLOW)
    assert not share.has_room(SLOW, behind=None, alone=True), "it has not answered yet"
    share.answered(SLOW)
    assert share.has_answered
    moment.seconds += QUICK / 2
    assert share.has_room(SLOW, behind=None, alone=True)
    assert not share.has_room(SLOW, behind=None, alone=False)
    moment.seconds += QUICK
    assert not share.has_room(SLOW, behind=None, alone=True)


def test_the_bound_of_the_provider_holds_whatever_the_share(moment: Moment) -> None:
    share = share_of(moment, share=100)
    for _ in range(FIRST_CONNECTIONS):
        share.started(SLOW)
    assert not share.has_room(SLOW, behind=None, alone=True)


def test_what_a_carrier_broke_off_takes_up_no_room(moment: Moment) -> None:
    buckets = TokenBuckets()
    share = ConnectionShare(buckets, share=100, clock=moment)
    for _ in range(FIRST_CONNECTIONS):
        share.started(SLOW)
    assert not buckets.has_room(SLOW)
    share.release_all()
    share.release_all()
    assert buckets.has_room(SLOW)
    assert ConnectionShare(buckets, share=1, clock=moment).has_room(SLOW, behind=None, alone=False)
