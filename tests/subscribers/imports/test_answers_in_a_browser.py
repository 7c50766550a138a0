"""What a column means, answered in a real browser, with and without JavaScript: ticking a value chooses."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from subscribers.models import Subscriber
from tests.subscribers.factories import make_list
from tests.subscribers.imports.test_answers import FLUENT, STAYS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_ticking_chooses_and_what_is_missing_is_said_beside_the_column(
    scripts: bool, browser: Browser, live_server: LiveServer, client: Client, tmp_path: Path
) -> None:
    client.force_login(get_user_model().objects.create(email="boss@example.org", is_admin=True))
    context = browser.new_context(java_script_enabled=scripts)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    file = tmp_path / "people.csv"
    file.write_text(FLUENT)
    page.goto(f"{live_server.url}/lists/{make_list().pk}/import/")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_role("checkbox", name="bounced")).to_be_checked()
    expect(page.get_by_role("checkbox", name="spammed")).not_to_be_checked()
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Choose what this column means.")).to_be_visible()
    for name in ("unsubscribed", "pending", "bounced", "complained"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    page.get_by_role("combobox", name="status").select_option("values")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Tick at least one value")).to_be_visible()
    expect(page.get_by_role("combobox", name="status")).to_have_value("values")

    for name in ("unsubscribed", "pending", "bounced", "complained", "spammed"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("combobox", name="status").select_option("")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("this is what would happen")).to_be_visible()
    page.get_by_role("textbox", name="How did these people agree?").fill("spring fair")
    page.get_by_role("button", name="Add these people").click()
    expect(page.get_by_text("The import is done.")).to_be_visible()
    assert set(Subscriber.objects.values_list("address", flat=True)) == STAYS
