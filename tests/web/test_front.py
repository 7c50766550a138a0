"""The front page and the list of issues say what the database says: what goes out when, what waits, what is sent."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from newsletter.delivery.models import Transport
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.scheduling import services as scheduling
from newsletter.staff.models import User
from tests.delivery import newsroom as ledger
from tests.issues import factories
from tests.web.mailboxes import sent_but_for_full_mailboxes

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def client(signed_in: SignedIn, editor: User) -> Client:
    return signed_in(editor)


def part(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    return re.split(r"<h2", page.partition(f"<h2>{heading}</h2>")[2])[0]


def headlines(text: str) -> list[str]:
    return [
        re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r'class="headline"[^>]*>(.*?)</(?:a|span)>', text)
    ]


def test_the_front_page_keeps_that_order(client: Client) -> None:
    now = timezone.now()
    publication = factories.publication(name="Harbour", slug="harbour")
    for subject, hours in (("Late", 50), ("Soon", 2), ("Between", 26)):
        factories.approved(factories.issue(publication, subject=subject), now=now, send_at=now + timedelta(hours=hours))
    assert headlines(part(client.get("/").content.decode(), "Going out next")) == ["Soon", "Between", "Late"]


def test_the_times_of_newsletters_that_share_a_zone_are_told_in_it(client: Client) -> None:
    now = timezone.now()
    publication = factories.publication(name="Harbour", slug="harbour")
    scheduling.set_cadence(publication, rule="0 7 * * *", by="staff:1", now=now)
    approved = factories.issue(publication, subject="Agreed")
    factories.approved(approved, now=now)
    publication.refresh_from_db()
    slot = scheduling.next_slots(publication, now=now)[0]
    assert f"{slot:%H:%M}" == "07:00"
    for path in ("/", "/issues/"):
        assert "All times on this page: Europe/Berlin" in client.get(path).content.decode()
    assert "07:00" in client.get("/issues/").content.decode(), "an approved issue goes out with the next slot"
    other = factories.publication(name="Elsewhere", slug="elsewhere")
    Publication.objects.filter(pk=other.pk).update(time_zone="Asia/Tehran")
    assert "All times on this page: UTC" in client.get("/").content.decode()


def steps(page: str) -> dict[str, str]:
    """The first steps to where each leads; "done", or whom to ask."""
    found: dict[str, str] = {}
    for item in re.findall(r"<li[^>]*>(.*?)</li>", page.partition('<ol class="steps">')[2].partition("</ol>")[0], re.S):
        link = re.search(r'<a href="([^"]+)">([^<]+)<', item)
        parts = re.findall(r"<span[^>]*>([^<]+)<", item)
        found[link[2] if link else parts[0]] = link[1] if link else parts[1]
    return found


SERVER = "Add the mail server that sends your mail"
ADDRESS = "Set the public address that readers reach: NEWSLETTER_BASE_URL"


def test_the_first_steps_name_what_nothing_goes_out_without(
    signed_in: SignedIn, admin: User, settings: LazySettings
) -> None:
    there = signed_in(admin)
    said = steps(there.get("/").content.decode())
    assert list(said)[:2] == [SERVER, ADDRESS]
    assert (said[SERVER], said[ADDRESS]) == ("/settings/servers/", "/settings/")
    for path in (said[SERVER], said[ADDRESS]):
        assert there.get(path).status_code == 200
    assert said["Add an article"] == "An editor does this."
    server = Transport.objects.create(name="relay", host="mail.example.org")
    settings.NEWSLETTER = replace(settings.NEWSLETTER, base_url="https://news.example.org")
    said = steps(there.get("/").content.decode())
    assert (said[SERVER], said[ADDRESS]) == ("done", "done")
    Transport.objects.filter(pk=server.pk).update(enabled=False)
    assert steps(there.get("/").content.decode())[SERVER] == "/settings/servers/"


def test_an_editor_is_told_whom_to_ask_for_the_steps_of_an_admin(client: Client) -> None:
    said = steps(client.get("/").content.decode())
    asked = [label for label, to in said.items() if to == "Ask an administrator."]
    assert asked == [SERVER, ADDRESS, "Create a list for your subscribers", "Set up a newsletter"]
    for to in set(said.values()) - {"Ask an administrator."}:
        assert client.get(to).status_code == 200


def test_only_what_can_be_approved_waits_for_approval(client: Client) -> None:
    publication = factories.publication()
    factories.issue(publication, subject="Two stories")
    factories.issue(publication, subject="No story", stories=0)
    approved = factories.issue(publication, subject="Agreed")
    factories.approved(approved)
    held = factories.issue(publication, subject="Late for its time")
    factories.approved(held)
    Issue.objects.filter(pk=held.pk).update(state=IssueState.HELD, state_reason="Nothing ran at its time.")
    page = client.get("/").content.decode()
    assert headlines(part(page, "Waiting for approval")) == ["Two stories"]
    assert headlines(part(page, "Drafts without stories")) == ["No story"]
    assert headlines(part(page, "Waiting for a decision")) == ["Late for its time"]
    assert "Late for its time" not in part(page, "Going out next")
    assert "Agreed" in part(page, "Going out next")


def test_who_edited_last_is_told_that_someone_else_has_to_approve(client: Client, editor: User) -> None:
    publication = factories.publication(second_person=True)
    issue = factories.issue(publication, subject="Mine")
    Issue.objects.filter(pk=issue.pk).update(edited_by=editor.actor)
    assert "someone else has to approve it" in part(client.get("/").content.decode(), "Waiting for approval")
    Issue.objects.filter(pk=issue.pk).update(edited_by="staff:999")
    assert "someone else has to approve it" not in client.get("/").content.decode()


def test_an_issue_with_eleven_full_mailboxes_is_sent_and_they_are_being_tried_again(client: Client) -> None:
    issue = sent_but_for_full_mailboxes(11)
    assert issue.state == IssueState.SENDING
    said = "Sent; 11 are being tried again"
    for path in ("/", "/issues/", f"/issues/{issue.pk}/progress/"):
        page = client.get(path).content.decode()
        assert said in page, path
        assert "Being sent" not in page, path
    page = client.get("/").content.decode()
    row = part(page, "Recently sent")
    shown = {label: int(n) for label, n in re.findall(r'data-label="([^"]+)">(\d+)<', row)}
    sums = ledger.assert_balanced(issue)
    assert shown == {"Recipients": 20, "Accepted": 8, "Still open": 11, "Not accepted": 1}
    assert sums == {"accepted": 8, "deferred": 11, "refused": 1}
    assert 'hx-trigger="every 30s"' in client.get(f"/issues/{issue.pk}/progress/").content.decode()
