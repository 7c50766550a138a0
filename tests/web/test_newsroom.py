"""Stories of the newsroom: composing, approving, sending, and what readers see."""

import dataclasses
import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from newsletter.articles import adding, editing
from newsletter.articles.models import Article
from newsletter.conf import config
from newsletter.delivery.control import restore_guard
from newsletter.delivery.models import Alarm, Epoch, OutboxMail, Release
from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Entry, Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.staff.models import User
from subscribers import api as subscribers
from tests.articles.conftest import image_bytes
from tests.web.conftest import Newsroom
from tests.web.mailboxes import sent_but_for_full_mailboxes

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def client(signed_in: SignedIn, editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, data_dir=tmp_path / "data")


def text_of(client: Client, path: str) -> str:
    return client.get(path, follow=True).content.decode()


def digest_on(page: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', page)
    assert found
    return found[1]


def approve(client: Client, issue: Issue, **values: str) -> None:
    path = f"/issues/{issue.pk}/approve/"
    chosen = {"when": "later", **values}
    page = client.get(path, chosen).content.decode()
    client.post(path, {"digest": digest_on(page), **chosen})
    issue.refresh_from_db()


def test_an_empty_newsroom_says_what_to_do_first(client: Client) -> None:
    page = text_of(client, "/")
    assert "First steps" in page
    assert "Set up a newsletter" in page


def test_a_held_database_is_told_on_the_front_page_once_with_the_command_that_ends_it(client: Client) -> None:
    Epoch.objects.create(root="r", place=restore_guard.place())
    assert restore_guard.COMMAND not in text_of(client, "/")
    restore_guard.hold(Epoch.Why.BEHIND, now=timezone.now())
    page = text_of(client, "/")
    assert page.count(restore_guard.COMMAND) == 1
    assert "This database is older than what was sent." in page


def test_an_editor_reorders_changes_and_takes_out_stories(client: Client, newsroom: Newsroom) -> None:
    issue, entry = newsroom.issue, newsroom.entry
    client.post(f"/issues/{issue.pk}/stories/{entry.pk}/move/", {"to": "down"})
    assert [e.position for e in Entry.objects.filter(pk=entry.pk)] == [2]
    client.post(f"/issues/{issue.pk}/stories/", {"article": [str(newsroom.articles[3].pk)]})
    assert Entry.objects.filter(issue=issue).count() == 4
    issue.refresh_from_db()
    client.post(
        f"/issues/{issue.pk}/stories/{entry.pk}/",
        {"title": "Said otherwise", "show": "summary", "version": str(issue.version)},
    )
    assert "Said otherwise" in text_of(client, f"/issues/{issue.pk}/")
    client.post(f"/issues/{issue.pk}/stories/{entry.pk}/remove/")
    assert "Said otherwise" not in text_of(client, f"/issues/{issue.pk}/")


def test_a_change_made_on_an_old_page_is_refused_and_what_was_typed_is_kept(client: Client, newsroom: Newsroom) -> None:
    issue = newsroom.issue
    answer = client.post(f"/issues/{issue.pk}/", {"subject": "Mine", "version": "1"})
    assert answer.status_code == 422
    assert 'value="Mine"' in answer.content.decode()
    assert "or someone else, changed this" in answer.content.decode()


def test_a_wrong_value_is_said_beside_its_field(client: Client, newsroom: Newsroom) -> None:
    issue = newsroom.issue
    answer = client.post(f"/issues/{issue.pk}/", {"subject": "x" * 301, "version": str(issue.version)})
    assert answer.status_code == 422
    assert re.search(r'id="subject-error">[^<]*too long', answer.content.decode())


def test_a_story_of_another_issue_cannot_be_reached_through_this_one(client: Client, newsroom: Newsroom) -> None:
    """Threat 12."""
    other = Issue.objects.create(
        publication=newsroom.publication,
        number=99,
        public_id="other",
        created_at=timezone.now(),
        updated_at=timezone.now(),
    )
    answer = client.post(f"/issues/{other.pk}/stories/{newsroom.entry.pk}/remove/", follow=True)
    assert "no longer in the issue" in answer.content.decode()
    assert Entry.objects.filter(pk=newsroom.entry.pk).exists()


def test_approving_says_what_goes_out_and_takes_only_what_was_shown(client: Client, newsroom: Newsroom) -> None:
    issue = newsroom.issue
    path = f"/issues/{issue.pk}/approve/"
    page = text_of(client, path)
    for shown in (
        "Ships and lights",
        "morning@example.org",
        "Morning readers",
        "The harbour light number 2",
        "Europe/Berlin",
    ):
        assert shown in page
    Article.objects.filter(pk=newsroom.articles[0].pk).update(title="Changed meanwhile")
    answer = client.post(path, {"digest": digest_on(page), "when": "later"})
    assert answer.status_code == 422
    assert "The mail has changed since you opened this page" in answer.content.decode()
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT
    approve(client, issue)
    assert issue.state == IssueState.APPROVED


def test_a_time_is_read_in_the_newsletters_zone_and_can_be_taken_off(client: Client, newsroom: Newsroom) -> None:
    issue = newsroom.issue
    approve(client, issue, when="time", send_at="2031-01-15T07:30")
    assert issue.state == IssueState.SCHEDULED
    assert issue.send_at is not None
    assert issue.send_at.isoformat() == "2031-01-15T06:30:00+00:00"
    client.post(f"/issues/{issue.pk}/schedule/", {"send_at": "2031-01-15T19:30"})
    issue.refresh_from_db()
    assert issue.send_at is not None
    assert issue.send_at.isoformat() == "2031-01-15T18:30:00+00:00"
    client.post(f"/issues/{issue.pk}/unschedule/")
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert issue.send_at is None


@pytest.mark.parametrize("typed", ["", "tomorrow", "2031-03-30T02:30", "2001-01-01T07:00", "0001-01-01T00:00"])
def test_a_time_that_cannot_be_is_refused_beside_its_field(typed: str, client: Client, newsroom: Newsroom) -> None:
    """C2: also the hour that the clocks skip."""
    approve(client, newsroom.issue)
    answer = client.post(f"/issues/{newsroom.issue.pk}/schedule/", {"send_at": typed})
    assert answer.status_code == 422
    assert 'id="send_at-error"' in answer.content.decode()


def test_where_a_second_person_is_asked_for_the_last_editor_gets_no_button(
    client: Client, newsroom: Newsroom, admin: User, signed_in: SignedIn, editor: User
) -> None:
    Publication.objects.update(second_person=True)
    Issue.objects.filter(pk=newsroom.issue.pk).update(edited_by=editor.actor)
    path = f"/issues/{newsroom.issue.pk}/approve/"
    assert "needs a second person" in text_of(client, path)
    client.post(path, {"digest": "x", "when": "later"})
    newsroom.issue.refresh_from_db()
    assert newsroom.issue.state == IssueState.DRAFT
    admin.is_editor = True
    admin.save()
    approve(signed_in(admin), newsroom.issue)
    assert newsroom.issue.state == IssueState.APPROVED


@pytest.mark.parametrize(
    ("state", "offered", "refused"),
    [
        (IssueState.SCHEDULED, [], ["schedule", "unschedule", "release"]),
        (IssueState.HELD, [], ["schedule", "release"]),
        (IssueState.APPROVED, ["release"], ["schedule"]),
    ],
)
def test_whoever_edited_last_is_offered_no_step_that_only_a_colleague_may_take(
    state: IssueState, offered: list[str], refused: list[str], client: Client, newsroom: Newsroom, editor: User
) -> None:
    issue = newsroom.issue
    approve(client, issue)
    when = timezone.now() + timedelta(days=1) if state == IssueState.SCHEDULED else None
    Issue.objects.filter(pk=issue.pk).update(state=state, edited_by=editor.actor, send_at=when)
    at_work = text_of(client, f"/issues/{issue.pk}/")
    buttons = {
        "schedule": 'value="schedule"',
        "unschedule": f'formaction="/issues/{issue.pk}/unschedule/"',
        "release": 'value="release"',
    }
    assert all(buttons[step] in at_work for step in [*offered, *refused])
    Publication.objects.update(second_person=True)
    page = text_of(client, f"/issues/{issue.pk}/")
    assert all(buttons[step] in page for step in offered)
    assert not any(buttons[step] in page for step in refused)
    assert "only a colleague can change its time" in page
    assert "only a colleague can change its time" in text_of(client, f"/issues/{issue.pk}/schedule/")
    asked = text_of(client, f"/issues/{issue.pk}/release/")
    assert ("only a colleague can send it now" in asked) is ("release" in refused)


def test_a_step_that_comes_too_late_says_what_became_of_the_issue(client: Client, newsroom: Newsroom) -> None:
    said = {
        IssueState.FINISHED: "This issue has been sent already.",
        IssueState.CANCELLED: "This issue was cancelled.",
        IssueState.SENDING: "This issue is being sent already.",
    }
    for state, words in said.items():
        Issue.objects.filter(pk=newsroom.issue.pk).update(state=state)
        for step in ("cancel", "release"):
            if step == "cancel" and state == IssueState.SENDING:
                continue
            assert words in client.get(f"/issues/{newsroom.issue.pk}/{step}/").content.decode()


def test_an_edit_takes_the_approval_away_and_says_so(client: Client, newsroom: Newsroom) -> None:
    issue = newsroom.issue
    approve(client, issue)
    answer = client.post(f"/issues/{issue.pk}/", {"subject": "Another", "version": str(issue.version)}, follow=True)
    assert "has to be approved again" in answer.content.decode()
    assert queries.approval_in_force(issue) is None


def released(client: Client, newsroom: Newsroom) -> Issue:
    subscribers.add(
        newsroom.publication.list_id,
        "reader@example.com",
        basis="for the test",
        now=timezone.now() - timedelta(days=1),
        actor="staff:1",
    )
    approve(client, newsroom.issue)
    page = text_of(client, f"/issues/{newsroom.issue.pk}/release/")
    assert "It goes to 1 subscriber" in page
    client.get(f"/issues/{newsroom.issue.pk}/release/")
    newsroom.issue.refresh_from_db()
    assert newsroom.issue.state == IssueState.APPROVED, "looking releases nothing"
    client.post(f"/issues/{newsroom.issue.pk}/release/")
    newsroom.issue.refresh_from_db()
    return newsroom.issue


def test_a_released_issue_shows_numbers_that_add_up_and_can_be_paused(client: Client, newsroom: Newsroom) -> None:
    issue = released(client, newsroom)
    assert issue.state == IssueState.SENDING
    page = text_of(client, f"/issues/{issue.pk}/")
    assert "0 of 1 finished" in page
    assert "Still to send" in page
    part = client.get(f"/issues/{issue.pk}/progress/", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="stack loose" id="progress"')
    for step, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        client.post(f"/issues/{issue.pk}/{step}/")
        issue.refresh_from_db()
        assert issue.state == state
    assert "Left before sending" in text_of(client, f"/issues/{issue.pk}/recipients/")


def test_readers_open_a_released_issue_in_a_sandbox_and_others_see_nothing(client: Client, newsroom: Newsroom) -> None:
    """Threats 13 and 16: nothing personal, no script, no origin."""
    path = f"/read/{newsroom.issue.public_id}/"
    assert Client().get(path).status_code == 404
    assert client.get(path).headers["Location"] == f"/issues/{newsroom.issue.pk}/preview/"
    released(client, newsroom)
    answer = Client().get(path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    page = answer.content.decode()
    assert "kq7z" not in page
    assert f"/read/{newsroom.issue.public_id}/leave/" in page
    assert "does not know who you are" in Client().get(f"{path}leave/").content.decode()


@pytest.mark.parametrize("state", ["draft", "scheduled", "cancelled"])
def test_who_follows_a_test_mail_learns_that_the_issue_is_not_out_and_nothing_of_it(
    client: Client, newsroom: Newsroom, state: str
) -> None:
    issue = newsroom.issue
    Issue.objects.filter(pk=issue.pk).update(state=state)
    path = f"/read/{issue.public_id}/"
    answer = Client().get(path)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert ("This issue has not been sent yet" in page) == (state != "cancelled")
    assert "Readers find it here once it has." in page or "It was cancelled before it went out." in page
    for words in (issue.subject, newsroom.publication.name, newsroom.entry.article.title, "editor@example.org"):
        assert words not in page
    login = re.search(r'href="([^"]+)">Sign in, for the team<', page)
    assert login
    assert parse_qs(urlsplit(html.unescape(login[1])).query) == {"next": [path]}
    assert Client().get(html.unescape(login[1])).status_code == 200
    inside = client.get(path, follow=True)
    assert inside.status_code == 200
    assert issue.subject in inside.content.decode()
    assert "Page not found" in Client().get(f"/read/{'0' * 32}/").content.decode()


def test_an_issue_cancelled_before_it_went_out_says_that_nothing_was_sent(client: Client, newsroom: Newsroom) -> None:
    client.post(f"/issues/{newsroom.issue.pk}/cancel/")
    page = text_of(client, f"/issues/{newsroom.issue.pk}/")
    assert "Nothing was sent." in page
    assert "0 of 0" not in page
    assert "As readers see it" not in page
    assert newsroom.issue.subject not in text_of(client, "/"), "it is not among the recently sent"
    assert newsroom.issue.subject in text_of(client, "/issues/")


def test_an_issue_cancelled_while_it_goes_out_says_what_was_sent(client: Client, newsroom: Newsroom) -> None:
    issue = sent_but_for_full_mailboxes(11)
    client.post(f"/issues/{issue.pk}/cancel/")
    page = text_of(client, f"/issues/{issue.pk}/")
    assert "Nothing was sent." not in page
    assert "As readers see it" in page
    assert issue.subject in text_of(client, "/")


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{% load x %}{{settings}}"


def test_hostile_words_stay_words_on_every_page(client: Client, newsroom: Newsroom) -> None:
    """Threats 15 and 16."""
    issue = newsroom.issue
    Issue.objects.filter(pk=issue.pk).update(subject=HOSTILE, preheader=HOSTILE, introduction=HOSTILE)
    Article.objects.update(title=HOSTILE, standfirst=HOSTILE, byline=HOSTILE, kicker=HOSTILE, body=HOSTILE)
    Publication.objects.update(name=HOSTILE, tagline=HOSTILE)
    Alarm.objects.create(key="x", text=HOSTILE, raised_at=timezone.now())
    pages = [
        "/", "/issues/", f"/issues/{issue.pk}/", f"/issues/{issue.pk}/approve/", f"/issues/{issue.pk}/preview/",
        f"/issues/{issue.pk}/stories/{newsroom.entry.pk}/", "/articles/", f"/articles/{newsroom.articles[0].pk}/",
        "/newsletters/",
    ]  # fmt: skip
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == 200
        page = answer.content.decode()
        newsroom.check_page(answer)
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page
    for path in (f"/issues/{issue.pk}/preview/frame/", f"/articles/{newsroom.articles[0].pk}/frame/"):
        assert client.get(path).headers["Content-Security-Policy"].startswith("sandbox ;")


@pytest.mark.parametrize("typed", ["nonsense", "a@b", "", "ana@@example.org", "ana@example.org, bo@example.org"])
def test_a_test_mail_says_of_an_address_what_joining_says(client: Client, newsroom: Newsroom, typed: str) -> None:
    with pytest.raises(subscribers.InvalidInput) as found:
        subscribers.find(typed)
    answer = client.post(f"/issues/{newsroom.issue.pk}/test/", {"test_to": typed}, follow=True)
    assert str(found.value) in html.unescape(answer.content.decode())
    assert not OutboxMail.objects.exists()


def test_an_issue_that_was_sent_by_hand_is_listed_with_the_time_of_its_release(
    client: Client, newsroom: Newsroom
) -> None:
    released(client, newsroom)
    page = text_of(client, "/issues/")
    cell = re.search(r'data-label="Goes or went out">(.*?)</td>', page)
    assert cell
    at = timezone.localtime(Release.objects.get().started_at, ZoneInfo(newsroom.publication.time_zone))
    assert f"{at:%H:%M}" in cell[1]


def test_a_test_mail_waits_in_the_outbox_and_a_bad_address_is_told(client: Client, newsroom: Newsroom) -> None:
    client.post(f"/issues/{newsroom.issue.pk}/test/", {"test_to": "me@example.org"})
    assert OutboxMail.objects.get().kind == "test"
    answer = client.post(
        f"/issues/{newsroom.issue.pk}/test/", {"test_to": "nobody\r\nBcc: all@example.org"}, follow=True
    )
    assert OutboxMail.objects.count() == 1
    assert 'class="notice bad"' in answer.content.decode()


def test_a_path_of_the_server_is_no_address_of_an_article(client: Client) -> None:
    """Threat 21: `articles.adding.add` also takes paths; the page does not."""
    for url in ("/etc/passwd", "file:///etc/passwd", "ftp://example.org/x", ""):
        answer = client.post("/articles/new/", {"way": "url", "url": url})
        assert answer.status_code == 422
        assert 'id="url-error"' in answer.content.decode()
    assert not Article.objects.exists()


def test_a_file_becomes_an_article_and_a_useless_one_is_told(client: Client) -> None:

    good = SimpleUploadedFile(
        "../../quay.md", b"---\ntitle: The quay\nlanguage: en\n---\n\nIt rained on the quay all day long.\n"
    )
    answer = client.post("/articles/new/", {"way": "file", "file": good})
    assert answer.status_code == 302
    assert Article.objects.get().title == "The quay"
    for name, data in (("empty.md", b""), ("photo.txt", bytes(range(256)) * 50), ("big.txt", b"x" * 5_000_001)):
        bad = client.post("/articles/new/", {"way": "file", "file": SimpleUploadedFile(name, data)})
        assert bad.status_code == 422, name
    assert Article.objects.count() == 1


def test_pictures_come_by_their_hash_and_nothing_else_does(client: Client) -> None:
    folder = config().media_dir / "ab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "abc123.png").write_bytes(b"\x89PNG")
    (folder / "abc123.svg").write_bytes(b"<svg/>")
    (config().data_dir / "secret.png").write_bytes(b"no")
    answer = Client().get("/media/ab/abc123.png")
    assert b"".join(answer.streaming_content) == b"\x89PNG"  # type: ignore[attr-defined]
    answer.close()
    assert answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("ab/abc123.svg", "../secret.png", "%2e%2e/secret.png", "ab/", "ab", "ab/none.png", "/etc/x.png"):
        assert Client().get(f"/media/{path}").status_code == 404


def test_an_administrator_sets_up_a_newsletter_and_wrong_settings_are_told_beside_their_fields(
    signed_in: SignedIn, admin: User, newsroom: Newsroom
) -> None:
    client = signed_in(admin)
    values = {
        "name": "The Evening", "list_id": str(newsroom.publication.list_id), "sender_name": "The Evening",
        "sender_address": "evening@example.org", "language": "en", "time_zone": "Europe/Berlin", "accent": "#0b5563",
        "cadence": "0 18 * * *", "empty_slot": "review", "uncertain_policy": "hold", "useful_life_hours": "48",
        "refusal_limit": "10",
        "max_stories": "5",
    }  # fmt: skip
    for field, wrong in (("sender_address", "x"), ("cadence", "often"), ("time_zone", "Mars"), ("max_stories", "many")):
        answer = client.post("/newsletters/new/", {**values, field: wrong})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.content.decode(), field
    assert Publication.objects.count() == 1
    assert client.post("/newsletters/new/", values).status_code == 302
    assert "The Evening" in text_of(client, "/newsletters/")
    made = Publication.objects.get(name="The Evening")
    client.post(f"/newsletters/{made.slug}/", {**values, "slug": made.slug, "name": "The Late Evening"})
    assert "The Late Evening" in text_of(client, "/newsletters/")


def test_an_administrator_invites_and_closes_people_but_never_the_last_of_them(
    signed_in: SignedIn, admin: User, editor: User
) -> None:
    client = signed_in(admin)
    client.post("/people/", {"email": "guest@example.org", "roles": "editor"})
    assert "guest@example.org" in text_of(client, "/people/")
    assert client.post("/people/", {"email": "no", "roles": "editor"}).status_code == 422
    assert client.post("/people/", {"email": "x@example.org"}).status_code == 422
    client.post(f"/people/{editor.pk}/active/", {"active": "no"})
    editor.refresh_from_db()
    assert not editor.is_active
    client.post(f"/people/{admin.pk}/active/", {"active": "no"})
    admin.refresh_from_db()
    assert admin.is_active
    assert "Closed an account" in text_of(client, "/activity/")


def test_the_mailbox_is_there_only_where_it_runs(client: Client) -> None:
    assert client.get("/mailbox/").status_code == 404


def test_the_front_page_asks_few_questions_however_much_there_is(
    client: Client, newsroom: Newsroom, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    cache.clear()
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        client.get("/")


def test_static_files_name_no_other_host() -> None:
    folder = Path(__file__).resolve().parent.parent.parent / "newsletter" / "web" / "static" / "newsletter"
    for path in folder.iterdir():
        found = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
        assert [one for one in found if "www.w3.org" not in one] == [], path


def pier(tmp_path: Path) -> Article:
    """A text of our own, long, with an undescribed picture in it."""
    (tmp_path / "pier.png").write_bytes(image_bytes("PNG", size=(800, 600)))
    words = "The council closed the pier on Tuesday, and it will open again in the spring. " * 9
    (tmp_path / "pier.md").write_text(f"# The pier\n\n{words}\n\n![](pier.png)\n\nThe very last words.\n")
    return adding.add(str(tmp_path / "pier.md"), now=timezone.now())[0].article


def test_a_picture_without_a_description_asks_and_leads_to_where_it_is_written(
    client: Client, newsroom: Newsroom, own_media: None, tmp_path: Path
) -> None:
    article = pier(tmp_path)
    entry = issues.add_entry(newsroom.issue, article, by="staff:1", now=timezone.now(), show="full")
    page = text_of(client, f"/issues/{newsroom.issue.pk}/")
    assert "has no description" in page
    assert "Must be" not in page
    place = re.search(rf'href="(/articles/{article.pk}/)#pictures"', page)
    assert place
    [field] = re.findall(r'name="(alt-\w+)"', text_of(client, place[1]))
    client.post(place[1], {"title": article.title, "language": "en", field: "The pier at dusk"})
    article.refresh_from_db()
    assert 'alt="The pier at dusk" width="800" height="600"' in article.body
    issues.edit_entry(entry, by="staff:1", now=timezone.now(), show="full")
    assert "has no description" not in text_of(client, f"/issues/{newsroom.issue.pk}/")


def test_a_text_and_its_pictures_are_chosen_together(client: Client, own_media: None) -> None:
    text = b"# The pier\n\nClosed.\n\n![The pier](images/pier.png)\n"
    files = [SimpleUploadedFile("pier.md", text), SimpleUploadedFile("pier.png", image_bytes("PNG", size=(800, 600)))]
    client.post("/articles/new/", {"way": "file", "file": files})
    assert 'alt="The pier" width="800" height="600"' in Article.objects.get().body
    answer = client.post("/articles/new/", {"way": "file", "file": files[1:]})
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.content.decode()


def test_read_on_leads_to_the_whole_story_in_the_browser(
    client: Client, newsroom: Newsroom, own_media: None, tmp_path: Path
) -> None:
    """D2: the mail has the beginning, the issue's page all of it; both are what was approved."""
    issue = newsroom.issue
    entry = issues.add_entry(issue, pier(tmp_path), by="staff:1", now=timezone.now())
    approve(client, issue)
    approval = queries.approval_in_force(issue)
    assert approval is not None
    mail = queries.mail_of(approval)
    assert mail is not None
    assert f"/read/{issue.public_id}/#story-{entry.pk}" in mail.text
    assert "The very last words." not in mail.html + mail.text
    Article.objects.update(body="<p>Changed since.</p>")
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.SENDING)
    there = Client().get(f"/read/{issue.public_id}/").content.decode()
    assert f'id="story-{entry.pk}"' in there
    assert "The very last words." in there


def test_a_picture_that_a_pasted_text_only_names_is_told(client: Client, own_media: None) -> None:
    typed = {"way": "text", "title": "The pier", "body": "Closed.\n\n![The pier](pier.jpg)\n"}
    page = client.post("/articles/new/", typed, follow=True).content.decode()
    assert "only its name, pier.jpg, is known" in page


@pytest.mark.usefixtures("own_media")
def test_files_added_again_with_their_picture_fill_it_in_and_what_to_look_at_is_amber(client: Client) -> None:
    def text(words: str) -> SimpleUploadedFile:
        return SimpleUploadedFile("hall.md", f"# The hall opens\n\n{words}\n\n![A cat](cat.jpg)\n".encode())

    def notices(*files: SimpleUploadedFile) -> dict[str, list[str]]:
        page = client.post("/articles/new/", {"way": "file", "file": list(files)}, follow=True).content.decode()
        return {kind: re.findall(rf'<p class="notice {kind}">(.*?)</p>', page) for kind in ("good", "warn")}

    told = notices(text("It opens today."))
    assert told["good"] == ["1 article added."]
    assert "A picture was left out" in told["warn"][0]
    picture = SimpleUploadedFile("cat.jpg", image_bytes())
    told = notices(text("It opens today."), picture)
    assert told == {
        "good": ["0 articles added. 1 was here already. 1 picture that was missing is there now."], "warn": [],
    }  # fmt: skip
    first = Article.objects.get()
    assert "<img" in first.body
    picture.seek(0)
    told = notices(text("It opens tomorrow."), picture)
    assert told["good"] == ["1 article added."]
    link = f'There is an article with this headline already: <a href="/articles/{first.pk}/">The hall opens</a>'
    assert told["warn"] == [link]


def test_a_typo_in_an_article_is_mended_in_its_text(client: Client) -> None:
    made = editing.create(title="Pier", body_markdown="The *peir* is shut.", now=timezone.now())
    path = f"/articles/{made.pk}/"
    page = client.get(path).content.decode()
    assert "The *peir* is shut.</textarea>" in page
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown
    form = {"title": "Pier", "language": "en", "shown": shown[1]}

    client.post(path, {**form, "standfirst": "New", "body": "The *peir* is shut."})
    made.refresh_from_db()
    assert (made.standfirst, made.body) == ("New", "<p>The <em>peir</em> is shut.</p>"), "untouched, it stays"
    client.post(path, {**form, "body": "The *pier* is shut."})
    made.refresh_from_db()
    assert made.body == "<p>The <em>pier</em> is shut.</p>"
    late = client.post(path, {**form, "body": "The *quay* is shut."})
    assert late.status_code == 422
    assert "changed in another window" in late.content.decode()


def test_a_newsletters_form_says_all_that_is_wrong_at_once_and_asks_for_the_footer(
    signed_in: SignedIn, admin: User, newsroom: Newsroom
) -> None:
    client = signed_in(admin)
    values = {
        "name": "The Evening", "list_id": str(newsroom.publication.list_id), "sender_name": "The Evening",
        "sender_address": "x", "language": "en", "time_zone": "Mars", "accent": "#0b5563",
        "cadence": "often", "empty_slot": "review", "uncertain_policy": "hold", "useful_life_hours": "48",
        "refusal_limit": "10", "max_stories": "many",
    }  # fmt: skip
    page = client.post("/newsletters/new/", values).content.decode()
    for field in ("sender_address", "time_zone", "cadence", "max_stories"):
        assert f'id="{field}-error"' in page
    right = {"sender_address": "evening@bücher.example", "time_zone": "UTC", "cadence": "", "max_stories": "5"}
    page = client.post("/newsletters/new/", {**values, **right}, follow=True).content.decode()
    assert "no issue can be approved" in page
    assert "evening@bücher.example" in page
