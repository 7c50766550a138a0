"""What was left out of an article goes back to its place when a person says so."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.articles import adding, decisions, editing, models

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEAD = (
    "The harbour council voted on Tuesday evening to close the old ferry pier for repairs that will take until the "
    "spring. Divers found cracks in eleven of its forty piles."
)
SECOND = (
    "Traders at the market fear for the season. They asked the council for a rent holiday of three months and will "
    "hear the answer on the ninth of December."
)


def added(tmp_path: Path, name: str, text: str) -> models.Article:
    (tmp_path / name).write_text(text)
    [one] = adding.add(str(tmp_path / name), now=NOW)
    return one.article


def text_of(article: models.Article) -> list[str]:
    article.refresh_from_db()
    return article.body.split("\n")


def test_each_piece_goes_back_to_its_own_place_in_whatever_order(tmp_path: Path) -> None:
    article = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%one%%\n\n%%two%%\n\n{SECOND}\n\n%%three%%\n")
    assert text_of(article) == [f"<p>{LEAD}</p>", f"<p>{SECOND}</p>"]
    for number in (2, 1, 0):
        decisions.put_back(article, number=number)
    assert text_of(article) == [f"<p>{LEAD}</p>", "<p>one</p>", "<p>two</p>", f"<p>{SECOND}</p>", "<p>three</p>"]
    decisions.take_out(article, number=1)
    assert text_of(article) == [f"<p>{LEAD}</p>", "<p>one</p>", f"<p>{SECOND}</p>", "<p>three</p>"]


def test_putting_back_twice_changes_nothing_and_a_wrong_number_is_refused(tmp_path: Path) -> None:
    article = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%one%%\n")
    decisions.put_back(article, number=0)
    decisions.put_back(article, number=0)
    assert text_of(article) == [f"<p>{LEAD}</p>", "<p>one</p>"]
    with pytest.raises(decisions.NoSuchPiece):
        decisions.put_back(article, number=1)
    with pytest.raises(decisions.NoSuchPiece):
        decisions.take_out(article, number=-1)


def test_what_was_changed_since_is_not_taken_out(tmp_path: Path) -> None:
    article = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%one%%\n")
    decisions.put_back(article, number=0)
    article.refresh_from_db()
    editing.update(article, body_markdown=f"{LEAD}\n\nOne, in other words.", now=NOW)
    with pytest.raises(decisions.NoSuchPiece, match="have been edited"):
        decisions.take_out(article, number=0)


def test_the_same_file_added_again_finds_the_article_with_what_was_put_back(tmp_path: Path) -> None:
    article = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%one%%\n")
    decisions.put_back(article, number=0)
    article.refresh_from_db()
    editing.update(article, kicker="Harbour", now=NOW)
    again = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%one%%\n")
    assert again.pk == article.pk
    assert text_of(again)[1] == "<p>one</p>"


def test_markup_in_a_remark_is_harmless_when_it_goes_back(tmp_path: Path) -> None:
    remark = "<script>alert(1)</script><img src=x onerror=alert(1)><b onclick=x>bold</b>"
    article = added(tmp_path, "a.md", f"# Pier\n\n{LEAD}\n\n%%{remark}%%\n")
    decisions.put_back(article, number=0)
    assert text_of(article)[1] == "<p><b>bold</b></p>"
