"""Mails in the frames of the newsroom, in light and dark: words stand out from their ground."""

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize
from pytest_django.live_server_helper import LiveServer

from newsletter.mailbox.store import Mailbox
from newsletter.staff.models import User
from subscribers.joining import mails
from subscribers.results import Letterhead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SignedIn = Callable[[User], Client]

HEAD = Letterhead(name="The Harbour Letter", language="en", accent="#7a1f1f")
CONTEXTS: dict[str, dict[str, Any]] = {
    "already": {"leave_url": "https://news.example.org/leave"},
    "leave": {"links": [{"name": "Morning", "url": "https://news.example.org/leave"}]},
}
PLAIN = "<p>A mail that names no colours.</p>"
OPEN = '<meta name="color-scheme" content="light dark"><p>A mail that is for both schemes and names no colours.</p>'


def pixels(page: Page) -> tuple[int, int]:
    """How dark the darkest, and how bright the brightest of what the frame shows is, as the eye sees it."""
    shot = page.locator("iframe.mail").screenshot()
    return page.evaluate(
        """async (bytes) => {
            const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
            const [w, h] = [picture.width - 60, 300];
            const drawn = new OffscreenCanvas(w, h).getContext("2d");
            drawn.drawImage(picture, -20, -8);
            const data = drawn.getImageData(0, 0, w, h).data;
            let [least, most] = [255, 0];
            for (let n = 0; n < data.length; n += 4) {
                const grey = Math.round(0.3 * data[n] + 0.59 * data[n + 1] + 0.11 * data[n + 2]);
                [least, most] = [Math.min(least, grey), Math.max(most, grey)];
            }
            return [least, most];
        }""",
        list(shot),
    )


def mail_of(html: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["To"] = "A mail", "reader@example.org"
    message.set_content("As text.")
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def small_mail(name: str) -> bytes:
    return mails.write(name, HEAD, CONTEXTS[name], to="reader@example.org").message().as_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["already", "leave", "plain", "open"])
def test_a_mail_can_be_read_in_the_mailbox_in_both_schemes(
    kind: str,
    scheme: Any,
    browser: Browser,
    live_server: LiveServer,
    admin: User,
    signed_in: SignedIn,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    settings.NEWSLETTER = replace(settings.NEWSLETTER, mailbox_dir=tmp_path)
    made = small_mail(kind) if kind in CONTEXTS else mail_of({"plain": PLAIN, "open": OPEN}[kind])
    caught = Mailbox(tmp_path).add(made, sender="", recipients=("reader@example.org",), now=timezone.now())
    viewport = ViewportSize(width=900, height=900)
    context = browser.new_context(base_url=live_server.url, color_scheme=scheme, viewport=viewport)
    session = signed_in(admin).cookies["sessionid"]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/mailbox/{caught}/")
    page.locator("iframe.mail").scroll_into_view_if_needed()
    page.frame_locator("iframe.mail").locator("p").first.wait_for()
    least, most = pixels(page)
    assert most - least > 150, (least, most)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["#ffffff", "#000000"])
def test_a_small_mail_brings_its_own_colours_into_any_mail_program(scheme: Any, ground: str, browser: Browser) -> None:
    """A program that shows the body's content on a ground of its own."""
    page = browser.new_page(color_scheme=scheme)
    message = mails.write("already", HEAD, CONTEXTS["already"], to="reader@example.org")
    page.set_content(f"<div style='background:{ground}'>{message.alternatives[0][0]}</div>")
    found = page.evaluate(
        """() => [...document.querySelectorAll("h1, p")].map((one) => {
            const ink = getComputedStyle(one).color;
            let at = one;
            while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
            return [ink, getComputedStyle(at).backgroundColor];
        })"""
    )
    expected = {"light": ["rgb(28, 26, 24)", "rgb(255, 255, 255)"], "dark": ["rgb(236, 232, 226)", "rgb(27, 28, 30)"]}
    assert found
    assert all(pair == expected[scheme] for pair in found)
    page.close()
