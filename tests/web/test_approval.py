"""Consent: to the mail that was on the page, at the time that was chosen there, and to nothing else."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from newsletter import pipeline
from newsletter.articles.models import Article
from newsletter.delivery.control import restore_guard
from newsletter.delivery.models import Epoch
from newsletter.issues import queries, services
from newsletter.issues.models import Approval, Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.rendering import personalise, results
from newsletter.scheduling import services as scheduling
from newsletter.staff.models import User
from subscribers.models import List
from subscribers.states import SubscriptionState
from tests.subscribers.factories import make_subscriber
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

DAY = "2031-01-15T07:30"
LATER_THAT_DAY = "2031-01-15T18:00"
ANOTHER_DAY = "2031-01-16T07:30"


@pytest.fixture
def client(signed_in: SignedIn, editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def path(newsroom: Newsroom) -> str:
    return f"/issues/{newsroom.issue.pk}/approve/"


def hidden(page: str) -> dict[str, str]:
    """What the page's form would send back by itself."""
    found = re.findall(r'<input type="hidden" name="(typed|slot|digest|note|approval|shown)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def frame_of(client: Client, page: str) -> str:
    found = re.search(r'<iframe class="mail narrow" sandbox src="([^"]+)"', page)
    assert found
    return client.get(html.unescape(found[1])).content.decode()


def frozen(issue: Issue) -> str:
    approval = queries.approval_in_force(issue)
    assert approval is not None
    rendition = approval.renditions.get()
    values = personalise.values_for(name="", unsubscribe_url="#")
    return results.frozen(rendition).tokens.fill_html(rendition.html, values)


def state(issue: Issue) -> tuple[str, datetime | None]:
    return Issue.objects.values_list("state", "send_at").get(pk=issue.pk)


def test_the_page_shows_the_very_mail_that_is_frozen(client: Client, newsroom: Newsroom, path: str) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    shown = frame_of(client, page)
    assert "Wednesday, 15 January 2031" in shown
    answer = client.post(path, {**hidden(page), "when": "time", "send_at": DAY}, follow=True)
    assert "Approved. It goes out on Wednesday, 15 January 2031 at 07:30 (Europe/Berlin)." in answer.content.decode()
    assert frozen(newsroom.issue) == shown


def test_a_time_on_another_day_is_shown_before_it_is_approved(client: Client, newsroom: Newsroom, path: str) -> None:
    """The masthead bears the day: the mail of another day is another mail."""
    page = client.get(path).content.decode()
    typed = {"when": "time", "send_at": DAY}
    answer = client.post(path, {**hidden(page), **typed})
    again = answer.content.decode()
    assert answer.status_code == 422
    assert "This is the mail for that time. Look at it, then approve." in again
    assert "The mail has changed" not in again
    assert "The date in the mail changed." not in again
    assert f'value="{DAY}"' in again
    assert "Wednesday, 15 January 2031" in frame_of(client, again)
    assert state(newsroom.issue) == (IssueState.DRAFT, None)
    client.post(path, {**hidden(again), **typed})
    assert state(newsroom.issue)[0] == IssueState.SCHEDULED
    assert frozen(newsroom.issue) == frame_of(client, again)


def test_a_later_hour_of_the_day_that_was_shown_is_approved_at_once(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": LATER_THAT_DAY})
    found, send_at = state(newsroom.issue)
    assert found == IssueState.SCHEDULED
    assert send_at is not None
    assert send_at.isoformat() == "2031-01-15T17:00:00+00:00"


def test_a_typed_time_is_chosen_whichever_button_is_set(client: Client, newsroom: Newsroom, path: str) -> None:
    """Also without JavaScript."""
    page = client.get(path).content.decode()
    answer = client.post(path, {**hidden(page), "when": "later", "send_at": DAY})
    again = answer.content.decode()
    assert re.search(r'value="time"[^>]* checked', again)
    client.post(path, {**hidden(again), "when": "time", "send_at": DAY})
    assert state(newsroom.issue)[0] == IssueState.SCHEDULED


def test_whoever_takes_the_button_back_is_not_held_to_the_time_that_was_typed_before(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    again = client.post(path, {**hidden(page), "when": "later", "send_at": DAY}).content.decode()
    assert state(newsroom.issue)[0] == IssueState.DRAFT, "it was another mail that was shown"
    client.post(path, {**hidden(again), "when": "later", "send_at": DAY})
    assert state(newsroom.issue) == (IssueState.APPROVED, None)


@pytest.mark.parametrize("typed", ["2001-01-01T07:00", "tomorrow", "2031-03-30T02:30", ""])
def test_a_time_that_has_passed_or_cannot_be_is_refused_beside_its_field(
    typed: str, client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path).content.decode()
    answer = client.post(path, {**hidden(page), "when": "time", "send_at": typed})
    assert answer.status_code == 422
    (said,) = re.findall(r'id="send_at-error" role="alert">([^<]+)<', answer.content.decode())
    when = re.search(r"<fieldset.*?</fieldset>", answer.content.decode(), re.DOTALL)
    assert when
    assert said in when[0], "in the box of the time"
    assert said.count(said[:20]) == 1, "said once"
    assert state(newsroom.issue)[0] == IssueState.DRAFT


def test_every_suggestion_stands_open_where_it_is_approved_and_the_real_trap_stands_first(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    Issue.objects.update(subject="x" * 90, preheader="short", introduction="Good morning, {{name}}.")
    page = client.get(path).content.decode()
    suggestions = re.search(r'<details class="notice warn"( open)?>(.*?)</details>', page, re.DOTALL)
    assert suggestions
    each = re.findall(r"<li>(.*?)</li>", suggestions[2], re.DOTALL)
    assert len(each) > 2
    assert suggestions[1]
    assert "stays empty for readers without a name" in each[0]
    assert "plain http" in each[-1] or "preview line" in each[-1]


def test_showing_another_time_is_an_address_that_can_be_reloaded(client: Client, newsroom: Newsroom, path: str) -> None:
    """The way without JavaScript."""
    page = client.get(path).content.decode()
    answer = client.post(path, {**hidden(page), "when": "later", "send_at": DAY, "show": "1"}, follow=True)
    assert answer.redirect_chain
    assert "Shown as it goes out on Wednesday, 15 January 2031 at 07:30 (Europe/Berlin)." in answer.content.decode()
    assert state(newsroom.issue)[0] == IssueState.DRAFT


def _retitle(newsroom: Newsroom) -> None:
    Article.objects.filter(pk=newsroom.articles[0].pk).update(title="Changed meanwhile")


def _subject(newsroom: Newsroom) -> None:
    services.edit_issue(newsroom.issue, by="staff:99", now=timezone.now(), subject="Another subject")


def _order(newsroom: Newsroom) -> None:
    services.move_entry(newsroom.entry, to=3, by="staff:99", now=timezone.now())


def _take_out(newsroom: Newsroom) -> None:
    services.remove_entry(newsroom.entry, by="staff:99", now=timezone.now())


def _setting(newsroom: Newsroom, **changes: object) -> None:
    settings = replace(services.settings_of(newsroom.publication), **changes)  # type: ignore[arg-type]
    services.edit_publication(newsroom.publication, settings=settings, by="staff:99", now=timezone.now())


def _sender(newsroom: Newsroom) -> None:
    _setting(newsroom, sender_address="other@example.org")


def _footer(newsroom: Newsroom) -> None:
    _setting(newsroom, postal_address="2 Quay Street, Harbourtown")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_retitle, "The story “Changed meanwhile” changed."),
        (_subject, "The subject changed."),
        (_order, "The order of the stories changed."),
        (_take_out, "A story was taken out."),
        (_sender, "The sender changed."),
        (_footer, "The newsletter’s design or footer changed."),
    ],
    ids=lambda value: getattr(value, "__name__", "").strip("_"),
)
def test_what_changed_between_is_noticed_said_and_shown_before_it_is_approved(
    change: Callable[[Newsroom], None], said: str, client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    change(newsroom)
    typed = {"when": "time", "send_at": DAY}
    answer = client.post(path, {**hidden(page), **typed})
    assert answer.status_code == 422
    again = answer.content.decode()
    assert said in again
    assert f'value="{DAY}"' in again
    assert not Approval.objects.exists()
    shown = frame_of(client, again)
    client.post(path, {**hidden(again), **typed})
    assert state(newsroom.issue)[0] == IssueState.SCHEDULED
    assert frozen(newsroom.issue) == shown


def test_what_changed_is_said_also_to_who_chooses_now_instead(client: Client, newsroom: Newsroom, path: str) -> None:
    page = client.get(path).content.decode()
    _subject(newsroom)
    answer = client.post(path, {**hidden(page), "when": "now"})
    assert answer.status_code == 422
    assert "The subject changed." in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_frame_never_shows_another_mail_than_its_page_asks_about(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path).content.decode()
    _retitle(newsroom)
    shown = frame_of(client, page)
    assert "Changed meanwhile" not in shown
    assert "changed since this page was opened" in shown


def test_consent_without_a_page_that_was_shown_is_none(client: Client, newsroom: Newsroom, path: str) -> None:
    for digest in ("", "0" * 64):
        assert client.post(path, {"when": "later", "digest": digest}).status_code == 422
    assert not Approval.objects.exists()


def test_approving_for_the_next_time_says_it_and_a_time_that_passed_meanwhile_is_asked_anew(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    publication = scheduling.set_cadence(newsroom.publication, rule="0 7 * * 1", by="staff:99", now=timezone.now())
    page = client.get(path).content.decode()
    sent = hidden(page)
    earlier = (datetime.fromisoformat(sent["slot"]) - timedelta(days=7)).isoformat()
    answer = client.post(path, {**sent, "when": "slot", "slot": earlier})
    assert "scheduled time of this newsletter has changed" in answer.content.decode()
    assert not Approval.objects.exists()
    answer = client.post(path, {**sent, "when": "slot"}, follow=True)
    assert re.search(r"Approved\. It goes out on Monday, [^.]+ at 07:00 \(Europe/Berlin\)\.", answer.content.decode())
    second = services.create_issue(publication=publication, by="staff:99", now=timezone.now(), subject="The second")
    services.add_entry(second, newsroom.articles[3], by="staff:99", now=timezone.now())
    following = hidden(client.get(f"/issues/{second.pk}/approve/").content.decode())["slot"]
    # The first one takes the next slot.
    assert datetime.fromisoformat(following) - datetime.fromisoformat(sent["slot"]) == timedelta(days=7)


def test_the_time_of_an_approved_issue_is_told_and_another_day_is_approved_with_its_mail(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    schedule = path.replace("approve", "schedule")
    assert "Wednesday, 15 January 2031" in frame_of(client, client.get(schedule).content.decode())
    answer = client.post(schedule, {"send_at": LATER_THAT_DAY}, follow=True)
    assert "It goes out on Wednesday, 15 January 2031 at 18:00 (Europe/Berlin)." in answer.content.decode()
    answer = client.post(schedule, {"send_at": ANOTHER_DAY}, follow=True)
    page = answer.content.decode()
    assert "for another day it has to be approved again" in page
    shown = frame_of(client, page)
    assert "Thursday, 16 January 2031" in shown
    found, send_at = state(newsroom.issue)
    assert send_at is not None
    assert send_at.isoformat() == "2031-01-15T17:00:00+00:00", "nothing is moved before it is approved"
    client.post(path, {**hidden(page), "when": "time", "send_at": ANOTHER_DAY})
    found, send_at = state(newsroom.issue)
    assert found == IssueState.SCHEDULED
    assert send_at is not None
    assert send_at.isoformat() == "2031-01-16T06:30:00+00:00"
    assert frozen(newsroom.issue) == shown
    answer = client.post(path.replace("approve", "unschedule"), follow=True)
    assert "It goes out when someone sends it." in answer.content.decode()
    assert client.post(schedule, {"send_at": "2001-01-01T07:00"}).status_code == 422


def test_a_tab_left_open_takes_no_time_off_an_approval_that_it_did_not_show(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    """A colleague approved another mail meanwhile: to renew that would be to approve what nobody here saw."""
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    left_open = hidden(client.get(path.replace("approve/", "")).content.decode())
    services.edit_issue(newsroom.issue, by="staff:9", now=timezone.now(), introduction="Another word.")
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    before = Approval.objects.latest("pk")
    step = path.replace("approve", "unschedule")
    answer = client.post(step, {"approval": left_open["approval"]}, follow=True).content.decode()
    assert "This issue was approved since you opened the page. Nothing was changed." in answer
    assert Approval.objects.latest("pk") == before
    assert state(newsroom.issue)[1] is not None
    answer = client.post(step, {"approval": str(before.pk)}, follow=True).content.decode()
    assert "The time was removed." in answer


def test_without_a_time_of_its_own_an_issue_takes_the_next_time_of_a_newsletter_that_has_one(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    issue = path.replace("approve/", "")
    assert "Remove the time" in client.get(issue).content.decode()
    scheduling.set_cadence(newsroom.publication, rule="0 7 * * 5", by="staff:1", now=timezone.now())
    assert "Use the newsletter’s next time" in client.get(issue).content.decode()
    answer = client.post(path.replace("approve", "unschedule"), follow=True).content.decode()
    assert re.search(
        r"follows the newsletter’s schedule\. It goes out on Friday, [^.]* at 07:00 \(Europe/Berlin\)\.", answer
    )
    assert "time was removed" not in answer


def test_the_preview_leads_to_approval_and_says_whose_mail_it_is(
    client: Client, newsroom: Newsroom, path: str, editor: User
) -> None:
    preview = path.replace("approve", "preview")
    page = client.get(preview).content.decode()
    assert f'href="{path}"' in page
    assert "A short walk along the quay." in page
    shown = frame_of(client, page)
    page = client.get(path).content.decode()
    client.post(path, {**hidden(page), "when": "later"})
    page = client.get(preview).content.decode()
    assert f"{editor.name} approved" in page
    assert frame_of(client, page) == frozen(newsroom.issue) == shown


def test_what_is_sent_on_another_day_than_its_mail_says_is_told_first(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    asked = client.get(path.replace("approve", "release")).content.decode()
    assert "It is dated Wednesday, 15 January 2031, but would go out on " in asked


def test_an_issue_that_cannot_be_shown_says_why_and_offers_no_button(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    Publication.objects.update(theme="none-such")
    page = client.get(path).content.decode()
    assert "is not installed" in page
    assert 'id="approve"' not in page


@pytest.mark.parametrize("name", ["schedule", "release"])
def test_a_tab_that_was_left_open_decides_nothing_about_a_mail_approved_since(
    client: Client, newsroom: Newsroom, path: str, name: str
) -> None:
    """ED2: the page showed one mail; a colleague edited and approved another meanwhile."""
    issue, now = newsroom.issue, timezone.now()
    pipeline.approve(queries.get_issue(issue.pk), by="staff:7", now=now, send_at=now + timedelta(days=3))
    page = client.get(f"/issues/{issue.pk}/{name}/").content.decode()
    [shown] = re.findall(r'name="approval" value="(\d+)"', page)
    services.edit_issue(queries.get_issue(issue.pk), by="staff:7", now=now, subject="Another mail")
    pipeline.approve(queries.get_issue(issue.pk), by="staff:7", now=now, send_at=now + timedelta(days=3))
    before = state(issue)
    later = (now + timedelta(days=3, minutes=1)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"/issues/{issue.pk}/{name}/", {"approval": shown, "send_at": later}, follow=True)
    assert "was approved since you opened the page" in answer.content.decode()
    assert state(issue) == before


def test_the_time_that_was_approved_is_proposed_again_after_a_change(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    scheduling.set_cadence(newsroom.publication, rule="0 7 * * *", by="staff:99", now=timezone.now())
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    client.post(f"/issues/{newsroom.issue.pk}/stories/{newsroom.entry.pk}/move/", {"to": "down"})
    assert state(newsroom.issue) == (IssueState.DRAFT, None)
    page = client.get(path).content.decode()
    assert re.search(r'value="time"[^>]* checked', page)
    assert f'name="send_at" value="{DAY}"' in page
    assert "It was approved for Wednesday, 15 January 2031 at 07:30 (Europe/Berlin) before" in page
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    assert state(newsroom.issue)[0] == IssueState.SCHEDULED


def test_a_time_that_passed_is_not_proposed_again(client: Client, newsroom: Newsroom, path: str) -> None:
    long_ago = datetime.fromisoformat("2020-01-01T07:00:00+00:00")
    pipeline.approve(newsroom.issue, by="staff:7", now=long_ago, send_at=long_ago + timedelta(days=1))
    _subject(newsroom)
    page = client.get(path).content.decode()
    assert re.search(r'value="later"[^>]* checked', page)
    assert 'id="earlier"' not in page


def test_a_second_tab_does_not_replace_an_approval_that_it_did_not_show(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    second = client.get(path).content.decode()
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    before = state(newsroom.issue)
    answer = client.post(path, {**hidden(second), "when": "later"})
    again = answer.content.decode()
    assert answer.status_code == 422
    assert "was approved since you opened the page" in again
    assert "This issue is approved already: by Edda Editor" in again
    assert "It goes out on Wednesday, 15 January 2031 at 07:30 (Europe/Berlin)." in again
    assert state(newsroom.issue) == before
    assert Approval.objects.count() == 1


def test_the_page_of_an_approved_issue_says_so_and_replaces_it_when_it_is_meant(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    pipeline.approve(newsroom.issue, by="staff:7", now=timezone.now())
    page = client.get(path).content.decode()
    assert "This issue is approved already" in page
    assert "It goes out when someone sends it." in page
    assert "Approve again" in page
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    client.post(path, {**hidden(page), "when": "time", "send_at": DAY})
    assert state(newsroom.issue)[0] == IssueState.SCHEDULED


def test_now_is_a_choice_that_shows_the_mail_of_today_and_sends_it(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    make_subscriber(List.objects.get(pk=newsroom.publication.list_id), "reader@readers.example")
    page = client.get(path, {"when": "time", "send_at": DAY}).content.decode()
    again = client.post(path, {**hidden(page), "when": "now", "send_at": ""})
    assert again.status_code == 422, "another mail was shown"
    assert state(newsroom.issue)[0] == IssueState.DRAFT
    page = again.content.decode()
    assert "Once sent, it cannot be recalled." in page
    assert "Approve and send now" in page
    shown = frame_of(client, page)
    client.post(path, {**hidden(page), "when": "now", "send_at": ""})
    assert state(newsroom.issue)[0] in {IssueState.SENDING, IssueState.FINISHED}
    assert frozen(newsroom.issue) == shown


def test_what_nobody_would_get_is_not_sent_now_and_stays_a_draft(client: Client, newsroom: Newsroom, path: str) -> None:
    """Of a list that is still empty the issue would be spent at once."""
    page = client.get(path, {"when": "now"}).content.decode()
    answer = client.post(path, {**hidden(page), "when": "now", "send_at": ""})
    assert answer.status_code == 422
    assert "There is nobody to send issue 1 to" in answer.content.decode()
    assert state(newsroom.issue) == (IssueState.DRAFT, None)
    assert not Approval.objects.exists()


def test_what_nobody_would_get_is_not_sent_before_its_time_either(client: Client, newsroom: Newsroom) -> None:
    issue, now = newsroom.issue, timezone.now()
    approval = pipeline.approve(queries.get_issue(issue.pk), by="staff:7", now=now, send_at=now + timedelta(days=3))
    before = state(issue)
    make_subscriber(List.objects.get(pk=newsroom.publication.list_id), "a@b.example", state=SubscriptionState.PENDING)
    answer = client.post(f"/issues/{issue.pk}/release/", {"approval": approval.pk}, follow=True)
    assert "There is nobody to send issue 1 to" in answer.content.decode()
    assert state(issue) == before
    assert queries.approval_in_force(issue) == approval
    assert pipeline.tick(now + timedelta(days=3)) == ["Issue 1 was released."], "the time that was approved is kept"
    assert state(issue)[0] == IssueState.FINISHED


def test_nothing_is_approved_for_now_while_everything_is_held(client: Client, newsroom: Newsroom, path: str) -> None:
    restore_guard.check({}, now=timezone.now())
    assert restore_guard.hold(Epoch.Why.BEHIND, now=timezone.now())
    page = client.get(path, {"when": "now"}).content.decode()
    answer = client.post(path, {**hidden(page), "when": "now", "send_at": ""})
    assert answer.status_code == 422
    assert state(newsroom.issue)[0] == IssueState.DRAFT
    assert not Approval.objects.exists()


def test_the_last_editor_is_told_at_the_top_that_a_colleague_approves(
    client: Client, newsroom: Newsroom, path: str, editor: User
) -> None:
    _setting(newsroom, second_person=True)
    services.edit_issue(newsroom.issue, by=editor.actor, now=timezone.now(), subject="Mine")
    page = client.get(path).content.decode()
    assert page.index("You edited this issue last") < page.index('class="facts"')
    assert 'id="approve"' not in page
    composer = client.get(path.replace("approve/", "")).content.decode()
    assert "You edited it last, so someone else has to approve it." in composer
    assert 'class="button quiet" name="go" value="approve"' in composer
