# ruff: noqa: E501
"""Trust 16 and 17: what comes out of the sanitiser can hurt nobody, and cleaning it again changes nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.articles import urls
from newsletter.articles.pictures import media_keys
from newsletter.articles.reading import sanitise

VECTORS = (Path(__file__).parents[1] / "attacks" / "xss.txt").read_text().splitlines()
BASE = "https://harbour.example/news/"
HARMLESS = {
    "href", "src", "alt", "title", "lang", "dir", "width", "height", "colspan", "rowspan", "scope", "start",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads HTML as a browser's tokenizer would, and objects to whatever is not on the short list."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in sanitise.TAGS, tag
        for name, value in attrs:
            assert name in HARMLESS, name
            if name in {"href", "src"}:
                assert re.match(r"(https?://[^/@\s]+|mailto:|tel:)", value or ""), value
                assert value == urls.link(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction")


def assert_harmless(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    reader.close()


@pytest.mark.parametrize("base", ["", BASE])
@pytest.mark.parametrize("vector", VECTORS)
def test_a_known_attack_comes_out_harmless(vector: str, base: str) -> None:
    for html in (vector, f"<p>before {vector} after</p>", f"<table><tr><td>{vector}</td></tr></table>"):
        cleaned = sanitise.clean(html, base_url=base)
        assert_harmless(cleaned)
        assert sanitise.clean(cleaned) == cleaned
        assert sanitise.clean(cleaned, base_url=BASE) == cleaned


PIECES = st.sampled_from(
    [
        *VECTORS,
        *(f"<{tag}>" for tag in ("p", "a", "svg", "math", "table", "td", "select", "style", "title", "mtext", "desc", "div", "li")),
        *(f"</{tag}>" for tag in ("p", "a", "svg", "math", "table", "script", "style", "div", "noscript")),
        '<a href="', '">', "'", "<!--", "-->", "]]>", "<![CDATA[", "&lt;", "&#x3c;", "&", "<", ">", "\x00", "\u2028", " ", "x",
        '<img src="', "javascript:", "https://e.example/", '<abbr title="', "<h1>", "</h1>", "<br>", "﻿",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=14).map("".join), st.sampled_from(["", BASE]))
@settings(max_examples=150)
def test_cleaning_twice_changes_nothing(html: str, base: str) -> None:
    cleaned = sanitise.clean(html, base_url=base)
    assert sanitise.clean(cleaned, base_url=base) == cleaned
    assert_harmless(cleaned)


@given(st.text(max_size=60))
@settings(max_examples=120)
def test_a_url_is_kept_only_as_something_harmless(raw: str) -> None:
    for base in ("", BASE):
        url = urls.link(raw, base_url=base)
        assert url is None or re.match(r"(https?://[^/?#]|mailto:|tel:)", url, re.IGNORECASE)
        assert url is None or urls.link(url) == url


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>One <b>two</b> <i>three</i></p>", "<p>One <b>two</b> <i>three</i></p>"),
        ("<h1>Title</h1><h5>Low</h5>", "<h2>Title</h2><h4>Low</h4>"),
        ("<div>One</div><div>Two</div>", "<p>One</p><p>Two</p>"),
        ('<a href="/x?a=1&b=2#c">x</a>', '<a href="https://harbour.example/x?a=1&amp;b=2#c">x</a>'),
        ('<a href="more">x</a>', '<a href="https://harbour.example/news/more">x</a>'),
        ('<a href="//e.example/x">x</a>', '<a href="https://e.example/x">x</a>'),
        ('<a href="mailto:ada@example.org">x</a>', '<a href="mailto:ada@example.org">x</a>'),
        ('<a href="tel:+49 30 1234">x</a>', '<a href="tel:+49301234">x</a>'),
        ('<a href="https://e.example/a b">x</a>', '<a href="https://e.example/a%20b">x</a>'),
        ('<img src="p.jpg" alt="A &quot;pier&quot;">', '<img src="https://harbour.example/news/p.jpg" alt="A &quot;pier&quot;">'),
        ('<img src="mailto:x@y.example" alt="x">', ""),
        ('<p dir="rtl" lang="fa">متن</p>', '<p dir="rtl" lang="fa">متن</p>'),
        ("<p>a</p><p> </p><p>b</p>", "<p>a</p><p>b</p>"),
        ("<p>5 < 6 & 7 > 3</p>", "<p>5 &lt; 6 &amp; 7 &gt; 3</p>"),
        ("<blockquote>q</blockquote><ul><li>a<li>b</ul>", "<blockquote>q</blockquote><ul><li>a</li><li>b</li></ul>"),
        ('<table><tr><th scope="col">a<td colspan=2>b</table>',
         '<table><tbody><tr><th scope="col">a</th><td colspan="2">b</td></tr></tbody></table>'),
    ],
)  # fmt: skip
def test_prose_stays_prose(html: str, cleaned: str) -> None:
    assert sanitise.clean(html, base_url=BASE) == cleaned


def test_images_are_found_and_exchanged() -> None:
    html = sanitise.clean('<p>x<img src="https://e.example/a?x=1&y=2" alt="<a>"><img src="https://e.example/b"></p>')
    assert sanitise.images_of(html) == ["https://e.example/a?x=1&y=2", "https://e.example/b"]
    file = f"ab/{'ab' * 32}.jpg"
    ours = media_keys.Within(file=file, width=800, height=600)
    exchanged = sanitise.with_images(html, {"https://e.example/a?x=1&y=2": ours})
    assert exchanged == f'<p>x<img src="media:{file}" alt="&lt;a&gt;" width="800" height="600"></p>'
    assert sanitise.clean(exchanged) == exchanged


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<figure>{img}<figcaption>At the dairy. <em>C. Lim</em></figcaption></figure><p>a</p>", "<p>a</p>"),
        ("<figure><figcaption>At the dairy</figcaption>{img}</figure><p>a</p>", "<p>a</p>"),
        ("<figure>{img}<blockquote><p>Said.</p></blockquote><figcaption>Who</figcaption></figure>", None),
        ("<figure><figcaption>Only a caption</figcaption></figure>", None),
        ('<figure>{img}<img src="https://x.example/2.jpg" alt=""><figcaption>Both</figcaption></figure>', None),
    ],
)
def test_a_caption_goes_with_its_picture(html: str, left: str | None) -> None:
    html = sanitise.clean(html.format(img='<img src="https://x.example/1.jpg" alt="A">'))
    ours = {"https://x.example/2.jpg": media_keys.Within(file=f"ab/{'ab' * 32}.jpg", width=600, height=400)}
    found = sanitise.with_images(html, ours)
    assert "1.jpg" not in found
    assert found == left if left is not None else "<figcaption>" in found


def test_merge_fields_of_a_template_are_only_text() -> None:
    """Trust 15: nothing of an article is ever a template."""
    text = "{{7*7}} {% load x %} {{settings}} ${7*7} #{7*7}"
    assert sanitise.clean(f"<p>{text}</p>") == f"<p>{text}</p>"


def test_words_without_markup() -> None:
    assert sanitise.text_of("<p>a<b>b</b></p><p>c &lt;d&gt;<script>e</script></p>") == "ab c <d>"


@pytest.mark.parametrize(
    "html", ["<div>" * 20_000, "<b><p>" * 10_000, "<a href='https://e.example'>" * 10_000, "<" * 50_000]
)
def test_deep_nesting_is_no_trap(html: str) -> None:
    cleaned = sanitise.clean(html + "x")
    assert sanitise.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Caf&eacute Noir &copy 2026 &nbsp x", "Café Noir © 2026 &nbsp; x"),
        ("Caf&eacutes, &#233t&#xe9 &#233;", "Cafés, été é"),
        ("&notin; &not; &bogus &bogus; R&D AT&T &", "∉ ¬ &amp;bogus &amp;bogus; R&amp;D AT&amp;T &amp;"),
        ("1 < 2 &eacute 3 > 2", "1 &lt; 2 é 3 &gt; 2"),
        (
            '<a href="https://x.example/?a=1&copy=2&reg=3&lt=4">x</a>',
            '<a href="https://x.example/?a=1&amp;copy=2&amp;reg=3&amp;lt=4">x</a>',
        ),
        ('<a href="https://x.example/?a&copy&b">x</a>', '<a href="https://x.example/?a&amp;copy&amp;b">x</a>'),
        ("https://x.example/?a=1&copy=2", "https://x.example/?a=1&amp;copy=2"),
    ],
)
def test_entities_are_read_without_their_semicolon_as_browsers_read_them(given: str, expected: str) -> None:
    assert sanitise.clean(given) == expected
    assert sanitise.clean(expected) == expected


@pytest.mark.timeout(30)
@pytest.mark.parametrize("unit", ["&eacute ", "&eacute", "&#233 ", "<p &#1 ", "&#", "<&#1"])
def test_many_of_them_are_read_in_a_moment(unit: str) -> None:
    sanitise.clean(unit * 200_000)
    sanitise.clean("&#" + "1" * 3_000_000)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            "<p>a&nbsp;b &copy; &amp; «» &unknown; &lt;b&gt; &amp;lt;</p>",
            "<p>a&nbsp;b © &amp; «» &amp;unknown; &lt;b&gt; &amp;lt;</p>",
        ),
        ("<p>&#60;b&#62; &#38;lt; &#39; &#xA0;</p>", "<p>&lt;b&gt; &amp;lt; ' &nbsp;</p>"),
        (
            '<a href="https://a.example/?x=1&amp;copy;=2&b=«">é</a>',
            '<a href="https://a.example/?x=1&amp;copy;=2&amp;b=«">é</a>',
        ),
        ('<img src="https://a.example/b.png" alt="« &nbsp; &amp;">',) * 2,
        ("<p>a\ue026b\ue0a0c</p>", "<p>abc</p>"),
    ],
)
def test_references_and_what_is_held_back_from_the_library_come_back_as_they_were(given: str, kept: str) -> None:
    assert sanitise.clean(given) == kept
    assert sanitise.clean(kept) == kept
