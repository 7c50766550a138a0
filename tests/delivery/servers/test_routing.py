"""Which server may take the next message: roles, shares, and who is never asked."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.servers import routing
from newsletter.delivery.servers.routing import RouteState, State, Turns
from newsletter.delivery.states import Role

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)

states = st.builds(
    RouteState,
    id=st.just(0),
    role=st.sampled_from(Role),
    weight=st.integers(1, 100),
    state=st.sampled_from(State),
    at_limit=st.booleans(),
    turn=st.floats(0, 50),
)
snapshots = st.lists(states, max_size=6).map(lambda some: [replace(one, id=n) for n, one in enumerate(some, 1)])


def primary(number: int, **given: object) -> RouteState:
    return replace(RouteState(id=number), **given)  # type: ignore[arg-type]


@given(snapshots)
def test_nobody_is_asked_who_is_not_usable_or_at_its_limit(snapshot: list[RouteState]) -> None:
    known = {one.id: one for one in snapshot}
    chosen = routing.choose(snapshot)
    assert len(chosen) == len(set(chosen))
    for one in (known[number] for number in chosen):
        assert one.state in {State.WORKS, State.UNTRIED}
        assert not one.at_limit


@given(snapshots)
def test_there_is_always_one_when_any_is_usable_and_not_at_its_limit(snapshot: list[RouteState]) -> None:
    """B3: a failed server costs nobody the mail while another works."""
    usable = [replace(one, at_limit=False) for one in snapshot if one.state.is_usable]
    rest = [one for one in snapshot if not one.state.is_usable]
    assert bool(routing.choose([*rest, *usable])) is bool(usable)


@given(snapshots)
def test_only_a_limit_makes_mail_wait_while_a_server_is_usable(snapshot: list[RouteState]) -> None:
    usable = [one for one in snapshot if one.state.is_usable]
    first = [one for one in usable if one.role is not Role.FALLBACK]
    if usable and not routing.choose(snapshot):
        assert all(one.at_limit for one in first or usable)


@given(snapshots)
def test_overflow_and_fallback_wait_for_their_hour(snapshot: list[RouteState]) -> None:
    roles = {one.id: one.role for one in snapshot}
    asked = {roles[number] for number in routing.choose(snapshot)}
    usable = [one for one in snapshot if one.state.is_usable]
    assert len(asked) <= 1
    if any(one.role is Role.PRIMARY and not one.at_limit for one in usable):
        assert asked == {Role.PRIMARY}
    if any(one.role is not Role.FALLBACK for one in usable):
        assert Role.FALLBACK not in asked


@given(snapshots)
def test_a_lane_may_take_only_what_the_choice_allows_and_the_first_always_may(snapshot: list[RouteState]) -> None:
    chosen = routing.choose(snapshot)
    may = {one.id for one in snapshot if routing.may_take(one.id, snapshot)}
    assert may <= set(chosen)
    assert set(chosen[:1]) <= may


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(0, 2**32))
def test_weights_hold_over_many_draws(weights: list[int], seed: int) -> None:
    """Exactly, at every moment: nobody is ever more than one message away from a share."""
    servers = [primary(n, weight=weight) for n, weight in enumerate(weights, 1)]
    turns, got = Turns(), Counter[int]()
    draws = 10 * sum(weights) + seed % 7
    for _ in range(draws):
        marked = turns.mark(servers, now=NOW)
        first = routing.choose(marked)[0]
        turns.took(first, marked, now=NOW)
        got[first] += 1
    for one in servers:
        share = draws * one.weight / sum(weights)
        assert abs(got[one.id] - share) <= len(servers)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data())
def test_weights_hold_when_lanes_ask_in_any_order(weights: list[int], data: st.DataObject) -> None:
    """Whoever asks most often gets ahead by no more than the room that is left for it."""
    servers = [primary(n, weight=weight) for n, weight in enumerate(weights, 1)]
    turns, got = Turns(), Counter[int]()
    for asking in data.draw(st.lists(st.integers(1, len(weights)), min_size=50, max_size=300)):
        marked = turns.mark(servers, now=NOW)
        if routing.may_take(asking, marked):
            turns.took(asking, marked, now=NOW)
            got[asking] += 1
        least = min(got[one.id] / one.weight for one in servers)
        assert all(got[one.id] - least * one.weight <= routing.AHEAD + 2 for one in servers)


def test_a_server_that_comes_back_neither_waits_nor_gets_all_at_once() -> None:
    turns, got = Turns(), Counter[int]()
    for step in range(600):
        servers = [primary(1), primary(2, state=State.PAUSED if step < 300 else State.WORKS)]
        marked = turns.mark(servers, now=NOW)
        first = routing.choose(marked)[0]
        turns.took(first, marked, now=NOW)
        if step >= 300:
            got[first] += 1
    assert got == {1: 150, 2: 150}


def test_nobody_waits_for_a_server_that_hangs_and_it_gets_no_flood_afterwards() -> None:
    """T6: its connections may wait ten minutes for the answer to a dot; the other one goes on meanwhile."""
    servers, turns, now, got = [primary(1), primary(2)], Turns(), NOW, Counter[int]()

    def ask(number: int) -> bool:
        marked = turns.mark(servers, now=now)
        may = routing.may_take(number, marked)
        if may:
            turns.took(number, marked, now=now)
            got[number] += 1
        return may

    while ask(1):
        pass
    assert got == {1: routing.AHEAD + 1}
    now += routing.STALLED + timedelta(milliseconds=1)
    assert all(ask(1) for _ in range(500))
    assert ask(2)
    for _ in range(300):
        ask(2)
    assert got[2] <= 2 * routing.AHEAD + 3


def test_what_is_at_its_limit_is_passed_over_for_the_overflow() -> None:
    marked = Turns().mark([primary(1), primary(2, role=Role.OVERFLOW)], now=NOW, at_limit={1})
    assert routing.choose(marked) == [2]


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        ([primary(1), primary(2, role=Role.OVERFLOW), primary(3, role=Role.FALLBACK)], [1]),
        ([primary(1, at_limit=True), primary(2, role=Role.OVERFLOW), primary(3, role=Role.FALLBACK)], [2]),
        ([primary(1, at_limit=True), primary(4), primary(2, role=Role.OVERFLOW)], [4]),
        ([primary(1, at_limit=True), primary(3, role=Role.FALLBACK)], []),
        ([primary(1, state=State.SLEEPING), primary(2, role=Role.OVERFLOW)], [2]),
        ([primary(1, state=State.UNSET), primary(3, role=Role.FALLBACK)], [3]),
        ([primary(1, state=State.PAUSED)], []),
        ([primary(1, weight=2), primary(2, weight=3)], [2, 1]),
    ],
)
def test_by_example(snapshot: list[RouteState], expected: list[int]) -> None:
    assert routing.choose(snapshot) == expected


@pytest.mark.parametrize("role", [Role.FALLBACK, Role.OVERFLOW])
@pytest.mark.parametrize("state", [State.SLEEPING, State.PAUSED])
def test_mail_waits_rather_than_going_by_a_server_without_encryption(role: Role, state: State) -> None:
    """S7: whatever happens to the encrypted server, a clear one never takes its place."""
    encrypted, clear = RouteState(id=1, state=state), RouteState(id=2, role=role, is_clear=True)
    assert routing.choose([encrypted, clear]) == []
    assert not routing.may_take(2, [encrypted, clear])
    assert routing.choose([encrypted, RouteState(id=2, is_clear=True)]) == []
    assert routing.choose([replace(encrypted, state=State.WORKS, at_limit=True), clear]) == []


def test_clear_servers_share_with_encrypted_ones_and_are_all_there_is_among_themselves() -> None:
    clear = RouteState(id=2, is_clear=True)
    assert routing.choose([RouteState(id=1), clear]) == [1, 2]
    assert routing.choose([clear, RouteState(id=3, role=Role.FALLBACK, is_clear=True)]) == [2]
    down = replace(clear, state=State.SLEEPING)
    assert routing.choose([down, RouteState(id=3, role=Role.FALLBACK, is_clear=True)]) == [3]
    encrypted = RouteState(id=4, role=Role.FALLBACK)
    assert routing.choose([down, encrypted]) == [4]


def test_a_clear_server_takes_no_place_of_an_encrypted_one_beside_it_or_before_it() -> None:
    """S7: whether others that are encrypted could still be asked or not."""
    down, clear = RouteState(id=1, state=State.SLEEPING), RouteState(id=2, is_clear=True)
    for role in (Role.OVERFLOW, Role.FALLBACK):
        assert routing.choose([down, clear, RouteState(id=3, role=role)]) == [3]
        assert routing.choose([down, clear, RouteState(id=3, role=role, state=State.SLEEPING)]) == []
    fallback = replace(clear, role=Role.FALLBACK)
    assert routing.choose([replace(down, role=Role.OVERFLOW), fallback]) == []


def test_a_clear_primary_goes_on_while_an_encrypted_one_behind_it_is_away() -> None:
    """S7: it is what somebody chose to send by."""
    clear = RouteState(id=2, is_clear=True)
    for role in (Role.OVERFLOW, Role.FALLBACK):
        assert routing.choose([clear, RouteState(id=1, role=role, state=State.PAUSED)]) == [2]
        assert routing.choose([clear, RouteState(id=1, role=role)]) == [2]
