"""Who leaves an issue to put its newsletter right is led back to that issue, and nowhere else."""

import html
import re
from collections.abc import Callable
from dataclasses import asdict

import pytest
from django.test import Client

from newsletter.issues import services
from newsletter.issues.models import Publication
from newsletter.staff.models import User
from newsletter.web import ways_back
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.mark.parametrize("path", ["/issues/{}/", "/issues/{}/approve/?when=now"])
def test_the_newsletter_s_page_leads_back_to_the_issue(
    path: str, newsroom: Newsroom, editor: User, signed_in: SignedIn
) -> None:
    editor.is_admin = True
    editor.save()
    client, path = signed_in(editor), path.format(newsroom.issue.pk)
    Publication.objects.update(postal_address="")
    page = client.get(path).content.decode()
    link = re.search(r'href="([^"]+)">Open the newsletter’s page<', page)
    assert link
    there = html.unescape(link[1])
    assert client.get(there).status_code == 200
    form = {**asdict(services.settings_of(newsroom.publication)), "max_stories": 8, "cadence": "", "second_person": ""}
    answer = client.post(there, {**form, "postal_address": "1 Quay Street", "sender_address": ""})
    assert answer.status_code == 422
    answer = client.post(there, {**form, "postal_address": "1 Quay Street"})
    assert answer.headers["Location"] == path
    assert "Open the newsletter’s page" not in client.get(path).content.decode()
    plain = client.post(there.partition("?")[0], {**form, "postal_address": "1 Quay Street"})
    assert plain.headers["Location"] == "/newsletters/"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "/",
        "/issues/",
        "/people/",
        "https://elsewhere.example/issues/1/",
        "//elsewhere.example/issues/1/",
        "\\\\elsewhere.example/issues/1/",
        "/\\elsewhere.example/issues/1/",
        "javascript:alert(1)",
        "http://[",
        "issues/1/",
    ],
)
def test_nowhere_else(asked: str) -> None:
    assert ways_back.to_issue(asked) == ""


def test_the_query_is_kept() -> None:
    assert ways_back.to_issue("/issues/1/approve/?when=now") == "/issues/1/approve/?when=now"
    assert ways_back.to_issue("/issues/1/#x") == "/issues/1/"


def test_of_a_button_of_an_issue_to_that_issue() -> None:
    """The composer answers a button with a part of its page, at the button's address."""
    assert ways_back.to_issue("/issues/12/stories/3/move/?x=1") == "/issues/12/"
