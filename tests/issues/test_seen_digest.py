"""The digest of what a page shows, and the words for what is different later."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.errors import NotAllowed
from newsletter.issues import queries, seen_digest, services
from newsletter.issues.models import Approval
from newsletter.issues.states import IssueState
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER

pytestmark = pytest.mark.django_db


def test_consent_is_only_taken_to_what_was_seen() -> None:
    issue = factories.issue()
    consent = factories.consent(issue)
    with pytest.raises(services.ChangedMeanwhile, match="The mail has changed since you opened this page"):
        services.approve(issue, by=COLLEAGUE, now=NOW, consent=consent, seen="0" * 64)
    assert not Approval.objects.exists()
    approval = services.approve(issue, by=COLLEAGUE, now=NOW, consent=consent, seen=consent.seen)
    assert [one.digest for one in approval.renditions.all()] == [one.digest for one in consent.rendered]


def test_a_sender_that_changed_after_the_rendering_is_noticed_under_the_lock() -> None:
    """The bytes of the mail's parts do not hold the sender's address: the headers do."""
    publication = factories.publication()
    issue = factories.issue(publication)
    consent = factories.consent(issue)
    settings = replace(services.settings_of(publication), sender_address="other@harbour.example")
    services.edit_publication(publication, settings=settings, by=WRITER, now=NOW)
    for seen in (consent.seen, ""):
        with pytest.raises(services.ChangedMeanwhile):
            services.approve(issue, by=COLLEAGUE, now=NOW, consent=consent, seen=seen)


def test_an_edit_after_the_rendering_is_noticed_under_the_lock() -> None:
    issue = factories.issue()
    consent = factories.consent(issue)
    services.edit_issue(issue, by=WRITER, now=NOW, introduction="Good morning.")
    with pytest.raises(NotAllowed):
        services.approve(issue, by=COLLEAGUE, now=NOW, consent=consent, seen=consent.seen)
    assert queries.get_issue(issue.pk).state == IssueState.DRAFT


def test_another_hour_of_the_same_day_is_the_same_mail_and_another_day_is_not() -> None:
    issue = factories.issue()
    morning = factories.consent(issue, send_at=NOW + timedelta(hours=1))
    assert factories.consent(issue, send_at=NOW + timedelta(hours=5)).seen == morning.seen
    assert factories.consent(issue, send_at=NOW + timedelta(days=1)).seen != morning.seen


def test_what_is_different_is_said_a_sentence_each() -> None:
    issue = factories.issue(stories=3)
    before = factories.consent(issue)
    assert services.differences(before.note, before.note, edition=before.edition) == []
    first, second, _third = queries.entries_of(issue)
    services.edit_entry(second, by=WRITER, now=NOW, title="She sails")
    services.remove_entry(first, by=WRITER, now=NOW)
    services.add_entry(issue, factories.article(title="Fog"), by=WRITER, now=NOW)
    services.edit_issue(issue, by=WRITER, now=NOW, subject="Another", preheader="Another line of some length, typed")
    after = factories.consent(queries.get_issue(issue.pk), send_at=NOW + timedelta(days=1))
    assert [str(text) for text in services.differences(before.note, after.note, edition=after.edition)] == [
        "The date in the mail changed.",
        "The subject changed.",
        "The preview line changed.",
        "The story “She sails” changed.",
        "The story “Fog” is new.",
        "A story was taken out.",
    ]


@pytest.mark.parametrize("note", ["", "{", "[1]", "null", "5", "x" * 100_000])
def test_a_note_that_is_none_says_nothing(note: str) -> None:
    consent = factories.consent(factories.issue())
    assert seen_digest.differences(note, consent.note, edition=consent.edition) == []
