"""Every button at any instant, and readers who come, go and change meanwhile: nobody twice, nobody forgotten."""

import functools
import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.control import release_actions, resend
from newsletter.delivery.ledger import audience_freeze, completion, queries
from newsletter.delivery.models import Delivery, Exclusion, Release
from newsletter.delivery.smtp.memory_carrier import accept
from newsletter.delivery.worker import chunk_settler
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.errors import NotAllowed
from newsletter.issues import services as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff.models import AuditEntry
from subscribers import addresses, api, conf
from subscribers.models import Subscriber
from tests.delivery import lines, newsroom
from tests.delivery.lines import Line

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]


def state(issue: Issue) -> str:
    return str(queries.ledger(issue.pk)["state"])


def at_once(*steps: Callable[[], object]) -> list[str]:
    """Each in a thread of its own, all let go at the same instant; what each came to, in order."""
    start = threading.Barrier(len(steps))
    came: list[str] = [""] * len(steps)

    def take(place: int, step: Callable[[], object]) -> None:
        try:
            start.wait()
            step()
            came[place] = "done"
        except NotAllowed:
            came[place] = "refused"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=[place, step]) for place, step in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


@pytest.mark.parametrize("seed", range(4))
def test_any_button_at_any_instant_sends_each_reader_one_mail(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, seed: int
) -> None:
    """P2, P3, I1 to I3: pauses, resumes, edits, second releases and people who leave, at random moments."""
    chance = random.Random(seed)
    people = readers.join(60, domain="a.example") + readers.join(60)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    left: set[int] = set()
    edited: list[str] = []

    def leave() -> None:
        who = chance.choice(people)
        if who not in left:
            left.add(who)
            if chance.random() < 0.5:
                api.erase(who, now=now, actor="test")
            else:
                readers.leave(who, now=now)

    def edit() -> None:
        edited.extend(at_once(lambda: issues.edit_issue(issue, by="staff:2", now=now, subject="Another")))

    steps: list[Callable[[], object]] = [
        lambda: at_once(lambda: release_actions.pause(issue.pk, by="staff:1", now=now, reason="A look")),
        lambda: at_once(*[lambda: release_actions.resume(issue.pk, by="staff:1", now=now)] * 2),
        lambda: at_once(*[lambda: audience_freeze.freeze(issue.pk, by="staff:2", now=now)] * 2),
        lambda: newsroom.elsewhere(leave),
        lambda: readers.join(1, at=now + timedelta(minutes=1)) and None,
        edit,
    ]

    def meddle(_: Message) -> None:
        if chance.random() < 0.15:
            # A thread of its own each time, as another process would.
            newsroom.elsewhere(chance.choice(steps))

    line = Line(before=meddle, after_dot=meddle)
    other = Line()
    workers = [hire(line), hire(other)]
    for turn in range(200):
        # Time goes on: a chunk that a busy machine could not hand over within a minute lets others go first.
        later = now + turn * chunk_settler.SLOW_GOES_LATER
        at_once(*[functools.partial(newsroom.work_off, worker, now=later) for worker in workers])
        if state(issue) == "finished":
            break
        at_once(lambda: release_actions.resume(issue.pk, by="staff:1", now=now))

    assert state(issue) == "finished"
    copies = Counter(line.keys + other.keys)
    assert set(copies.values()) == {1}
    assert set(people) - left <= set(copies) <= set(people)
    counts = newsroom.assert_balanced(issue)
    assert counts["accepted"] == len(copies)
    assert counts["accepted"] + counts.get("withdrawn", 0) == len(people)
    assert set(edited) <= {"refused"}
    assert Release.objects.count() == 1


def test_of_cancel_and_resume_at_once_nobody_gets_a_mail_after_the_cancel(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P2: whichever comes first, cancelled is the end."""
    readers.join(30)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    release_actions.pause(issue.pk, by="staff:1", now=now)
    came = at_once(
        lambda: release_actions.cancel(issue.pk, by="staff:1", now=now),
        lambda: release_actions.resume(issue.pk, by="staff:2", now=now),
        lambda: release_actions.cancel(issue.pk, by="staff:3", now=now),
    )
    line = Line()
    if "done" not in (came[0], came[2]):  # the resume won the instant: the button is still there
        release_actions.cancel(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(line), now=now)
    assert state(issue) == "cancelled"
    assert line.keys == []
    assert newsroom.assert_balanced(issue) == {"withdrawn": 30}
    assert AuditEntry.objects.filter(action="issue.cancelled").count() == 1


def test_a_cancel_and_the_last_settle_at_once_leave_one_end_and_right_sums(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    people = readers.join(6)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def cancel(message: Message) -> None:
        if message.key == people[-1]:
            at_once(lambda: release_actions.cancel(issue.pk, by="staff:1", now=now))

    line = Line(after_dot=cancel)
    newsroom.work_off(hire(line), now=now)
    assert state(issue) == "cancelled"
    assert newsroom.assert_balanced(issue) == {"accepted": 6}
    assert Release.objects.get().finished_at == now


@pytest.mark.parametrize("paused", [False, True])
def test_a_button_in_the_instant_of_the_end_comes_before_or_after_it(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, *, paused: bool
) -> None:
    """P2: the worker that ends the issue is not thrown out of it, which told people of trouble that was none."""
    readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line()), now=now)
    Release.objects.update(finished_at=None)
    Issue.objects.update(state=IssueState.PAUSED if paused else IssueState.SENDING)
    pressed, over = threading.Event(), threading.Event()

    def press() -> None:
        with transaction.atomic():
            (release_actions.resume if paused else release_actions.pause)(issue.pk, by="staff:1", now=now)
            pressed.set()
            over.wait(0.5)  # the end is decided meanwhile, or waits for this

    def end() -> None:
        pressed.wait()
        assert completion.finish(issue.pk, now=now)
        over.set()

    assert at_once(press, end) == ["done", "done"]
    assert state(issue) == "finished"


def test_sending_again_pressed_twice_sends_once(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P2: of two people at once, each failed reader is due once."""
    people = readers.join(20)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=lines.says(552, "5.2.2"))
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    line.answer, line.dots = accept, []
    press = [lambda: resend.resend(issue.pk, choices=["full"], by="staff:1", now=now)] * 3
    assert set(at_once(*press)) == {"done"}
    newsroom.work_off(worker, now=now + timedelta(minutes=1))
    assert sorted(line.keys) == people
    assert newsroom.assert_balanced(issue) == {"accepted": 20}
    assert (
        sum(
            int(one["count"])
            for one in AuditEntry.objects.filter(action="issue.resend").values_list("detail", flat=True)
        )
        == 20
    )
    assert state(issue) == "finished"


def test_a_reader_who_changes_address_gets_one_mail_at_the_new_one(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P3: the address is read when the mail is made; a retry goes to the newer one."""
    moved, retried, rejoined = readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def move(person: int, address: str) -> None:
        key = conf.settings().address_key
        Subscriber.objects.filter(pk=person).update(**addresses.columns(addresses.normalise(address), key=key))

    def answer(message: Message) -> Reply:
        return lines.says(450, "4.3.2")(message) if message.key == retried else accept(message)

    move(moved, "new@example.net")
    # Another way: leaving with the one address, joining with the other. The joiner is later than the freeze.
    readers.leave(rejoined, now=now)
    newcomer = readers.join_one("again@example.net", at=now + timedelta(minutes=1))
    line = Line(answer=answer)
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    move(retried, "later@example.net")
    line.answer = accept
    newsroom.work_off(worker, now=now + timedelta(minutes=7))

    assert [message.recipient for message in line.dots] == [
        "new@example.net",
        "reader1@example.org",
        "later@example.net",
    ]
    assert not Delivery.objects.filter(subscriber=newcomer).exists()
    assert not Exclusion.objects.filter(subscriber=newcomer).exists()
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "withdrawn": 1}


def test_an_erased_reader_vanishes_and_the_sums_still_balance(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P3: before the mail, between two tries, and after it was accepted."""
    before, between, after, stays = readers.join(4)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    api.erase(before, now=now, actor="test")

    def answer(message: Message) -> Reply:
        return lines.says(450, "4.3.2")(message) if message.key == between else accept(message)

    worker = hire(Line(answer=answer))
    newsroom.work_off(worker, now=now)
    for person in (between, after):
        api.erase(person, now=now, actor="test")
    newsroom.work_off(worker, now=now + timedelta(minutes=7))
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "withdrawn": 2}
    assert newsroom.state_of(issue, stays).value == "accepted"
    assert state(issue) == "finished"


@pytest.mark.parametrize("moved", [IssueState.SENDING, IssueState.PAUSED, IssueState.FINISHED, IssueState.CANCELLED])
def test_what_was_released_is_edited_and_approved_no_more(
    readers: newsroom.Readers, issue: Issue, now: datetime, moved: IssueState
) -> None:
    """P2: a correction is a new issue."""
    readers.join(1)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    Issue.objects.update(state=moved)
    refused: list[Any] = []
    for step in (
        lambda: issues.edit_issue(issue, by="staff:1", now=now, subject="Another"),
        lambda: issues.unschedule(issue, by="staff:1", now=now),
        lambda: issues.schedule(issue, by="staff:1", now=now, send_at=now + timedelta(days=1)),
    ):
        with pytest.raises(NotAllowed) as error:
            step()
        refused.append(str(error.value))
    assert all(refused)
    issue.refresh_from_db()
    assert (issue.subject, issue.state) == ("The tide turns", moved)
