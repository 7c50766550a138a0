"""Times are claimed once, missed ones ask, and cut-short ones are taken up again (trust P1, C3)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection

from newsletter.delivery import alarms
from newsletter.issues import queries, services
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.scheduling import due
from newsletter.scheduling import services as scheduling
from newsletter.scheduling.models import Schedule
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER
from tests.scheduling.conftest import Killed, Room

pytestmark = pytest.mark.django_db

AT = NOW + timedelta(hours=2)
SLOT = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
"""The next 07:00 in Berlin after NOW."""


@pytest.fixture(autouse=True)
def _mails_stay_here(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]


def _scheduled(at: datetime = AT) -> Issue:
    issue = factories.issue()
    factories.approved(issue, send_at=at)
    return queries.get_issue(issue.pk)


def _state(issue: Issue) -> str:
    return queries.get_issue(issue.pk).state


def test_nothing_is_done_before_its_time(room: Room) -> None:
    issue = _scheduled()
    assert room.tick(AT - timedelta(seconds=1)) == []
    assert _state(issue) == IssueState.SCHEDULED


def test_a_scheduled_issue_goes_out_at_its_time(room: Room) -> None:
    issue = _scheduled()
    assert room.tick(AT) == [f"Issue {issue.number} was released."]
    assert room.released == [issue.pk]
    assert room.tick(AT + timedelta(hours=5)) == []
    assert Schedule.objects.get(issue=issue).last_outcome == f"Issue {issue.number} was released."


def test_a_time_missed_by_a_short_outage_is_kept(room: Room) -> None:
    """C3: down for five minutes sends."""
    issue = _scheduled()
    room.tick(AT + timedelta(minutes=5))
    assert room.released == [issue.pk]


def test_a_time_missed_by_exactly_an_hour_is_kept_and_by_more_is_not(room: Room) -> None:
    """C3"""
    one, other = _scheduled(AT), _scheduled(AT - timedelta(seconds=1))
    room.tick(AT + timedelta(hours=1))
    assert room.released == [one.pk]
    assert _state(other) == IssueState.HELD


def test_a_time_missed_by_a_long_outage_asks(room: Room) -> None:
    """C3, threat 5: down for three days holds, with a reason and an alarm; nothing is sent."""
    factories.editor()
    issue = _scheduled()
    (outcome,) = room.tick(AT + timedelta(days=3))
    held = queries.get_issue(issue.pk)
    assert held.state == IssueState.HELD
    assert held.state_reason == outcome == "Its time, Thu 26 Nov 2026, 10:00 (Europe/Berlin), was missed by 3 days."
    assert room.released == []
    (alarm,) = alarms.standing()
    assert alarm.text.startswith("The Harbour Letter, issue 1: Its time")
    assert alarm.publication == issue.publication
    assert [message.to for message in mail.outbox] == [["editor@harbour.example"]]
    assert room.tick(AT + timedelta(days=4)) == []


def test_the_alarm_is_over_once_a_person_decided(room: Room) -> None:
    issue = _scheduled()
    late = AT + timedelta(days=3)
    room.tick(late)
    factories.approved(issue, now=late, send_at=late + timedelta(hours=1))
    room.tick(late + timedelta(minutes=1))
    assert not alarms.standing().exists()
    room.tick(late + timedelta(hours=1))
    assert room.released == [issue.pk]


def test_a_rescheduled_issue_goes_out_at_the_new_time_only(room: Room) -> None:
    issue = _scheduled()
    room.tick(NOW)
    services.schedule(issue, by=COLLEAGUE, now=NOW, send_at=AT + timedelta(hours=1))
    assert room.tick(AT) == []
    room.tick(AT + timedelta(hours=1))
    assert room.released == [issue.pk]


def test_an_issue_edited_after_scheduling_does_not_go_out(room: Room) -> None:
    issue = _scheduled()
    room.tick(NOW)
    services.edit_issue(issue, by=WRITER, now=NOW, subject="Something else")
    assert room.tick(AT) == []
    assert Schedule.objects.get(issue=issue).last_outcome == "No longer scheduled."


def test_an_edit_between_claim_and_release_wins(room: Room) -> None:
    """P2: edit and send at random."""
    issue = _scheduled()
    due.keep_up(now=AT)
    (claim,) = due.claim_due(now=AT)
    services.edit_issue(issue, by=WRITER, now=AT, subject="Something else")
    due.done(claim, summary="")
    room.tick(AT + timedelta(minutes=1))
    assert (room.released, _state(issue)) == ([], IssueState.DRAFT)


def test_a_scheduler_that_dies_before_the_release_loses_nothing(room: Room) -> None:
    """P1: a crash between claim and release."""
    issue = _scheduled()
    room.die_before_release = True
    with pytest.raises(Killed):
        room.tick(AT)
    room.die_before_release = False
    assert room.tick(AT + timedelta(minutes=1)) == []
    room.tick(AT + timedelta(minutes=3))
    assert room.released == [issue.pk]
    assert room.tick(AT + timedelta(minutes=9)) == []


def test_a_scheduler_that_dies_while_freezing_is_followed_up(room: Room) -> None:
    issue = _scheduled()
    room.die_while_freezing = True
    with pytest.raises(Killed):
        room.tick(AT)
    assert _state(issue) == IssueState.FREEZING
    room.die_while_freezing = False
    room.tick(AT + timedelta(minutes=3))
    assert (room.released, _state(issue)) == ([issue.pk], IssueState.SENDING)


def test_a_scheduler_that_dies_at_a_slot_takes_up_the_same_issue_and_no_other(room: Room) -> None:
    publication = factories.publication(cadence="0 7 * * *")
    first, second = factories.issue(publication), factories.issue(publication)
    factories.approved(first)
    factories.approved(second)
    room.die_while_freezing = True
    with pytest.raises(Killed):
        room.tick(SLOT)
    room.die_while_freezing = False
    room.tick(SLOT + timedelta(minutes=3))
    assert room.released == [first.pk]
    assert _state(second) == IssueState.APPROVED


def test_a_woken_scheduler_whose_claim_was_taken_over_writes_nothing() -> None:
    """P1: stopped for ten minutes, then woken."""
    issue = _scheduled()
    due.keep_up(now=AT)
    (asleep,) = due.claim_due(now=AT)
    (other,) = due.claim_due(now=AT + timedelta(minutes=10))
    assert not due.settle_on(asleep, issue.pk)
    due.done(asleep, summary="I woke up.")
    due.done(other, summary="Done.")
    assert Schedule.objects.get(issue=issue).last_outcome == "Done."


@pytest.mark.django_db(transaction=True)
def test_of_two_schedulers_at_once_one_releases_each_issue(room: Room) -> None:
    """P1"""
    publication = factories.publication(cadence="0 7 * * *")
    timed = []
    for _ in range(3):
        issue = factories.issue(publication)
        factories.approved(issue, send_at=SLOT)
        timed.append(issue.pk)
    waiting, later = factories.issue(publication), factories.issue(publication)
    factories.approved(waiting)
    factories.approved(later)
    start = threading.Barrier(3)
    failures: list[BaseException] = []

    def tick() -> None:
        try:
            start.wait()
            for _ in range(2):
                room.tick(SLOT)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(room.released) == sorted([*timed, waiting.pk])
    assert _state(later) == IssueState.APPROVED


def _slots(publication: Publication) -> list[str]:
    return [slot.isoformat() for slot in scheduling.next_slots(publication, now=NOW, count=2)]


def test_the_slot_follows_when_cadence_or_zone_change(room: Room) -> None:
    publication = factories.publication(cadence="0 7 * * *")
    row = scheduling.schedule_of(publication)
    assert row is not None
    assert row.next_at == SLOT
    assert _slots(publication) == ["2026-11-27T07:00:00+01:00", "2026-11-28T07:00:00+01:00"]
    Publication.objects.filter(pk=publication.pk).update(time_zone="UTC")
    room.tick(NOW)
    row.refresh_from_db()
    assert row.next_at == SLOT + timedelta(hours=1)
    publication.refresh_from_db()
    scheduling.set_cadence(publication, rule="", by=WRITER, now=NOW)
    row.refresh_from_db()
    assert row.next_at is None


def test_an_expected_time_is_the_issue_s_own_else_the_next_slot() -> None:
    waiting = factories.issue(factories.publication(cadence="0 7 * * *"))
    by_hand = factories.issue()
    assert scheduling.expected_at(waiting, now=NOW) == SLOT
    assert scheduling.expected_at(_scheduled(), now=NOW) == AT
    assert scheduling.expected_at(by_hand, now=NOW) is None


def test_the_next_wake_up_is_the_first_thing_to_come() -> None:
    assert due.next_time(NOW) is None
    publication = factories.publication(cadence="0 7 * * *")
    assert due.next_time(NOW) == SLOT
    issue = factories.issue(publication)
    factories.approved(issue, send_at=AT)
    assert due.next_time(NOW) == AT
    assert due.next_time(AT) == SLOT


def test_an_idle_tick_asks_little(room: Room, django_assert_max_num_queries: object) -> None:
    for _ in range(5):
        factories.publication(cadence="0 7 * * *")
    _scheduled()
    room.tick(NOW)
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        room.tick(NOW)
