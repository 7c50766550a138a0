"""The composer: every button saves first, the page tells the truth, and nothing that was typed is lost."""

import html
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import lxml.html
import pytest
from django.test import Client
from django.utils import timezone

from newsletter.delivery.models import OutboxMail
from newsletter.issues import queries, services
from newsletter.issues.models import Entry, Issue
from newsletter.issues.states import IssueState
from newsletter.staff.models import User
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

TYPED = {
    "subject": "Typed and not saved",
    "preheader": "A line of my own, typed just now",
    "introduction": "Dear reader,",
}


@pytest.fixture
def client(signed_in: SignedIn, editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def path(newsroom: Newsroom) -> str:
    return f"/issues/{newsroom.issue.pk}/"


def fields(page: str) -> dict[str, str]:
    """What the page's one form would send, but for ticks and buttons."""
    document = lxml.html.fromstring(page)
    inputs = document.xpath("//input[@type='hidden' or @type='text' or @type='search' or @type='email']")
    found = {field.get("name"): field.get("value", "") for field in inputs}
    (area,) = document.xpath("//textarea[@name='introduction']")
    found["introduction"] = (
        (area.text or "").removeprefix("\r").removeprefix("\n")
    )  # as a browser leaves the first line
    found.pop("csrfmiddlewaretoken", None)
    return found


def page_of(client: Client, path: str, **query: str) -> str:
    return client.get(path, query).content.decode()


def words(issue: Issue) -> dict[str, str]:
    return Issue.objects.values("subject", "preheader", "introduction").get(pk=issue.pk)


BUTTONS = [
    ("", {}),
    ("", {"go": "preview"}),
    ("", {"go": "approve"}),
    ("", {"go": "care"}),
    ("", {"go": "cancel"}),
    ("", {"go": "story-{entry}"}),
    ("", {"find": "1", "search": "light"}),
    ("stories/", {"article": "{article}"}),
    ("stories/{entry}/move/", {"to": "down"}),
    ("stories/{entry}/remove/", {}),
    ("test/", {"test_to": "me@example.org"}),
    ("test/", {"test_to": "nowhere"}),
    ("unschedule/", {}),
]


@pytest.mark.parametrize(("button", "sent"), BUTTONS, ids=lambda value: str(value))
def test_whatever_button_is_pressed_what_was_typed_is_saved_first(
    button: str, sent: dict[str, str], client: Client, newsroom: Newsroom, path: str
) -> None:
    known = {"entry": str(newsroom.entry.pk), "article": str(newsroom.articles[3].pk)}
    sent = {name: value.format(**known) for name, value in sent.items()}
    answer = client.post(path + button.format(**known), {**fields(page_of(client, path)), **TYPED, **sent})
    assert answer.status_code == 302
    assert words(newsroom.issue) == TYPED
    assert client.get(answer.headers["Location"], follow=True).status_code == 200
    assert TYPED["subject"] in page_of(client, path)


def test_a_button_whose_words_cannot_be_saved_does_nothing_and_keeps_them(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    sent = {**fields(page_of(client, path)), "subject": "x" * 301, "to": "down"}
    answer = client.post(f"{path}stories/{newsroom.entry.pk}/move/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert re.search(r'id="subject-error">[^<]*too long', page)
    assert "x" * 301 in page
    assert Entry.objects.get(pk=newsroom.entry.pk).position == 1


def test_a_test_mail_holds_what_was_just_typed(client: Client, newsroom: Newsroom, path: str) -> None:
    client.post(f"{path}test/", {**fields(page_of(client, path)), **TYPED, "test_to": "me@example.org"})
    assert TYPED["subject"].encode() in bytes(OutboxMail.objects.get().message)


@pytest.mark.parametrize(
    ("button", "sent"),
    [
        ("", {"subject": "Another"}),
        ("stories/{entry}/move/", {"to": "down"}),
        ("stories/{entry}/remove/", {}),
        ("stories/", {"article": "{article}"}),
        ("unschedule/", {"subject": "Another"}),
        ("test/", {"subject": "Another", "test_to": "me@example.org"}),
        ("", {"subject": "Another", "go": "release"}),
    ],
)
def test_a_button_that_voids_the_approval_shows_a_draft_in_every_part_of_the_page(
    button: str, sent: dict[str, str], client: Client, newsroom: Newsroom, path: str
) -> None:
    issue = newsroom.issue
    approval = page_of(client, f"{path}approve/")
    found = dict(re.findall(r'<input type="hidden" name="(typed|slot|digest|note)" value="([^"]*)"', approval))
    client.post(f"{path}approve/", {name: html.unescape(value) for name, value in found.items()} | {"when": "later"})
    page = page_of(client, path)
    assert ">Approved</span>" in page
    assert 'id="approval"' in page
    known = {"entry": str(newsroom.entry.pk), "article": str(newsroom.articles[3].pk)}
    sent = {name: value.format(**known) for name, value in sent.items()}
    answer = client.post(path + button.format(**known), {**fields(page), **sent}, follow=True)
    page = answer.content.decode()
    assert queries.get_issue(issue.pk).state == IssueState.DRAFT
    address = urlsplit(answer.redirect_chain[-1][0])
    assert address.path == path
    said = page.partition('id="stories"')[2].partition('id="picks"')[0]
    assert ("has to be approved again" in said) is (address.fragment == "stories"), "it is said where the page lands"
    assert page.count("has to be approved again") == 1
    assert ">Draft</span>" in page
    assert ">Approved</span>" not in page
    assert 'id="approval"' not in page
    assert "Check and approve…" in page
    assert "has to be approved again" in page


def test_ticks_outlive_a_search_and_every_other_button_until_they_are_added(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    fourth = str(newsroom.articles[3].pk)
    tick = rf'name="article" value="{fourth}" checked'
    sent = {**fields(page_of(client, path)), "article": fourth, "find": "1", "search": "nothing has these words"}
    page = client.post(path, sent, follow=True).content.decode()
    assert re.search(tick, page), "it is shown although the search does not find it"
    assert 'value="nothing has these words"' in page
    client.post(f"{path}stories/{newsroom.entry.pk}/move/", {**fields(page), "article": fourth, "to": "down"})
    page = page_of(client, path)
    assert re.search(tick, page)
    client.post(f"{path}stories/", {**fields(page), "article": fourth})
    page = page_of(client, path)
    assert f'name="article" value="{fourth}"' not in page
    assert Entry.objects.filter(issue=newsroom.issue).count() == 4


def test_a_tick_that_is_taken_back_is_gone(client: Client, newsroom: Newsroom, path: str) -> None:
    fourth = str(newsroom.articles[3].pk)
    client.post(path, {**fields(page_of(client, path)), "article": fourth})
    client.post(path, fields(page_of(client, path)))
    assert "checked" not in page_of(client, path)


def test_two_who_change_the_same_words_keep_both_texts(client: Client, newsroom: Newsroom, path: str) -> None:
    """The page of the second shows what the first saved, beside the second's own words, which can be saved then."""
    mine = fields(page_of(client, path))
    theirs = fields(page_of(client, path))
    client.post(path, {**theirs, "subject": "Theirs", "introduction": "Their introduction"})
    answer = client.post(path, {**mine, "subject": "Mine"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Mine"' in page
    assert re.search(r"Saved elsewhere in the meantime:</strong> <bdi>Theirs</bdi>", page)
    assert "Their introduction" in page, "what only they changed is theirs"
    assert words(newsroom.issue)["subject"] == "Theirs"
    assert client.post(path, fields(page)).status_code == 302
    assert words(newsroom.issue) | {"preheader": ""} == {
        "subject": "Mine", "introduction": "Their introduction", "preheader": "",
    }  # fmt: skip


@pytest.mark.parametrize("theirs", ["Theirs", ""], ids=["written", "suggested again"])
@pytest.mark.parametrize("was", ["Ships and lights", ""], ids=["written before", "suggested before"])
@pytest.mark.parametrize("button", ["", "stories/", "test/"])
def test_the_last_of_two_tabs_never_overwrites_in_silence(
    theirs: str, was: str, button: str, client: Client, newsroom: Newsroom, path: str
) -> None:
    services.edit_issue(newsroom.issue, by="staff:1", now=timezone.now(), subject=was)
    first, second = fields(page_of(client, path)), fields(page_of(client, path))
    client.post(path, {**first, "subject": theirs})
    stored = words(newsroom.issue)["subject"]
    answer = client.post(path + button, {**second, "subject": "Mine"})
    if stored == second["subject"]:
        assert answer.status_code == 302, "nothing had changed"
        return
    assert answer.status_code == 422
    assert "You in another tab, or someone else, changed this" in answer.content.decode()
    assert words(newsroom.issue)["subject"] == stored


def test_ticked_articles_do_not_pass_for_what_a_search_found(client: Client, newsroom: Newsroom, path: str) -> None:
    ticked = newsroom.articles[3]
    page = client.post(
        path, {**fields(page_of(client, path)), "article": ticked.pk, "search": "no such", "find": "1"}, follow=True
    ).content.decode()
    picks = page.partition('id="picks"')[2]
    assert picks.index("Already ticked") < picks.index(ticked.title) < picks.index("No other articles match")
    answer = client.post(path, {**fields(page), "article": ticked.pk, "find": "all"}, follow=True)
    picks = answer.content.decode().partition('id="picks"')[2]
    assert "match this search" not in picks
    assert 'id="search" name="search" value=""' in picks


def test_two_who_change_different_things_do_not_disturb_each_other(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    mine = fields(page_of(client, path))
    services.edit_issue(newsroom.issue, by="staff:99", now=timezone.now(), introduction="Their introduction")
    services.move_entry(newsroom.entry, to=3, by="staff:99", now=timezone.now())
    assert client.post(path, {**mine, "subject": "Mine"}).status_code == 302
    after = words(newsroom.issue)
    assert (after["subject"], after["introduction"]) == ("Mine", "Their introduction")


def test_two_who_change_the_same_story_keep_both_texts(client: Client, newsroom: Newsroom, path: str) -> None:
    story = f"{path}stories/{newsroom.entry.pk}/"

    def sent(page: str, **typed: str) -> dict[str, str]:
        hidden = dict(re.findall(r'<input type="hidden" name="(version|seen)" value="([^"]*)"', page))
        blank = {"title": "", "kicker": "", "standfirst": "", "show": "summary"}
        return blank | {name: html.unescape(value) for name, value in hidden.items()} | typed

    mine, theirs = page_of(client, story), page_of(client, story)
    client.post(story, sent(theirs, title="Their headline"))
    answer = client.post(story, sent(mine, title="My headline", kicker="My label"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="My headline"' in page
    assert "<bdi>Their headline</bdi>" in page
    assert client.post(story, sent(page, title="My headline", kicker="My label")).status_code == 302
    entry = Entry.objects.get(pk=newsroom.entry.pk)
    assert (entry.title, entry.kicker) == ("My headline", "My label")


def test_the_whole_text_is_a_choice_also_for_an_article_without_an_address(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    fourth = newsroom.articles[3]
    fourth.url = ""
    fourth.save()
    client.post(f"{path}stories/", {"article": str(fourth.pk)})
    entry = Entry.objects.get(issue=newsroom.issue, article=fourth)
    assert entry.show == Entry.Show.SUMMARY
    assert re.search(
        r'name="show" value="full"[^>]*> <span>The whole text', page_of(client, f"{path}stories/{entry.pk}/")
    )
    client.post(
        f"{path}stories/{entry.pk}/", {"show": "full", "version": str(queries.get_issue(newsroom.issue.pk).version)}
    )
    entry.refresh_from_db()
    assert entry.show == Entry.Show.FULL


def test_lines_that_nobody_wrote_follow_the_stories_on_the_page(client: Client, newsroom: Newsroom, path: str) -> None:
    client.post("/issues/new/", {"publication": newsroom.publication.slug, "how": "suggested"})
    issue = Issue.objects.order_by("-pk")[0]
    path = f"/issues/{issue.pk}/"
    page = page_of(client, path)
    first, second = queries.entries_of(issue)[:2]
    assert fields(page)["subject"] == first.article.title
    client.post(f"{path}stories/{second.pk}/move/", {**fields(page), "to": "up"})
    page = page_of(client, path)
    assert fields(page)["subject"] == second.article.title
    client.post(path, {**fields(page), "subject": "My own subject"})
    client.post(f"{path}stories/{second.pk}/remove/", fields(page_of(client, path)))
    page = page_of(client, path)
    assert fields(page)["subject"] == "My own subject"
    assert second.article.title not in fields(page)["preheader"]
    client.post(path, {**fields(page), "subject": ""})
    assert fields(page_of(client, path))["subject"] == first.article.title


def test_a_line_that_names_a_story_that_was_taken_out_is_flagged_before_approval(
    client: Client, newsroom: Newsroom, path: str
) -> None:
    title = newsroom.entry.article.title
    client.post(path, {**fields(page_of(client, path)), "preheader": f"Today: {title}, and the weather at the quay"})
    assert "was taken out" not in page_of(client, f"{path}approve/")
    client.post(f"{path}stories/{newsroom.entry.pk}/remove/", fields(page_of(client, path)))
    for page in (page_of(client, path), page_of(client, f"{path}approve/")):
        assert f"The preview line mentions “{title}”, a story that was taken out." in page


@pytest.mark.parametrize("button", ["move", "remove"])
def test_a_story_that_another_tab_took_out_costs_no_words(client: Client, newsroom: Newsroom, button: str) -> None:
    issue, now = newsroom.issue, timezone.now()
    own = {"subject": "Mine", "preheader": "Also mine"}
    services.edit_issue(queries.get_issue(issue.pk), by="staff:7", now=now, **own)
    page = client.get(f"/issues/{issue.pk}/").content.decode()
    found = re.findall(r'<input type="hidden" name="(version|seen)"[^>]* value="([^"]*)"', page)
    fields = {name: html.unescape(value) for name, value in found}
    entry = queries.entries_of(issue)[0]
    services.remove_entry(entry, by="staff:7", now=now)
    typed = {**fields, **own, "introduction": "Typed in the second tab", "to": "down"}
    answer = client.post(f"/issues/{issue.pk}/stories/{entry.pk}/{button}/", typed, follow=True)
    assert "This story is no longer in the issue" in answer.content.decode()
    assert queries.get_issue(issue.pk).introduction == "Typed in the second tab"
