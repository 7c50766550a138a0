"""When a delivery is tried again, and what is about the reader and what about us."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import states
from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.replies import retry_policy
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.replies.retry_policy import Decision
from newsletter.delivery.states import DeliveryState as D

NOW = datetime(2026, 11, 26, 7, tzinfo=UTC)
LATER = NOW + timedelta(days=4)


def reply(code: int | None, enhanced: str = "", *, phase: Phase = Phase.RCPT, state: D | None = None) -> Reply:
    by_code = {2: D.ACCEPTED, 4: D.DEFERRED, 5: D.REFUSED}
    return Reply(1, state or by_code[(code or 400) // 100], phase, code, enhanced, "said so")


def judged(
    said: Reply,
    *,
    tries: int = 1,
    refused_before: bool = False,
    again: bool = False,
    chance: float = 0.5,
    until: datetime = LATER,
) -> Decision:
    return retry_policy.decide(
        said, tries=tries, refused_before=refused_before, now=NOW, expires_at=until, again=again, chance=chance
    )


def test_a_deferred_one_is_tried_again_by_the_table_of_b1() -> None:
    """B1: 5 m, 15 m, 30 m, 1 h, 2 h, 4 h, then 4 h apart."""
    minutes = [5, 15, 30, 60, 120, 240, 240, 240]
    dues = [judged(reply(452), tries=number).due for number in range(1, 9)]
    assert dues == [NOW + timedelta(minutes=wait) for wait in minutes]


@given(tries=st.integers(1, 40), chance=st.floats(0, 1, exclude_max=True))
def test_jitter_is_a_fifth_at_most(tries: int, chance: float) -> None:
    base = retry_policy.DELAYS[min(tries, 6) - 1]
    assert base * 0.8 <= retry_policy.delay(tries, chance=chance) <= base * 1.2


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_a_greylisting_server_is_asked_again_after_5_to_15_minutes(chance: float) -> None:
    """B2."""
    due = judged(reply(450, "4.7.1"), chance=chance).due
    assert due is not None
    assert timedelta(minutes=5) <= due - NOW <= timedelta(minutes=15)


def test_what_would_be_due_after_the_useful_life_expires() -> None:
    assert judged(reply(452), until=NOW + timedelta(minutes=5)) == Decision(state=D.EXPIRED, kind=Kind.FULL)


def test_a_refused_recipient_concerns_nobody_else() -> None:
    """B4: 5xx to RCPT."""
    assert judged(reply(550, "5.1.1")) == Decision(state=D.REFUSED, kind=Kind.RECIPIENT)
    assert judged(reply(550, "5.7.1")) == Decision(state=D.REFUSED, kind=Kind.POLICY)


@pytest.mark.parametrize(
    ("code", "enhanced", "phase"),
    [(550, "5.7.1", Phase.MAIL), (554, "5.7.26", Phase.DATA), (550, "5.7.515", Phase.DOT), (553, "", Phase.MAIL)],
)
def test_a_refusal_of_our_mail_pauses_the_issue_and_marks_nobody(code: int, enhanced: str, phase: Phase) -> None:
    """B4: 5.7.x to MAIL or DATA."""
    decision = judged(reply(code, enhanced, phase=phase))
    assert (decision.state, bool(decision.pause)) == (D.DEFERRED, True)


@pytest.mark.parametrize(
    ("code", "enhanced", "phase"),
    [(552, "5.3.4", Phase.MAIL), (553, "5.6.7", Phase.MAIL), (550, "5.1.1", Phase.DOT), (None, "5.7.1", Phase.MAIL)],
)
def test_a_refusal_of_one_message_does_not(code: int | None, enhanced: str, phase: Phase) -> None:
    said = reply(code, enhanced, phase=phase, state=D.REFUSED)
    assert (judged(said).state, judged(said).pause) == (D.REFUSED, "")


def test_refused_for_policy_once_more_after_a_person_resumed_it_is_about_this_one() -> None:
    said = reply(550, "5.7.1", phase=Phase.DOT)
    assert judged(said, tries=2, refused_before=True) == Decision(state=D.REFUSED, kind=Kind.POLICY)


def test_a_policy_block_after_greylisting_still_pauses() -> None:
    """B2, B4: that it was deferred before says nothing about the reader; only an earlier policy refusal does."""
    decision = judged(reply(550, "5.7.1", phase=Phase.MAIL), tries=2)
    assert decision.state is D.DEFERRED
    assert decision.pause


def test_a_doubt_is_held_for_a_person_unless_the_policy_says_again() -> None:
    """B6."""
    lost = reply(None, phase=Phase.DOT, state=D.UNCERTAIN)
    assert judged(lost) == Decision(state=D.UNCERTAIN, kind=Kind.NETWORK)
    assert judged(lost, again=True).state is D.DEFERRED
    assert judged(lost, again=True, until=NOW).state is D.UNCERTAIN


@given(failures=st.integers(0, 100), chance=st.floats(0, 1, exclude_max=True))
def test_a_failing_server_is_left_alone_longer_each_time_but_never_for_long(failures: int, chance: float) -> None:
    """B3."""
    assert timedelta(seconds=1) < retry_policy.nap(failures, chance=chance) <= retry_policy.LONGEST_NAP
    assert retry_policy.nap(failures + 1, chance=chance) >= retry_policy.nap(failures, chance=chance)


def test_one_domain_comes_back_a_portion_at_a_time_and_at_most_twice_as_late() -> None:
    """B1: what a provider deferred all at once does not come back all at once."""
    due = NOW + timedelta(minutes=5)
    taken: dict[datetime, int] = {}
    for _ in range(12):
        step = retry_policy.step_with_room(due, now=NOW, taken=taken, room=500, wanted=500)
        taken[step] = taken.get(step, 0) + 500
    assert sorted(taken) == [due + timedelta(minutes=n) for n in range(6)]
    assert set(taken.values()) == {1_000}


@given(seconds=st.integers(0, 14_400), room=st.integers(1, 500))
def test_nothing_comes_back_before_it_is_due(seconds: int, room: int) -> None:
    due = NOW + timedelta(seconds=seconds)
    step = retry_policy.step_with_room(due, now=NOW, taken={retry_policy.whole_step(due): room}, room=room, wanted=1)
    assert due <= step <= due + timedelta(seconds=seconds) + 2 * retry_policy.STEP


@given(current=st.sampled_from(D), to=st.sampled_from(D))
def test_the_table_and_its_inverse_agree(current: D, to: D) -> None:
    assert states.can_move(current=current, to=to) == (current in states.sources_of(to))


def test_what_is_over_stays_over_and_nothing_becomes_pending_again() -> None:
    assert states.TRANSITIONS[D.ACCEPTED] == states.TRANSITIONS[D.WITHDRAWN] == frozenset()
    assert states.sources_of(D.PENDING) == frozenset()
    assert all(states.sources_of(to) >= states.OPEN for to in set(D) - {D.PENDING})
