"""A newsroom with something in it, and its people, signed in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from newsletter.articles import editing
from newsletter.articles.models import Article
from newsletter.delivery.models import RateLimit, Transport
from newsletter.issues import services as issues
from newsletter.issues.models import Entry, Issue, Publication
from newsletter.staff import services as staff
from newsletter.staff.models import Invitation, User
from subscribers.models import List


class Inline(HTMLParser):
    """Collects what the Content-Security-Policy forbids in our own pages."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self.found.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}")


@pytest.fixture(autouse=True)
def _no_limits_left_over(db: None) -> None:
    cache.clear()


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_user("editor@example.org", "a long password", name="Edda Editor", is_editor=True)


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user(
        "admin@example.org", "a long password", name="Ada Admin", is_editor=False, is_admin=True
    )


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    publication: Publication
    articles: list[Article]
    issue: Issue
    entry: Entry
    invitation: Invitation
    server: Transport

    def path_of(self, pattern: URLPattern) -> str:
        """An address that leads to something."""
        known: dict[str, Any] = {
            "issue_id": self.issue.pk,
            "subscriber": 1,
            "entry_id": self.entry.pk,
            "article_id": self.articles[0].pk,
            "slug": self.publication.slug,
            "server": self.server.name,
            "user_id": User.objects.order_by("pk").values_list("pk", flat=True).first() or 1,
            "invitation_id": self.invitation.pk,
            "public_id": self.issue.public_id,
            "mail_id": "x",
            "limit_id": RateLimit.objects.get().pk if RateLimit.objects.exists() else 1,
            "name": "cancel",
            "path": "none.png",
            "secret": "x",
            "uidb36": "1",
            "key": "x-y",
        }
        wanted = pattern.pattern.regex.groupindex  # the names in the address
        return reverse(str(pattern.name), kwargs={name: known[name] for name in wanted})

    def check_page(self, answer: Any) -> None:
        """What holds for every answer: its policy, its language; nothing inline."""
        assert answer.headers["Content-Security-Policy"]
        if answer.status_code == 302 or answer.streaming or "sandbox" in answer.headers["Content-Security-Policy"]:
            return
        text = answer.content.decode()
        if not text.startswith("<!DOCTYPE"):
            return
        assert re.search(r'<html lang="[a-z]{2}[^"]*" dir="(ltr|rtl)">', text)
        assert Inline(text).found == []


@pytest.fixture
def newsroom(db: None) -> Newsroom:
    now = timezone.now()
    readers = List.objects.create(
        name="Morning readers", slug="morning", language="en", consent_text="Yes, write to me.", created_at=now
    )
    publication = issues.create_publication(
        settings=issues.PublicationSettings(
            name="The Morning",
            list_id=readers.pk,
            sender_name="The Morning",
            sender_address="morning@example.org",
            postal_address="1 Quay Street, Harbourtown",
            reason="You asked for it at example.org.",
            time_zone="Europe/Berlin",
        ),
        by="staff:1",
        now=now,
    )
    made = [
        editing.create(
            title=f"The harbour light number {n}",
            body_markdown=f"The keeper counted {n} ships.\n\nThen the fog came in.",
            standfirst="A short walk along the quay.",
            byline="Nora North",
            kicker="Harbour",
            language="en",
            url=f"https://example.org/light-{n}",
            topics=[],
            now=now,
        )
        for n in range(1, 5)
    ]
    issue = issues.create_issue(
        publication=publication, by="staff:99", now=now, subject="Ships and lights", preheader=""
    )
    entries = [issues.add_entry(issue, article, by="staff:99", now=now) for article in made[:3]]
    staff.invite(email="guest@example.org", roles=frozenset({"editor"}), by="staff:99", now=now)
    RateLimit.objects.create(key="domain:gmail", per_second=5)
    issue.refresh_from_db()
    return Newsroom(
        publication=publication,
        articles=made,
        issue=issue,
        entry=entries[0],
        invitation=Invitation.objects.get(),
        # Nobody listens there, and whoever tests it is told at once.
        server=Transport.objects.create(name="relay", host="127.0.0.1", port=9, tls="none"),
    )
