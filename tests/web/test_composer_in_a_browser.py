"""The composer and the approval in a browser: after each button page and ledger agree, and words are not lost."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Dialog, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter import pipeline
from newsletter.issues import queries, subject_lines
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.staff.models import User
from newsletter.web import words
from tests.web.conftest import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = "2031-01-15T07:30"
expect.set_options(timeout=60_000)  # other tests run beside these


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, editor: User, scripts: bool) -> Iterator[Page]:
    yield from _at_the_computer(browser, live_server.url, editor, scripts=scripts)


@pytest.fixture
def scripted(browser: Browser, live_server: LiveServer, editor: User) -> Iterator[Page]:
    yield from _at_the_computer(browser, live_server.url, editor, scripts=True)


def _at_the_computer(browser: Browser, url: str, editor: User, *, scripts: bool, width: int = 1280) -> Iterator[Page]:
    client = Client()
    client.force_login(editor)
    session = client.cookies["sessionid"]
    viewport = {"width": width, "height": 900}
    context = browser.new_context(base_url=url, java_script_enabled=scripts, locale="en-GB", viewport=viewport)  # type: ignore[arg-type]
    context.add_cookies([{"name": session.key, "value": session.value, "url": url}])
    yield context.new_page()
    context.close()


def approve(issue: Issue) -> None:
    pipeline.approve(queries.get_issue(issue.pk), by="staff:77", now=timezone.now())


def agree(page: Page, issue: Issue) -> None:
    """All that the page says of the issue is what the database says."""
    row = queries.get_issue(issue.pk)
    entries = list(queries.entries_of(row))
    expect(page.locator("#state .badge")).to_have_text(str(words.ISSUE[row.state].label))
    approved = queries.approval_in_force(row) is not None
    assert approved is (row.state != IssueState.DRAFT)
    expect(page.locator("#approval")).to_have_count(int(approved))
    expect(page.get_by_role("button", name="Check and approve…")).to_have_count(int(not approved))
    titles = [subject_lines.headline(entry) for entry in entries]
    expect(page.locator("#stories .headline")).to_have_text(titles)
    subject, preheader = subject_lines.of(row, entries)
    expect(page.get_by_label("Subject")).to_have_value(subject)
    expect(page.get_by_label("Preview line")).to_have_value(preheader)
    expect(page.get_by_label("Introduction")).to_have_value(row.introduction)
    expect(page.locator("input[name=version]")).to_have_value(str(row.version))
    for finding in pipeline.check(row, now=timezone.now()).findings:
        assert str(finding.text) in page.locator("#findings").inner_text() or not finding.blocks
    picked = {entry.article.title for entry in entries}
    assert not picked & set(page.locator("#picks .headline").all_inner_texts())


def _save(page: Page, newsroom: Newsroom) -> None:
    page.get_by_label("Subject").fill("Another subject")
    page.get_by_role("button", name="Save").click()


def _enter(page: Page, newsroom: Newsroom) -> None:
    page.get_by_label("Preview line").fill("Another line, which is long enough for an inbox")
    page.get_by_label("Preview line").press("Enter")


def _up(page: Page, newsroom: Newsroom) -> None:
    page.get_by_role("button", name=re.compile(f"Up.*{newsroom.articles[1].title}")).click()


def _down(page: Page, newsroom: Newsroom) -> None:
    page.get_by_role("button", name=re.compile(f"Down.*{newsroom.articles[0].title}")).click()


def _take_out(page: Page, newsroom: Newsroom) -> None:
    page.get_by_role("button", name=re.compile(f"Take out.*{newsroom.articles[1].title}")).click()


def _add(page: Page, newsroom: Newsroom) -> None:
    page.get_by_label(re.compile(newsroom.articles[3].title)).check()
    page.get_by_role("button", name="Add selected articles").click()


def _change(page: Page, newsroom: Newsroom) -> None:
    page.get_by_role("button", name=re.compile(f"Change….*{newsroom.articles[0].title}")).click()
    page.get_by_label("Headline").fill("Said otherwise")
    page.get_by_role("button", name="Save").click()


VOIDING = [_save, _enter, _up, _down, _take_out, _add, _change]


@pytest.mark.parametrize("press", VOIDING, ids=lambda press: press.__name__.strip("_"))
def test_after_a_button_that_voids_it_the_page_says_draft_everywhere(
    press: Callable[[Page, Newsroom], None], page: Page, newsroom: Newsroom
) -> None:
    approve(newsroom.issue)
    page.goto(f"/issues/{newsroom.issue.pk}/")
    agree(page, newsroom.issue)
    press(page, newsroom)
    expect(page.get_by_text("has to be approved again")).to_be_visible()
    agree(page, newsroom.issue)
    assert queries.get_issue(newsroom.issue.pk).state == IssueState.DRAFT


def _search(page: Page) -> None:
    page.get_by_label("Search the articles").fill("number 4")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#picks .headline")).to_have_count(1)


def _test(page: Page) -> None:
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_text("A test goes to")).to_be_visible()


def _nothing(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize("press", [_search, _test, _nothing], ids=lambda press: press.__name__.strip("_"))
def test_after_a_button_that_changes_nothing_it_stays_approved(
    press: Callable[[Page], None], page: Page, newsroom: Newsroom
) -> None:
    approve(newsroom.issue)
    page.goto(f"/issues/{newsroom.issue.pk}/")
    press(page)
    agree(page, newsroom.issue)
    assert queries.get_issue(newsroom.issue.pk).state == IssueState.APPROVED


def test_leaving_with_unsaved_words_warns_and_saving_or_a_button_does_not(scripted: Page, newsroom: Newsroom) -> None:
    page = scripted
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"/issues/{newsroom.issue.pk}/")
    page.get_by_role("link", name="Articles", exact=True).click()
    page.wait_for_url("**/articles/")
    assert asked == []
    page.goto(f"/issues/{newsroom.issue.pk}/")
    page.get_by_label("Subject").fill("Typed and not saved")
    page.get_by_role("link", name="Articles", exact=True).click()
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Subject")).to_have_value("Typed and not saved")
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url("**/preview/")
    assert asked == ["beforeunload"]
    page.go_back()
    expect(page.get_by_label("Subject")).to_have_value("Typed and not saved")


def test_a_button_keeps_its_place_and_the_focus(scripted: Page, newsroom: Newsroom) -> None:
    page = scripted
    page.set_viewport_size({"width": 320, "height": 500})
    page.goto(f"/issues/{newsroom.issue.pk}/")
    button = page.locator(f"#down-{newsroom.entry.pk}")
    button.focus()
    before = page.evaluate("scrollY")
    button.press("Enter")
    expect(page.locator("#stories li").nth(1)).to_contain_text(newsroom.articles[0].title)
    expect(button).to_be_focused()
    assert abs(page.evaluate("scrollY") - before) < 300


def test_a_typed_time_is_chosen_and_the_mail_of_that_day_is_shown_before_it_is_approved(
    page: Page, newsroom: Newsroom, scripts: bool
) -> None:
    issue = newsroom.issue
    page.goto(f"/issues/{issue.pk}/preview/")
    page.get_by_role("link", name="Check and approve").click()
    page.get_by_label("Day and time").fill(DAY)
    if scripts:
        expect(page.get_by_label("At another time")).to_be_checked()
    else:
        page.get_by_role("button", name="Show the mail for this time").click()
    expect(page.locator("#shown-for")).to_contain_text("Wednesday, 15 January 2031 at 07:30 (Europe/Berlin)")
    frame = page.frame_locator("iframe.narrow")
    expect(frame.get_by_text("Wednesday, 15 January 2031")).to_be_visible()
    assert queries.get_issue(issue.pk).state == IssueState.DRAFT
    page.get_by_role("button", name="Approve", exact=True).click()
    said = "Approved. It goes out on Wednesday, 15 January 2031 at 07:30 (Europe/Berlin)."
    expect(page.get_by_text(said)).to_be_visible()
    agree(page, issue)
    page.get_by_role("button", name="Remove the time").click()
    expect(page.get_by_text("The time was removed.")).to_be_visible()
    agree(page, issue)


def test_choosing_another_time_takes_the_typed_one_away_and_brings_it_back(scripted: Page, newsroom: Newsroom) -> None:
    page = scripted
    page.goto(f"/issues/{newsroom.issue.pk}/approve/?when=time&send_at={DAY}")
    page.get_by_label("Not yet: someone sends it by hand").check()
    expect(page.get_by_label("Day and time")).to_have_value("")
    expect(page.locator("#shown-for")).to_contain_text("Shown as it would go out today.")
    page.get_by_label("At another time").check()
    expect(page.get_by_label("Day and time")).to_have_value(DAY)
    page.get_by_label("Now: as soon as it is approved").check()
    expect(page.get_by_role("button", name="Approve and send now")).to_be_visible()
    page.get_by_label("Not yet: someone sends it by hand").check()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("It goes out when someone sends it.").first).to_be_visible()
    assert queries.get_issue(newsroom.issue.pk).send_at is None


def test_a_time_that_has_passed_is_said_in_its_box_as_soon_as_it_is_typed(scripted: Page, newsroom: Newsroom) -> None:
    page = scripted
    page.goto(f"/issues/{newsroom.issue.pk}/approve/")
    box = page.get_by_role("group", name="When")
    page.get_by_label("Day and time").fill("2001-01-01T07:00")
    page.get_by_label("Day and time").blur()
    expect(box.get_by_text("This time is in the past.")).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(box.get_by_role("alert")).to_have_text("This time is in the past. Choose a later one.")
    page.get_by_label("Day and time").fill(DAY)
    page.get_by_label("Day and time").blur()
    expect(page.locator("#shown-for")).to_contain_text("Wednesday, 15 January 2031")
    expect(box.get_by_role("alert")).to_be_hidden()


def test_a_banner_keeps_its_distance_from_what_follows(scripted: Page, newsroom: Newsroom, editor: User) -> None:
    Publication.objects.update(second_person=True)
    Issue.objects.update(edited_by=editor.actor)
    page = scripted
    page.goto(f"/issues/{newsroom.issue.pk}/")
    banner = page.get_by_text("You edited it last").bounding_box()
    label = page.get_by_text("Subject", exact=True).bounding_box()
    assert banner
    assert label
    assert label["y"] - (banner["y"] + banner["height"]) > 8


def test_what_a_button_among_the_stories_has_to_say_is_in_view(page: Page, newsroom: Newsroom) -> None:
    approve(newsroom.issue)
    page.set_viewport_size({"width": 320, "height": 500})
    page.goto(f"/issues/{newsroom.issue.pk}/")
    _down(page, newsroom)
    expect(page.locator("#stories .notices")).to_contain_text("has to be approved again")
    expect(page.locator("#stories .notices")).to_be_in_viewport()


def test_a_time_that_was_refused_comes_into_view_with_the_focus(page: Page, newsroom: Newsroom) -> None:
    approve(newsroom.issue)
    page.set_viewport_size({"width": 320, "height": 500})
    page.goto(f"/issues/{newsroom.issue.pk}/schedule/")
    field = page.get_by_label("Day and time")
    field.fill("2001-01-01T07:00")
    page.get_by_role("button", name="Schedule").click()
    expect(page.get_by_text("This time is in the past.")).to_be_in_viewport()
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_mail_stands_on_the_page_of_its_approval_at_every_width(
    width: int, browser: Browser, live_server: LiveServer, editor: User, newsroom: Newsroom
) -> None:
    for page in _at_the_computer(browser, live_server.url, editor, scripts=True, width=width):
        for path in ("", "approve/", "preview/", "schedule/"):
            page.goto(f"/issues/{newsroom.issue.pk}/{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.goto(f"/issues/{newsroom.issue.pk}/approve/")
        expect(page.locator("iframe.narrow")).to_be_visible()
        assert page.locator("iframe.wide").is_visible() is (width > 640)
        expect(page.frame_locator("iframe.narrow").get_by_text("The harbour light number 1").first).to_be_visible()
        expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
