"""The one table of transitions, and moving by compare-and-set."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection

from newsletter.errors import NotAllowed, NotFound
from newsletter.issues import services, states
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff.models import AuditEntry
from tests.issues import factories
from tests.issues.factories import NOW, WRITER

ALLOWED = {
    "draft": {"approved", "cancelled"},
    "approved": {"draft", "scheduled", "held", "freezing", "cancelled"},
    "scheduled": {"draft", "approved", "held", "freezing", "cancelled"},
    "held": {"draft", "approved", "scheduled", "freezing", "cancelled"},
    "freezing": {"freezing", "sending", "cancelled"},
    "sending": {"paused", "finished", "cancelled"},
    "paused": {"sending", "finished", "cancelled"},
    "finished": {"sending"},
    "cancelled": set(),
}
STEPS = list(itertools.product(IssueState, IssueState))


@pytest.mark.django_db
@pytest.mark.parametrize(("was", "to"), STEPS, ids=lambda state: str(state))
def test_an_issue_moves_where_the_table_says_and_nowhere_else(was: IssueState, to: IssueState) -> None:
    issue = factories.issue(stories=0)
    Issue.objects.filter(pk=issue.pk).update(state=was)
    if to.value in ALLOWED[was.value]:
        moved = services.move(issue.pk, to, now=NOW, by=WRITER, reason="Because.")
        assert (moved.state, moved.state_reason) == (to, "Because.")
        entry = AuditEntry.objects.get(subject=f"issue:{issue.pk}", action=f"issue.{to.value}")
        assert entry.detail == {"from": was.value, "to": to.value, "reason": "Because."}
    else:
        with pytest.raises(NotAllowed):
            services.move(issue.pk, to, now=NOW, by=WRITER)
        assert Issue.objects.get(pk=issue.pk).state == was


def test_every_state_can_be_edited_or_was_released() -> None:
    assert set(states.TRANSITIONS) == set(IssueState) == states.EDITABLE | states.RELEASED
    assert not states.EDITABLE & states.RELEASED


@pytest.mark.django_db
def test_an_issue_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        services.move(404, IssueState.APPROVED, now=NOW, by=WRITER)


@pytest.mark.django_db
def test_a_release_before_the_time_that_was_consented_to_is_impossible() -> None:
    """P2: put off in the same instant as the scheduler released it."""
    issue = factories.issue()
    factories.approved(issue, send_at=NOW + timedelta(hours=1))
    with pytest.raises(NotAllowed):
        services.move(issue.pk, IssueState.FREEZING, now=NOW, by=WRITER)
    assert services.move(issue.pk, IssueState.FREEZING, now=NOW + timedelta(hours=1), by=WRITER)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_move_an_issue_at_once_one_wins() -> None:
    """P2: one of two clicks sends."""
    issue = factories.issue(stories=0)
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.FREEZING)
    start = threading.Barrier(4)
    results: list[str] = []

    def move() -> None:
        try:
            start.wait()
            services.move(issue.pk, IssueState.SENDING, now=NOW, by=WRITER)
            results.append("moved")
        except NotAllowed:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["moved", "refused", "refused", "refused"]
