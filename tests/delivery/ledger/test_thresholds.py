"""The limits at which a release pauses by itself, and addresses that are not written to again."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.control import release_actions
from newsletter.delivery.control.auto_pause import Brakes
from newsletter.delivery.ledger import audience_freeze, queries, thresholds
from newsletter.delivery.ledger.hard_bounces import Rounds
from newsletter.delivery.ledger.thresholds import BrakeThresholds, Counts
from newsletter.delivery.models import Alarm, Release
from newsletter.delivery.smtp.memory_carrier import accept
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue, Publication
from subscribers import api as subscribers
from tests.delivery import lines, newsroom
from tests.delivery.lines import Line

Hire = Callable[..., Worker]


@pytest.mark.parametrize(
    ("accepted", "refused", "pauses"),
    [(45, 5, True), (46, 5, False), (40, 9, False), (0, 50, True), (1_000, 99, False)],
)
def test_a_tenth_refused_of_at_least_fifty_is_too_much(accepted: int, refused: int, pauses: bool) -> None:
    """A5."""
    said = thresholds.reached(Counts(accepted=accepted, refused=refused), BrakeThresholds())
    assert (bool(said.pause), said.brake) == (pauses, "refused" if pauses else "")
    assert not pauses or f"{refused} of the first {accepted + refused}" in said.pause


@pytest.mark.parametrize(
    ("complaints", "warns", "pauses"), [(0, False, False), (9, False, False), (10, True, False), (30, False, True)]
)
def test_complaints_warn_at_one_in_a_thousand_and_pause_at_three(complaints: int, warns: bool, pauses: bool) -> None:
    """A5: Gmail and Yahoo ask for less than 0.3 %."""
    said = thresholds.reached(Counts(accepted=10_000, refused=0, complaints=complaints), BrakeThresholds())
    assert (bool(said.warn), bool(said.pause)) == (warns, pauses)


@given(accepted=st.integers(0, 10**6), refused=st.integers(0, 10**6), limit=st.integers(0, 100))
def test_the_cheap_look_never_misses_what_the_counts_would_pause(accepted: int, refused: int, limit: int) -> None:
    limits = BrakeThresholds(refused=limit)
    if thresholds.reached(Counts(accepted=accepted, refused=refused), limits).pause:
        assert limit
        for known in (0, accepted // 2, accepted):
            assert thresholds.may_be_over(refused=refused, accepted_at_least=known, limits=limits)
    assert not thresholds.reached(Counts(accepted=accepted, refused=refused), BrakeThresholds(refused=0)).pause


def every(n: int, bad: Callable[[Message], Reply]) -> Callable[[Message], Reply]:
    """Each nth recipient gets the other answer."""
    seen: list[int] = []

    def answer(message: Message) -> Reply:
        seen.append(message.key)
        return bad(message) if len(seen) % n == 0 else accept(message)

    return answer


@pytest.mark.django_db(transaction=True)
def test_too_many_refused_pause_once_with_words_and_whoever_goes_on_has_decided(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """A5: the worker looks by itself, between two chunks."""
    for domain in ("a.example", "b.example"):
        readers.join(600, domain=domain)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=every(5, lines.says(550, "5.2.1")))
    worker = hire(line)
    assert worker.work_once(now)

    brakes = Brakes()
    assert brakes.check_all(now=now) == 1

    assert queries.ledger(issue.pk)["state"] == "paused"
    issue.refresh_from_db()
    assert "100 of the first 500 recipients (20 %) were refused" in issue.state_reason
    assert Alarm.objects.get(key=f"paused:{issue.pk}", settled_at__isnull=True).text.endswith("again.")
    assert brakes.check_all(now=now) == 0
    release_actions.resume(issue.pk, by="staff:1", now=now)
    assert not brakes.check(issue.pk, now=now)
    newsroom.work_off(worker, now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 960, "refused": 240}
    assert Release.objects.get().brakes == ["refused"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_pulls_the_brake_by_itself(readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime) -> None:
    readers.join(600, domain="a.example")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    moments: Iterator[float] = itertools.repeat(0.0)
    worker = hire(Line(answer=lines.says(550, "5.2.1")), boottime=lambda: next(moments))
    assert worker.work_once(now)
    moments = itertools.count(10.0, 10.0)
    worker.work_once(now)
    assert queries.ledger(issue.pk)["state"] == "paused"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("limit", "paused"), [(0, False), (50, False), (20, True)])
def test_the_limit_is_the_publication_s(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, limit: int, paused: bool
) -> None:
    readers.join(600, domain="a.example")
    Publication.objects.update(refusal_limit=limit)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    hire(Line(answer=every(5, lines.says(550, "5.2.1")))).work_once(now)
    assert Brakes().check(issue.pk, now=now) is paused


@pytest.mark.django_db(transaction=True)
def test_a_long_ledger_is_counted_only_when_the_refused_have_grown(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """Whoever left counts neither way."""
    people = readers.join(500, domain="a.example")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    for person in people[:300]:
        readers.leave(person, now=now)
    worker, brakes = hire(Line(answer=every(12, lines.says(550, "5.2.1")))), Brakes()
    worker.work_once(now)
    with CaptureQueriesContext(connection) as first:
        assert not brakes.check(issue.pk, now=now)
    with CaptureQueriesContext(connection) as second:
        assert not brakes.check(issue.pk, now=now)
    assert (len(first), len(second)) == (3, 2)


@pytest.mark.django_db(transaction=True)
def test_an_address_that_nobody_has_is_not_written_to_again(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """D4: 5.1.1 at RCPT; a full mailbox, or a refusal of the mail, says nothing about the address."""
    people = readers.join(30)
    gone, full = people[3], people[5]

    def answer(message: Message) -> Reply:
        if message.key == gone:
            return lines.says(550, "5.1.1")(message)
        return lines.says(552, "5.2.2")(message) if message.key == full else accept(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=answer)), now=now)

    answers = subscribers.may_receive(subscribers.audience_of_list(readers.list_id), people)
    assert {one: reason for one, reason in answers.items() if reason} == {gone: "suppressed"}


@pytest.mark.django_db(transaction=True)
def test_an_address_that_nobody_has_is_not_written_to_by_the_next_issue_while_others_are_tried_again(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """D4: one full mailbox keeps an issue open for days; the next issue goes out minutes later."""
    people = readers.join(30)
    gone, full = people[3], people[5]

    def answer(message: Message) -> Reply:
        if message.key == gone:
            return lines.says(550, "5.1.1")(message)
        return lines.says(452, "4.2.2")(message) if message.key == full else accept(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=answer)), now=now)
    assert Release.objects.get().finished_at is None, "it is still being tried"
    assert Rounds().look(now=now) == 1
    assert Rounds().look(now=now) == 0, "once"

    following = newsroom.approved_issue(list_id=readers.list_id, now=now, number=2)
    soon = now + timedelta(minutes=5)
    audience_freeze.freeze(following.pk, by="staff:1", now=soon)
    line = Line()
    newsroom.work_off(hire(line), now=soon)
    assert gone not in line.keys
    assert len(set(line.keys)) == 29
    assert newsroom.assert_balanced(following) == {"accepted": 29}


@pytest.mark.django_db(transaction=True)
def test_a_worker_sets_such_addresses_aside_by_itself(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    people = readers.join(30)

    def answer(message: Message) -> Reply:
        return lines.says(*((550, "5.1.1") if message.key == people[3] else (452, "4.2.2")))(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    moments: Iterator[float] = itertools.repeat(0.0)
    worker = hire(Line(answer=answer), boottime=lambda: next(moments))
    newsroom.work_off(worker, now=now)
    moments = itertools.count(10.0, 10.0)
    worker.work_once(now)
    assert _barred(readers, people) == {people[3]: "suppressed"}


@pytest.mark.django_db(transaction=True)
def test_whom_the_team_lets_be_mailed_again_is_not_set_aside_for_the_same_answer(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """The issue ends days later, and looks once more."""
    people = readers.join(30)

    def answer(message: Message) -> Reply:
        return lines.says(*((550, "5.1.1") if message.key == people[3] else (452, "4.2.2")))(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=answer)), now=now)
    assert Rounds().look(now=now) == 1
    subscribers.lift(readers.addresses[people[3]], now=now + timedelta(hours=1), actor="staff:1")
    newsroom.work_off(hire(Line()), now=now + timedelta(days=1))
    assert Release.objects.get().finished_at is not None
    assert _barred(readers, people) == {}


@pytest.mark.django_db(transaction=True)
def test_nobody_is_set_aside_before_every_mail_was_tried_once(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """D4: of the first few hundred it cannot be told whether it is the server that knows nobody."""
    people = [*readers.join(500, domain="a.example"), *readers.join(500, domain="b.example")]
    first: list[int] = []

    def answer(message: Message) -> Reply:
        first.append(message.key)
        return lines.says(550, "5.1.1")(message) if len(first) <= 4 else lines.says(452, "4.2.2")(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    assert hire(Line(answer=answer)).work_once(now)
    assert len(first) < len(people)
    assert Rounds().look(now=now) == 0
    assert _barred(readers, people) == {}
    newsroom.work_off(hire(Line(answer=lines.says(452, "4.2.2"))), now=now)
    assert Rounds().look(now=now) == 4
    assert set(_barred(readers, people)) == set(first[:4])


@pytest.mark.django_db(transaction=True)
def test_many_are_set_aside_a_batch_at_a_time(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """Between two batches the worker settles deliveries."""
    people = readers.join(2_000, domain="a.example")
    gone = set(people[::15])

    def answer(message: Message) -> Reply:
        return lines.says(*((550, "5.1.1") if message.key in gone else (452, "4.2.2")))(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=answer)), now=now)
    rounds = Rounds()
    assert [rounds.look(now=now) for _ in range(3)] == [100, 34, 0]
    assert set(_barred(readers, people)) == gone


def _barred(readers: newsroom.Readers, people: list[int]) -> dict[int, str]:
    answers = subscribers.may_receive(subscribers.audience_of_list(readers.list_id), people)
    return {one: reason for one, reason in answers.items() if reason}


@pytest.mark.django_db(transaction=True)
def test_a_server_that_knows_nobody_takes_nobody_off_while_others_are_tried_again(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """D4"""
    people = readers.join(30)

    def answer(message: Message) -> Reply:
        return lines.says(*((550, "5.1.1") if message.key != people[3] else (452, "4.2.2")))(message)

    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=answer)), now=now)
    assert Rounds().look(now=now) == 0
    assert _barred(readers, people) == {}


@pytest.mark.django_db(transaction=True)
def test_a_server_that_knows_nobody_takes_nobody_off(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """D4: so many at once are a broken server, not gone readers."""
    people = readers.join(30)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=lines.says(550, "5.1.1", phase=Phase.RCPT))), now=now)
    answers = subscribers.may_receive(subscribers.audience_of_list(readers.list_id), people)
    assert set(answers.values()) == {None}
