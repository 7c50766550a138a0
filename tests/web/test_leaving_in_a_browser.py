"""Unsubscribe in the browser view of an issue: an address that is typed there is mailed its own link."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from newsletter import pipeline
from newsletter.delivery.models import OutboxMail
from newsletter.issues.models import Issue
from subscribers import api as subscribers
from subscribers.models import Subscription
from tests.web.conftest import Newsroom

OUTBOX = "newsletter.delivery.outbox.django_backend.EmailBackend"


def released(newsroom: Newsroom) -> Issue:
    """The issue, on its way to one reader."""
    now = timezone.now()
    subscribers.add(newsroom.publication.list_id, "reader@example.com", basis="fair", now=now, actor="staff:1")
    pipeline.approve(newsroom.issue, by="staff:1", now=now)
    pipeline.release(newsroom.issue.pk, by="staff:1", now=now)
    return Issue.objects.get(pk=newsroom.issue.pk)


def link_in(mail: OutboxMail) -> str:
    found = re.search(rb"/u/[\w-]+/", bytes(mail.message).replace(b"=\r\n", b""))
    assert found
    return found[0].decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_leaves_by_the_browser_view(
    scripts: bool, browser: Browser, live_server: LiveServer, newsroom: Newsroom, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = OUTBOX
    issue = released(newsroom)
    page = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 320, "height": 700}, base_url=live_server.url
    ).new_page()
    page.goto(f"/read/{issue.public_id}/")
    way_out = page.get_by_role("link", name=re.compile("unsubscribe", re.IGNORECASE)).last.get_attribute("href")
    page.goto(urlsplit(str(way_out)).path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Leave “The Morning”")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.get_by_label("Your e-mail address").fill("reader@example")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.locator("#email-error")).to_be_visible()
    expect(page.get_by_label("Your e-mail address")).to_have_value("reader@example")
    assert not OutboxMail.objects.exists()
    page.get_by_label("Your e-mail address").fill("Reader@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    assert Subscription.objects.get().state == "confirmed"

    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.sender) == ("reader@example.com", "morning@example.org")
    page.goto(link_in(mail))
    page.get_by_role("button", name="Leave the list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left the list")
    assert Subscription.objects.get().state == "unsubscribed"
    assert page.context.cookies() == []


@pytest.mark.django_db
def test_the_way_out_of_a_draft_is_not_there_and_of_an_issue_tells_nobody_who_is_known(
    newsroom: Newsroom, settings: Settings
) -> None:
    """Threats 11 and 12: no cookie is needed, none is set, and GET changes nothing."""
    settings.EMAIL_BACKEND = OUTBOX
    path = f"/read/{newsroom.issue.public_id}/leave/"
    visitor = Client(enforce_csrf_checks=True)
    assert visitor.get(path).status_code == visitor.post(path, {"email": "reader@example.com"}).status_code == 404
    released(newsroom)
    answers = {
        (answer.status_code, answer.content, tuple(answer.headers.items()))
        for answer in (visitor.post(path, {"email": f"{who}@example.com"}) for who in ("reader", "nobody"))
    }

    assert len(answers) == 1
    assert visitor.get(path).status_code == 200
    assert not visitor.cookies
    assert [mail.recipient for mail in OutboxMail.objects.all()] == ["reader@example.com"]
