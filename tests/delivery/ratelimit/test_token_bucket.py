"""The buckets of one worker: asked before each hand-over, answered from what is at hand."""

from dataclasses import dataclass

import pytest

from newsletter.delivery.ratelimit import token_bucket
from newsletter.delivery.ratelimit.limit_rules import Limit, Limits
from newsletter.delivery.ratelimit.slot_schedule import Permit, PermitAnswer, TakenSlot
from newsletter.delivery.ratelimit.token_bucket import Grant, TokenBuckets

GMAIL = token_bucket.keys_of(server=1, sender="example.org", group="gmail")
YAHOO = token_bucket.keys_of(server=1, sender="example.org", group="yahoo")
LIMITS = Limits({"server:1": Limit(per_second=50), "domain:*": Limit(per_second=10)})
PACE = token_bucket.pace_key(server=1, group="gmail")


@dataclass
class Clock:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(clock: Clock) -> TokenBuckets:
    mine = TokenBuckets(clock=clock)
    mine.follow(LIMITS)
    return mine


def may_go(mine: TokenBuckets, keys: tuple[str, ...]) -> float:
    """0.0: go now; else the seconds to wait."""
    answer = mine.ask(keys)
    return 0.0 if isinstance(answer, Grant) else answer


def permit(due: float, lapses: float | None = None) -> Permit:
    return Permit(due, due + 0.08 if lapses is None else lapses, (TakenSlot("server:1", due, 1),))


def grant(mine: TokenBuckets, *permits: Permit, again: float = 0.0) -> None:
    """Serve the first that wants something."""
    mine.granted([PermitAnswer(mine.requests()[0].keys, permits, again)])


def test_without_limits_everything_goes_and_nothing_is_wanted(clock: Clock) -> None:
    mine = TokenBuckets(clock=clock)
    assert [may_go(mine, GMAIL) for _ in range(1_000)] == [0.0] * 1_000
    assert mine.requests() == []


def test_a_limited_message_waits_for_slots_and_rings_for_them_once(clock: Clock) -> None:
    rings: list[int] = []
    mine = TokenBuckets(clock=clock, ring=lambda: rings.append(1))
    mine.follow(LIMITS)
    assert may_go(mine, GMAIL) == may_go(mine, GMAIL) == token_bucket.SOON
    (want,) = mine.requests()
    assert want.keys == ("domain:gmail", "server:1")  # the domain's is taken before the server's
    assert want.count == 1
    assert rings == [1]


def test_a_grant_that_was_not_needed_lets_the_next_one_go_as_long_as_it_is_good(
    limited: TokenBuckets, clock: Clock
) -> None:
    may_go(limited, GMAIL)
    grant(limited, permit(100.0), permit(100.01))
    clock.at = 100.02
    first = limited.ask(GMAIL)
    assert isinstance(first, Grant)
    limited.unneeded(first)
    assert limited.ask(GMAIL) == first
    assert limited.is_good(first)
    limited.unneeded(first)
    clock.at = 100.085
    assert not limited.is_good(first)
    second = limited.ask(GMAIL)
    assert isinstance(second, Grant)
    assert second.permit == permit(100.01)
    assert limited.unused() == [permit(100.0)]  # too late for it: the database has it back
    limited.follow(Limits({"server:1": Limit(per_second=2)}))
    limited.unneeded(second)
    assert limited.unused() == [permit(100.01)]


def test_a_permit_lets_one_message_go_when_it_is_due_and_not_before(limited: TokenBuckets, clock: Clock) -> None:
    may_go(limited, GMAIL)
    grant(limited, permit(100.0), permit(100.1))
    assert may_go(limited, GMAIL) == 0.0
    assert may_go(limited, GMAIL) == pytest.approx(0.1)
    clock.at = 100.11
    assert may_go(limited, GMAIL) == 0.0
    assert may_go(limited, GMAIL) > 0.0


def test_a_permit_that_is_too_old_is_dropped_and_goes_back_once(limited: TokenBuckets, clock: Clock) -> None:
    may_go(limited, GMAIL)
    old = permit(100.0)
    grant(limited, old)
    clock.at = 100.2
    assert may_go(limited, GMAIL) > 0.0
    assert limited.unused() == [old]
    assert limited.unused() == []


def test_nobody_asks_again_before_it_makes_sense(limited: TokenBuckets, clock: Clock) -> None:
    may_go(limited, GMAIL)
    grant(limited, again=130.0)
    assert may_go(limited, GMAIL) == pytest.approx(30.0)
    assert limited.requests() == []
    clock.at = 130.0
    may_go(limited, GMAIL)
    assert len(limited.requests()) == 1


def test_domains_are_served_in_turn(limited: TokenBuckets) -> None:
    """Trust B7: one does not starve another."""
    may_go(limited, GMAIL)
    may_go(limited, YAHOO)
    grant(limited, permit(100.0))
    assert may_go(limited, GMAIL) == 0.0
    may_go(limited, GMAIL)
    assert [want.keys[0] for want in limited.requests()] == ["domain:yahoo", "domain:gmail"]


def test_groups_without_limits_of_their_own_share_the_servers_slots(clock: Clock) -> None:
    mine = TokenBuckets(clock=clock)
    mine.follow(Limits({"server:1": Limit(per_second=50)}))
    may_go(mine, GMAIL)
    may_go(mine, YAHOO)
    (want,) = mine.requests()
    assert want.keys == ("server:1",)
    assert want.count == 5
    grant(mine, permit(99.99), permit(99.99))
    assert may_go(mine, GMAIL) == may_go(mine, YAHOO) == 0.0


def test_changed_limits_hold_at_once_and_old_permits_go_back(limited: TokenBuckets) -> None:
    may_go(limited, GMAIL)
    late = limited.requests()[0]
    held = permit(100.05)
    grant(limited, held)
    limited.follow(Limits({"server:1": Limit(per_hour=100)}))
    assert limited.unused() == [held]
    limited.granted([PermitAnswer(late.keys, (held,), 0.0)])  # it was under way while they changed
    assert limited.unused() == [held]
    limited.follow(Limits())
    assert may_go(limited, GMAIL) == 0.0


def test_who_stops_gives_everything_back(limited: TokenBuckets) -> None:
    may_go(limited, GMAIL)
    held = (permit(100.05), permit(100.15))
    grant(limited, *held)
    assert limited.drain() == list(held)
    assert may_go(limited, GMAIL) > 0.0


def test_few_go_at_once_at_first_then_more_and_never_more_than_twenty(clock: Clock) -> None:
    """Trust B7."""
    mine = TokenBuckets(clock=clock)
    assert mine.concurrency(PACE) == 5
    for _ in range(5):
        assert mine.has_room(PACE)
        mine.started(PACE)
    assert not mine.has_room(PACE)
    mine.ended(PACE)
    assert mine.has_room(PACE)
    for _ in range(5):
        mine.worked(PACE)
    assert mine.concurrency(PACE) == 6
    for _ in range(1_000):
        mine.worked(PACE)
    assert mine.concurrency(PACE) == 20


def test_three_in_a_row_halve_what_goes_at_once(clock: Clock) -> None:
    """Trust B3."""
    mine = TokenBuckets(clock=clock)
    mine.resisted(PACE)
    mine.resisted(PACE)
    mine.worked(PACE)  # not in a row
    mine.resisted(PACE)
    mine.resisted(PACE)
    assert mine.concurrency(PACE) == 5
    mine.resisted(PACE)
    assert mine.concurrency(PACE) == 2
    for _ in range(30):
        mine.resisted(PACE)
    assert mine.concurrency(PACE) == 1


def test_what_other_workers_learned_bounds_us_too(clock: Clock) -> None:
    mine = TokenBuckets(clock=clock)
    mine.follow(Limits(), ceilings={PACE: 2})
    assert mine.concurrency(PACE) == 2
    mine.follow(Limits(), ceilings={})
    assert mine.concurrency(PACE) == 5


def test_a_changed_limit_leaves_the_permits_of_others_alone(limited: TokenBuckets) -> None:
    for keys in (GMAIL, YAHOO):
        may_go(limited, keys)
        grant(limited, permit(100.0))
    limited.follow(Limits({**LIMITS.by_key, PACE: Limit(per_second=1)}))
    assert len(limited.unused()) == 1
    assert may_go(limited, YAHOO) == 0.0
    assert may_go(limited, GMAIL) > 0.0
    assert limited.requests()[-1].keys == ("domain:gmail", PACE, "server:1")


def test_a_hundred_thousand_small_domains_are_not_kept_in_mind(clock: Clock) -> None:
    mine = TokenBuckets(clock=clock)
    mine.follow(LIMITS)
    for n in range(3 * token_bucket.MOST_ROUTES):
        keys = token_bucket.keys_of(server=1, sender="example.org", group=f"d-{n:010x}")
        mine.started(keys[1])
        may_go(mine, keys)
        grant(mine)
        mine.ended(keys[1])
        assert len(mine._routes) <= token_bucket.MOST_ROUTES + 2
        assert len(mine._windows) <= token_bucket.MOST_ROUTES + 2


def test_one_reservation_serves_so_many_at_most(limited: TokenBuckets) -> None:
    for n in range(token_bucket.AT_ONCE + 50):
        may_go(limited, token_bucket.keys_of(server=1, sender="example.org", group=f"d-{n:010x}"))
    assert len(limited.requests()) == token_bucket.AT_ONCE
