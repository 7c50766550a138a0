"""Subject and preview line: the stories suggest them until a person writes their own."""

from datetime import timedelta

import pytest

from newsletter import conf
from newsletter.issues import assembling, queries, services, subject_lines
from newsletter.issues.models import Issue, Publication
from newsletter.rendering import personalise
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER

pytestmark = pytest.mark.django_db

TITLES = ("The ferry is back", "A library lends tools", "Who painted the lighthouse?")


@pytest.fixture
def publication() -> Publication:
    return factories.publication()


@pytest.fixture
def draft(publication: Publication) -> Issue:
    """Suggested: the newest first."""
    for hours, title in enumerate(TITLES, 1):
        factories.article(title=title, published_at=NOW - timedelta(hours=hours))
    return assembling.assemble(publication=publication, now=NOW, by=WRITER)


def read(issue: Issue) -> tuple[str, str]:
    fresh = queries.get_issue(issue.pk)
    return fresh.subject, fresh.preheader


def test_they_follow_every_change_of_the_stories(draft: Issue) -> None:
    assert read(draft) == (TITLES[0], f"{TITLES[1]} · {TITLES[2]}")
    _first, second, _third = queries.entries_of(draft)
    services.move_entry(second, to=1, by=WRITER, now=NOW)
    assert read(draft) == (TITLES[1], f"{TITLES[0]} · {TITLES[2]}")
    services.edit_entry(second, by=WRITER, now=NOW, title="Tools to lend")
    assert read(draft)[0] == "Tools to lend"
    services.remove_entry(second, by=WRITER, now=NOW)
    assert read(draft) == (TITLES[0], TITLES[2])
    services.add_entry(draft, factories.article(title="Fog"), by=WRITER, now=NOW)
    assert read(draft) == (TITLES[0], f"{TITLES[2]} · Fog")
    for entry in list(queries.entries_of(draft)):
        services.remove_entry(entry, by=WRITER, now=NOW)
    assert read(draft) == ("", "")


def test_what_a_person_wrote_stays_and_the_other_line_goes_on_following(draft: Issue) -> None:
    services.edit_issue(draft, by=WRITER, now=NOW, subject="My own", preheader=draft.preheader)
    services.remove_entry(queries.entries_of(draft)[0], by=WRITER, now=NOW)
    assert read(draft) == ("My own", TITLES[2])


def test_a_suggestion_that_comes_back_from_the_page_is_nobodys_own(draft: Issue) -> None:
    services.edit_issue(draft, by=WRITER, now=NOW, subject=draft.subject, preheader=draft.preheader)
    assert queries.get_issue(draft.pk).version == draft.version
    services.move_entry(queries.entries_of(draft)[2], to=1, by=WRITER, now=NOW)
    assert read(draft)[0] == TITLES[2]


def test_an_emptied_line_is_the_suggestion_again(draft: Issue) -> None:
    services.edit_issue(draft, by=WRITER, now=NOW, subject="My own")
    services.edit_issue(draft, by=WRITER, now=NOW, subject="")
    assert read(draft)[0] == TITLES[0]


def test_an_empty_draft_gets_its_lines_with_its_first_stories(publication: Publication) -> None:
    issue = services.create_issue(publication=publication, by=WRITER, now=NOW)
    services.add_entry(issue, factories.article(title="Fog"), by=WRITER, now=NOW)
    assert read(issue) == ("Fog", "")


def test_a_headline_that_is_corrected_in_the_article_is_followed_and_kept_as_approved(draft: Issue) -> None:
    article = queries.entries_of(draft)[0].article
    article.title = "The ferry is really back"
    article.save()
    edition = services.edition_of(queries.get_issue(draft.pk), config=conf.config(), now=NOW)
    assert edition.subject == "The ferry is really back"
    approval = factories.approved(draft, by=COLLEAGUE)
    assert approval.renditions.get().subject == "The ferry is really back" == read(draft)[0]
    article.title = "Nobody approved this"
    article.save()
    assert read(draft)[0] == "The ferry is really back"


def test_a_suggested_preview_line_ends_between_words_within_what_inboxes_show() -> None:
    _subject, preheader = subject_lines.suggested(["First", *["A headline of several words"] * 9])
    assert preheader.count("·") == 2
    _subject, preheader = subject_lines.suggested(
        ["First", *["A headline of so many words that few of them have room"] * 3]
    )
    assert len(preheader) <= subject_lines.LONGEST_PREHEADER
    assert preheader.endswith("…")
    assert preheader.removesuffix("…").rsplit(" ", 1)[1] in "A headline of so many words that few of them have room"


def test_a_title_of_several_lines_becomes_a_subject_that_a_header_can_carry() -> None:
    assert subject_lines.suggested(["The tide\nclock\x00 runs\u2028on"])[0] == "The tide clock runs on"
    assert subject_lines.suggested(["می\u200cرود"])[0] == "می\u200cرود"


def test_what_was_taken_out_is_remembered_and_forgotten_when_it_is_back(draft: Issue) -> None:
    entry = queries.entries_of(draft)[1]
    services.remove_entry(entry, by=WRITER, now=NOW)
    config = conf.config()
    edition = services.edition_of(queries.get_issue(draft.pk), config=config, now=NOW)
    assert edition.taken_out == (TITLES[1],)
    services.edit_issue(draft, by=WRITER, now=NOW, preheader="A library lends tools, and more from the harbour today")
    assert "taken-out" in [finding.code for finding in factories.consent(queries.get_issue(draft.pk)).findings]
    services.add_entry(draft, entry.article, by=WRITER, now=NOW)
    assert "taken-out" not in [finding.code for finding in factories.consent(queries.get_issue(draft.pk)).findings]


@pytest.mark.parametrize("between", ["", "\u200b" * 90, "\u200c", "\ufe0f", "\ue000", "\uffff"])
def test_a_headline_takes_no_readers_name_into_a_suggested_line(between: str) -> None:
    """Threat 15: the headline came from elsewhere; only what an editor typed is filled in."""
    title = "https://evil.example/?n={{" + between + "name|you}} {" + between + "{{unsubscribe_url}}}"
    tokens = personalise.Tokens("0123456789abcdef" * 2)
    for line in subject_lines.suggested([title, title]):
        assert tokens.merge_fields(line, browser_url="") == line
        assert "{{" not in line
