"""The pages about those who did not get an issue: why not, send again, doubts, and how hard to try."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from newsletter.delivery.ledger import audience_freeze, results
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.models import Chunk, Result
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff.models import User
from tests.delivery import newsroom as ledger

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

NOW = datetime.now(UTC) - timedelta(hours=1)
FAILED = (
    (DeliveryState.REFUSED, "full", 552, "5.2.2", "5.2.2 Over quota"),
    (DeliveryState.REFUSED, "recipient", 550, "5.1.1", "5.1.1 No such user"),
    (DeliveryState.UNCERTAIN, "network", None, "", "The link broke."),
    (DeliveryState.EXPIRED, "throttled", 450, "4.7.0", "4.7.0 Slow down"),
    (DeliveryState.ACCEPTED, "", 250, "2.0.0", "2.0.0 Ok"),
)


@pytest.fixture
def sent() -> Issue:
    """A finished issue: one reader for each of those."""
    readers = ledger.Readers.make(now=NOW - timedelta(days=1))
    people = readers.join(len(FAILED))
    issue = ledger.approved_issue(list_id=readers.list_id, now=NOW - timedelta(hours=1))
    audience_freeze.freeze(issue.pk, by="staff:1", now=NOW)
    Chunk.objects.update(state=ChunkState.LEASED, owner="test", token=1)
    lease = Lease(issue=issue.pk, number=Chunk.objects.get().number, retry=False, token=1)
    group = [
        Settlement(subscriber=person, state=state, tries=1, kind=kind, code=code, enhanced=enhanced, reply=reply)
        for person, (state, kind, code, enhanced, reply) in zip(people, FAILED, strict=True)
    ]
    assert results.settle(lease, group, now=NOW)
    assert results.close(lease, now=NOW, not_before=None)
    Issue.objects.update(state=IssueState.FINISHED)
    return issue


@pytest.fixture
def client(signed_in: SignedIn, editor: User) -> Client:
    return signed_in(editor)


def text_of(client: Client, path: str) -> str:
    return client.get(path, follow=True).content.decode()


def test_the_recipients_page_says_what_each_reply_was_about(client: Client, sent: Issue) -> None:
    page = text_of(client, f"/issues/{sent.pk}/recipients/")
    for word in ("Mailbox full", "Nobody has this address", "552 5.2.2 Over quota", "Send again…"):
        assert word in page
    assert "@example.org" not in page
    assert f'class="button" href="/issues/{sent.pk}/again/"' in page
    filtered = text_of(client, f"/issues/{sent.pk}/recipients/?kind=full")
    assert "Over quota" in filtered
    assert "No such user" not in filtered
    assert "Over quota" in text_of(client, f"/issues/{sent.pk}/recipients/?kind=nonsense&state=%00")


def test_sending_again_asks_first_and_says_how_many_and_who_not(client: Client, sent: Issue) -> None:
    path = f"/issues/{sent.pk}/again/"
    page = text_of(client, path)
    assert 'value="full" checked' in page
    assert 'value="expired" checked' in page
    for unticked in ("recipient", "uncertain"):
        assert f'value="{unticked}">' in page
    assert "1 recipient whose mail was accepted" in page
    assert "tried for 96 more hours" in page
    assert Result.objects.filter(state="deferred").count() == 0

    answer = client.post(path, {"kind": ["full", "expired"]}, follow=True)
    assert "2 mails are being sent again." in answer.content.decode()
    sent.refresh_from_db()
    assert (sent.state, sent.state_reason) == (IssueState.SENDING, "Some are sent again.")
    assert ledger.assert_balanced(sent) == {"accepted": 1, "deferred": 2, "refused": 1, "uncertain": 1}


@pytest.mark.parametrize("state", ["accepted", "deferred", "withdrawn"])
def test_where_nobody_is_left_to_send_to_sending_again_is_not_offered(client: Client, sent: Issue, state: str) -> None:
    recipients, again = f"/issues/{sent.pk}/recipients/", f"/issues/{sent.pk}/again/"
    assert again in text_of(client, recipients)
    Result.objects.filter(issue=sent).update(state=state, tries=1)
    for query in ("", "?state=all", "?state=accepted"):
        assert again not in text_of(client, f"{recipients}{query}")
    page = text_of(client, again)
    assert "Nobody to send to" in page
    assert f'href="{recipients}">Back to the recipients' in page


def test_choosing_nobody_or_nonsense_is_said_beside_the_choice(client: Client, sent: Issue) -> None:
    for chosen in ([], ["everyone"], ["\x00"]):
        answer = client.post(f"/issues/{sent.pk}/again/", {"kind": chosen})
        assert answer.status_code == 422
        assert 'id="kind-error"' in answer.content.decode()
    assert Result.objects.filter(state="deferred").count() == 0


def test_only_editors_send_again(signed_in: SignedIn, admin: User, sent: Issue) -> None:
    client = signed_in(admin)
    page = text_of(client, f"/issues/{sent.pk}/recipients/")
    assert "reader0@example.org" in page
    assert "Send again…" not in page
    assert client.post(f"/issues/{sent.pk}/again/", {"kind": "full"}).status_code == 403
    assert Result.objects.filter(state="deferred").count() == 0


@pytest.mark.parametrize("state", [IssueState.DRAFT, IssueState.CANCELLED, IssueState.FREEZING])
def test_what_is_not_being_sent_is_not_sent_again(client: Client, sent: Issue, state: IssueState) -> None:
    Issue.objects.update(state=state)
    assert client.post(f"/issues/{sent.pk}/again/", {"kind": "full"}).status_code == 302
    assert Result.objects.filter(state="deferred").count() == 0


@pytest.mark.parametrize(
    ("choice", "state"), [("never-twice", "uncertain"), ("again", "deferred"), ("accepted", "accepted")]
)
def test_a_doubt_is_shown_with_each_choice_and_its_meaning(
    client: Client, sent: Issue, choice: str, state: str
) -> None:
    """B6."""
    page = text_of(client, f"/issues/{sent.pk}/progress/")
    for word in ("Do not send again", "Send again", "Some may not have got it", "Some may get it twice", "reconcile"):
        assert word in page
    doubtful = Result.objects.get(state="uncertain").subscriber
    client.post(f"/issues/{sent.pk}/doubt/", {"choice": choice})
    assert ledger.state_of(sent, doubtful) == state


def test_an_issue_may_be_tried_for_longer_or_shorter_than_its_newsletter(client: Client, sent: Issue) -> None:
    path = f"/issues/{sent.pk}/care/"
    assert "Use the newsletter’s setting" in text_of(client, path)
    assert client.post(path, {"useful_life_hours": "500", "uncertain_policy": ""}).status_code == 422
    assert client.post(path, {"useful_life_hours": "many", "uncertain_policy": ""}).status_code == 422
    assert client.post(path, {"useful_life_hours": "6", "uncertain_policy": "again"}).status_code == 302
    sent.refresh_from_db()
    assert (sent.useful_life_hours, sent.uncertain_policy) == (6, "again")
    assert sent.release.expires_at == NOW + timedelta(hours=6)
    assert client.post(path, {"useful_life_hours": "", "uncertain_policy": ""}).status_code == 302
    sent.refresh_from_db()
    assert (sent.useful_life_hours, sent.uncertain_policy) == (None, "")


def test_the_limit_of_refusals_is_set_with_the_newsletter(signed_in: SignedIn, admin: User, sent: Issue) -> None:
    """A5."""
    publication = sent.publication
    client, path = signed_in(admin), f"/newsletters/{publication.slug}/"
    assert re.search(r'name="refusal_limit" value="10"', text_of(client, path))
    names = ("name", "slug", "sender_name", "sender_address", "postal_address", "reason", "accent", "language")
    form = {name: getattr(publication, name) for name in names}
    form |= {"list_id": publication.list_id, "time_zone": "UTC", "empty_slot": "review", "uncertain_policy": "hold"}
    form |= {"max_stories": 8, "useful_life_hours": 96}
    assert client.post(path, {**form, "refusal_limit": "101"}).status_code == 422
    assert client.post(path, {**form, "refusal_limit": "25"}).status_code == 302
    publication.refresh_from_db()
    assert publication.refusal_limit == 25
