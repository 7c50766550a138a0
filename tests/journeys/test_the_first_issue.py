"""A newcomer's first issue: pasted, approved from a page that shows the mail, changed, approved again, sent."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from newsletter.articles import editing
from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.management.cli import issues as commands
from newsletter.rendering import personalise
from newsletter.rendering.results import frozen
from newsletter.staff.models import User
from newsletter.web import times
from subscribers import api as subscribers
from tests.articles.conftest import Site, image_bytes
from tests.journeys.conftest import House
from tests.journeys.test_an_issue import _all_mails, _sign_in

pytestmark = pytest.mark.browser

ZONE = ZoneInfo("Europe/Berlin")
PASTED = "The pier in one picture"
OTHER = "A library that lends tools"
PATIENCE = 60_000
"""Milliseconds: other tests run beside this one."""


@pytest.fixture
def site() -> Iterator[Site]:
    """Where the picture of the pasted text lies."""
    site = Site()
    yield site
    site.close()


@pytest.fixture
def publication(house: House, settings: LazySettings, site: Site) -> Publication:
    settings.NEWSLETTER = replace(settings.NEWSLETTER, fetch_allow=(site.place,))
    now = datetime.now(UTC)
    readers = subscribers.create_list(name="Harbour Letter", slug="harbour", now=now)
    for name in ("ada", "bo"):
        subscribers.add(readers.id, f"{name}@example.org", basis="Asked at the quay", now=now, actor="test")
    editing.create(
        title=OTHER,
        body_markdown="You can take a drill home for a week, and nobody asks what for.",
        standfirst="A drill for a week, and nobody asks what for.",
        language="en",
        url="https://news.example.org/tools",
        now=now,
    )
    User.objects.create_user("first@example.org", "a long password", name="Fay First")
    settings_of_it = issues.PublicationSettings(
        name="Harbour Letter",
        slug="harbour",
        list_id=readers.id,
        sender_name="Harbour News",
        sender_address="letter@harbour.example",
        postal_address="1 Quay Street, Harbour",
        reason="You joined on our site.",
        time_zone="Europe/Berlin",
    )
    return issues.create_publication(settings=settings_of_it, by="test", now=now)


def test_from_a_pasted_text_to_the_inbox_and_back_to_a_draft_between(
    house: House, publication: Publication, site: Site, page: Page, until: Callable[[Callable[[], bool]], None]
) -> None:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    _sign_in(house, page, "first@example.org")
    _paste(house, page, picture=site.put("/pier.jpg", image_bytes(size=(600, 400)), "image/jpeg"))
    issue = _issue_with_the_whole_text(house, page)
    _agree(house, page, issue, state="draft", badge="Draft")

    at = (datetime.now(ZONE) + timedelta(days=1)).replace(hour=7, minute=0, second=0, microsecond=0)
    _approve(page, issue, at)
    _agree(house, page, issue, state="scheduled", badge="Scheduled")

    page.get_by_role("button", name=re.compile(f"Up.*{PASTED}")).click()
    expect(page.get_by_text("has to be approved again")).to_be_visible()
    _agree(house, page, issue, state="draft", badge="Draft")
    assert Issue.objects.get(pk=issue).subject == PASTED, "the suggestion follows the stories"

    shown = _approve(page, issue, at)
    _agree(house, page, issue, state="scheduled", badge="Scheduled")

    page.get_by_role("button", name="Send now…").click()
    expect(page.get_by_text("It is dated")).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    until(lambda: _status(issue)["state"] == "finished")
    assert (_status(issue)["planned"], _status(issue)["accepted"]) == (2, 2)
    mails = _all_mails(house)
    assert sorted(mails) == ["ada@example.org", "bo@example.org"]
    for [mail] in mails.values():
        assert mail["Subject"] == PASTED
        body = mail.get_body(("html",))
        assert body is not None
        assert _without_links(body.get_content()) == _without_links(shown)
        assert 'width="600"' in shown


def _paste(house: House, page: Page, *, picture: str) -> None:
    page.goto(f"{house.url}/articles/new/")
    form = page.locator("form", has=page.locator("textarea[name=body]"))
    form.locator("[name=title]").fill(PASTED)
    form.locator("[name=body]").fill(f"The pier at noon.\n\n![The pier with one bench]({picture})\n\nNobody sat there.")
    form.get_by_role("button").last.click()
    page.wait_for_url(re.compile(r"/articles/\d+/$"))


def _issue_with_the_whole_text(house: House, page: Page) -> int:
    """Suggested stories; the pasted one in full, so that its picture is in the mail, and second."""
    page.goto(f"{house.url}/issues/new/")
    page.get_by_role("button", name="Create with suggested stories").click()
    page.wait_for_url(re.compile(r"/issues/\d+/$"))
    issue = int(re.search(r"/issues/(\d+)/", page.url)[1])  # type: ignore[index]
    page.get_by_role("button", name=re.compile(f"Change….*{PASTED}")).click()
    page.get_by_label("The whole text in the mail").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=re.compile(f"Down.*{PASTED}")).click()
    expect(page.locator("#stories .headline").last).to_have_text(PASTED)
    return issue


def _approve(page: Page, issue: int, at: datetime) -> str:
    """For that time, from the page that shows the mail; gives what its frame held: the very bytes that are frozen."""
    page.get_by_role("button", name="Check and approve…").click()
    page.get_by_label("Day and time").fill(at.strftime("%Y-%m-%dT%H:%M"))
    when = times.sentence(at, "Europe/Berlin")
    expect(page.locator("#shown-for")).to_contain_text(when)
    frame = page.locator("iframe.narrow").get_attribute("src")
    assert frame is not None
    shown = page.request.get(f"{page.url.split('/issues/')[0]}{frame}").text()
    assert at.strftime("%-d %B %Y") in shown
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text(f"Approved. It goes out on {when}.")).to_be_visible()
    approval = queries.approval_in_force(Issue.objects.get(pk=issue))
    assert approval is not None
    values = personalise.values_for(name="", unsubscribe_url="#")
    mail = next(one for one in approval.renditions.all() if one.format == "full")
    assert frozen(mail).tokens.fill_html(mail.html, values) == shown
    return shown


def _agree(house: House, page: Page, issue: int, *, state: str, badge: str) -> None:
    """Page, command and mailbox say the same: this state, and that nobody got anything yet."""
    expect(page.locator("#state .badge")).to_have_text(badge)
    status = _status(issue)
    assert (status["state"], status["planned"], status["accepted"]) == (state, 0, 0)
    assert house.mailbox.list() == []


def _status(issue: int) -> Any:
    result = CliRunner().invoke(commands.app, ["status", str(issue), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _without_links(html: str) -> str:
    """Each reader's own ways out differ, and nothing else."""
    html = html.replace("\r\n", "\n")
    return re.sub(r'href="[^"]*(?:/u/|#)[^"]*"', "href", html).strip()
