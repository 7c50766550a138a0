# ruff: noqa: E501 a clipboard as it comes
"""Formatted text from a clipboard is read as any document is: what is not for readers does not come along."""

import base64
import json

import pytest
from django.conf import LazySettings

from newsletter.articles.drafts import Why
from newsletter.articles.reading import pasting
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.reading.not_for_readers import left_out

WORD = "<html xmlns:o='urn:schemas-microsoft-com:office:office'><body>"
KEPT_OUT = {
    "Word's list of comments": (
        "<p class=MsoNormal>Open.</p><div style='mso-element:comment-list'><p class=MsoCommentText>[AQ1]LEGAL</p></div>",
        Why.REMARK,
        "[AQ1]LEGAL",
    ),
    "Word's deletions": (f"{WORD}<p class=MsoNormal>Open.<del cite='mailto:ada'>GONE</del></p>", Why.DELETED, "GONE"),
    "Google's comments": (
        '<p>Open.<a href="#cmnt1">[a]</a></p><div><p><a href="#cmnt_ref1">[a]</a>LEGAL</p></div>',
        Why.REMARK,
        "LEGAL",
    ),
    "behind a wall": ("<p>Open.</p><!--members-only--><p>SECRET</p>", Why.MEMBERS, "SECRET"),
    "hidden by style": ('<p>Open.</p><p style="display: none">HIDDEN</p>', Why.HIDDEN, "HIDDEN"),
    "hidden by attribute": ("<p>Open.</p><p hidden>HIDDEN</p>", Why.HIDDEN, "HIDDEN"),
    "Gmail's signature": ('<p>Open.</p><div class="gmail_signature" dir="ltr">Ada, Desk</div>', Why.MAIL, "Ada, Desk"),
    "Thunderbird's signature": ('<p>Open.</p><pre class="moz-signature">Ada, Desk</pre>', Why.MAIL, "Ada, Desk"),
}


@pytest.mark.parametrize("name", KEPT_OUT)
def test_what_is_not_for_readers_is_kept_out_and_named(name: str) -> None:
    html, why, text = KEPT_OUT[name]
    found = pasting.read(html)
    assert found.text == "Open."
    assert [(piece.why, piece.text) for piece in found.left_out] == [(why, text)]


@pytest.mark.parametrize("name", KEPT_OUT)
def test_the_same_html_within_markdown_is_read_alike(name: str) -> None:
    """As it is when the browser runs no scripts, or a program posts it."""
    html, why, text = KEPT_OUT[name]
    found = front_matter.story(html)
    assert text not in found.body
    assert (why, text) in [(piece.why, piece.text) for piece in found.left_out]


def test_the_mail_that_is_answered_goes_and_one_that_is_all_there_is_stays() -> None:
    own = "<p>The pier is shut, says the harbour master, and will stay so until the spring of next year.</p>"
    quoted = '<div class="gmail_quote"><p>On Monday Ada wrote:</p><p>Is the pier open?</p></div>'
    answer = pasting.read(own + quoted)
    assert "Ada wrote" not in answer.text
    assert [piece.why for piece in answer.left_out] == [Why.MAIL]
    assert "Is the pier open?" in pasting.read(quoted).text


def test_a_documents_own_title_and_byline_are_told_apart_from_its_text() -> None:
    found = pasting.read(
        f"{WORD}<p class=MsoTitle>The Pier</p><p class=MsoNormal>By Ada Quill</p><p class=MsoNormal>It is shut.</p>"
    )
    assert (found.title, found.byline, found.text) == ("The Pier", "Ada Quill", "It is shut.")


def test_pictures_come_along_up_to_a_size() -> None:
    small = base64.b64encode(b"x" * 900).decode()
    found = pasting.read(f'<p>Open.</p><p><img src="data:image/jpeg;base64,{small}" alt="A pier" onerror="x()"></p>')
    assert f'<img src="data:image/png;base64,{small}" alt="A pier">' in found.text
    large = base64.b64encode(b"x" * (pasting.MOST_BYTES + 1)).decode()
    found = pasting.read(f'<p>Open.</p><p><img src="data:image/jpeg;base64,{large}"></p>')
    assert (found.text.strip(), found.without_pictures) == ("Open.", True)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "x",
        "{}",
        "[1]",
        '[{"text": "a"}]',
        '[{"text": 1, "why": "no"}]',
        "[" * 5000,
        '[{"text": 1, "why": "mail", "html": "", "after": ""}]',
    ],
)
def test_what_comes_back_from_a_page_and_is_not_ours_is_passed_over(raw: str) -> None:
    assert left_out.from_page(raw) == []


def test_what_comes_back_from_a_page_is_stored_safely() -> None:
    found = pasting.read("<p>Open.</p><!--members-only--><p>SECRET<script>x()</script></p>")
    told = json.loads(json.dumps([piece.to_json() for piece in found.left_out]))
    told[0] |= {"html": "<script>x()</script><p onclick=x()>SECRET</p>", "back": True}
    [piece] = left_out.from_page(json.dumps(told))
    assert left_out.safe(piece).to_json() == {
        "text": "SECRET",
        "why": "members",
        "html": "<p>SECRET</p>",
        "after": "Open.",
        "back": False,
    }


def test_pictures_come_along_as_long_as_the_form_can_be_saved_with_them() -> None:
    picture = base64.b64encode(b"x" * 600_000).decode()  # 800,000 bytes on its way
    html = f'<p>Open.</p><p><img src="data:image/jpeg;base64,{picture}"></p>'
    first = pasting.read(html)
    assert not first.without_pictures
    again = pasting.read(html, room=pasting.MOST_BYTES - first.size)
    assert not again.without_pictures
    third = pasting.read(html, room=pasting.MOST_BYTES - 2 * first.size)
    assert (third.text.strip(), third.without_pictures, third.too_large) == ("Open.", True, False)


def test_a_text_that_no_longer_fits_is_not_pasted_in_part() -> None:
    found = pasting.read(f"<p>{'Open. ' * 200}</p><!--members-only--><p>SECRET</p>", room=1_000)
    assert (found.text, found.left_out, found.too_large) == ("", (), True)


def test_what_is_kept_out_counts_as_well() -> None:
    html = f"<p>Open.</p><!--members-only--><p>{'SECRET ' * 200}</p>"
    assert pasting.read(html, room=1_000).too_large
    assert not pasting.read(html, room=10_000).too_large


def test_what_a_pasted_text_may_hold_is_what_a_form_may(settings: LazySettings) -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == pasting.MOST_BYTES


@pytest.mark.parametrize(
    "address", ["file:///C:/Temp/msohtmlclip1/clip_image001.jpg", "blob:https://docs.x/1", "a.png"]
)
def test_a_picture_that_the_clipboard_only_names_is_told_of(address: str) -> None:
    found = pasting.read(f'<p>Two ferries.</p><p><img src="{address}" alt="Two ferries"></p>')
    assert found.text == "Two ferries."
    [note] = found.notes
    assert note.startswith(f"A picture was left out: only its name, {address}, is known.")
    assert not pasting.read('<p>One.</p><img src="https://news.example.org/a.png" alt="">').notes


def test_a_headline_above_the_text_is_its_headline() -> None:
    found = pasting.read("<meta charset=utf-8><h1 dir=ltr>Ferry <em>race</em> on Sunday</h1><p>Nine boats.</p>")
    assert (found.title, found.text) == ("Ferry race on Sunday", "Nine boats.")
    two = pasting.read("<h1>One</h1><p>a</p><h1>Two</h1><p>b</p>")
    assert (two.title, "One" in two.text, "Two" in two.text) == ("", True, True)
    assert pasting.read("<p>Above.</p><h1>One</h1>").title == ""
