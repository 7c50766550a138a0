"""An issue's whole way, as its people go it: two editors, the scheduler, the mail server, two readers who leave."""

import email
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as modern

import httpx
import pytest
from playwright.sync_api import Page

from newsletter import pipeline
from newsletter.articles import editing
from newsletter.delivery.ledger import queries as ledger
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.issues.services import PublicationSettings
from newsletter.staff.models import User
from subscribers import api as subscribers
from tests.journeys.conftest import House

pytestmark = pytest.mark.browser

READERS = ("ada", "bo", "cleo", "dan", "eve")
STORIES = ("The ferry runs an hour longer", "A library that lends tools", "Who painted the lighthouse?")
Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def publication(house: House) -> Publication:
    """A newsletter with five readers and three articles, and a rule that two people must agree."""
    now = datetime.now(UTC)
    readers = subscribers.create_list(name="Harbour Letter", slug="harbour", now=now)
    for name in READERS:
        subscribers.add(readers.id, f"{name}@example.org", basis="Asked at the quay", now=now, actor="test")
    for title in STORIES:
        editing.create(
            title=title,
            body_markdown=f"{title}. The harbour office asked two hundred people, and most of them liked it.",
            standfirst=f"{title}, in short.",
            byline="Ada Quill",
            kicker="Harbour",
            language="en",
            url=f"https://news.example.org/{title.split()[1]}",
            topics=(),
            now=now,
        )
    User.objects.create_user("first@example.org", "a long password", name="Fay First")
    User.objects.create_user("second@example.org", "a long password", name="Sam Second")
    return issues.create_publication(
        settings=PublicationSettings(
            name="Harbour Letter",
            slug="harbour",
            list_id=readers.id,
            sender_name="Harbour News",
            sender_address="letter@harbour.example",
            postal_address="1 Quay Street, Harbour",
            reason="You joined on our site.",
            second_person=True,
        ),
        by="test",
        now=now,
    )


def test_from_a_draft_to_the_inbox_and_out_again(
    house: House, publication: Publication, page: Page, another_page: Page, until: Until
) -> None:
    issue = _compose_and_preview(house, page)
    _approve_and_schedule(house, another_page, issue)
    until(lambda: _state(issue) == "finished")
    sums = ledger.ledger(issue)
    assert (sums["candidates"], sums["planned"], sums["accepted"]) == (5, 5, 5)

    mails = _mails(house)
    assert sorted(mails) == [f"{name}@example.org" for name in READERS]
    mail = mails["ada@example.org"]
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert mail["Subject"] == "One more boat"
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_content()
    # The order that the editor chose by the buttons.
    assert text.index(STORIES[0]) < text.index(STORIES[2])

    _leave_by_header(mails["bo@example.org"])
    _leave_by_page(another_page, mails["cleo@example.org"])
    _second_issue(publication, until)
    after = {address for address, letters in _all_mails(house).items() if len(letters) == 2}
    assert after == {"ada@example.org", "dan@example.org", "eve@example.org"}


def _compose_and_preview(house: House, page: Page) -> int:
    """Fay picks two stories, puts the second first, writes the subject, and looks at the mail."""
    _sign_in(house, page, "first@example.org")
    # She begins with an empty draft and picks the stories herself.
    page.goto(f"{house.url}/issues/")
    page.get_by_role("button", name="Create empty").click()
    page.wait_for_url(re.compile(r"/issues/\d+/$"))
    for title in (STORIES[2], STORIES[0]):
        page.get_by_label(re.compile(re.escape(title))).check()
        page.get_by_role("button", name="Add selected articles").click()
        page.locator("#stories .headline", has_text=title).wait_for()
    issue = int(re.search(r"/issues/(\d+)/", page.url)[1])  # type: ignore[index]
    page.get_by_label("Subject").fill("One more boat")
    page.get_by_label("Preview line").fill("The last ferry now leaves at eleven, and somebody painted the lighthouse")
    page.get_by_label("Introduction").fill("Good morning, {{name|reader}}.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=re.compile(f"Up.*{re.escape(STORIES[0])}")).click()
    page.locator("#stories li:first-child .headline", has_text=STORIES[0]).wait_for()
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url(re.compile("/preview/"))
    frame = page.frame_locator("iframe").first
    assert frame.get_by_text(STORIES[0]).count() >= 1
    assert STORIES[2] in page.content()
    # She edited last, so she may not approve.
    page.goto(f"{house.url}/issues/{issue}/approve/")
    assert page.get_by_role("button", name="Approve").count() == 0
    return issue


def _approve_and_schedule(house: House, page: Page, issue: int) -> None:
    """Sam approves what he sees, on a telephone, for the next minute."""
    _sign_in(house, page, "second@example.org")
    page.goto(f"{house.url}/issues/{issue}/")
    page.get_by_role("button", name="Check and approve").click()
    page.get_by_text("Not yet").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_role("button", name="Set a time").click()
    # Minutes are what the field takes: 25 seconds from now, at least.
    moment = (datetime.now(UTC) + timedelta(seconds=85)).strftime("%Y-%m-%dT%H:%M")
    page.get_by_label("Day and time").fill(moment)
    page.get_by_role("button", name="Schedule").click()
    assert _state(issue) == "scheduled"


def _leave_by_header(mail: EmailMessage) -> None:
    """U2: as a mail provider does it, without cookie, page or referrer."""
    link = str(mail["List-Unsubscribe"]).split(">")[0].strip("<")
    answer = httpx.post(link, data={"List-Unsubscribe": "One-Click"}, trust_env=False)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert answer.status_code == 200
    assert not answer.cookies


def _leave_by_page(page: Page, mail: EmailMessage) -> None:
    """U3: opening the page changes nothing; its one button does."""
    page.goto(str(mail["List-Unsubscribe"]).split(">")[0].strip("<"))
    page.get_by_role("button", name="Leave the list").click()
    page.get_by_role("button", name="Stay on the list").wait_for()


def _second_issue(publication: Publication, until: Until) -> None:
    now = datetime.now(UTC)
    draft = pipeline.assemble(publication=publication, now=now, by="staff:0")
    issues.edit_issue(draft, by="staff:0", now=now, subject="Tools to lend")
    pipeline.approve(Issue.objects.get(pk=draft.pk), by="staff:1", now=now)
    pipeline.release(draft.pk, by="staff:1", now=now)
    until(lambda: _state(draft.pk) == "finished")
    sums = ledger.ledger(draft.pk)
    assert sums["excluded"] == {"unsubscribed": 2}
    assert sums["accepted"] == 3


def _sign_in(house: House, page: Page, address: str) -> None:
    page.goto(f"{house.url}/accounts/login/")
    page.locator("input[name=login]").fill(address)
    page.locator("input[name=password]").fill("a long password")
    page.locator("main form button").first.click()
    page.wait_for_url(f"{house.url}/")


def _state(issue: int) -> str:
    return Issue.objects.values_list("state", flat=True).get(pk=issue)


def _all_mails(house: House) -> dict[str, list[EmailMessage]]:
    found: dict[str, list[EmailMessage]] = {}
    for caught in house.mailbox.list():
        data = house.mailbox.get(caught.id).data
        message = email.message_from_bytes(data, policy=modern)
        assert isinstance(message, EmailMessage)
        found.setdefault(str(message["To"]).strip("<>"), []).append(message)
    return found


def _mails(house: House) -> dict[str, EmailMessage]:
    found = _all_mails(house)
    assert all(len(letters) == 1 for letters in found.values())
    return {address: letters[0] for address, letters in found.items()}
