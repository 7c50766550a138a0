"""The text part: everything the HTML says, shaped for a person."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from newsletter.issues.edition import Edition, Story, in_browser
from newsletter.rendering import html_parts, personalise, prose, text, wrap
from newsletter.rendering.results import Rendered
from tests.rendering import editions
from tests.tokens import TOKENS

Render = Callable[[Edition], Rendered]
EVERY = pytest.mark.parametrize("edition", [editions.ENGLISH, editions.PERSIAN], ids=["english", "persian"])
URL = re.compile(r"https?://|mailto:|tel:")


def shaped(html: str) -> str:
    return text._prose(prose.body(html, direction="ltr"), links="")


def too_long(body: str) -> list[str]:
    return [line for line in body.splitlines() if wrap.columns(line) > 78 and not URL.search(line)]


@EVERY
def test_every_link_and_heading_of_the_html_stands_in_the_text_in_order(edition: Edition, rendered: Render) -> None:
    """F7"""
    mail = rendered(edition)
    bare = "".join(mail.text.split())
    for link in html_parts.of(mail.html).links:
        assert link.url in mail.text
    headings = [re.sub("<.*?>", "", words) for words in re.findall(r"<h[1-6][^>]*>(.*?)</h", mail.html, re.DOTALL)]
    at = 0
    for heading in headings:
        at = bare.index("".join(heading.split()), at)
    for story in edition.stories:
        if story.url:
            assert f"\n{story.url}\n" in mail.text


@EVERY
def test_nothing_is_wider_than_78_columns_and_no_markup_is_left(edition: Edition, rendered: Render) -> None:
    """F7"""
    body = rendered(edition).text
    assert not too_long(body)
    prose_only = "\n".join(line for line in body.splitlines() if "is not a list" not in line)
    assert not re.search(r"\*\*|^#|\]\(|\\|<[a-z/]|&[a-z]+;|^\* ", prose_only, re.MULTILINE)
    assert "1. is not a list, * is not an emphasis and # is not a heading." in body or edition.language != "en"


@EVERY
def test_the_footer_shows_who_writes_why_and_the_way_out(edition: Edition, rendered: Render) -> None:
    """L3"""
    footer = rendered(edition).text.split("\n-- \n")[1]
    assert edition.sender_name in footer
    assert all(line in footer for line in edition.postal_address.splitlines())
    assert html_parts.squeezed(edition.reason) in html_parts.squeezed(footer)
    assert f"\n{TOKENS.unsubscribe_url}\n" in footer


def test_lists_quotes_code_and_tables_read_well() -> None:
    html = (
        "<p>Before<br>after</p><ol><li>one<ul><li>inner</li></ul></li><li>two</li></ol>"
        "<table><tr><th>Name</th><th>Score</th></tr><tr><td>Ann</td><td>3</td></tr></table>"
        "<pre>def f():\n    pass  # hi</pre><hr>"
        "<blockquote><p>First.</p><p>Second.</p></blockquote>"
        f'<p>H<sub>2</sub>O, <code>a*b</code>, <a href="{editions.HOST}/x">here</a>.</p>'
    )
    assert shaped(html) == (
        "Before\nafter\n\n"
        "  1. one\n     - inner\n  2. two\n\n"
        "Name · Score\nAnn · 3\n\n"
        "    def f():\n        pass  # hi\n\n"
        "· · ·\n\n"
        "> First.\n>\n> Second.\n\n"
        "H2O, a*b, here [1].\n\n"
        f"[1] {editions.HOST}/x"
    )


def test_a_link_that_shows_its_address_is_not_listed_twice() -> None:
    assert shaped('<p><a href="https://example.org/a_b">https://example.org/a_b</a></p>') == "https://example.org/a_b"


def test_long_headings_are_underlined_as_wide_as_they_are() -> None:
    lines = text._underlined("A headline " * 12, "-")
    assert len(lines) > 2
    assert lines[-1] == "-" * max(wrap.columns(line) for line in lines[:-1])


def test_chinese_is_wrapped_by_columns_and_keeps_its_marks_in_place() -> None:
    lines = wrap.lines("新闻编辑部每个星期四早上都会寄出一封信，告诉读者港口发生了什么。" * 5)
    assert all(60 < wrap.columns(line) <= wrap.WIDTH for line in lines[:-1])
    assert not any(line.startswith(("，", "。")) for line in lines)
    assert "".join(lines) == "新闻编辑部每个星期四早上都会寄出一封信，告诉读者港口发生了什么。" * 5


def test_room_is_kept_for_a_name() -> None:
    """F7: names of up to 30 columns do not make a line too long, wherever they stand."""
    words = TOKENS.merge_fields("word " * 13 + "{{name|friend}}, " + "word " * 20)
    filled = TOKENS.fill_text(
        wrap.wrapped(words), personalise.values_for(name="N" * 30, unsubscribe_url="https://example.org/u")
    )
    assert not too_long(filled)


WORDS = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=300)


@given(words=WORDS, body=WORDS)
@settings(max_examples=60)
def test_any_story_fits_and_keeps_its_words(words: str, body: str) -> None:
    """F7: no line over 78 columns but URLs, whatever people write."""
    markup = prose.body(f"<p>{Markup.escape(body)}</p><ul><li>{Markup.escape(words)}</li></ul>", direction="ltr")
    assert not too_long(text._prose(markup, links=""))
    assert not too_long(wrap.wrapped(words))
    assert "".join(wrap.wrapped(words).split()) == "".join(words.split())


@given(words=st.text(alphabet="ab \\*_#[]()`+-.1!>|~&<:\u00a0", max_size=60))
@settings(max_examples=80)
def test_signs_that_mean_something_elsewhere_stay_as_they_were_written(words: str) -> None:
    """F7: html2text neither escapes nor swallows what a writer wrote."""
    html = Markup("<p>x{}x</p>").format(words)
    assert "".join(shaped(str(html)).split()) == "".join(f"x{words}x".split())


def test_a_story_of_our_own_is_read_on_in_the_browser(rendered: Render) -> None:
    """D2: headline, picture and “Read on” lead to its place on the issue's page, which holds it whole."""
    story = Story(
        id=7, title="Ours", standfirst="", excerpt="The first.", body="<p>The first. All of it.</p>", full=False
    )
    edition = replace(editions.ENGLISH, stories=(story,))
    mail, there = rendered(edition), rendered(in_browser(edition))
    link = f"{edition.browser_url}#story-7"
    assert f"Read on:\n{link}\n" in mail.text
    assert mail.html.count(f'href="{link}"') == 2
    assert "The first." in mail.html
    assert "All of it." not in mail.html + mail.text
    assert 'id="story-7"' in there.html
    assert "All of it." in there.html
    assert "Read on" not in there.html


def test_a_story_of_our_own_that_is_shown_whole_has_no_link(rendered: Render) -> None:
    story = Story(id=1, title="Ours", standfirst="", excerpt="All of it.", body="<p>All of it.</p>", full=True)
    mail = rendered(replace(editions.ENGLISH, stories=(story,)))
    assert "All of it." in mail.text
    assert "All of it." in mail.html
    assert "Read on" not in mail.text
