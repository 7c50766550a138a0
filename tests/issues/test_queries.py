"""What may be asked: what is unused, what goes out next."""

from datetime import timedelta

import pytest

from newsletter.errors import NotFound
from newsletter.issues import assembling, queries, services
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER

pytestmark = pytest.mark.django_db


def _with(publication: Publication, state: IssueState) -> Issue:
    issue = factories.issue(publication, stories=1)
    Issue.objects.filter(pk=issue.pk).update(state=state)
    return issue


@pytest.mark.parametrize(
    ("state", "unused"),
    [
        (IssueState.DRAFT, True),
        (IssueState.CANCELLED, True),
        (IssueState.APPROVED, False),
        (IssueState.SCHEDULED, False),
        (IssueState.HELD, False),
        (IssueState.FREEZING, False),
        (IssueState.SENDING, False),
        (IssueState.PAUSED, False),
        (IssueState.FINISHED, False),
    ],
)
def test_an_article_is_used_once_its_issue_goes_out_or_waits_to(state: IssueState, unused: bool) -> None:
    publication = factories.publication()
    _with(publication, state)
    assert queries.unused_articles(publication).exists() is unused


def test_an_article_used_in_one_publication_is_new_to_another() -> None:
    one, other = factories.publication(), factories.publication()
    _with(one, IssueState.FINISHED)
    assert not queries.unused_articles(one).exists()
    assert queries.unused_articles(other).exists()


def test_the_stories_of_an_issue_cancelled_while_it_was_sent_are_used() -> None:
    publication = factories.publication()
    issue = factories.issue(publication, stories=1)
    factories.approved(issue)
    for state in (IssueState.FREEZING, IssueState.SENDING, IssueState.CANCELLED):
        services.move(issue.pk, state, now=NOW, by=WRITER)
    assert not queries.unused_articles(publication).exists()


def test_unused_articles_come_newest_first_and_since_a_time() -> None:
    publication = factories.publication()
    old = factories.article(added_at=NOW - timedelta(days=9))
    new = factories.article(added_at=NOW - timedelta(days=1))
    assert list(queries.unused_articles(publication)) == [new, old]
    assert list(queries.unused_articles(publication, since=NOW - timedelta(days=2))) == [new]


def test_the_oldest_approved_issue_without_a_time_goes_next() -> None:
    publication = factories.publication()
    draft, first, second, timed = (factories.issue(publication) for _ in range(4))
    factories.approved(second)
    factories.approved(first, now=NOW + timedelta(minutes=1))
    factories.approved(timed, send_at=NOW + timedelta(hours=1))
    assert queries.next_out(publication) == first
    assert queries.open_draft(publication) == draft


def test_a_draft_is_assembled_from_the_newest_articles_of_its_language_with_reasons() -> None:
    publication = factories.publication(rule={"max_stories": 2})
    old = factories.article(published_at=NOW - timedelta(days=3))
    newest = factories.article(published_at=NOW - timedelta(hours=1), title="The tide\nclock")
    factories.article(language="fa")
    second = factories.article(published_at=NOW - timedelta(hours=2), url="")
    issue = assembling.assemble(publication=publication, now=NOW, by=WRITER)
    entries = list(queries.entries_of(issue))
    assert [entry.article for entry in entries] == [newest, second]
    assert old not in [entry.article for entry in entries]
    assert entries[0].why == "Not used yet, 1 hour old."
    assert [entry.show for entry in entries] == ["summary", "summary"]
    assert (issue.subject, issue.preheader) == ("The tide clock", second.title)
    assert factories.approved(issue, by=COLLEAGUE)


def test_without_new_articles_nothing_is_assembled() -> None:
    publication = factories.publication(rule={"min_stories": 2})
    factories.article()
    with pytest.raises(NotFound, match="no new articles"):
        assembling.assemble(publication=publication, now=NOW, by=WRITER)
    assert not Issue.objects.exists()


def test_articles_dated_in_the_future_wait_and_are_spoken_of() -> None:
    publication = factories.publication()
    factories.article(published_at=NOW + timedelta(hours=1))
    with pytest.raises(NotFound, match="waiting for their day: 1"):
        assembling.assemble(publication=publication, now=NOW, by=WRITER)
    assert assembling.assemble(publication=publication, now=NOW + timedelta(hours=1), by=WRITER).pk


def test_the_list_of_issues_takes_one_query(django_assert_num_queries: object) -> None:
    publication = factories.publication()
    for _ in range(3):
        factories.issue(publication, stories=0)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert [issue.publication.name for issue in queries.issues_of(publication)] == [publication.name] * 3
