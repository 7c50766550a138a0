"""The public pages in a real browser: the proof of work is solved, and without JavaScript everything still works."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from subscribers.joining import request_limits
from subscribers.models import Subscriber, Tally
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import leave_token, make_list, make_subscriber, state_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mails")]


def open_page(browser: Browser, url: str, *, scripts: bool) -> tuple[Page, list[str]]:
    """A page of a fresh visitor, and whatever its browser complains of."""
    page = browser.new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740}).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    return page, complaints


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_joins_confirms_leaves_and_stays_after_all(
    scripts: bool, browser: Browser, live_server: LiveServer
) -> None:
    """L1, L4, U3: by buttons and the keyboard alone; with JavaScript the request carries a proof of work."""
    letter = make_list(language="fa", name="نامهٔ بندر")
    page, complaints = open_page(browser, f"{live_server.url}/join/{letter.slug}/", scripts=scripts)
    page.get_by_role("textbox").first.fill("ana@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    assert page.get_attribute("html", "dir") == "rtl"
    (message,) = mail.outbox
    mailbox = 3  # one mail today, few of this list, and few to the domain in an hour
    unproved = Tally.objects.count() - len(request_limits.FROM_NETWORK) - len(request_limits.EVERYWHERE) - mailbox
    # A proof leaves one row, that it was used; a request without one is counted under three limits more.
    assert unproved == (
        1 if scripts else len(request_limits.UNPROVED_FROM_NETWORK) + len(request_limits.UNPROVED_EVERYWHERE)
    )

    link = re.search(r"/c/[\w-]+/", str(message.body))
    assert link
    page.goto(live_server.url + link[0])
    person = Subscriber.objects.get()
    assert state_of(person, letter) == S.PENDING
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("شما در فهرست هستید")
    assert state_of(person, letter) == S.CONFIRMED

    page.goto(f"{live_server.url}/u/{leave_token(person, letter)}/")
    assert state_of(person, letter) == S.CONFIRMED
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("از فهرست بیرون آمدید")
    assert state_of(person, letter) == S.UNSUBSCRIBED
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("شما در فهرست می‌مانید")
    assert state_of(person, letter) == S.CONFIRMED
    assert page.context.cookies() == []
    assert complaints == []


def test_a_browser_that_runs_scripts_and_submits_nothing_changes_nothing(
    browser: Browser, live_server: LiveServer
) -> None:
    """U3, threat 7: a scanner with a whole browser; and no page is wider than a narrow screen."""
    letter = make_list(name="A letter with a rather long name for a narrow screen")
    person = make_subscriber(letter, "somebody.with.a.long.name@subdomain.department.example.org")
    token = leave_token(person, letter)
    for path in (f"/join/{letter.slug}/", f"/join/{letter.slug}/done/", f"/u/{token}/", f"/c/{token}/"):
        page, complaints = open_page(browser, live_server.url + path, scripts=True)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert [text for text in complaints if "404" not in text] == []
    assert state_of(person, letter) == S.CONFIRMED
