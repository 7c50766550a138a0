"""What every HTML part must be, for mail programs and for people."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import cssutils
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.issues.edition import Edition, Image
from newsletter.rendering import html_parts, personalise
from newsletter.rendering.render import UnknownTheme
from newsletter.rendering.results import Rendered
from tests.rendering import editions
from tests.tokens import TOKENS

Render = Callable[[Edition], Rendered]
EVERY = pytest.mark.parametrize("edition", [editions.ENGLISH, editions.PERSIAN], ids=["english", "persian"])
VOID = {"meta", "img", "br", "hr"}


class Tags(HTMLParser):
    """Every start tag with its attributes, and what was left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.broken: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)


@EVERY
def test_layout_is_tables_with_css_put_inline(edition: Edition, rendered: Render) -> None:
    """H2: only what media queries need stays in a style element; nothing that few mail programs know carries weight."""
    html = rendered(edition).html
    tags = Tags(html)
    assert all(attrs.get("role") == "presentation" for tag, attrs in tags.starts if tag == "table")
    styles = re.findall(r"<style>(.*?)</style>", re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL), re.DOTALL)
    assert len(styles) == 1
    assert "@media only screen and (max-width: 620px)" in styles[0]
    assert "!important" in styles[0]
    assert not re.search(r"display:\s*(flex|grid)|var\(|position:|nth-child|:not\(|@font-face|@import", html)
    assert 'style="' in html
    assert "max-width:600px" in html
    assert not tags.broken
    assert not tags.open


def test_a_style_sheet_is_parsed_once_for_all_mails(rendered: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what a rendition costs, were it parsed for each."""
    first = rendered(editions.ENGLISH).html
    parse, parsed = cssutils.parseString, []
    monkeypatch.setattr(cssutils, "parseString", lambda text, **how: parsed.append(text) or parse(text, **how))
    for number in range(3):
        rendered(replace(editions.ENGLISH, subject=f"The {number}th"))
    assert rendered(editions.ENGLISH).html == first
    assert parsed == []


@EVERY
def test_outlook_gets_its_ghost_table_balanced(edition: Edition, rendered: Render) -> None:
    """H6"""
    html = rendered(edition).html
    ghosts = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html, re.DOTALL)
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == len(ghosts) == 3
    assert Counter(re.findall(r"<table|</table", "".join(ghosts))) == {"<table": 1, "</table": 1}
    assert 'width="600"' in "".join(ghosts)


@EVERY
def test_language_and_direction_stand_on_html_wrapper_and_each_block(edition: Edition, rendered: Render) -> None:
    """H4: a mail program may drop html and body, so every block says its direction itself, in CSS too."""
    tags = Tags(rendered(edition).html)
    side = "right" if edition.direction == "rtl" else "left"
    wrappers = [attrs for tag, attrs in tags.starts if tag in {"html", "body"}] + [
        next(attrs for tag, attrs in tags.starts if tag == "table")
    ]
    for attrs in wrappers:
        assert attrs["lang"] == edition.language
        assert attrs["dir"] == edition.direction
    blocks = [(tag, attrs) for tag, attrs in tags.starts if tag in {"p", "h2", "h3", "li", "ul", "blockquote"}]
    assert len(blocks) > 12
    for tag, attrs in blocks:
        style = (attrs["style"] or "").replace(" ", "")
        assert attrs["dir"] == edition.direction, tag
        assert f"direction:{edition.direction}" in style, (tag, style)
        assert f"text-align:{side}" in style or "text-align:center" in style, (tag, style)


def test_right_to_left_is_mirrored_and_foreign_runs_are_isolated(rendered: Render) -> None:
    """H4: paddings and borders change sides, Latin runs are isolated, digits and the date are Persian."""
    html = rendered(editions.PERSIAN).html
    assert "<bdi>Open Radio 3</bdi>" in html
    assert "<bdi>news.example.org</bdi>" in html
    assert "padding-left:24px" in html
    assert "padding-right:24px" not in html
    assert re.search(r"<blockquote[^>]*border-right:", html)
    assert not re.search(r"border-left:", html)
    assert "پنج‌شنبه ۵ آذر ۱۴۰۵" in html
    assert "شمارهٔ ۳۴" in html
    assert "←" in html
    assert "→" not in html
    assert not re.search(r'class="[^"]*"[^>]*style="[^"]*letter-spacing:\s*(?!0)[^"]*"', html), (
        "letters of Arabic script stay joined"
    )


def test_an_english_story_keeps_its_own_direction_in_a_persian_issue(rendered: Render) -> None:
    """H4"""
    story = replace(editions.ENGLISH.stories[0], id=77)
    html = rendered(replace(editions.PERSIAN, stories=(editions.PERSIAN.stories[0], story))).html
    block = html.split("<!-- story:77 -->")[1].split("<!-- /story:77 -->")[0]
    assert 'lang="en"' in block
    headline = re.search(r"<h2[^>]*>", block)
    assert headline is not None
    assert "direction:ltr" in headline[0]
    assert "text-align:left" in headline[0]


@EVERY
def test_each_story_is_a_block_that_can_be_cut_out(edition: Edition, rendered: Render) -> None:
    html = rendered(edition).html
    for story in edition.stories:
        block = html.split(f"<!-- story:{story.id} -->")[1].split(f"<!-- /story:{story.id} -->")[0]
        tags = Tags(block)
        assert not tags.broken
        assert not tags.open
        assert sum(tag == "h2" for tag, _ in tags.starts) == 1
        without = html.replace(block, "")
        assert not Tags(without).broken


@EVERY
def test_headings_are_in_order_and_there_is_one_h1(edition: Edition, rendered: Render) -> None:
    """H8"""
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", rendered(edition).html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


@EVERY
def test_links_are_clear_on_their_own_and_pictures_are_described(edition: Edition, rendered: Render) -> None:
    """H3, H8: the link to read on names its story for a screen reader; every picture has alt, width and height."""
    tags = Tags(rendered(edition).html)
    spoken = {attrs.get("aria-label") for tag, attrs in tags.starts if tag == "a"}
    for story in edition.stories:
        if story.url:
            assert any(label and story.title in label for label in spoken)
    pictures = [attrs for tag, attrs in tags.starts if tag == "img"]
    assert pictures
    for attrs in pictures:
        assert attrs["alt"]
        assert int(attrs["width"] or "") <= 600
        assert int(attrs["height"] or "") > 0


def test_an_undescribed_picture_is_no_stop_for_a_screen_reader(rendered: Render) -> None:
    """H3"""
    image = Image(url=f"{editions.HOST}/media/a.jpg", width=800, height=500, alt="")
    html = rendered(replace(editions.ENGLISH, stories=(replace(editions.ENGLISH.stories[0], image=image),))).html
    assert re.search(r'<a [^>]*aria-hidden="true" tabindex="-1"[^>]*>\s*<img [^>]*alt=""', html)


@EVERY
def test_the_preheader_is_hidden_padded_and_not_in_the_text(edition: Edition, rendered: Render) -> None:
    """H7"""
    mail = rendered(edition)
    hidden = re.search(r'<div aria-hidden="true"[^>]*display:none[^>]*>(.*?)</div>', mail.html, re.DOTALL)
    assert hidden is not None
    assert re.sub("<.*?>", "", hidden[1]).startswith(edition.preheader)
    assert hidden[1].count("\u034f") >= 30
    assert edition.preheader not in " ".join(mail.text.split())


def test_without_a_preheader_the_first_summary_fills_the_inbox_line(rendered: Render) -> None:
    html = rendered(replace(editions.ENGLISH, preheader="")).html
    assert "After nine winters behind a fence" in html.split("</div>")[0]


def test_full_text_moves_the_articles_headings_below_the_storys(rendered: Render) -> None:
    body = "<h2>One</h2><p>a</p><h4>Two</h4><p>b</p><h2>Three</h2>"
    story = replace(editions.ENGLISH.stories[3], body=body)
    html = rendered(replace(editions.ENGLISH, stories=(story,))).html
    assert [int(n) for n in re.findall(r"<h([1-6])[ >]", html)] == [1, 2, 3, 4, 3]


def test_pictures_in_a_text_are_made_to_fit(rendered: Render) -> None:
    body = f'<p><img src="{editions.HOST}/media/b.jpg" alt="b" width="1072" height="500"></p>'
    html = rendered(replace(editions.ENGLISH, stories=(replace(editions.ENGLISH.stories[3], body=body),))).html
    assert 'width="536" height="250"' in html


def test_a_test_issue_says_so(rendered: Render) -> None:
    mail = rendered(replace(editions.ENGLISH, test=True))
    assert mail.subject.startswith("[Test] ")
    assert "This is a test." in mail.html
    assert "This is a test." in mail.text


def test_a_theme_that_is_not_there_is_said_plainly(rendered: Render) -> None:
    for theme in ("nowhere", "../web", ""):
        with pytest.raises(UnknownTheme, match="not installed"):
            rendered(replace(editions.ENGLISH, theme=theme))


SSTI = [
    "{{7*7}}",
    "{% load x %}",
    "{{settings}}",
    "{{ self.__init__.__globals__ }}",
    "{{name.__class__}}",
    "#{7*7}",
    "${7*7}",
]


@pytest.mark.parametrize("payload", SSTI)
def test_text_from_people_never_reaches_a_template_engine(payload: str, rendered: Render) -> None:
    """Threat 15: whatever looks like template code stays what it is, in every field."""
    story = replace(editions.ENGLISH.stories[0], title=payload, standfirst=payload, byline=payload, kicker=payload)
    edition = replace(
        editions.ENGLISH, subject=payload, preheader=payload, introduction=payload, tagline=payload, stories=(story,)
    )
    mail = rendered(edition)
    assert payload in mail.subject
    assert html_parts.squeezed(mail.text).count(payload) >= 4
    assert "49" not in mail.text.replace("2026", "")


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "'\" onmouseover=alert(1) x='",
            "--><script>1</script><!-- /story:11 -->",
            "</title></style><svg onload=1>",
            "<![endif]-->",
            "&lt;b&gt; &amp;#60;",
            personalise.Tokens("0" * 32).unsubscribe_url,
            personalise.Tokens("").name(),
        ]
    ),
)


@given(text=HOSTILE, name=HOSTILE)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_breaks_out_of_the_html(text: str, name: str, rendered: Render) -> None:
    """H9, threat 15: any headline, summary or name stays text, so the elements stay the same."""

    def elements(words: str, reader: str) -> list[tuple[str, frozenset[str]]]:
        story = replace(editions.ENGLISH.stories[0], title=f"t{words}", standfirst=f"s{words}", kicker=f"k{words}")
        edition = replace(
            editions.ENGLISH,
            subject=f"u{words}",
            tagline=f"g{words}",
            preheader=f"p{words}",
            sender_name=f"n{words}",
            stories=(story,),
        )
        mail = rendered(edition)
        values = personalise.values_for(name=reader, unsubscribe_url="https://news.example.org/u/x/")
        tags = Tags(TOKENS.fill_html(mail.html, values))
        assert not tags.broken
        return [(tag, frozenset(attrs)) for tag, attrs in tags.starts if tag not in {"bdi", "span"}]

    assert elements(text, name) == elements("x", "x")
