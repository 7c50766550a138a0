"""Preflight: what it blocks, what it only says, and that it lets a good issue go."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from newsletter.issues.edition import Edition, Image, Story
from newsletter.rendering import preflight
from newsletter.rendering.results import Finding, Rendered
from newsletter.translatable import Translatable
from tests.rendering import editions

Render = Callable[[Edition], Rendered]
ENGLISH = editions.ENGLISH
LEAD = ENGLISH.stories[0]


@pytest.mark.parametrize("edition", [ENGLISH, editions.PERSIAN], ids=["english", "persian"])
def test_a_good_issue_passes_without_a_word(edition: Edition, rendered: Render) -> None:
    assert preflight.check(edition, rendered(edition), loopback=False).findings == ()


def found(edition: Edition, render: Render, *, loopback: bool = False) -> tuple[Finding, ...]:
    findings = preflight.check(edition, render(edition), loopback=loopback).findings
    for finding in findings:
        # A page can translate it.
        assert isinstance(finding.text, Translatable), finding
        assert not re.search(r"%\(\w+\)s", finding.text)
    return findings


def with_lead(**changes: object) -> Edition:
    return replace(ENGLISH, stories=(replace(LEAD, **changes), *ENGLISH.stories[1:]))  # type: ignore[arg-type]


def with_body(html: str) -> Edition:
    return with_lead(body=html, full=True)


PICTURE = f'<img src="{editions.HOST}/media/x.jpg"'
BLOCKED = {
    "no subject": (replace(ENGLISH, subject="  "), "subject", "subject is empty"),
    "line break in the subject": (replace(ENGLISH, subject="a\r\nBcc: x@example.com"), "subject", "line break"),
    "control in the subject": (replace(ENGLISH, subject="a\x00b"), "subject", "hidden character"),
    "no stories": (replace(ENGLISH, stories=()), "stories", "no story"),
    "no headline": (with_lead(title=" "), "stories", "no headline"),
    "unknown field": (replace(ENGLISH, introduction="Hi {{first_name}}"), "placeholder", "{{first_name}}"),
    "sum in braces": (replace(ENGLISH, subject="Now {{7*7}}"), "placeholder", "{{7*7}}"),
    "template tag": (replace(ENGLISH, preheader="{% load x %}"), "placeholder", "{% load x %}"),
    "another program's field": (replace(ENGLISH, introduction="Hi *|FNAME|*"), "placeholder", "*|FNAME|*"),
    "field in a headline": (with_lead(title="Hi {{name}}"), "placeholder", "{{name}}"),
    "a note between writers": (replace(ENGLISH, introduction="Hello. %%ask Bo%%"), "remark", "%%ask Bo%%"),
    "a comment": (replace(ENGLISH, introduction="Hello. <!-- ask Bo -->"), "remark", "introduction contains a note"),
    "a critic's note": (replace(ENGLISH, subject="Now {>>ask Bo<<}"), "remark", "subject contains a note"),
    "a note in the preview line": (
        replace(ENGLISH, preheader="Soon <!-- ask Bo -->"),
        "remark",
        "preview line contains",
    ),
    "a note in a headline": (with_lead(title="Pier %%ask Bo%%"), "remark", "%%ask Bo%%"),
    "a note in a summary": (with_lead(standfirst="Closed. <!-- ask Bo -->"), "remark", "ask Bo"),
    "name in a link": (
        replace(ENGLISH, introduction="[x](https://example.org/?{{name|a}})"),
        "placeholder",
        "reader's personal data",
    ),
    "relative link": (with_body('<p><a href="/x">x</a></p>'), "H9", "does not work in a mail"),
    "script link": (with_body('<p><a href="javascript:alert(1)">x</a></p>'), "H9", "javascript"),
    "data link": (with_body('<p><a href="data:text/html,x">x</a></p>'), "H9", "data:"),
    "plain http": (with_lead(url="http://example.org/a"), "H9", "plain http"),
    "script": (with_body("<script>x</script>"), "H9", "a script"),
    "form": (with_body("<form><input></form>"), "H9", "a form"),
    "frame": (with_body('<iframe src="https://example.org"></iframe>'), "H9", "embedded page"),
    "handler": (with_body('<p onclick="x()">x</p>'), "H9", "onclick"),
    "remote style": (with_body('<link rel="stylesheet" href="https://example.org/a.css">'), "H9", "style sheet"),
    "picture from elsewhere": (
        with_body('<img src="https://tracker.example/x.gif" alt="x" width="1" height="1">'),
        "H9",
        "not on our own server",
    ),
    "picture inside": (with_body('<img src="data:image/png;base64,AA" alt="x" width="1" height="1">'), "H1", "embed"),
    "no sender": (replace(ENGLISH, sender_name=""), "L3", "sender's name"),
    "no address": (replace(ENGLISH, postal_address=" \n "), "L3", "postal address"),
    "no reason": (replace(ENGLISH, reason=""), "L3", "reason"),
    "too big": (with_body("<p>Long. </p>" * 4_000), "H1", "Gmail"),
}


@pytest.mark.parametrize(("edition", "code", "words"), BLOCKED.values(), ids=BLOCKED.keys())
def test_what_must_not_be_sent_is_blocked_and_says_why(
    edition: Edition, code: str, words: str, rendered: Render
) -> None:
    """H1, H3, H9, L3"""
    blocking = [finding for finding in found(edition, rendered) if finding.blocks]
    assert any(finding.code == code and words in finding.text for finding in blocking), blocking


@pytest.mark.parametrize(
    "introduction",
    ["Between 5 % and 7 %.", "50%% to 60%% of them.", "Obsidian writes `%% so %%`.", "One.\n\n<!--more-->"],
)
def test_what_only_looks_like_a_note_between_writers_blocks_nothing(introduction: str, rendered: Render) -> None:
    findings = found(replace(ENGLISH, introduction=introduction), rendered)
    assert "remark" not in {finding.code for finding in findings}


WARNED = {
    "long subject": (replace(ENGLISH, subject="long " * 20), "subject", "characters"),
    "no alt": (with_body(f'{PICTURE} width="1" height="1">'), "H3", "no description"),
    "no size": (with_body(f'{PICTURE} alt="x">'), "H3", "no width and height"),
    "a long text": (with_body("<p>Long. </p>" * 251), "length", "251 words"),
    "a long Chinese text": (with_body(f"<p>{'渡轮' * 260}</p>"), "length", "260 words"),
    "braces in an excerpt": (with_lead(standfirst="", excerpt="Write {{mustache}} so."), "placeholder", "{{mustache}}"),
    "no preheader": (replace(ENGLISH, preheader=""), "H7", "no preview line"),
    "short preheader": (replace(ENGLISH, preheader="Short"), "H7", "5 characters"),
    "undescribed picture": (
        with_lead(image=Image(url=f"{editions.HOST}/media/a.jpg", width=800, height=400, alt="")),
        "H3",
        "no description",
    ),
    "name without a fallback": (replace(ENGLISH, introduction="Hi {{name}}"), "placeholder", "{{name|friend}}"),
    "braces in a text": (with_body("<p>Write {{mustache}} so.</p>"), "placeholder", "{{mustache}}"),
    "nothing to read": (
        replace(ENGLISH, stories=(Story(id=1, title="T", standfirst="", body="", full=False),)),
        "stories",
        "nothing more to read",
    ),
}


@pytest.mark.parametrize(("edition", "code", "words"), WARNED.values(), ids=WARNED.keys())
def test_what_could_be_better_is_said_but_does_not_block(
    edition: Edition, code: str, words: str, rendered: Render
) -> None:
    """H3, H7"""
    findings = found(edition, rendered)
    assert any(finding.code == code and words in finding.text for finding in findings), findings
    assert not any(finding.blocks for finding in findings)


def test_plain_http_is_let_through_and_flagged_on_this_machine_only(rendered: Render) -> None:
    """H9"""
    here = "http://127.0.0.1:8000"
    stories = tuple(
        replace(
            story,
            url=story.url.replace(editions.HOST, here),
            body=story.body.replace(editions.HOST, here),
            image=replace(story.image, url=story.image.url.replace(editions.HOST, here)) if story.image else None,
        )
        for story in ENGLISH.stories
    )
    edition = replace(
        ENGLISH,
        base_url=here,
        browser_url=f"{here}/read/a/",
        home_url=here,
        introduction="Good morning.",
        stories=stories,
    )
    assert not preflight.check(edition, rendered(edition), loopback=True).blocked
    assert any(finding.code == "H9" for finding in found(edition, rendered, loopback=True))
    assert preflight.check(edition, rendered(edition), loopback=False).blocked


def test_a_theme_without_the_way_out_is_blocked(rendered: Render) -> None:
    """L3: in either part."""
    mail = rendered(ENGLISH)
    for lamed in (replace(mail, text="Only words."), replace(mail, html="<p>Only words.</p>"), replace(mail, text=" ")):
        result = preflight.check(ENGLISH, lamed, loopback=False)
        assert result.blocked
        assert any(finding.code == "L3" for finding in result.findings)


def test_the_blocking_ones_come_first_and_none_twice(rendered: Render) -> None:
    findings = found(replace(ENGLISH, subject="", preheader="x", reason=""), rendered)
    assert [finding.blocks for finding in findings] == sorted((finding.blocks for finding in findings), reverse=True)
    assert len(set(findings)) == len(findings)


def test_what_repeats_is_said_once_with_how_often_and_where(rendered: Render) -> None:
    """Nine findings of one kind hide the tenth that matters."""
    bare = f'{PICTURE} alt="" width="600" height="400">'
    stories = tuple(
        replace(LEAD, id=at, article=at, title=f"Story {at}", body=bare * 2, full=True) for at in range(1, 6)
    )
    [found_once] = [one for one in found(replace(ENGLISH, stories=stories), rendered) if one.code == "H3"]
    assert found_once.text.startswith(
        "10 pictures have no description (in “Story 1” · “Story 2” · “Story 3” and 2 more)"
    )
    assert found_once.articles == tuple((at, f"Story {at}") for at in range(1, 6))


def test_the_real_trap_stands_before_what_a_try_out_brings_along(rendered: Render) -> None:
    here = "http://127.0.0.1:8000"
    stories = tuple(replace(one, url=f"{here}/{one.id}", image=None, body="") for one in ENGLISH.stories)
    edition = replace(
        ENGLISH,
        base_url=here,
        browser_url=f"{here}/read/a/",
        home_url=here,
        stories=stories,
        introduction="Hi {{name}}",
    )
    codes = [finding.code for finding in found(edition, rendered, loopback=True)]
    assert codes == ["placeholder", "H9"]


def test_two_stories_with_one_headline_are_told(rendered: Render) -> None:
    first = replace(LEAD, article=7)
    second = replace(ENGLISH.stories[1], title=f" {LEAD.title.upper()} ", article=8)
    [told] = [
        one
        for one in found(replace(ENGLISH, stories=(first, second, *ENGLISH.stories[2:])), rendered)
        if "have the headline" in one.text
    ]
    assert not told.blocks
    assert [article for article, _title in told.articles] == [7, 8]
