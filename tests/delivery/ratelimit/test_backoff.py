"""Slower when a group of domains asks for it, and back in steps; told to all workers."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import models
from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.ratelimit import backoff, backoff_store
from newsletter.delivery.ratelimit.backoff import HOLD, STEP_EVERY, Pace
from newsletter.delivery.ratelimit.backoff_store import BackoffObserver, Observation
from newsletter.delivery.states import DeliveryState

KEY = "pace:1:gmail"


def reply(code: int, enhanced: str = "", text: str = "not now") -> Reply:
    return Reply(1, DeliveryState.DEFERRED, Phase.RCPT, code, enhanced, text)


def slower(was: Pace | None, now: datetime, *, limit: float | None = None, observed: float = 8.0) -> Pace:
    return backoff.slower(was, limit=limit, observed=observed, connections=10, now=now)


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (reply(421, "4.7.0", "[TSS04] Messages temporarily deferred"), True),
        (reply(451, "4.3.2", "please try again later"), True),
        (reply(450), True),
        (reply(454, "", "Throttling failure: Maximum sending rate exceeded"), True),
        (reply(450, "4.2.1", "The user is receiving mail at a rate that prevents delivery"), True),
        (reply(450, "4.2.1", "mailbox disabled"), False),
        (reply(451, "4.7.1", "Greylisting in action, please come back later"), False),
        (reply(450, "4.7.1", "Too many connections"), True),
        (reply(452, "4.2.2", "mailbox full"), False),
        (reply(550, "5.7.1", "rate"), False),
    ],
)
def test_only_replies_about_how_much_we_send_slow_us_down(said: Reply, asks: bool) -> None:
    assert backoff.asks_for_less(said) is asks


def test_the_first_halves_what_is_set_or_else_what_went_out(now: datetime) -> None:
    assert slower(None, now, limit=50, observed=30).rate == 15
    assert slower(None, now, limit=10, observed=0).rate == 5
    assert slower(None, now, limit=None, observed=8).rate == 4


def test_what_several_connections_hear_at_once_counts_once(now: datetime) -> None:
    one = slower(None, now)
    two = slower(one, now + timedelta(seconds=1))
    assert (two.rate, two.in_a_row) == (one.rate, 2)
    assert slower(two, now + HOLD).rate == one.rate / 2


def test_after_three_in_a_row_the_connections_are_halved(now: datetime) -> None:
    """Trust B3."""
    state = None
    for number in range(3):
        state = slower(state, now + number * HOLD)
    assert state is not None
    assert state.connections == 5
    assert slower(state, now + 3 * HOLD).connections == 2


def test_success_brings_it_back_in_equal_steps_until_nothing_is_left(now: datetime) -> None:
    state: Pace | None = slower(None, now, limit=10, observed=10)
    rates = []
    while state is not None:
        now += STEP_EVERY
        state = backoff.faster(state, limit=10, most=20, now=now)
        rates.append(state.rate if state else None)
    assert rates == [6, 7, 8, 9, None]


def test_a_success_right_after_is_too_soon_to_go_faster(now: datetime) -> None:
    state = slower(None, now)
    again = backoff.faster(state, limit=None, most=20, now=now + timedelta(seconds=5))
    assert again is not None
    assert (again.rate, again.in_a_row) == (state.rate, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=60), st.none() | st.floats(0.2, 500))
def test_whatever_comes_it_never_stops_and_never_goes_beyond_the_limit(
    events: list[tuple[bool, int]], limit: float | None
) -> None:
    now, state = datetime(2026, 11, 26, 7), None  # noqa: DTZ001
    for good, seconds in events:
        now += timedelta(seconds=seconds)
        if not good:
            state = slower(state, now, limit=limit)
        elif state is not None:
            state = backoff.faster(state, limit=limit, most=20, now=now)
        if state is not None:
            assert backoff.SLOWEST <= state.rate <= max(limit or 8 * backoff.BEYOND, backoff.SLOWEST)
            assert state.connections is None or 1 <= state.connections < 20


# Gathered in the loop, stored for all.


def test_the_rate_that_goes_out_is_counted_over_the_last_seconds() -> None:
    clock = [100.0]
    observer = BackoffObserver(lambda: clock[0])
    for _ in range(50):
        observer.worked(KEY)
        clock[0] += 0.2
    assert observer.observed(KEY) == pytest.approx(5.0, rel=0.05)
    clock[0] += 60
    assert observer.observed(KEY) == 0.0


def test_a_reply_about_one_mailbox_is_no_news() -> None:
    observer = BackoffObserver(lambda: 1.0)
    assert not observer.resisted(KEY, reply(450, "4.2.1"), limit=None, connections=5)
    assert observer.taken_observations() == []
    assert observer.resisted(KEY, reply(421, "4.7.0", "secret@example.org"), limit=10, connections=5)
    assert observer.taken_observations() == [
        Observation(KEY, 10, 0.0, 5, "421 4.7.0")
    ]  # codes, never words: they could name a reader


@pytest.mark.django_db
def test_two_workers_that_hear_the_same_slow_down_once(now: datetime) -> None:
    heard = Observation(KEY, 10, 10.0, 5, "421")
    backoff_store.store([heard], now=now)
    backoff_store.store([heard, heard], now=now + timedelta(seconds=2))
    row = models.Pace.objects.get()
    assert (row.key, row.rate, row.in_a_row, row.reply) == (KEY, 5.0, 3, "421")


@pytest.mark.django_db
def test_successes_of_any_worker_bring_it_back(now: datetime) -> None:
    backoff_store.store([Observation(KEY, 10, 10.0, 5, "421")], now=now)
    observer = BackoffObserver(lambda: 500.0)
    _, observer.slowed = backoff_store.ceilings()
    assert observer.worked(KEY)
    assert not observer.worked(KEY)  # one row's update for a while
    observer.recovers(KEY, limit=10)
    (good,) = observer.taken_observations()
    for _ in range(6):
        now += STEP_EVERY
        backoff_store.store([good], now=now)
    assert not models.Pace.objects.exists()
