"""Readers’ tokens are ours alone: whatever stands in whatever field, it takes nobody’s link and nobody’s name.

The author of these even knows the key of the edition, which nobody does. What holds here holds without it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.articles.reading import extract, feeds
from newsletter.issues.edition import Edition, Image
from newsletter.rendering import personalise, render
from newsletter.rendering.personalise import Token
from newsletter.rendering.render import TokensChanged
from newsletter.rendering.results import Rendered
from tests.rendering import editions
from tests.rendering.conftest import TEMPLATES
from tests.tokens import TOKENS

URL = "https://news.example.org/u/t0ken/"
ADA = personalise.values_for(name="Ada Quill", unsubscribe_url=URL)
STORY = replace(editions.ENGLISH.stories[3], full=True)
PICTURE = Image(url="https://news.example.org/media/a.jpg", width=600, height=400, alt="A pier", credit="Jo Sample")
PLAIN = replace(editions.ENGLISH, stories=(STORY,))
PAGE = (
    '<p><a href="https://news.example.org/{0}">{1}</a></p><figure><img src="{2}" alt="{3}"><figcaption>{4}</figcaption>'
)

FIELDS: dict[str, Callable[[str], Edition]] = {
    **{
        name: lambda text, name=name: replace(PLAIN, stories=(replace(STORY, **{name: text}),))
        for name in ("title", "standfirst", "kicker", "byline", "body", "url")
    },
    "excerpt": lambda text: replace(PLAIN, stories=(replace(STORY, full=False, standfirst="", excerpt=text),)),
    **{
        f"picture’s {name}": lambda text, name=name: replace(
            PLAIN, stories=(replace(STORY, image=replace(PICTURE, **{name: text})),)
        )
        for name in ("alt", "credit", "url")
    },
    **{
        what: lambda text, at=at: replace(
            PLAIN,
            stories=(replace(STORY, body=PAGE.format(*["x"] * at, text, *["x"] * (4 - at))),),
        )
        for at, what in enumerate(("href", "text of a link", "address of a picture", "alt in a text", "caption"))
    },
    **{
        name: lambda text, name=name: replace(PLAIN, **{name: text})
        for name in (
            *("publication", "tagline", "subject", "preheader", "sender_name", "postal_address", "reason", "home_url"),
            *("introduction", "browser_url"),
        )
    },
    "link of the introduction": lambda text: replace(PLAIN, introduction=f"[read](https://news.example.org/?{text})"),
    "field’s fallback": lambda text: replace(PLAIN, subject=f"Hello {{{{name|{text[:60]}}}}}"),
}
"""Every field of an edition, and the places in a text that are made into something else."""

BETWEEN = (
    *("", "\x00", "\x08", "\u200b", "\u200c", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u2066", "\u2028", "\ufe0f"),
    *("<b></b>", "<code>", "</code>", "<!-- x -->", "<bdi></bdi>", "<wbr>", "&#8203;", "&shy;", "&#0;", "&", "<", ">"),
    *("[", "]", "](", "*", "**", "_", "`", "\\", "{{", "}}", "{{name}}", "~~", "|", "=", "=\n", "\r\n", "\n", " "),
)
"""What one of the steps on the way drops, or makes into nothing."""


def _rendered(edition: Edition) -> list[Rendered]:
    """The mail, and its page in the browser where that is another."""
    parts = [render.render(edition, templates=TEMPLATES), render.for_browser(edition, templates=TEMPLATES)]
    return [one for one in parts if one]


def _own(rendered: Rendered) -> dict[str, int]:
    return {name: TOKENS.count(getattr(rendered, name)) for name in ("subject", "html", "text")}


def _ways_out(rendered: Rendered) -> list[int]:
    filled = (TOKENS.fill_html(rendered.html, ADA), TOKENS.fill_text(rendered.text, ADA))
    return [TOKENS.fill_text(rendered.subject, ADA).count(URL), *(one.count(URL) for one in filled)]


def _pieces(token: str) -> str:
    """The token cut at four places by each of them, one after the other, with words around."""
    cuts = (1, 20, len(token) - 20, len(token) - 1)
    pieces = (f"x{token[:cut]}{between}{token[cut:]}x" for between in BETWEEN[1:] for cut in cuts)
    return " and ".join(pieces)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("token", [TOKENS.unsubscribe_url, TOKENS.name("friend")], ids=["link", "name"])
def test_pieces_of_a_token_never_become_one(field: str, token: str) -> None:
    edition = FIELDS[field](_pieces(token))
    try:
        parts = _rendered(edition)
    except TokensChanged:
        return
    plain = render.render(FIELDS[field]("x"), templates=TEMPLATES)
    for rendered in parts:
        # {{name}} is a field where merging is offered: it may be there, a link may not.
        assert _ways_out(rendered) == _ways_out(plain)


@pytest.mark.parametrize("field", FIELDS)
def test_a_whole_token_is_refused_in_any_field(field: str) -> None:
    """Before anything is approved, in the words that an editor reads."""
    for token in (TOKENS.unsubscribe_url, TOKENS.name(), f"name{TOKENS.spelled(Token('name'))[-5:]}"):
        text = f"x{token}x"
        edition = FIELDS[field](text)
        if TOKENS.head not in repr(replace(edition, token_key="")):  # `namexz7qk` alone is a word as any other
            plain = render.render(FIELDS[field]("x"), templates=TEMPLATES)
            assert _own(_rendered(edition)[0]) == _own(plain)
            continue
        with pytest.raises(TokensChanged, match="Nothing was sent or changed"):
            _rendered(edition)


@pytest.mark.parametrize("field", FIELDS)
@given(data=st.data())
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_in_any_field_yields_a_token_in_any_part(field: str, data: st.DataObject) -> None:
    token = data.draw(st.sampled_from([TOKENS.unsubscribe_url, TOKENS.name("x"), TOKENS.head, "namexz7qk"]))
    at = data.draw(st.integers(0, len(token)))
    around = data.draw(st.text(max_size=5))
    between = data.draw(st.sampled_from(BETWEEN)) + data.draw(st.sampled_from(BETWEEN))
    edition = FIELDS[field](f"{around}{token[:at]}{between}{token[at:]}{around}")
    try:
        parts = _rendered(edition)
    except TokensChanged:
        return
    plain = render.render(FIELDS[field]("x"), templates=TEMPLATES)
    for rendered in parts:
        assert _ways_out(rendered) == _ways_out(plain)


def _from_markdown(text: str) -> str:
    return extract.file(f"# Harbour\n\n{text}\n".encode(), name="a.md").body


def _from_html(text: str) -> str:
    page = f"<html><title>Harbour</title><body><article><h1>Harbour</h1><p>{text}</p></article></body></html>"
    return extract.file(page.encode(), name="a.html").body


def _from_feed(text: str) -> str:
    inside = text.replace("&", "&amp;").replace("<", "&lt;")
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>t</title><description>'
    found: Any = feeds.read(
        f"{head}&lt;p&gt;{inside}</description></item></channel></rss>".encode(), url="https://a.example/"
    )
    return str(found.entries[0].body)


@pytest.mark.parametrize("read", [_from_markdown, _from_html, _from_feed], ids=["Markdown", "HTML", "a feed"])
def test_nor_does_what_is_read_from_a_file_a_page_or_a_feed(read: Callable[[str], str]) -> None:
    """`kq7<code>z</code>unsubscribexz7qk` became each reader’s own link in 270 of 270 text parts once."""
    for token in (TOKENS.unsubscribe_url, "kq7zunsubscribexz7qk", "kq7znamexz7qk"):
        body = read(_pieces(token).translate({0: " ", 8: " ", 10: " ", 13: " "}))  # no text with those is one
        assert body
        try:
            (rendered, *_) = _rendered(FIELDS["body"](body))
        except TokensChanged:
            continue
        assert _ways_out(rendered) == _ways_out(render.render(PLAIN, templates=TEMPLATES))
