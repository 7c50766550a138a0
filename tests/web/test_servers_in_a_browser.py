"""The connection test in a browser: beside the list where scripts run, on a page of its own where they do not."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.delivery.models import Transport
from newsletter.staff.models import User
from tests.delivery.scripted_smtp import ScriptedServer
from tests.delivery.smtp_help import running_in_a_thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def signed_in(browser: Browser, url: str, admin: User, *, scripts: bool) -> Page:
    """An administrator at the computer."""
    client = Client()
    client.force_login(admin)
    session = client.cookies["sessionid"]
    context = browser.new_context(base_url=url, java_script_enabled=scripts, locale="en-GB")
    context.add_cookies([{"name": session.key, "value": session.value, "url": url}])
    return context.new_page()


def test_a_test_on_the_server_s_own_page_changes_what_the_page_says_of_it_and_complains_of_nothing(
    browser: Browser, live_server: LiveServer, admin: User
) -> None:
    Transport.objects.create(name="relay", host="127.0.0.1", port=9, tls="none")
    page = signed_in(browser, live_server.url, admin, scripts=True)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/settings/servers/relay/")
    state = page.locator("#server-state")
    expect(state).to_contain_text("Ready")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("cannot be reached").first).to_be_visible()
    expect(state).to_contain_text("Failing")
    assert not [text for text in said if "htmx" in text]
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_server_is_added_tested_and_paused_by_hand(
    scripts: bool, browser: Browser, live_server: LiveServer, admin: User
) -> None:
    page = signed_in(browser, live_server.url, admin, scripts=scripts)
    server = ScriptedServer(offered=("SIZE 12345",))
    with running_in_a_thread(server):
        page.goto("/settings/servers/")
        page.get_by_role("link", name="Add a mail server").click()
        page.get_by_label("Name", exact=True).fill("relay")
        page.get_by_label("Server", exact=True).fill("127.0.0.1")
        page.get_by_label("none: only for a server on this machine").check()
        page.get_by_label("Port", exact=True).fill(str(server.port))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("relay")

        page.goto("/settings/servers/")
        page.get_by_role("button", name="Test connection relay").click()
        expect(page.get_by_role("status").filter(has_text="It works")).to_be_visible()
        expect(page.get_by_text("SIZE 12345")).to_be_visible()
        assert page.url.removeprefix(live_server.url) == f"/settings/servers/{'' if scripts else 'relay/test/'}"

    page.goto("/settings/servers/")
    line = page.get_by_role("listitem").filter(has_text="relay")
    expect(line).to_contain_text("Ready")
    page.get_by_role("button", name="Test connection relay").click()
    expect(page.get_by_text("cannot be reached").first).to_be_visible()
    if not scripts:
        page.goto("/settings/servers/")
    expect(line).to_contain_text("Failing")
    page.get_by_role("button", name="Try it again relay").click()
    expect(line).to_contain_text("Ready")
    page.get_by_role("button", name="Pause relay").click()
    expect(page.get_by_text("Nothing is being sent.")).to_be_visible()
    assert Transport.objects.get().paused_at is not None
    page.context.close()
