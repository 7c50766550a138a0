"""Formatted text that is pasted into an article keeps its picture, its emphasis and its links."""

import base64
import dataclasses
import io
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.articles.models import Article
from newsletter.articles.pictures import media_keys
from newsletter.staff.models import User
from tests.articles.conftest import image_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASTE = """([selector, html, text]) => {
  const data = new DataTransfer();
  if (html) data.setData("text/html", html);
  data.setData("text/plain", text);
  const field = document.querySelector(selector);
  field.focus();
  return field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, editor: User, settings: Any, tmp_path: Path) -> Iterator[Page]:
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, data_dir=tmp_path / "data")
    client = Client()
    client.force_login(editor)
    session = client.cookies["sessionid"]
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    yield context.new_page()
    context.close()


def pasted(page: Page, html: str, text: str) -> None:
    with page.expect_response("**/articles/pasted/"):
        assert page.evaluate(PASTE, ["#body", html, text]) is False


def test_what_is_pasted_keeps_its_form(page: Page) -> None:
    data = base64.b64encode(image_bytes()).decode()
    html = (
        "<html><head><style>p{color:red}</style></head><body><!--StartFragment--><div class=x>The <b>pier</b> is "
        '<a href="https://harbour.example/a" onclick="alert(1)">shut</a>.</div>\n\n'
        f'<p style="margin:0"><img src="data:image/jpeg;base64,{data}" alt="A pier"></p>'
        "<script>alert(1)</script><!--EndFragment--></body></html>"
    )
    page.goto("/articles/new/")
    page.fill("form #title", "The pier")
    page.fill("#body", "First words.")
    page.evaluate("() => document.querySelector('#body').setSelectionRange(12, 12)")
    pasted(page, html, "The pier is shut.")
    expect(page.locator("#body")).to_have_value(re.compile(r"^First words\.\n\nThe \*\*pier\*\* is \[shut\]"))
    value = page.input_value("#body")
    assert "style" not in value
    assert "script" not in value
    page.click("button[value=text]")
    expect(page.locator(".notice.good")).to_contain_text("1 article added")
    body = Article.objects.get().body
    assert body.startswith(
        '<p>First words.</p>\n<p>The <strong>pier</strong> is <a href="https://harbour.example/a">shut</a>.</p>'
    )
    [picture] = media_keys.pictures_in(body)
    assert picture.alt == "A pier"


def test_a_documents_title_goes_into_its_field_and_its_comments_are_kept_out_and_said_so(page: Page) -> None:
    html = (
        '<b style="font-weight:normal" id="docs-internal-guid-1"><p class="title"><span>The pier</span></p>'
        '<p><span style="font-weight:400">One </span><span style="font-weight:700">two</span>'
        '<a href="#cmnt1">[a]</a></p></b>'
        '<div><p><a href="#cmnt_ref1">[a]</a><span>Check with legal</span></p></div>'
    )
    page.goto("/articles/new/")
    pasted(page, html, "One two")
    expect(page.locator("#body")).to_have_value("One **two**")
    expect(page.locator("form #title")).to_have_value("The pier")
    expect(page.locator("#pasted")).to_contain_text("Left out as notes between writers: “Check with legal”.")
    page.click("button[value=text]")
    expect(page.locator(".left-out")).to_contain_text("Check with legal")
    article = Article.objects.get()
    assert article.body == "<p>One <strong>two</strong></p>"
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("Put back into the text.")).to_be_visible()


def test_what_cannot_be_read_is_pasted_as_plain_text(page: Page) -> None:
    page.goto("/articles/new/")
    pasted(page, f"<b>{'<div>' * 1500}deep", "deep")
    expect(page.locator("#body")).to_have_value("deep")


def test_when_the_session_is_over_the_words_are_pasted_all_the_same(page: Page) -> None:
    page.goto("/articles/new/")
    page.context.clear_cookies(name="sessionid")
    pasted(page, "The <b>pier</b> is shut.", "The pier is shut.")
    expect(page.locator("#body")).to_have_value("The pier is shut.")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "content_type": "text/html", "body": "<p>Sign in</p>"},
        {"status": 200, "content_type": "application/json", "body": '"text"'},
        {"status": 200, "content_type": "application/json", "body": "null"},
        {"status": 500, "body": "{}"},
    ],
)
def test_whatever_answers_instead_the_words_are_pasted(page: Page, answer: Any) -> None:
    page.goto("/articles/new/")
    page.route("**/articles/pasted/", lambda route: route.fulfill(**answer))
    pasted(page, "The <b>pier</b> is shut.", "The pier is shut.")
    expect(page.locator("#body")).to_have_value("The pier is shut.")


def test_without_a_network_the_words_are_pasted(page: Page) -> None:
    page.goto("/articles/new/")
    page.route("**/articles/pasted/", lambda route: route.abort())
    assert page.evaluate(PASTE, ["#body", "The <b>pier</b> is shut.", "The pier is shut."]) is False
    expect(page.locator("#body")).to_have_value("The pier is shut.")


def holds(page: Page, size: int) -> None:
    """A form that holds less: browsers take their time over megabytes in a field."""
    page.evaluate("size => { document.querySelector('#body').dataset.most = size }", size)


def noise(size: int, seed: int) -> str:
    """A picture of about that many bytes, as a clipboard holds it."""
    side = int((size / 3) ** 0.5)
    picture = Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(3 * side * side))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return f'<p><img src="data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}" alt="Noise"></p>'


def test_pictures_are_let_in_as_long_as_the_form_can_be_saved(page: Page) -> None:
    page.goto("/articles/new/")
    holds(page, 200_000)
    page.fill("form #title", "The pier")
    pasted(page, f"<p>The <b>first</b>.</p>{noise(90_000, 1)}", "The first.")
    expect(page.locator("#body")).to_have_value(re.compile(r"\*\*first\*\*\.\n\n<p><img"))
    pasted(page, f"<p>The <b>second</b>.</p>{noise(90_000, 2)}", "The second.")
    expect(page.locator("#pasted")).to_contain_text("The pictures were left out")
    expect(page.locator("#body")).to_have_value(re.compile(r"The \*\*second\*\*\.\s*$"))
    page.click("button[value=text]")
    expect(page.locator(".notice.good")).to_contain_text("1 article added")
    # Its picture is kept by itself now, so there is room for the next one.
    page.get_by_text("Edit the text").click()
    holds(page, 200_000)
    pasted(page, f"<p>The <b>third</b>.</p>{noise(90_000, 3)}", "The third.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert len(media_keys.pictures_in(Article.objects.get().body)) == 2


def test_a_form_that_is_too_large_stays_as_it_is_and_says_so(page: Page) -> None:
    page.goto("/articles/new/")
    holds(page, 20_000)
    page.fill("form #title", "The pier")
    words = "The pier is shut.\n" * 1_000
    page.evaluate("words => { document.querySelector('#body').value = words }", words)
    page.click("button[value=text]")
    expect(page.locator("#pasted")).to_contain_text("This form is too large to be saved")
    expect(page.locator("#pasted")).to_contain_text("2 MB")
    assert page.input_value("#body") == words
    assert not Article.objects.exists()
    page.evaluate("() => { document.querySelector('#body').value = 'The pier is shut.' }")
    page.click("button[value=text]")
    expect(page.locator(".notice.good")).to_contain_text("1 article added")


@pytest.mark.parametrize("html", ["", "<meta charset=utf-8><span style='color:red'>x = 1</span>", "<div>a<br>b</div>"])
def test_plain_text_is_pasted_as_ever(page: Page, html: str) -> None:
    page.goto("/articles/new/")
    assert page.evaluate(PASTE, ["#body", html, "plain"]) is True
