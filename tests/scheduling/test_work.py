"""What happens at a cadence's slot: the approved issue goes; without one the policy decides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from newsletter.delivery import alarms
from newsletter.issues import assembling, queries
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.scheduling import due, slots, work
from newsletter.scheduling import services as scheduling
from newsletter.scheduling.slots import Step
from tests.issues import factories
from tests.issues.factories import NOW
from tests.scheduling.conftest import Killed, Room

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
NEXT = SLOT + timedelta(days=1)


@pytest.fixture(autouse=True)
def _mails_stay_here(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]


def _daily(policy: str = "review", **changes: object) -> Publication:
    return factories.publication(cadence="0 7 * * *", empty_slot=policy, **changes)


def _outcome(publication: Publication) -> str:
    row = scheduling.schedule_of(publication)
    assert row is not None
    return row.last_outcome


def test_the_oldest_approved_issue_goes_one_at_each_slot(room: Room) -> None:
    publication = _daily()
    first, second = factories.issue(publication), factories.issue(publication)
    factories.approved(second)
    factories.approved(first)
    room.tick(SLOT)
    assert room.released == [first.pk]
    room.tick(SLOT + timedelta(minutes=1))
    assert room.released == [first.pk]
    room.tick(NEXT)
    assert room.released == [first.pk, second.pk]


@pytest.mark.parametrize("policy", ["review", "automatic"])
def test_a_scheduler_that_stalled_until_another_took_over_keeps_no_draft(room: Room, policy: str) -> None:
    """P1: both would hold the same articles, and the next slot send the second."""
    publication = _daily(policy)
    factories.article()

    def assemble(**given: Any) -> Issue:
        draft = assembling.assemble(**given)
        assert list(due.claim_due(now=SLOT + timedelta(minutes=10)))
        return draft

    said = work.tick(now=SLOT, steps=replace(room.steps(), assemble=assemble))
    assert said == ["Another scheduler took this over."]
    assert not Issue.objects.filter(publication=publication).exists()


def test_an_issue_with_a_time_of_its_own_does_not_go_at_the_slot(room: Room) -> None:
    publication = _daily()
    factories.approved(factories.issue(publication), send_at=NEXT)
    room.tick(SLOT)
    assert room.released == []


def test_without_an_approved_issue_review_drafts_tells_the_editors_and_sends_nothing(room: Room) -> None:
    publication = _daily()
    article = factories.article()
    factories.editor("one@harbour.example")
    factories.editor("two@harbour.example")
    factories.editor("gone@harbour.example", is_active=False)
    factories.editor("admin@harbour.example", is_editor=False, is_admin=True)
    room.tick(SLOT)
    issue = Issue.objects.get(publication=publication)
    assert (issue.state, room.released) == (IssueState.DRAFT, [])
    assert [entry.article for entry in queries.entries_of(issue)] == [article]
    assert sorted(message.to[0] for message in mail.outbox) == ["one@harbour.example", "two@harbour.example"]
    assert mail.outbox[0].subject == "The Harbour Letter: issue 1 waits for your approval"
    assert mail.outbox[0].extra_headers == {"X-Newsletter-Kind": "alert"}
    assert _outcome(publication) == "Issue 1 was drafted and waits for approval. Nothing was sent."


def test_a_draft_that_still_waits_is_reminded_of_and_not_doubled(room: Room) -> None:
    publication = _daily()
    factories.article()
    factories.editor()
    room.tick(SLOT)
    factories.article()
    room.tick(NEXT)
    assert Issue.objects.filter(publication=publication).count() == 1
    assert [message.subject for message in mail.outbox] == [
        "The Harbour Letter: issue 1 waits for your approval",
        "The Harbour Letter: issue 1 still waits for your approval",
    ]


def test_review_without_new_articles_says_so(room: Room) -> None:
    publication = _daily()
    room.tick(SLOT)
    assert _outcome(publication) == "No issue was approved, and there are no new articles. Nothing was sent."
    assert not Issue.objects.exists()


def test_automatic_sends_the_suggested_stories(room: Room) -> None:
    publication = _daily("automatic")
    factories.article()
    room.tick(SLOT)
    issue = Issue.objects.get(publication=publication)
    approval = queries.approval_in_force(issue)
    assert room.released == [issue.pk]
    assert approval is not None
    assert approval.approved_by == "automatic"
    assert approval.frame["date"] == "2026-11-27"


def test_automatic_prefers_the_issue_that_a_person_approved(room: Room) -> None:
    publication = _daily("automatic")
    issue = factories.issue(publication)
    factories.approved(issue)
    factories.article()
    room.tick(SLOT)
    assert room.released == [issue.pk]
    assert Issue.objects.count() == 1


def test_automatic_skips_when_there_is_nothing_new_and_says_so(room: Room) -> None:
    publication = _daily("automatic")
    factories.article()
    room.tick(SLOT)
    room.tick(NEXT)
    assert len(room.released) == 1
    assert _outcome(publication) == "Skipped: there are no new articles. Nothing was sent."


def test_automatic_sends_nothing_that_preflight_blocks_and_raises_an_alarm(room: Room) -> None:
    publication = _daily("automatic", postal_address="")
    factories.article()
    room.tick(SLOT)
    assert room.released == []
    assert Issue.objects.get().state == IssueState.DRAFT
    (alarm,) = alarms.standing()
    assert "Not sent. This issue cannot be approved yet." in alarm.text
    assert _outcome(publication).startswith("Not sent.")


def test_an_automatic_slot_cut_short_makes_no_second_draft(room: Room) -> None:
    publication = _daily("automatic")
    factories.article()
    room.die_before_release = True
    with pytest.raises(Killed):
        room.tick(SLOT)
    room.die_before_release = False
    room.tick(SLOT + timedelta(minutes=3))
    issue = Issue.objects.get(publication=publication)
    assert room.released == [issue.pk]


def test_slots_missed_by_long_hold_the_approved_issue(room: Room) -> None:
    """C3: three days down asks, whatever the cadence."""
    publication = _daily()
    issue = factories.issue(publication)
    factories.approved(issue)
    room.tick(SLOT + timedelta(days=3, hours=5))
    held = queries.get_issue(issue.pk)
    assert (held.state, room.released) == (IssueState.HELD, [])
    assert "missed by" in held.state_reason


def test_slots_missed_by_long_draft_nothing(room: Room) -> None:
    publication = _daily("automatic")
    factories.article()
    room.tick(SLOT + timedelta(hours=5))
    assert not Issue.objects.exists()
    assert _outcome(publication).endswith("No issue was waiting for it.")


def test_of_many_missed_slots_the_youngest_good_one_is_kept_once(room: Room) -> None:
    """C3: an hourly newsletter, down for three days, goes on with the slot of five minutes ago."""
    publication = factories.publication(cadence="0 * * * *")
    first, second = factories.issue(publication), factories.issue(publication)
    factories.approved(first)
    factories.approved(second)
    room.tick(SLOT + timedelta(days=3, minutes=5))
    assert room.released == [first.pk]
    assert queries.get_issue(second.pk).state == IssueState.APPROVED


@pytest.mark.parametrize(
    ("approved", "draft", "policy", "late", "step"),
    [
        (1, None, "review", 0, Step.RELEASE),
        (1, 2, "automatic", 60, Step.RELEASE),
        (1, None, "review", 61, Step.HOLD),
        (None, None, "review", 0, Step.DRAFT),
        (None, 2, "review", 0, Step.REMIND),
        (None, None, "automatic", 0, Step.SEND_DRAFT),
        (None, 2, "automatic", 0, Step.SEND_DRAFT),
        (None, None, "automatic", 61, Step.NOTHING),
        (None, 2, "review", 61, Step.NOTHING),
    ],
)
def test_the_decision_at_a_slot(approved: int | None, draft: int | None, policy: str, late: int, step: Step) -> None:
    now = NOW + timedelta(minutes=late)
    assert (
        slots.decide_slot(approved=approved, draft=draft, policy=policy, slot=NOW, now=now, zone=ZoneInfo("UTC")).step
        is step
    )


@pytest.mark.parametrize(
    ("state", "late", "step"),
    [
        (IssueState.SCHEDULED, 0, Step.RELEASE),
        (IssueState.SCHEDULED, 60, Step.RELEASE),
        (IssueState.SCHEDULED, 61, Step.HOLD),
        (IssueState.FREEZING, 600, Step.RELEASE),
        (IssueState.DRAFT, 0, Step.NOTHING),
        (IssueState.APPROVED, 0, Step.NOTHING),
        (IssueState.HELD, 0, Step.NOTHING),
        (IssueState.SENDING, 0, Step.NOTHING),
        (IssueState.CANCELLED, 0, Step.NOTHING),
    ],
)
def test_the_decision_at_an_issue_s_own_time(state: IssueState, late: int, step: Step) -> None:
    now = NOW + timedelta(minutes=late)
    assert slots.decide_once(issue=1, state=state, send_at=NOW, slot=NOW, now=now, zone=ZoneInfo("UTC")).step is step
