"""Composing an issue: numbers, entries, and edits that void consent."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import queries, services
from newsletter.issues.models import Approval, Entry, Issue
from newsletter.issues.states import IssueState
from newsletter.staff.models import AuditEntry
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def _edit_subject(issue: Issue) -> None:
    services.edit_issue(issue, by=WRITER, now=LATER, subject="Another subject")


def _edit_preheader(issue: Issue) -> None:
    services.edit_issue(issue, by=WRITER, now=LATER, preheader="Another preheader")


def _edit_introduction(issue: Issue) -> None:
    services.edit_issue(issue, by=WRITER, now=LATER, introduction="Good morning, {{name|reader}}.")


def _add(issue: Issue) -> None:
    services.add_entry(issue, factories.article(), by=WRITER, now=LATER)


def _remove(issue: Issue) -> None:
    services.remove_entry(queries.entries_of(issue)[0], by=WRITER, now=LATER)


def _move(issue: Issue) -> None:
    services.move_entry(queries.entries_of(issue)[0], to=2, by=WRITER, now=LATER)


def _retitle(issue: Issue) -> None:
    services.edit_entry(queries.entries_of(issue)[0], by=WRITER, now=LATER, title="She sails")


def _hide_picture(issue: Issue) -> None:
    services.edit_entry(queries.entries_of(issue)[0], by=WRITER, now=LATER, show_picture=False)


EDITS = [_edit_subject, _edit_preheader, _edit_introduction, _add, _remove, _move, _retitle, _hide_picture]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__.strip("_"))
def test_every_kind_of_edit_voids_the_approval_and_makes_a_draft(edit: Callable[[Issue], None]) -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    edit(issue)
    approval.refresh_from_db()
    after = queries.get_issue(issue.pk)
    assert approval.voided_at == LATER
    assert approval.void_reason
    assert after.state == IssueState.DRAFT
    assert after.version > issue.version
    assert after.edited_by == WRITER
    assert queries.approval_in_force(after) is None


def test_editing_a_scheduled_issue_takes_its_time_off() -> None:
    issue = factories.issue()
    factories.approved(issue, send_at=NOW + timedelta(days=1))
    _edit_subject(issue)
    after = queries.get_issue(issue.pk)
    assert (after.state, after.send_at) == (IssueState.DRAFT, None)


def test_saving_the_same_words_again_voids_nothing() -> None:
    issue = factories.issue()
    approval = factories.approved(issue)
    version = queries.get_issue(issue.pk).version
    services.edit_issue(issue, by=WRITER, now=LATER, subject=issue.subject)
    services.move_entry(queries.entries_of(issue)[0], to=1, by=WRITER, now=LATER)
    services.edit_entry(queries.entries_of(issue)[0], by=WRITER, now=LATER, title="", show_picture=True)
    approval.refresh_from_db()
    assert approval.voided_at is None
    assert queries.get_issue(issue.pk).version == version


def test_an_edit_of_an_older_version_is_refused_and_loses_nothing() -> None:
    """P2: two people with the same page open."""
    issue = factories.issue()
    services.edit_issue(issue, by=WRITER, now=LATER, subject="First", expected_version=issue.version)
    with pytest.raises(NotAllowed, match="or someone else, changed"):
        services.edit_issue(issue, by=COLLEAGUE, now=LATER, subject="Second", expected_version=issue.version)
    assert queries.get_issue(issue.pk).subject == "First"


@pytest.mark.parametrize("state", [s for s in IssueState if s not in {"draft", "approved", "scheduled", "held"}])
def test_an_issue_that_was_released_can_no_longer_be_edited(state: IssueState) -> None:
    """P2: an edit after the start is impossible."""
    issue = factories.issue()
    Issue.objects.filter(pk=issue.pk).update(state=state)
    with pytest.raises(NotAllowed, match="can no longer be edited"):
        _edit_subject(issue)
    assert queries.get_issue(issue.pk).subject == "The ferry is back"


def test_stories_keep_an_order_without_gaps() -> None:
    issue = factories.issue(stories=4)
    first, second, third, fourth = queries.entries_of(issue)
    services.move_entry(fourth, to=1, by=WRITER, now=LATER)
    services.remove_entry(second, by=WRITER, now=LATER)
    entries = list(queries.entries_of(issue))
    assert [entry.pk for entry in entries] == [fourth.pk, first.pk, third.pk]
    assert [entry.position for entry in entries] == [1, 2, 3]
    services.move_entry(fourth, to=99, by=WRITER, now=LATER)
    assert [entry.pk for entry in queries.entries_of(issue)] == [first.pk, third.pk, fourth.pk]


def test_an_article_stands_in_an_issue_once() -> None:
    issue = factories.issue(stories=0)
    article = factories.article()
    one = services.add_entry(issue, article, by=WRITER, now=NOW)
    again = services.add_entry(issue, article, by=WRITER, now=NOW)
    assert one.pk == again.pk
    assert Entry.objects.filter(issue=issue).count() == 1


@pytest.mark.parametrize("bad", ["Two\nlines", "Two\r\nBcc: x@example.org", "A\x00", "A\u2028B", "\u202eback"])
def test_a_subject_that_could_break_a_header_is_refused(bad: str) -> None:
    """F5: refused where it enters, the field named."""
    issue = factories.issue()
    with pytest.raises(InvalidInput) as caught:
        services.edit_issue(issue, by=WRITER, now=NOW, subject=bad)
    assert caught.value.field == "subject"


@pytest.mark.parametrize("good", ["می‌خواهم", "👩‍👧 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "20\u202f000 readers"])
def test_a_subject_in_any_script_is_taken(good: str) -> None:
    issue = factories.issue()
    assert services.edit_issue(issue, by=WRITER, now=NOW, subject=good).subject == good


def test_numbers_count_from_one_for_each_publication_and_public_ids_cannot_be_guessed() -> None:
    one, other = factories.publication(), factories.publication()
    numbers = [services.create_issue(publication=p, by=WRITER, now=NOW) for p in (one, other, one)]
    assert [issue.number for issue in numbers] == [1, 1, 2]
    assert len({issue.public_id for issue in numbers}) == 3
    assert all(len(issue.public_id) >= 22 for issue in numbers)


@pytest.mark.django_db(transaction=True)
def test_issues_created_at_once_are_numbered_without_gap_or_double() -> None:
    publication = factories.publication()
    failures: list[BaseException] = []

    def create() -> None:
        try:
            for _ in range(4):
                services.create_issue(publication=publication, by=WRITER, now=NOW)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(publication.issues.values_list("number", flat=True)) == list(range(1, 17))


def test_each_step_is_in_the_audit_log() -> None:
    issue = factories.issue(stories=1)
    factories.approved(issue)
    _edit_subject(issue)
    actions = list(
        AuditEntry.objects.filter(subject=f"issue:{issue.pk}").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["issue.create", "issue.edit", "issue.approve", "issue.approved", "issue.edit"]
    assert Approval.objects.get(issue=issue).voided_at is not None


def test_a_time_without_a_zone_is_refused() -> None:
    issue = factories.issue()
    factories.approved(issue)
    with pytest.raises(InvalidInput, match="time zone"):
        services.schedule(issue, by=COLLEAGUE, now=NOW, send_at=datetime(2026, 12, 1, 7))  # noqa: DTZ001
