"""Leaving a page warns of what would be lost, and of nothing else."""

from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Browser, Dialog, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.staff.models import User
from tests.web.conftest import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=60_000)  # other tests run beside these


@pytest.fixture
def client(editor: User, signed_in: Callable[[User], Client]) -> Client:
    """Of somebody who may open everything."""
    editor.is_admin = True
    editor.save()
    return signed_in(editor)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, client: Client) -> Iterator[Page]:
    session = client.cookies["sessionid"]
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    yield context.new_page()
    context.close()


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What the browser asked before it left a page; the answer is always to go."""
    questions: list[str] = []

    def go(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.accept()

    page.on("dialog", go)
    return questions


def leave(page: Page) -> None:
    # A browser asks only whoever has touched the page.
    page.locator("h1").click()
    page.get_by_role("link", name="Articles", exact=True).first.click()
    page.wait_for_url("**/articles/")


def test_the_approve_page_untouched_is_left_without_a_question(
    page: Page, asked: list[str], newsroom: Newsroom
) -> None:
    page.goto(f"/issues/{newsroom.issue.pk}/approve/")
    leave(page)
    assert asked == []


def test_a_refused_time_is_kept_by_a_question(page: Page, asked: list[str], newsroom: Newsroom) -> None:
    page.goto(f"/issues/{newsroom.issue.pk}/approve/")
    page.get_by_label("Day and time").fill("2001-01-01T07:00")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#send_at-error")).not_to_be_empty()
    leave(page)
    assert asked == ["beforeunload"]


def test_the_question_about_a_column_is_left_without_another_question(
    page: Page, asked: list[str], client: Client, newsroom: Newsroom
) -> None:
    file = SimpleUploadedFile("people.csv", b"email,status\na@example.org,blurb\nb@example.org,x7\n")
    answer = client.post(f"/lists/{newsroom.publication.list_id}/import/", {"file": file})
    page.goto(answer.headers["Location"])
    expect(page.get_by_role("button", name="Check again")).to_be_visible()
    assert page.locator("select[aria-invalid]").count()
    leave(page)
    assert asked == []


def test_a_search_that_cannot_be_is_left_without_a_question(page: Page, asked: list[str], newsroom: Newsroom) -> None:
    page.goto(f"/lists/{newsroom.publication.list_id}/")
    page.get_by_label("Full address, or domain").fill("<<>>")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("[aria-invalid]")).to_be_visible()
    leave(page)
    assert asked == []
