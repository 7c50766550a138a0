"""Two tabs with the same form: what one saved is not undone by the other, and of one field neither is lost."""

from collections.abc import Callable

import lxml.html
import pytest
from django.test import Client
from django.utils import timezone

from newsletter import pipeline
from newsletter.articles.models import Article
from newsletter.delivery.models import RateLimit, Transport
from newsletter.delivery.ratelimit import limit_settings
from newsletter.issues import services
from newsletter.issues.models import Approval, Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.staff.models import User
from tests.web.conftest import Newsroom

Fields = dict[str, object]


def form_of(client: Client, path: str) -> Fields:
    """What a browser would send back from the page, nothing typed."""
    return form_in(client.get(path).content)


def form_in(page: bytes) -> Fields:
    form = max(lxml.html.fromstring(page).forms, key=lambda one: len(one.form_values()))
    found: dict[str, list[str]] = {}
    for name, value in form.form_values():
        # A text area begins on a new line, and the parser gives an empty choice as “on”.
        is_empty = value == "on" and form.xpath(f".//input[@type='radio'][@name='{name}'][@value=''][@checked]")
        found.setdefault(name, []).append("" if is_empty else str(value).strip())
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


@pytest.fixture
def boss(signed_in: Callable[[User], Client]) -> Client:
    return signed_in(
        User.objects.create_user("both@example.org", "a long password", name="Bo", is_editor=True, is_admin=True)
    )


def _paths(newsroom: Newsroom) -> dict[str, tuple[str, tuple[str, str], tuple[str, str]]]:
    """By what is edited: its page, and two fields of it with another value."""
    limit_settings.set_limit(
        "server:relay", settings=limit_settings.Settings(per_second=5), by="staff:1", now=timezone.now()
    )
    limit = RateLimit.objects.get(key__startswith="server")
    return {
        "article": (f"/articles/{newsroom.articles[0].pk}/", ("standfirst", "Another."), ("byline", "Kit")),
        "newsletter": (f"/newsletters/{newsroom.publication.slug}/", ("tagline", "Daily"), ("reason", "Because.")),
        "server": ("/settings/servers/relay/", ("messages_per_connection", "7"), ("seconds_per_connection", "70")),
        "limit": (f"/settings/limits/{limit.pk}/", ("per_hour", "50"), ("per_day", "500")),
        "care": (f"/issues/{newsroom.issue.pk}/care/", ("useful_life_hours", "5"), ("uncertain_policy", "hold")),
    }


@pytest.mark.parametrize("what", ["article", "newsletter", "server", "limit", "care"])
def test_a_field_that_another_tab_saved_stays(boss: Client, newsroom: Newsroom, what: str) -> None:
    path, (first, one), (second, two) = _paths(newsroom)[what]
    left_open = form_of(boss, path)
    assert boss.post(path, {**form_of(boss, path), first: one}).status_code == 302
    assert boss.post(path, {**left_open, second: two}).status_code == 302
    now = form_of(boss, path)
    assert (now[first], now[second]) == (one, two)


@pytest.mark.parametrize("what", ["article", "newsletter", "server", "limit", "care"])
def test_of_the_same_field_both_are_shown_and_saving_again_keeps_ones_own(
    boss: Client, newsroom: Newsroom, what: str
) -> None:
    path, (name, one), _other = _paths(newsroom)[what]
    mine = f"{one}1" if one.isdigit() else "Mine."
    left_open = form_of(boss, path)
    boss.post(path, {**form_of(boss, path), name: one})
    refused = boss.post(path, {**left_open, name: mine})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert f"Saved elsewhere in the meantime: “{one}”. Save again to keep yours." in page
    assert form_of(boss, path)[name] == one
    assert boss.post(path, form_in(refused.content)).status_code == 302
    assert form_of(boss, path)[name] == mine


def test_which_newsletters_a_server_sends_is_such_a_field(boss: Client, newsroom: Newsroom) -> None:
    path = "/settings/servers/relay/"
    left_open = form_of(boss, path)
    number = str(newsroom.publication.pk)
    boss.post(path, {**form_of(boss, path), "serves": "some", "publication": [number]})
    assert list(Transport.objects.get(name="relay").publications.values_list("pk", flat=True)) == [int(number)]
    assert boss.post(path, {**left_open, "weight": "3"}).status_code == 302
    row = Transport.objects.get(name="relay")
    assert row.weight == 3
    assert list(row.publications.values_list("pk", flat=True)) == [int(number)]


@pytest.mark.parametrize("how", ["cancelled", "sent"])
def test_what_was_typed_for_an_issue_that_went_meanwhile_is_shown_to_be_copied(
    boss: Client, newsroom: Newsroom, how: str
) -> None:
    path = f"/issues/{newsroom.issue.pk}/"
    left_open = form_of(boss, path)
    state = {"cancelled": IssueState.CANCELLED, "sent": IssueState.FINISHED}[how]
    Issue.objects.filter(pk=newsroom.issue.pk).update(state=state)
    for address in (path, f"{path}stories/"):
        answer = boss.post(address, {**left_open, "introduction": "Half an hour of work."})
        assert answer.status_code == 409
        page = answer.content.decode()
        assert f"This issue was {how} while you had it open, so nothing was saved." in page
        assert ">Half an hour of work.</textarea>" in page
    assert Issue.objects.get(pk=newsroom.issue.pk).introduction != "Half an hour of work."
    assert boss.post(path, left_open).status_code == 302, "nothing was typed"


def test_the_approved_mail_is_shown_with_the_sender_that_was_approved(boss: Client, newsroom: Newsroom) -> None:
    issue = Issue.objects.get(pk=newsroom.issue.pk)
    Issue.objects.filter(pk=issue.pk).update(subject="A subject of some length", preheader="p" * 60)
    issue.refresh_from_db()
    now = timezone.now()
    services.approve(issue, consent=pipeline.propose(issue, now=now), by="staff:9", now=now)
    assert Approval.objects.filter(issue=issue).exists()
    Publication.objects.update(sender_name="Another name")
    for page in ("preview", "schedule"):
        text = boss.get(f"/issues/{issue.pk}/{page}/").content.decode()
        assert '<p class="mailrow"><strong><bdi>The Morning</bdi></strong>' in text, page
    assert Article.objects.exists()
