"""`newsletter articles` and `newsletter sources`, as typed."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from newsletter.articles import models
from newsletter.management.cli import articles, sources
from tests.articles.conftest import Site

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).parent / "samples" / "saved_page.txt"
FEED = (
    "<rss version='2.0'><channel><title>Courier</title><item><title>One</title><link>https://harbour.example/1</link>"
    "<description>Something happened at the pier.</description></item></channel></rss>"
)


@pytest.fixture(autouse=True)
def own_data(settings: Any, tmp_path: Path, site: Site) -> None:
    data = tmp_path / "data"
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, data_dir=data, fetch_allow=(site.place,))


def run(app: Any, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_adding_and_listing_as_json() -> None:
    code, out, _err = run(articles.app, "add", str(SAMPLE), "--json")
    [added] = json.loads(out)["added"]
    assert (code, added["created"]) == (0, True)
    code, out, _err = run(articles.app, "add", str(SAMPLE), "--json")
    assert (code, json.loads(out)["added"][0]["created"]) == (0, False)
    code, out, _err = run(articles.app, "list", "--json")
    [listed] = json.loads(out)
    assert (code, listed) == (0, {"id": added["id"], "title": added["title"], "language": "en", "url": ""})
    assert listed["title"] == "“We will not sell the night ferry,” mayor tells a packed town hall"


def test_a_bad_file_among_good_ones_exits_1_and_says_which(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "good.md").write_text("# Good\n\nText\n")
    code, out, err = run(
        articles.app,
        "add",
        str(tmp_path / "empty.txt"),
        "/no/such/file.md",
        str(SAMPLE),
        str(tmp_path),
        "http://10.0.0.1/",
    )
    assert code == 1
    assert models.Article.objects.count() == 2
    assert "Good" in out
    words = " ".join(err.split())
    assert words.count("empty.txt is empty") == 2
    assert "/no/such/file.md" in words
    assert "private network" in words


def test_a_given_language_wins_and_a_wrong_one_is_refused() -> None:
    assert run(articles.app, "add", str(SAMPLE), "--language", "english please")[0] == 1
    assert models.Article.objects.count() == 0
    assert run(articles.app, "add", str(SAMPLE), "--language", "fa")[0] == 0
    article = models.Article.objects.get()
    assert (article.language, article.direction) == ("fa", "rtl")


def test_showing_one_article() -> None:
    run(articles.app, "add", str(SAMPLE))
    article = models.Article.objects.get()
    code, out, _err = run(articles.app, "show", str(article.pk), "--json")
    assert (code, json.loads(out)["body"]) == (0, article.body)
    code, out, _err = run(articles.app, "show", str(article.pk))
    assert code == 0
    assert "saved_page.txt" in out
    code, _out, err = run(articles.app, "show", "999999")
    assert code == 1
    assert "no article 999999" in err


@pytest.mark.parametrize("words", [["add"], ["show"], ["show", "x"], ["nonsense"]])
def test_wrong_usage_exits_2(words: list[str]) -> None:
    assert run(articles.app, *words)[0] == 2


def test_empty_lists_say_what_to_do() -> None:
    assert "newsletter articles add" in run(articles.app, "list")[2]
    assert "newsletter sources add" in run(sources.app, "list")[2]
    assert "newsletter sources add" in run(sources.app, "fetch")[2]
    assert json.loads(run(articles.app, "list", "--json")[1]) == []


def test_sources_are_added_fetched_and_listed(site: Site) -> None:
    url = site.put("/feed", FEED, "application/rss+xml")
    code, out, _err = run(sources.app, "add", url, "--json")
    source = json.loads(out)
    assert (code, source["title"], source["url"]) == (0, "Courier", url)
    code, out, _err = run(sources.app, "fetch", "--json")
    assert (code, json.loads(out)[0]["new"]) == (0, 1)
    site.put("/feed", "gone", status=500)
    code, out, _err = run(sources.app, "fetch", str(source["id"]), "--json")
    assert code == 1
    assert "500" in json.loads(out)[0]["problem"]
    code, out, _err = run(sources.app, "list", "--json")
    assert "500" in json.loads(out)[0]["problem"]
    assert run(sources.app, "fetch", "424242")[0] == 1
    assert run(sources.app, "add", "http://169.254.169.254/")[0] == 1
