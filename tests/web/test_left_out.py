"""The article's page: what was left out with its buttons, and the mark of a draft."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from newsletter.articles import adding, models
from newsletter.staff.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEAD = "The harbour council voted on Tuesday evening to close the old ferry pier for repairs until the spring."
SECOND = "Traders at the market fear for the season, and asked the council for a rent holiday of three months."


@pytest.fixture
def desk(signed_in: Callable[[User], Client], editor: User) -> Client:
    return signed_in(editor)


def added(tmp_path: Path, name: str, text: str) -> models.Article:
    (tmp_path / name).write_text(text)
    [one] = adding.add(str(tmp_path / name), now=NOW)
    return one.article


def text_of(article: models.Article) -> list[str]:
    article.refresh_from_db()
    return article.body.split("\n")


def test_a_button_puts_it_back_and_saves_what_was_typed(tmp_path: Path, desk: Client) -> None:
    article = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%Is <this> right?%%\n\n{SECOND}\n")
    page = desk.get(f"/articles/{article.pk}/").content.decode()
    assert "Left out as notes between writers" in page
    assert "Is right?" in page
    typed = {"title": "The pier closes", "language": "en", "url": "", "put_back": "0"}
    page = desk.post(f"/articles/{article.pk}/", typed, follow=True).content.decode()
    assert "Put back into the text." in page
    assert "Take out again" in page
    article.refresh_from_db()
    assert article.title == "The pier closes"
    assert "right?" in text_of(article)[1]
    del typed["put_back"]
    page = desk.post(f"/articles/{article.pk}/", {**typed, "take_out": "0"}, follow=True).content.decode()
    assert "Taken out of the text again." in page
    article.refresh_from_db()
    assert "right?" not in article.body


def test_a_draft_says_so_until_an_editor_ticks_the_box(tmp_path: Path, desk: Client) -> None:
    article = added(tmp_path, "a.md", f"---\ntitle: Pier\ndraft: true\n---\n{LEAD}\n")
    assert "Draft" in desk.get("/articles/").content.decode()
    assert "A draft." in desk.get(f"/articles/{article.pk}/").content.decode()
    values = {"title": "Pier", "language": "en", "url": ""}
    desk.post(f"/articles/{article.pk}/", values)
    article.refresh_from_db()
    assert article.kept_back == "draft"
    desk.post(f"/articles/{article.pk}/", {**values, "free": "on"})
    article.refresh_from_db()
    assert article.kept_back == ""


def test_a_text_too_long_for_a_form_stays_while_the_rest_of_the_page_is_saved(tmp_path: Path, desk: Client) -> None:
    article = added(tmp_path, "a.md", f"---\ntitle: Pier\n---\n{LEAD}\n")
    article.body = "\n".join([f"<p>{LEAD}</p>"] * 20_000)  # stored before texts had a limit
    article.save()
    page = desk.get(f"/articles/{article.pk}/").content.decode()
    assert "too long to be edited here" in page
    assert len(page) < 100_000
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    answer = desk.post(
        f"/articles/{article.pk}/", {"title": "The pier", "language": "en", "body": "", "shown": shown, "kept_out": ""}
    )
    assert answer.status_code == 302
    body = article.body
    article.refresh_from_db()
    assert (article.title, article.body == body) == ("The pier", True)
