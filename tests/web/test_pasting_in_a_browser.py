"""Formatted text that is pasted into an article keeps its picture, its emphasis and its links."""

import base64
import dataclasses
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
    assert page.evaluate(PASTE, ["#body", html, "The pier is shut."]) is False
    value = page.input_value("#body")
    assert value.startswith('First words.\n\n<p>The <b>pier</b> is <a href="https://harbour.example/a">shut</a>.</p>')
    assert "style" not in value
    assert "script" not in value
    page.click("button[value=text]")
    expect(page.locator(".notice.good")).to_contain_text("1 article added")
    body = Article.objects.get().body
    assert body.startswith(
        '<p>First words.</p>\n<p>The <b>pier</b> is <a href="https://harbour.example/a">shut</a>.</p>'
    )
    [picture] = media.pictures_in(body)
    assert picture.alt == "A pier"


def test_google_docs_wrapping_is_not_taken_for_bold(page: Page) -> None:
    html = (
        '<b style="font-weight:normal" id="docs-internal-guid-1"><p><span style="font-weight:400">One </span>'
        '<span style="font-weight:700">two</span></p></b>'
    )
    page.goto("/articles/new/")
    assert page.evaluate(PASTE, ["#body", html, "One two"]) is False
    assert page.input_value("#body").strip() == "<p>One <strong>two</strong></p>"


@pytest.mark.parametrize("html", ["", "<meta charset=utf-8><span style='color:red'>x = 1</span>", "<div>a<br>b</div>"])
def test_plain_text_is_pasted_as_ever(page: Page, html: str) -> None:
    page.goto("/articles/new/")
    assert page.evaluate(PASTE, ["#body", html, "plain"]) is True
