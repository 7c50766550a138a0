"""Formatted text that is pasted into an article keeps its picture, its emphasis and its links."""

import base64
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.articles import media
from newsletter.articles.models import Article
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
    [picture] = media.pictures_in(body)
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


@pytest.mark.parametrize("html", ["", "<meta charset=utf-8><span style='color:red'>x = 1</span>", "<div>a<br>b</div>"])
def test_plain_text_is_pasted_as_ever(page: Page, html: str) -> None:
    page.goto("/articles/new/")
    assert page.evaluate(PASTE, ["#body", html, "plain"]) is True
