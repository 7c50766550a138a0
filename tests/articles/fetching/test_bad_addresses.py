# ruff: noqa: E501 HTML as it comes
"""Addresses that are none (`http://[`), wherever strangers write them: the rest of the page is read all the same."""

from datetime import datetime

import pytest

from newsletter.articles import editing
from newsletter.articles.reading import feeds, pasting, sanitise
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.reading.pages import page_extraction

BAD = ("http://[cdn/a", "//[cdn/a", "https://[::1", "http://a]b/c", "http://a:99999999/b", "http://a:x/b")
WORDS = "The crane in the harbour will be painted by the people who live beside it, says the council. " * 3
FORMS = {
    "a Google document": '<p>{words}<a href="https://www.google.com/url?q={bad}">x</a><a href="{bad}google.com/url">y</a></p>',
    "a Word document": "<p class=MsoNormal>{words}<a href='{bad}.google.com'>x</a></p>",
    "links and pictures": '<p>{words}<a href="{bad}">x</a><img src="{bad}" data-src="{bad}" srcset="{bad} 2x"></p>',
    "a figure": '<p>{words}</p><figure><img src="{bad}"><figcaption>A caption</figcaption></figure>',
    "a quotation": '<blockquote cite="{bad}"><p>{words}</p></blockquote>',
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", FORMS)
def test_the_text_is_read(name: str, bad: str) -> None:
    html = FORMS[name].format(words=WORDS, bad=bad)
    page = (
        f'<html><head><title>Crane</title><base href="{bad}"><link rel="canonical" href="{bad}">'
        f'<meta property="og:image" content="{bad}"><meta property="og:url" content="{bad}">'
        f"</head><body><nav>x</nav><article><h1>Crane</h1>{html}</article></body></html>"
    )
    for url in ("https://news.example/a/crane", ""):
        assert "painted" in page_extraction.html(page, name="x", url=url).body
    assert "painted" in pasting.read(html).text
    assert "painted" in front_matter.story(html).body
    assert "painted" in front_matter.read(f"---\ntitle: Crane\nimage: '{bad}'\n---\n\n{html}", name="x.md").body
    assert "painted" in sanitise.clean(html, base_url="https://news.example/")


@pytest.mark.parametrize("bad", BAD)
def test_a_feed_is_read(bad: str) -> None:
    text = FORMS["links and pictures"].format(words=WORDS, bad=bad).replace("<", "&lt;")
    feed = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>x</title>'
        f"<link>{bad}</link><item><title>Crane</title><link>{bad}</link><description>{text}</description>"
        f'<enclosure url="{bad}" type="image/jpeg"/><media:content url="{bad}" medium="image"/></item></channel></rss>'
    )
    [entry] = feeds.read(feed.encode(), url="https://news.example/feed").entries
    assert "painted" in entry.body


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
def test_an_article_is_made(bad: str, now: datetime) -> None:
    html = "\n\n".join(form.format(words=WORDS, bad=bad) for form in FORMS.values())
    article = editing.create(title="Crane", body_markdown=html, now=now)
    assert "painted" in article.body
    assert "a]b" not in article.body
    assert "[" not in article.body
