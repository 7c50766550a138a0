"""What holds for every page: one zone for its times, and a way on from addresses that only take forms."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff.models import User
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

TAKES_FORMS_ONLY = {
    "issue_new": "/issues/",
    "story_add": "/issues/{issue}/",
    "story_move": "/issues/{issue}/stories/{entry}/",
    "issue_test": "/issues/{issue}/",
    "issue_doubt": "/issues/{issue}/",
    "issue_recipients_export": "/issues/{issue}/recipients/",
    "alarm_settle": "/",
    "transport_resume": "/",
    "server_test": "/settings/servers/relay/",
    "limit_remove": "/settings/limits/{limit}/",
    "person_active": "/people/{person}/",
    "invitation_withdraw": "/people/",
    "set_language": "/",
}


@pytest.fixture
def client(signed_in: SignedIn, editor: User) -> Client:
    editor.is_admin = True
    editor.save()
    return signed_in(editor)


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


@pytest.mark.parametrize("name", sorted(TAKES_FORMS_ONLY))
def test_who_opens_an_address_that_only_takes_forms_is_led_to_the_form(
    name: str, client: Client, newsroom: Newsroom
) -> None:
    path = newsroom.path_of(next(pattern for pattern in patterns() if pattern.name == name))
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    wanted = TAKES_FORMS_ONLY[name]
    if "{" not in wanted:
        assert answer.redirect_chain[0] == (wanted, 302)
    assert answer.redirect_chain[0][0] in path
    page = answer.content.decode()
    if name == "issue_new":
        assert "No issue was started. To start one, choose its newsletter under “New issue”" in page
        assert 'id="new"' in page
    else:
        assert "Nothing was changed. Please press the button again here." in page


def test_no_page_of_the_staff_answers_with_nothing(client: Client, newsroom: Newsroom) -> None:
    """Every address that a signed-in person may open leads to something that can be read."""
    for pattern in patterns():
        if pattern.name in {"metrics", "health", "media"} or str(pattern.pattern).startswith(("join/", "c/", "u/")):
            continue
        if str(getattr(pattern.callback, "__module__", "")).startswith("subscribers"):
            answer = client.get("/" + re.sub(r"<[^>]+>", "1", str(pattern.pattern)))
        else:
            answer = client.get(newsroom.path_of(pattern))
        assert answer.status_code != 405, pattern.name
        assert answer.content or answer.headers.get("Location"), pattern.name


def test_who_had_to_sign_in_between_a_button_and_its_work_is_told_to_press_it_again(
    newsroom: Newsroom, editor: User
) -> None:
    client = Client()
    to_sign_in = client.post("/issues/new/", {"publication": newsroom.publication.slug})
    assert to_sign_in.headers["Location"] == "/accounts/login/?next=/issues/new/"
    values = {"login": editor.email, "password": "a long password", "next": "/issues/new/"}
    page = client.post("/accounts/login/", values, follow=True)
    assert page.redirect_chain[-1][0] == "/issues/"
    assert "No issue was started." in page.content.decode()
    assert Issue.objects.count() == 1


def test_a_form_sent_to_a_page_that_takes_none_is_answered_in_our_design(client: Client) -> None:
    answer = client.post("/activity/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert "newsletter/base.css" in answer.content.decode()


def test_programs_are_told_the_plain_truth(client: Client) -> None:
    answer = client.get("/alarms/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.content) == (405, b"")


def test_a_page_tells_all_its_times_in_the_zone_of_its_newsletters_or_of_the_installation(
    client: Client, newsroom: Newsroom, settings: LazySettings
) -> None:
    """The newsletter is in Berlin; the installation, here, in Tehran."""
    settings.TIME_ZONE = "Asia/Tehran"
    at = datetime(2031, 1, 15, 6, 30, tzinfo=UTC)
    Issue.objects.update(send_at=at, state=IssueState.SCHEDULED)
    for path in ("/", "/issues/"):
        page = client.get(path).content.decode()
        assert "Wed 15 Jan 2031, 07:30" in page, path
        assert "All times on this page: Europe/Berlin" in page, path
        assert "Asia/Tehran" not in page, path
    issue = f"/issues/{newsroom.issue.pk}/"
    for path in (issue, f"{issue}preview/", f"{issue}care/", f"/newsletters/{newsroom.publication.slug}/"):
        page = client.get(path).content.decode()
        assert "All times on this page: Europe/Berlin" in page, path
        assert "Asia/Tehran" not in page.partition("<datalist")[0], path
        assert "10:00" not in page, path
    assert timezone.get_current_timezone_name() == "Asia/Tehran", "the next request begins anew"


def test_what_the_staff_sees_is_kept_nowhere(client: Client, newsroom: Newsroom) -> None:
    for path in ("/", "/issues/", f"/issues/{newsroom.issue.pk}/", "/articles/"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path
