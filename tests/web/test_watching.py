"""A release watched in the newsroom: how it goes, who got it, and who may see what."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze, completion, leases, results
from newsletter.delivery.ledger.queries import counted
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.models import Chunk, Transport
from newsletter.delivery.progress import samples
from newsletter.delivery.states import ChunkState
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from newsletter.staff.models import AuditEntry, User
from newsletter.web import charts
from tests.delivery import newsroom as ledger

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

ADDRESS = "reader1@harbour.example"


@pytest.fixture
def issue(db: None) -> Issue:
    """Sixty readers: taken, refused, deferred; half a minute on its way."""
    now = timezone.now() - timedelta(seconds=30)
    readers = ledger.Readers.make(now=now - timedelta(days=30))
    people = [*readers.join(20, domain="harbour.example"), *readers.join(40)]
    issue = ledger.approved_issue(list_id=readers.list_id, now=now)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    lease = leases.claim(owner="w", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    samples.sample(now=now)
    for n, person in enumerate(people[:50]):
        state = D.REFUSED if n % 10 == 1 else D.DEFERRED if n % 10 == 2 else D.ACCEPTED
        said = f"550 5.1.1 <{readers.addresses[person]}> =unknown" if state is D.REFUSED else "451 4.7.1 later"
        one = Settlement(
            subscriber=person,
            state=state,
            tries=1,
            code={D.REFUSED: 550, D.DEFERRED: 451}.get(state, 250),
            enhanced={D.REFUSED: "5.1.1", D.DEFERRED: "4.7.1"}.get(state, ""),
            reply=said if state is not D.ACCEPTED else "ok",
            due=now + timedelta(hours=1) if state is D.DEFERRED else None,
            phase="rcpt",
            tried=state,
        )
        assert results.settle(lease, [one], now=now)
    samples.sample(now=timezone.now())
    return issue


@pytest.fixture
def chief(admin: User, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def writer(editor: User, signed_in: SignedIn) -> Client:
    return signed_in(editor)


def test_the_page_tells_how_it_goes_without_any_script(writer: Client, issue: Issue) -> None:
    page = writer.get(f"/issues/{issue.pk}/progress/").content.decode()
    assert "Accepted per second, last 10 seconds" in page
    assert "<rect " in page, "the chart is drawn here"
    assert "Show as a table" in page
    assert "Latest refusals and delays" in page
    assert "550 5.1.1" in page
    assert "@" not in page.partition("Latest refusals and delays")[2].partition("</table>")[0]
    assert "Next tries" in page
    assert "1 in progress" in page
    assert 'hx-trigger="every 2s"' in page
    assert "Refresh" in page


def test_a_page_of_a_long_release_that_is_asked_again_counts_no_rows(
    writer: Client, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "COUNTED", 0)
    path, headers = f"/issues/{issue.pk}/progress/", {"hx-request": "true"}
    writer.get(path, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        writer.get(path, headers=headers)
    asked = [query["sql"] for query in captured.captured_queries]
    assert not any("newsletter_result" in sql or "newsletter_delivery" in sql for sql in asked)
    assert len(asked) < 25


def test_who_did_not_get_it_stands_on_the_first_page(chief: Client, issue: Issue) -> None:
    """listmonk #2221."""
    page = chief.get(f"/issues/{issue.pk}/recipients/").content.decode()
    assert ADDRESS in page
    assert "reader0@harbour.example" not in page, "it was accepted"
    everyone = chief.get(f"/issues/{issue.pk}/recipients/?state=all").content.decode()
    assert "reader0@harbour.example" in everyone
    assert "after=" in everyone
    refused = chief.get(f"/issues/{issue.pk}/recipients/?code=550").content.decode()
    assert ADDRESS in refused
    assert "reader2@harbour.example" not in refused
    near = chief.get(f"/issues/{issue.pk}/recipients/?state=refused&domain=example.org").content.decode()
    assert ADDRESS not in near
    assert "reader21@example.org" in near


def test_who_was_cancelled_is_told_so_in_words_and_no_server_is_said_to_have(chief: Client, issue: Issue) -> None:
    release_actions.cancel(issue.pk, by="staff:1", now=timezone.now())
    held = leases.leased()[0]
    release_actions.withdraw_all(held.lease, now=timezone.now())
    page = chief.get(f"/issues/{issue.pk}/recipients/?state=withdrawn").content.decode()
    assert "The issue was cancelled." in page
    assert ">cancelled<" not in page
    said = re.findall(r'data-label="What the server said">(.*?)</td>', page)
    assert said
    assert set(said) == {""}
    one = chief.get(re.findall(rf'href="(/issues/{issue.pk}/recipients/\d+/)"', page)[-1]).content.decode()
    assert "The issue was cancelled." in one
    assert "What the server said" not in one
    assert "No mail server was asked." in one


def test_nothing_is_said_to_be_going_while_no_server_takes_it(chief: Client) -> None:
    now = timezone.now()
    readers = ledger.Readers.make(now=now - timedelta(days=30))
    readers.join(3)
    issue = ledger.approved_issue(list_id=readers.list_id, now=now)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    server = Transport.objects.create(name="relay", host="127.0.0.1", port=25, tls="none")
    pages = ("/", f"/issues/{issue.pk}/progress/")
    for changed, said in (
        ({}, "Being sent"),
        ({"sleeping_until": now + timedelta(minutes=5)}, "Waiting for a mail server"),
        ({"paused_at": now, "paused_reason": "It refused the password."}, "Waiting for a mail server"),
    ):
        Transport.objects.filter(pk=server.pk).update(**changed)
        for path in pages:
            page = chief.get(path).content.decode()
            assert said in page, (path, changed)
            assert ("Mail is going" in page) == (said == "Being sent" and path == pages[-1])


def test_an_editor_sees_everything_but_addresses(writer: Client, issue: Issue) -> None:
    base = f"/issues/{issue.pk}/recipients/"
    for path in (base, f"{base}?state=all", f"{base}?domain=harbour.example"):
        page = writer.get(path).content.decode()
        assert "@harbour.example" not in page
        assert "@example.org" not in page
        assert "no. " in page
    assert writer.post(base, {"address": ADDRESS}).headers["Location"] == base
    found = b"".join(writer.post(f"{base}export/", {"state": "all"}).streaming_content).decode()  # type: ignore[attr-defined]
    assert "@" not in found
    assert found.count("\r\n") == 61


def test_an_address_is_found_only_whole_and_never_stands_in_a_pages_address(chief: Client, issue: Issue) -> None:
    base = f"/issues/{issue.pk}/recipients/"
    found = chief.post(base, {"address": ADDRESS.upper().replace("HARBOUR.EXAMPLE", "harbour.example")})
    assert found.status_code == 302
    assert "@" not in found.headers["Location"]
    page = chief.get(found.headers["Location"]).content.decode()
    assert ADDRESS in page
    assert "All tries" in page
    assert "5.1.1" in page
    for wrong in ("reader1@", "harbour.example", "nobody@harbour.example", ""):
        answer = chief.post(base, {"address": wrong})
        assert answer.status_code == 422
        assert 'id="address-error"' in answer.content.decode()


def test_a_domain_that_is_none_is_refused_beside_its_field(chief: Client, issue: Issue) -> None:
    answer = chief.get(f"/issues/{issue.pk}/recipients/?domain=a%20b")
    assert answer.status_code == 422
    assert 'id="domain-error"' in answer.content.decode()
    assert chief.post(f"/issues/{issue.pk}/recipients/export/", {"domain": "a b"}).status_code == 302


def test_the_export_is_what_the_page_shows_and_stands_in_the_audit_log(
    chief: Client, admin: User, issue: Issue
) -> None:
    """Threat 19."""
    answer = chief.post(f"/issues/{issue.pk}/recipients/export/", {"state": "refused"})
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["email"] for row in rows][:2] == [ADDRESS, "reader11@harbour.example"]
    assert {row["state"] for row in rows} == {"refused"}
    assert len(rows) == 5
    entry = AuditEntry.objects.get(action="issue.recipients-export")
    assert (entry.actor, entry.subject) == (admin.actor, f"issue:{issue.pk}")
    assert entry.detail == {"addresses": True, "state": "refused", "kind": "", "code": "", "domain": ""}
    assert chief.get(f"/issues/{issue.pk}/recipients/export/").headers["Location"] == f"/issues/{issue.pk}/recipients/"


def test_a_paused_page_asks_again_until_what_is_in_flight_has_ended(writer: Client, issue: Issue) -> None:
    now, path = timezone.now(), f"/issues/{issue.pk}/progress/"
    release_actions.pause(issue.pk, by="staff:1", now=now)
    page = writer.get(path).content.decode()
    assert 'hx-trigger="every' in page
    assert "Refresh" in page
    held = leases.leased()[0]
    leases.put_back(held.lease, state=ChunkState.WAITING, not_before=None)
    page = writer.get(path).content.decode()
    assert "hx-trigger" not in page, "the ledger is quiet"
    assert "Refresh" in page, "somebody else may go on with it"


def test_a_paused_page_asks_again_when_its_last_mail_ended_and_the_issue_has_not(writer: Client, issue: Issue) -> None:
    release_actions.pause(issue.pk, by="staff:1", now=timezone.now())
    Chunk.objects.filter(issue=issue).update(state=ChunkState.DONE)
    assert 'hx-trigger="every' in writer.get(f"/issues/{issue.pk}/progress/").content.decode()


def test_a_cancelled_page_asks_again_until_everybody_is_accounted_for(writer: Client, issue: Issue) -> None:
    now, path = timezone.now(), f"/issues/{issue.pk}/progress/"
    release_actions.cancel(issue.pk, by="staff:1", now=now)
    page = writer.get(path).content.decode()
    assert 'hx-trigger="every' in page
    assert "50 of 60 finished" in page
    held = leases.leased()[0]
    release_actions.withdraw_all(held.lease, now=now)
    leases.put_back(held.lease, state=ChunkState.DONE, not_before=None)
    assert 'hx-trigger="every' in writer.get(path).content.decode(), "the issue has not ended yet"
    assert completion.finish(issue.pk, now=now)
    page = writer.get(path).content.decode()
    assert "hx-trigger" not in page
    assert "60 of 60 finished" in page
    assert counted(issue.pk)[D.PENDING] == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_after_cancel_the_open_page_comes_to_the_numbers_of_the_ledger(
    editor: User, issue: Issue, signed_in: SignedIn, browser: Browser, live_server: LiveServer
) -> None:
    session = signed_in(editor).cookies["sessionid"]
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/issues/{issue.pk}/cancel/")
    page.locator("main form button").last.click()
    expect(page.get_by_text("50 of 60 finished")).to_be_visible()
    held = leases.leased()[0]
    release_actions.withdraw_all(held.lease, now=timezone.now())
    leases.put_back(held.lease, state=ChunkState.DONE, not_before=None)
    assert completion.finish(issue.pk, now=timezone.now())
    expect(page.get_by_text("60 of 60 finished")).to_be_visible(timeout=60_000)
    expect(page.locator("#progress")).not_to_have_attribute("hx-trigger", re.compile("every"))
    context.close()


def test_the_highest_bar_is_as_high_as_the_chart_and_little_is_not_nothing() -> None:
    drawn = charts.bars([0, 1, 1_000_000])
    assert [bar.height for bar in drawn] == [0.0, 1.0, charts.HEIGHT]
    assert drawn[2].x + drawn[2].width <= charts.WIDTH
    assert charts.bars([]) == []
