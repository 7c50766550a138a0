"""An issue as frozen values: overrides applied, absolute addresses, the day in the publication's zone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter import conf
from newsletter.issues import queries, services
from newsletter.issues.edition import Edition
from newsletter.issues.models import Entry, Issue
from tests.issues import factories
from tests.issues.factories import NOW, WRITER

pytestmark = pytest.mark.django_db
BASE = "https://news.harbour.example"


def _edition(issue: Issue, **changes: object) -> Edition:
    config = replace(conf.config(), base_url=BASE)
    return services.edition_of(issue, config=config, now=NOW, **changes)  # type: ignore[arg-type]


def test_what_the_editor_says_differently_is_what_is_read() -> None:
    issue = factories.issue(stories=0)
    plain = services.add_entry(issue, factories.article(), by=WRITER, now=NOW)
    changed = services.add_entry(issue, factories.article(), by=WRITER, now=NOW)
    services.edit_entry(changed, by=WRITER, now=NOW, title="She sails", standfirst="At last.", kicker="Sea")
    first, second = _edition(issue).stories
    assert (first.title, first.kicker) == (plain.article.title, "Harbour")
    assert (second.title, second.standfirst, second.kicker) == ("She sails", "At last.", "Sea")


def test_pictures_come_from_our_own_host_with_the_alt_text_of_the_entry() -> None:
    """H9: remote pictures only from our own host."""
    issue = factories.issue(stories=0)
    picture = factories.picture()
    article = factories.article(picture=picture, picture_alt="A ferry", picture_credit="Ada Brink")
    entry = services.add_entry(issue, article, by=WRITER, now=NOW)
    image = _edition(issue).stories[0].image
    assert image is not None
    assert (image.url, image.alt, image.credit) == (f"{BASE}/media/{picture.file}", "A ferry", "Ada Brink")
    services.edit_entry(entry, by=WRITER, now=NOW, picture_alt="The ferry at dusk")
    again = _edition(issue).stories[0].image
    assert again is not None
    assert again.alt == "The ferry at dusk"
    services.edit_entry(entry, by=WRITER, now=NOW, show_picture=False)
    assert _edition(issue).stories[0].image is None


def test_a_story_is_shown_in_full_only_where_somebody_asked() -> None:
    issue = factories.issue(stories=0)
    for article, show in (
        (factories.article(url=""), Entry.Show.SUMMARY),
        (factories.article(), Entry.Show.SUMMARY),
        (factories.article(), Entry.Show.FULL),
    ):
        services.add_entry(issue, article, by=WRITER, now=NOW, show=show)
    assert [story.full for story in _edition(issue).stories] == [False, False, True]


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-11-26"), ("Pacific/Auckland", "2026-11-27"), ("America/New_York", "2026-11-26")]
)
def test_the_masthead_shows_the_day_in_the_publication_s_zone(zone: str, day: str) -> None:
    issue = factories.issue(factories.publication(time_zone=zone))
    moment = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
    assert _edition(issue, send_at=moment).date.date().isoformat() == day


def test_the_date_is_that_of_the_time_it_is_meant_for() -> None:
    issue = factories.issue()
    assert _edition(issue).date == NOW
    issue.send_at = datetime(2026, 12, 24, 6, 0, tzinfo=UTC)
    assert _edition(issue).date == issue.send_at


def test_a_persian_publication_reads_from_right_to_left() -> None:
    issue = factories.issue(factories.publication(language="fa"), stories=0)
    services.add_entry(issue, factories.article(language="fa", direction="rtl"), by=WRITER, now=NOW)
    edition = _edition(issue)
    assert (edition.direction, edition.stories[0].direction) == ("rtl", "rtl")


def test_the_browser_s_address_names_the_issue_by_its_random_id() -> None:
    issue = factories.issue()
    assert _edition(issue).browser_url == f"{BASE}/read/{issue.public_id}/"


def test_the_sender_has_a_stable_list_id_below_its_own_domain() -> None:
    """U1: List-Id."""
    issue = factories.issue(factories.publication(slug="harbour", bounce_domain="bounces.harbour.example"))
    assert services.sender_of(issue) == {
        "name": "The Harbour",
        "address": "letter@harbour.example",
        "reply_to": "",
        "list_name": "The Harbour Letter",
        "list_id": "harbour.harbour.example",
        "bounce_domain": "bounces.harbour.example",
    }


def test_an_edition_takes_few_queries_however_many_stories(django_assert_max_num_queries: object) -> None:
    issue = queries.get_issue(factories.issue(stories=12).pk)
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        assert len(_edition(issue).stories) == 12
