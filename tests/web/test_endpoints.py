"""Every address of the server, tried with every role; every page is well-behaved."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.defaults import server_error

from newsletter.staff.models import User
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

PUBLIC = {
    "account_login",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "open_link",
    "public_issue",
    "public_leave",
    "media",
    "set_language",
    "health",
    "metrics",
}
"""Addresses of ours that need no account, named here one by one; `subscribers` names its own."""


FIELDS = [
    "subject",
    "preheader",
    "introduction",
    "version",
    "title",
    "standfirst",
    "kicker",
    "picture_alt",
    "show",
    "to",
    "test_to",
    "seen",
    "note",
    "slot",
    "typed",
    "go",
    "search",
    "picks",
    "when",
    "send_at",
    "digest",
    "url",
    "body",
    "language",
    "topics",
    "way",
    "name",
    "slug",
    "list_id",
    "cadence",
    "time_zone",
    "accent",
    "sender_name",
    "sender_address",
    "max_stories",
    "useful_life_hours",
    "refusal_limit",
    "uncertain_policy",
    "kind",
    "email",
    "editor",
    "admin",
    "article",
    "publication",
    "key",
    "choice",
    "active",
    "password",
    "how",
    "host",
    "port",
    "user",
    "tls",
    "auth",
    "role",
    "weight",
    "max_connections",
    "messages_per_connection",
    "seconds_per_connection",
    "max_bytes",
    "serves",
    "enabled",
    "kind",
    "per_second",
    "per_minute",
    "per_hour",
    "per_day",
    "warm_up",
    "warm_up_start",
]


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


OURS = [p for p in patterns() if not str(getattr(p.callback, "__module__", "")).startswith("subscribers")]


def is_public(pattern: URLPattern) -> bool:
    return not getattr(pattern.callback, "login_required", True)


def test_only_the_addresses_named_here_are_public() -> None:
    """Threat 14: deny by default."""
    assert {p.name for p in OURS if is_public(p)} == PUBLIC


@pytest.mark.parametrize("pattern", [p for p in OURS if not is_public(p)], ids=lambda p: str(p.name))
def test_without_signing_in_there_is_only_the_sign_in_page(pattern: URLPattern, newsroom: Newsroom) -> None:
    """Threat 14: GET and POST alike."""
    path = newsroom.path_of(pattern)
    for answer in (Client().get(path), Client().post(path)):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("role", ["editor", "admin"])
@pytest.mark.parametrize("pattern", [p for p in OURS if not is_public(p)], ids=lambda p: str(p.name))
def test_each_page_answers_only_the_roles_that_it_names(
    pattern: URLPattern, role: str, newsroom: Newsroom, signed_in: SignedIn, editor: User, admin: User
) -> None:
    """Threat 14: who lacks the role gets 403 in our own design, and nothing happens."""
    client = signed_in({"editor": editor, "admin": admin}[role])
    named = getattr(pattern.callback, "required_roles", None)
    if named is None:
        assert str(pattern.name).startswith("account_"), f"{pattern.name} names no role"
        return
    path = newsroom.path_of(pattern)
    answer = client.get(path)
    if role in named:
        assert answer.status_code in {200, 302, 404, 405}
        assert answer.status_code != 404 or str(pattern.name).startswith("mailbox")
        newsroom.check_page(answer)
    else:
        assert answer.status_code == 403
        assert client.post(path).status_code == 403
        assert "newsletter/base.css" in answer.content.decode()


def test_posting_nothing_never_breaks_a_page(newsroom: Newsroom, signed_in: SignedIn, editor: User) -> None:
    editor.is_admin = True
    editor.save()
    client = signed_in(editor)
    for pattern in OURS:
        if not is_public(pattern) and pattern.name not in {"account_logout"}:
            answer = client.post(newsroom.path_of(pattern))
            assert answer.status_code in {200, 302, 404, 405, 409, 422}, pattern.name
            newsroom.check_page(answer)


def test_posting_rubbish_never_breaks_a_page(newsroom: Newsroom, signed_in: SignedIn, editor: User) -> None:
    editor.is_admin = True
    editor.save()
    client = signed_in(editor)
    rubbish = ["\x00", "‮<script>alert(1)</script>{{7*7}}{% load x %}", "9" * 400, "-1", "x" * 20_000]
    for value in rubbish:
        for pattern in OURS:
            if is_public(pattern) or str(pattern.name).startswith("account_"):
                continue
            answer = client.post(newsroom.path_of(pattern), dict.fromkeys(FIELDS, value))
            assert answer.status_code in {200, 302, 404, 405, 409, 422}, (pattern.name, value[:20])
            newsroom.check_page(answer)


def test_errors_have_pages_in_our_design(client: Client) -> None:
    missing = client.get("/there/is/nothing/")
    assert missing.status_code == 404
    assert "newsletter/base.css" in missing.content.decode()
    tampered = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
    assert tampered.status_code == 403
    assert "has expired" in tampered.content.decode()
    large = client.post("/language/", {"language": "x" * 2_000_001})
    assert large.status_code == 413
    assert "This form is too large" in large.content.decode()
    assert "2 MB" in large.content.decode()
    broken = server_error(RequestFactory().get("/"))
    assert broken.status_code == 500
    assert "newsletter/base.css" in broken.content.decode()


def test_a_language_is_chosen_and_turns_the_page_around(signed_in: SignedIn, editor: User) -> None:
    client = signed_in(editor)
    assert re.search(r'<html lang="en" dir="ltr">', client.get("/").content.decode())
    client.post("/language/", {"language": "fa", "next": "/"})
    page = client.get("/").content.decode()
    assert re.search(r'<html lang="fa" dir="rtl">', page)
    assert "اتاق خبر" in page


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_the_language_switch_leads_to_no_other_host(client: Client, target: str) -> None:
    """Threat 18."""
    answer = client.post("/language/", {"language": "fa", "next": target})
    assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_signing_in_leads_to_no_other_host(client: Client, editor: User, target: str) -> None:
    """Threat 18."""
    answer = client.post("/accounts/login/", {"login": editor.email, "password": "a long password", "next": target})
    assert answer.headers["Location"] == "/"
