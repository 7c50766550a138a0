"""What was stored before texts had a limit holds no page, and each page says what to do about it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter import conf, pipeline
from newsletter.articles import queries as articles
from newsletter.articles.text import bounds
from newsletter.issues import assembling, queries
from newsletter.issues.edition import Edition, Story
from newsletter.mailbox.store import Mailbox
from newsletter.rendering import length_check, render
from newsletter.staff.models import User
from tests.issues import factories
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(signed_in: Callable[[User], Client], editor: User) -> Client:
    return signed_in(editor)


def stored(newsroom: Newsroom, body: str, **values: Any) -> None:
    """The first story of the issue has this text, as if it had come long ago; it is shown in full."""
    article = newsroom.entry.article
    for name, value in {"body": body, **values}.items():
        setattr(article, name, value)
    article.save()
    newsroom.entry.show = "full"
    newsroom.entry.save()


def edition(newsroom: Newsroom, *, now: datetime) -> Edition:
    return pipeline.services.edition_of(newsroom.issue, config=conf.config(), now=now)


def story(edition: Edition, body: str) -> Story:
    """One without an address, to be read on in the browser."""
    return replace(edition.stories[0], body=body, url="", standfirst="", full=False)


@pytest.mark.parametrize("body", ["<p>ab</p>" * 20_000, f"<p>{'word ' * 60_000}</p>"])
def test_a_text_that_is_too_long_is_named_on_each_page_before_anything_is_made_of_it(
    body: str, newsroom: Newsroom, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(newsroom, body)
    monkeypatch.setattr(render.pages, "of", lambda edition: pytest.fail("it was made"))
    path = f"/issues/{newsroom.issue.pk}"
    for page in (
        f"{path}/",
        f"{path}/preview/",
        f"{path}/preview/frame/",
        f"{path}/approve/",
        f"{path}/approve/frame/",
    ):
        answer = desk.get(page)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "too long together" in text
        assert "The harbour light number 1" in text


def test_many_long_texts_together_are_too_long_for_a_mail_and_not_for_a_page(newsroom: Newsroom, now: datetime) -> None:
    issued = edition(newsroom, now=now)
    texts = tuple(story(issued, f"<p>{'word ' * 39_000}</p>") for _ in range(3))
    templates = conf.config().templates_dir
    with pytest.raises(render.TooLong):
        render.render(replace(issued, stories=tuple(replace(one, full=True) for one in texts)), templates=templates)
    assert render.for_browser(replace(issued, stories=texts), templates=templates)


def test_a_page_that_would_be_too_long_is_found_with_the_mail_and_says_what_to_do(
    newsroom: Newsroom, desk: Client, now: datetime
) -> None:
    entries = list(queries.entries_of(newsroom.issue))
    for entry in entries:
        entry.article.body, entry.article.url = f"<p>{'word ' * (140_000 // len(entries))}</p>", ""
        entry.article.save()
        entry.show = "summary"
        entry.save()
    for page in ("", "approve/"):
        text = desk.get(f"/issues/{newsroom.issue.pk}/{page}").content.decode()
        assert "page in the browser would be too long" in text
        assert "Show its summary" not in text
    [finding] = [one for one in pipeline.check(newsroom.issue, now=now).findings if "browser would" in one.text]
    assert finding.blocks
    assert finding.articles
    # What it says helps.
    entries[0].article.url = "https://news.example.org/longest"
    entries[0].article.save()
    assert not [one for one in pipeline.check(newsroom.issue, now=now).findings if "browser would" in one.text]


def test_runs_that_read_the_other_way_count_before_they_become_elements(
    newsroom: Newsroom, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = edition(newsroom, now=now)
    runs = "aس" * 2_500
    teasers = [replace(story(issued, ""), standfirst=runs, direction=direction) for direction in ("ltr", "rtl")] * 20
    full = replace(story(issued, f"<p>{runs * 40}</p>"), full=True)
    templates = conf.config().templates_dir
    with monkeypatch.context() as patched:
        patched.setattr(render.pages, "of", lambda edition: pytest.fail("it was made"))
        for stories in (teasers, [full], [replace(full, direction="rtl")]):
            with pytest.raises(render.TooLong, match="take it out"):
                render.render(replace(issued, stories=tuple(stories)), templates=templates)
    sentence = "دولت امروز در نشست خبری Twitter و گوگل Google را به COVID-19 متهم کرد. "
    persian = replace(full, body=f"<p>{sentence * 20}</p>" * 130, direction="rtl", language="fa")
    assert not length_check.mail_too_long(replace(issued, stories=(persian,)))


def test_what_is_stored_within_its_bound_fits_with_the_addresses_of_its_pictures(
    newsroom: Newsroom, now: datetime
) -> None:
    image = f'<img src="media:ab/{"0" * 64}.png" alt="" width="640" height="480">'
    stored(newsroom, f"<p>{image * 20}{'word ' * 36_000}</p>".ljust(bounds.MOST_CHARACTERS, "x"))
    shown = edition(newsroom, now=now)
    assert len(shown.stories[0].body) > bounds.MOST_CHARACTERS
    assert not length_check.mail_too_long(shown)


def test_the_same_mail_is_put_together_once(newsroom: Newsroom, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    premailer = render.Premailer

    class Counted(premailer):  # type: ignore[misc, valid-type]
        def transform(self, html: str, **how: Any) -> Any:
            parsed.append(html)
            return super().transform(html, **how)

    monkeypatch.setattr(render, "Premailer", Counted)
    render._inlined.cache_clear()
    for _ in range(3):
        pipeline.preview(newsroom.issue, now=now)
        pipeline.check(newsroom.issue, now=now)
    assert len(parsed) == 1
    newsroom.entry.title = "Another headline"
    newsroom.entry.save()
    pipeline.preview(newsroom.issue, now=now)
    assert len(parsed) == 2


@pytest.mark.parametrize("tag", ["blockquote", "ul><li", "em"])
def test_what_is_nested_is_shown(tag: str, newsroom: Newsroom, desk: Client, now: datetime) -> None:
    """Also what was stored before its nesting was flattened: libraries lost it, and with it the way out."""
    ends = "".join(f"</{one}>" for one in reversed(tag.split("><")))
    stored(newsroom, f"{f'<{tag}>' * 300}{'word ' * 2_000}{ends * 300}")
    answer = desk.get(f"/issues/{newsroom.issue.pk}/preview/frame/")
    assert answer.status_code == 200
    assert answer.content.decode().count("word ") >= 1_990
    assert len(pipeline.preview(newsroom.issue, now=now).text) < 100_000


def test_lists_of_articles_read_no_texts_and_ask_once(newsroom: Newsroom, desk: Client) -> None:
    publication = newsroom.publication

    def asked(what: Callable[[], object]) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            what()
        return [query["sql"] for query in captured]

    lists: dict[str, Callable[[], object]] = {
        "the index": lambda: [str(one.source) for one in articles.newest(limit=30)],
        "a page of them": lambda: desk.get("/articles/"),
        "the automatic draft": lambda: assembling.suggest(publication, now=newsroom.issue.created_at),
        "the composer": lambda: desk.get(f"/issues/{newsroom.issue.pk}/"),
        "the stories of an issue": lambda: [one.article.title for one in queries.entries_of(newsroom.issue)],
    }
    before = {name: asked(what) for name, what in lists.items()}
    for _ in range(6):
        factories.article(language="en")
    for name, what in lists.items():
        assert len(asked(what)) <= len(before[name]), name
        texts = [sql for sql in before[name] if '"body"' in sql.partition(" FROM ")[0]]
        # The mail that the composer checks is made of its own stories.
        assert len(texts) == (name == "the composer"), name


def test_a_search_is_for_every_word_each_once_and_has_a_length(desk: Client, newsroom: Newsroom) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = desk.get("/articles/", {"search": f"harbour the light the number the 1 none {'x ' * 100}yy"})
    assert "No articles match" in answer.content.decode()
    [search] = [query["sql"] for query in captured if "LIKE" in query["sql"].upper()]
    assert search.count("%the%") == search.count("%none%") == 5
    assert "%yy%" not in search
    assert "The harbour light number 1" in desk.get("/articles/", {"search": "number light the"}).content.decode()
    assert f'maxlength="{articles.LONGEST_SEARCH}"' in answer.content.decode()


def test_a_caught_mail_of_nested_parts_is_shown_as_its_source(
    desk: Client, settings: Any, tmp_path: Path, now: datetime
) -> None:
    settings.NEWSLETTER = replace(settings.NEWSLETTER, mailbox_dir=tmp_path)
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(2_000))
    forwarded = "Content-Type: message/rfc822\r\n\r\n" * 2_000
    odd = "Content-Type: text/plain; charset=none-such\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello\r\n"
    for parts in (head, forwarded, odd):
        mail = f"Subject: A\r\nMIME-Version: 1.0\r\n{parts}".encode()
        number = Mailbox(tmp_path).add(mail, sender="", recipients=("b@example.org",), now=now)
        answer = desk.get(f"/mailbox/{number}/")
        assert answer.status_code == 200
        assert "There is no text to show" in answer.content.decode()
        assert desk.get(f"/mailbox/{number}/frame/").status_code == 200


def test_the_longest_that_is_kept_is_longer_than_a_mail_may_be() -> None:
    assert bounds.MOST_CHARACTERS > pipeline.preflight.MAX_BYTES
