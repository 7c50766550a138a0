"""One person with two tabs, in a browser: what one saves or approves, the other neither overwrites nor replaces."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.issues.models import Issue
from newsletter.staff.models import User
from tests.web.conftest import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=60_000)  # other tests run beside these


def test_two_tabs_that_change_the_same_subject_keep_both_texts(
    browser: Browser, live_server: LiveServer, editor: User, newsroom: Newsroom
) -> None:
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    client = Client()
    client.force_login(editor)
    session = client.cookies["sessionid"]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(f"/issues/{newsroom.issue.pk}/")
    first.get_by_label("Subject").fill("Theirs")
    first.locator("#save").click()
    expect(first.get_by_text("Saved.")).to_be_visible()
    second.get_by_label("Subject").fill("Mine")
    second.locator("#save").click()
    expect(second.get_by_text("Saved elsewhere in the meantime:")).to_be_visible()
    assert Issue.objects.get(pk=newsroom.issue.pk).subject == "Theirs"
    context.close()
