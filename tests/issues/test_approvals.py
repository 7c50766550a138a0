"""Consent bound to bytes, audience rule and time (users 12)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from newsletter import conf
from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import actors, queries, services
from newsletter.issues.consent import digest_of
from newsletter.issues.models import Approval, Issue, Rendition
from newsletter.issues.states import IssueState
from newsletter.rendering.results import Finding
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER

pytestmark = pytest.mark.django_db

TOMORROW = NOW + timedelta(days=1)
TONIGHT = NOW + timedelta(hours=12)
CONSENT = {
    "renditions": ["a" * 64],
    "sender": {"name": "The Harbour", "address": "letter@harbour.example"},
    "audience": {"list": 1},
    "send_at": None,
    "publication": "harbour",
}


def test_approving_stores_the_bytes_and_the_copy_of_every_story() -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    rendition = approval.renditions.get()
    assert "The night ferry returns" in rendition.html
    assert "The night ferry returns" in rendition.text
    assert [story["title"] for story in approval.entries] == [e.article.title for e in queries.entries_of(issue)]
    assert approval.sender["address"] == "letter@harbour.example"
    assert queries.get_issue(issue.pk).state == IssueState.APPROVED
    assert queries.approval_in_force(issue) == approval


def test_approving_with_a_time_schedules_the_issue() -> None:
    issue = factories.issue()
    approval = factories.approved(issue, send_at=TOMORROW)
    after = queries.get_issue(issue.pk)
    assert (after.state, after.send_at, approval.send_at) == (IssueState.SCHEDULED, TOMORROW, TOMORROW)


@pytest.mark.parametrize(
    "change",
    [
        {"renditions": ["b" * 64]},
        {"renditions": ["a" * 64, "b" * 64]},
        {"sender": {"name": "The Harbour", "address": "other@harbour.example"}},
        {"audience": {"list": 2}},
        {"send_at": TOMORROW},
        {"publication": "another"},
    ],
    ids=["bytes", "one more rendition", "sender", "audience", "time", "slot"],
)
def test_the_digest_covers_bytes_sender_audience_and_time(change: dict[str, object]) -> None:
    assert digest_of(**(CONSENT | change)) != digest_of(**CONSENT)  # type: ignore[arg-type]


def test_the_digest_does_not_hang_on_the_order_of_keys() -> None:
    turned = CONSENT | {"sender": dict(reversed(CONSENT["sender"].items()))}  # type: ignore[attr-defined]
    assert digest_of(**turned) == digest_of(**CONSENT)  # type: ignore[arg-type]


def test_a_later_change_of_the_article_does_not_reach_the_approved_bytes_but_is_listed() -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    before = approval.renditions.get().html
    article = queries.entries_of(issue)[0].article
    was = article.title
    article.title, article.standfirst = "The ferry is late", "She stays at the pier."
    article.save()
    changes = services.changes_since_approval(queries.get_issue(issue.pk), config=conf.config(), now=NOW)
    assert [(c.kind, c.name, c.story) for c in changes] == [("story", "title", was), ("story", "summary", was)]
    assert changes[0].text == f"The title of “{was}” changed after the approval. The approved version goes out."
    assert queries.approval_in_force(issue) == approval
    assert approval.renditions.get().html == before


def test_a_later_change_of_theme_footer_and_sender_is_listed_and_voids_nothing() -> None:
    publication = factories.publication()
    issue = factories.issue(publication)
    approval = factories.approved(issue)
    settings = replace(
        services.settings_of(publication),
        accent="#004466",
        postal_address="2 Quay Street",
        sender_address="news@harbour.example",
    )
    services.edit_publication(publication, settings=settings, by=WRITER, now=NOW)
    changes = services.changes_since_approval(queries.get_issue(issue.pk), config=conf.config(), now=NOW)
    assert {c.name for c in changes} == {"accent colour", "postal address", "sender’s address"}
    approval.refresh_from_db()
    assert approval.voided_at is None
    assert approval.sender["address"] == "letter@harbour.example"


def test_an_approved_issue_that_nothing_happened_to_lists_no_change() -> None:
    issue = factories.issue()
    queries.entries_of(issue)[0].article.picture = factories.picture()
    factories.approved(issue, send_at=TOMORROW)
    assert services.changes_since_approval(queries.get_issue(issue.pk), config=conf.config(), now=NOW) == []


def test_another_day_is_listed_since_the_masthead_keeps_its_date() -> None:
    issue = factories.issue()
    factories.approved(issue, send_at=TOMORROW)
    config, sent = conf.config(), TOMORROW + timedelta(days=1)
    (change,) = services.changes_since_approval(queries.get_issue(issue.pk), config=config, now=NOW, goes_out=sent)
    assert (change.kind, change.was, change.is_now) == ("date", "2026-11-27", "2026-11-28")


@pytest.mark.parametrize("away", [timedelta(days=1), timedelta(hours=17)])
def test_what_is_approved_is_not_moved_to_a_day_that_it_does_not_bear(away: timedelta) -> None:
    """TOMORROW is 08:00 in the newsletter's zone: seventeen hours later it is the next day there, and not in UTC."""
    issue = factories.issue()
    approval = factories.approved(issue, send_at=TOMORROW)
    with pytest.raises(services.AnotherDay, match="approved again"):
        services.schedule(issue, by=COLLEAGUE, now=NOW, send_at=TOMORROW + away)
    assert (queries.approval_in_force(issue), queries.get_issue(issue.pk).send_at) == (approval, TOMORROW)


def test_whoever_edited_last_may_not_approve_where_a_second_person_is_asked_for() -> None:
    issue = factories.issue(factories.publication(second_person=True))
    with pytest.raises(NotAllowed, match="second person"):
        factories.approved(issue, by=WRITER)
    assert factories.approved(issue, by=COLLEAGUE).approved_by == COLLEAGUE


def test_whoever_edited_last_may_not_set_the_time_either() -> None:
    issue = factories.issue(factories.publication(second_person=True))
    factories.approved(issue, by=COLLEAGUE)
    with pytest.raises(NotAllowed, match="only a colleague can change its time"):
        services.schedule(issue, by=WRITER, now=NOW, send_at=TOMORROW)


def test_approving_your_own_edit_is_fine_where_no_second_person_is_asked_for() -> None:
    assert factories.approved(factories.issue(), by=WRITER).approved_by == WRITER


def test_everything_that_blocks_is_named_at_once_and_nothing_is_stored() -> None:
    issue = factories.issue()
    findings = [
        Finding(code="L3", blocks=True, text="The footer has no postal address."),
        Finding(code="H1", blocks=True, text="The mail is too large."),
        Finding(code="H3", blocks=False, text="A picture has no description."),
    ]
    with pytest.raises(services.Blocked) as caught:
        services.approve(issue, by=COLLEAGUE, now=NOW, consent=replace(factories.consent(issue), findings=findings))
    assert caught.value.reasons == ("The footer has no postal address.", "The mail is too large.")
    assert not Approval.objects.exists()
    assert not Rendition.objects.exists()
    assert queries.get_issue(issue.pk).state == IssueState.DRAFT


@pytest.mark.parametrize("lacking", [{"postal_address": ""}, {"reason": ""}])
def test_an_issue_without_a_lawful_footer_is_not_approved(lacking: dict[str, str]) -> None:
    """L3: sender, postal address and reason stand in every issue."""
    with pytest.raises(services.Blocked):
        factories.approved(factories.issue(factories.publication(**lacking)))


def test_an_empty_issue_is_not_approved() -> None:
    with pytest.raises(services.Blocked):
        factories.approved(factories.issue(stories=0, subject=""))


def test_an_edit_between_looking_and_approving_is_noticed() -> None:
    """P2: the consent is to what was shown."""
    shown = factories.issue()
    consent = factories.consent(shown)
    services.edit_issue(shown, by=WRITER, now=NOW, subject="Something else")
    with pytest.raises(NotAllowed, match="or someone else, changed"):
        services.approve(shown, by=COLLEAGUE, now=NOW, consent=consent)


def test_a_new_approval_voids_the_older_and_the_same_bytes_are_stored_once() -> None:
    issue = factories.issue()
    first = factories.approved(issue)
    second = factories.approved(issue, by=WRITER)
    first.refresh_from_db()
    assert first.void_reason == "Approved again."
    assert queries.approval_in_force(issue) == second
    assert first.renditions.get() == second.renditions.get()
    assert Rendition.objects.count() == 1
    assert first.digest == second.digest


def test_scheduling_is_a_new_consent_to_the_same_bytes() -> None:
    issue = factories.issue()
    first = factories.approved(issue)
    second = services.schedule(issue, by=WRITER, now=NOW, send_at=TONIGHT)
    after = queries.get_issue(issue.pk)
    assert (after.state, after.send_at) == (IssueState.SCHEDULED, TONIGHT)
    assert queries.approval_in_force(issue) == second
    assert list(second.renditions.all()) == list(first.renditions.all())
    assert second.digest != first.digest
    third = services.schedule(issue, by=WRITER, now=NOW, send_at=TONIGHT + timedelta(hours=1))
    assert queries.get_issue(issue.pk).send_at == third.send_at


def test_taking_the_time_off_keeps_the_bytes_approved() -> None:
    issue = factories.issue()
    factories.approved(issue, send_at=TOMORROW)
    services.unschedule(issue, by=COLLEAGUE, now=NOW)
    after = queries.get_issue(issue.pk)
    assert (after.state, after.send_at) == (IssueState.APPROVED, None)


def test_a_time_that_has_passed_is_refused() -> None:
    issue = factories.issue()
    factories.approved(issue)
    with pytest.raises(InvalidInput, match="in the past"):
        services.schedule(issue, by=COLLEAGUE, now=NOW, send_at=NOW)
    with pytest.raises(InvalidInput, match="in the past"):
        factories.approved(issue, send_at=NOW - timedelta(minutes=1))


def test_a_draft_cannot_be_scheduled() -> None:
    with pytest.raises(NotAllowed, match="approved first"):
        services.schedule(factories.issue(), by=COLLEAGUE, now=NOW, send_at=TOMORROW)


def test_one_approval_at_most_is_in_force() -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    approval.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        approval.save()


def test_a_draft_cannot_be_released() -> None:
    with pytest.raises(NotAllowed, match="approved first"):
        services.ready_to_release(factories.issue().pk, by=COLLEAGUE, now=NOW)


def test_a_person_who_sends_before_the_time_consents_to_now() -> None:
    issue = factories.issue()
    first = factories.approved(issue, send_at=TOMORROW)
    ready = services.ready_to_release(issue.pk, by=WRITER, now=NOW)
    approval = queries.approval_in_force(issue)
    assert (ready.state, ready.send_at) == (IssueState.APPROVED, None)
    assert approval is not None
    assert (approval.approved_by, approval.send_at) == (WRITER, None)
    assert list(approval.renditions.all()) == list(first.renditions.all())


@pytest.mark.parametrize("machine", sorted(actors.MACHINES))
def test_a_machine_never_consents_to_another_time(machine: str) -> None:
    issue = factories.issue()
    approval = factories.approved(issue, send_at=TOMORROW)
    with pytest.raises(NotAllowed, match="someone has to decide"):
        services.ready_to_release(issue.pk, by=machine, now=NOW)
    assert queries.approval_in_force(issue) == approval


def test_a_held_issue_is_sent_by_a_person_only() -> None:
    """C3: it asks."""
    issue = factories.issue()
    factories.approved(issue, send_at=TOMORROW)
    services.move(issue.pk, IssueState.HELD, now=TOMORROW, by=actors.SCHEDULER, reason="Its time was missed.")
    late = TOMORROW + timedelta(days=3)
    with pytest.raises(NotAllowed):
        services.ready_to_release(issue.pk, by=actors.SCHEDULER, now=late)
    assert services.ready_to_release(issue.pk, by=COLLEAGUE, now=late).state == IssueState.APPROVED


@pytest.mark.parametrize("field", ["sender", "audience"])
def test_an_approval_that_was_tampered_with_sends_nothing(field: str) -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    Approval.objects.filter(pk=approval.pk).update(**{field: {"list": 99}})
    with pytest.raises(NotAllowed, match="has changed since it was approved"):
        services.ready_to_release(issue.pk, by=COLLEAGUE, now=NOW)


def test_what_was_sent_is_not_released_again() -> None:
    """P2: "send now" pressed twice."""
    issue = factories.issue()
    factories.approved(issue)
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.SENDING)
    with pytest.raises(NotAllowed, match="already"):
        services.ready_to_release(issue.pk, by=COLLEAGUE, now=NOW)


def test_cancelling_before_the_release_voids_the_approval() -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    services.move(issue.pk, IssueState.CANCELLED, now=NOW, by=COLLEAGUE)
    approval.refresh_from_db()
    assert approval.voided_at == NOW
