"""Requests that no form would send: every view of the product, public and of the staff, with what breaks programs.

FUZZ=500 of them in `make test`, 10,000 in `make faults`. The seed is printed; SEED= plays it again.
"""

import base64
import io
import json
import logging
import os
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, resolve, reverse

from newsletter.delivery.models import Alarm
from newsletter.mailbox.store import Mailbox
from newsletter.project import logs
from newsletter.staff.models import User
from subscribers.models import ImportRun, List
from subscribers.tokens import Scope
from tests.subscribers.factories import make_subscriber, token_of
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db

REQUESTS = int(os.environ.get("FUZZ", "500"))
PARTS = max(2, REQUESTS // 500)
"""Tests that share them, so that several processes may."""
BATCH = 40
"""Requests after which the newsroom is what it was: else soon everything would be removed, locked or sent."""
REACHED: set[str] = set()
"""Routes whose view was called, past every check before it."""


class Reached:
    """The innermost middleware: notes the view that is about to be called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: object, _args: object, _kwargs: object) -> None:
        if request.resolver_match:
            REACHED.add(request.resolver_match.route)


def _packed(text: str) -> str:
    """As a proof of work comes."""
    return base64.b64encode(text.encode()).decode()


NASTY = (
    *(
        "",
        " ",
        "\x00",
        "\x00" * 50,
        "\ud800",
        "\udcff\ud83d",
        "\ufeff",
        "\u2028",
        "\u202e<b>",
        "﷽" * 300,
        "👩‍👩‍👧‍👦" * 90,
    ),
    *(
        "9" * 18,
        "9" * 19,
        "9" * 400,
        "9" * 5_000,
        "-" + "9" * 30,
        "-1",
        "0",
        "1e309",
        "NaN",
        "inf",
        "²",
        "١٢",
        "0x10",
        "1_000",
    ),
    *(
        "[" * 5_000,
        "{" * 5_000,
        '{"a":' * 2_000,
        "[[[]]]",
        "{}",
        "null",
        '{"message": "%(x)s", "values": []}',
        "%s%n%(x)s",
        "{0}",
    ),
    *(" | " * 1_300, " – ".join("ab" * 1_300), "a" * 70_000, "a " * 9_000, "\n" * 9_000, "<" * 3_000, "<b>" * 3_000),
    *(
        "9999-12-31T23:59",
        "0001-01-01T00:00",
        "2026-02-30T25:61",
        "2026-03-29T02:30",
        "10000-01-01T00:00",
        "-0001-01-01T00:00",
    ),
    *(
        "* * * * *",
        "61 25 32 13 8",
        "*/0 * * * *",
        "1-" + "9" * 30,
        "* * 30 2 *",
        "Etc/GMT+99",
        "../../etc/passwd",
        "Europe/Berlin\x00",
    ),
    *(
        "a@b",
        "@",
        "a@b.c" * 300,
        "ä@ü.example",
        "a@[127.0.0.1]",
        '"a b"@c.example',
        "a@b.example\r\nBcc: c@d.example",
        "xn--a@xn--.example",
    ),
    *(
        "http://[",
        "http://a:99999/",
        "https://a:b@c/",
        "javascript:alert(1)",
        "//x",
        "data:,x",
        "http://" + "a." * 200,
        "mailto:",
        "file:///etc/passwd",
    ),
    *(
        "unicode_escape",
        "idna",
        "utf-7",
        "fa-" * 500,
        "zz_ZZ@x",
        "true",
        "on",
        "all",
        "some",
        "text",
        "file",
        "url",
        "../",
        "..\\",
        "%2e%2e%2f",
        "&#0;",
    ),
    *(_packed("[" * 3_000), _packed("[" * 100_000), _packed('{"algorithm": 1}'), _packed("9" * 5_000)),
    *(
        _packed(
            json.dumps({"algorithm": "SHA-256", "challenge": [], "number": "9" * 5_000, "salt": {}, "signature": 0})
        )
    ),
    *("share a a a a a a a a a a a zz", "<!---->" * 1_000 + "x", "&" * 100_000, "=?unicode_escape?q?=5C?="),
)
PLACES: tuple[Any, ...] = (
    0,
    1,
    2,
    9**18,
    9**19,
    10**400,
    -1,
    "x",
    "9" * 5_000,
    "a" * 70_000,
    "x/../y",
    "ä\u202e",
    "%00",
    "x-y",
)
"""In the place of what an address names."""
HEADER_NAMES = (
    "Accept-Language",
    "Accept",
    "Referer",
    "HX-Request",
    "HX-Current-URL",
    "If-Modified-Since",
    "Range",
    "Cookie",
)
HEADERS = (
    *(
        "",
        "fa-" * 500,
        "en;q=" + "9" * 400,
        "zz_ZZ@x",
        "text/html;q=nan,*/*",
        "http://[",
        "Thu, 99 Foo 0000 99:99:99 GMT",
    ),
    *("bytes=" + "9" * 400 + "-", "sessionid=\x01; csrftoken=" + "x" * 4_000, "true", "[" * 3_000, "\xff\xfe"),
)
TYPES = (
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=unicode_escape"),
    *("application/x-www-form-urlencoded; charset=idna", "application/x-www-form-urlencoded; charset=no-such"),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300),
    *("application/json", "text/plain; charset=utf-7", ""),
)


class Forms(HTMLParser):
    """The forms of a page: where each leads, and the names of its fields."""

    def __init__(self, page: str, *, at: str) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []
        self._at = at
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((values.get("action") or self._at, set()))
        elif tag in {"input", "select", "textarea", "button"} and self.found:
            if values.get("name"):
                self.found[-1][1].add(values["name"])
            if values.get("formaction"):
                self.found.append((values["formaction"], set(self.found[-1][1])))


def _patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry


class Site:
    """A newsroom in which something of everything is there, and who asks it."""

    def __init__(self, newsroom: Newsroom, admin: User, mailbox: Mailbox) -> None:
        self.admin = admin
        self.log = io.StringIO()
        letter = List.objects.get()
        person = make_subscriber(letter, "reader@example.org")
        self.staff = Client(raise_request_exception=False)
        self.sign_in()
        upload = SimpleUploadedFile("people.csv", b"email,name\nb@example.org,B\nwrong,\n")
        assert self.staff.post(reverse("list_import", args=[letter.pk]), {"file": upload}).status_code == 302
        now = datetime.now(UTC)
        Alarm.objects.create(key="x", text="Something.", raised_at=now)
        mail = mailbox.add(b"Subject: x\r\n\r\ny\r\n", sender="", recipients=("a@example.org",), now=now)
        token = token_of(person, letter, Scope.LEAVE)
        self._newsroom = newsroom
        self._known = {"pk": letter.pk, "run": ImportRun.objects.get().pk, "slug": letter.slug, "token": token}
        self._of_people = {"subscriber", "subscriber_evidence"}
        self._person, self._mail = person.pk, mail

    def sign_in(self) -> None:
        """Whatever was done to the account meanwhile."""
        User.objects.filter(pk=self.admin.pk).update(is_admin=True, is_editor=True, is_active=True)
        self.staff.force_login(User.objects.get(pk=self.admin.pk))

    def path(self, pattern: URLPattern, *, nasty: random.Random | None = None) -> str:
        """An address of this view: one that leads to something, or one that nobody would write."""
        names = pattern.pattern.regex.groupindex
        if nasty:
            kwargs = {name: nasty.choice(PLACES) for name in names if nasty.random() < 0.7}
            try:
                return reverse(str(pattern.name), kwargs=self._kwargs(pattern) | kwargs)
            except (NoReverseMatch, UnicodeError):
                pass
        if pattern.name is None:  # links that were cut
            route = resolve_route(pattern)
            return "/" + route.replace("<str:token>", str(self._known["token"])).replace("<path:rest>", "x/y")
        return reverse(str(pattern.name), kwargs=self._kwargs(pattern))

    def _kwargs(self, pattern: URLPattern) -> dict[str, Any]:
        names = set(pattern.pattern.regex.groupindex)
        if str(getattr(pattern.callback, "__module__", "")).startswith("subscribers"):
            known: dict[str, Any] = self._known | ({"pk": self._person} if pattern.name in self._of_people else {})
            return {name: known.get(name, "x") for name in names}
        if "mail_id" in names:
            return {"mail_id": self._mail}
        match = resolve(self._newsroom.path_of(pattern))
        return {name: match.kwargs[name] for name in names}


def resolve_route(pattern: URLPattern) -> str:
    return str(getattr(pattern.pattern, "_route", ""))


def routes() -> dict[str, URLPattern]:
    """Every view of the URL table, by its whole route."""

    def below(resolver: URLResolver, above: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from below(entry, above + str(entry.pattern))
            else:
                yield above + str(entry.pattern).removeprefix("^" if above else ""), entry  # as Django joins them

    return dict(below(get_resolver(), ""))


@pytest.fixture
def site(
    newsroom: Newsroom, admin: User, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """It asks no name server and connects to nobody."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.attacks.test_fuzz.Reached"]
    mailbox = tmp_path / "mailbox"
    settings.NEWSLETTER = replace(settings.NEWSLETTER, mailbox_dir=mailbox)

    def numbers_only(host: Any, port: Any, *rest: Any, **how: Any) -> Any:
        if str(host) not in {"127.0.0.1", "::1", "localhost"}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found(host, port, *rest, **how)

    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    admin.is_editor = True
    admin.save()
    made = Site(newsroom, admin, Mailbox(mailbox))
    handler = logging.StreamHandler(made.log)
    handler.setFormatter(logs.Text())
    handler.addFilter(logs.StrangersInOneLine())
    handler.addFilter(logs.HideSecrets())
    logging.getLogger().addHandler(handler)
    yield made
    logging.getLogger().removeHandler(handler)


def _fields(site: Site) -> dict[str, set[str]]:
    """The names of the fields of each view's forms, as they stand on the pages, by its route."""
    found: dict[str, set[str]] = {}
    for pattern in routes().values():
        if pattern.name == "account_logout":
            continue
        path = site.path(pattern)
        for client in (site.staff, Client(raise_request_exception=False)):
            answer = client.get(path)
            assert answer.status_code < 500, (path, answer.status_code)
            if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            for to, names in Forms(answer.content.decode(), at=path).found:
                if to.startswith("/"):
                    found.setdefault(resolve(to.partition("?")[0].partition("#")[0]).route, set()).update(names)
    return found


def _value(chance: random.Random, name: str) -> Any:
    if name in {"file", "picture", "html"} and chance.random() < 0.7:
        data = chance.choice(NASTY).encode(errors="surrogatepass") * chance.choice((1, 3))
        return SimpleUploadedFile(
            chance.choice(("a.md", "a.html", "a.csv", "a.png", "x", "ä\x00.txt", "." * 300)), data
        )
    if chance.random() < 0.15:
        return [chance.choice(NASTY).encode(errors="surrogatepass") for _ in range(3)]
    # In a list: the test client takes bytes alone for many values.
    return [chance.choice(NASTY).encode(errors="surrogatepass")]


def _texts(sent: dict[str, Any]) -> dict[str, list[bytes]]:
    """Without the files."""
    return {name: value for name, value in sent.items() if isinstance(value, list)}


def _asked(client: Client, chance: random.Random, path: str, sent: dict[str, Any]) -> Any:
    """By one of the ways in which a request may come."""
    headers = {name: chance.choice(HEADERS) for name in HEADER_NAMES if chance.random() < 0.15}
    way = chance.random()
    if way < 0.25:
        query = {name: texts for name, texts in _texts(sent).items() if sum(map(len, texts)) < 20_000}
        return client.get(path, query, headers=headers)
    if way < 0.4:
        kind = chance.choice(TYPES)
        body = b"&".join(
            quote(name).encode() + b"=" + quote(text).encode() for name, texts in _texts(sent).items() for text in texts
        )
        return client.generic(chance.choice(("POST", "POST", "PUT", "DELETE")), path, body, kind, headers=headers)
    return client.post(path, sent, headers=headers)


def test_no_view_is_left_out(site: Site) -> None:
    """What follows asks every view of the URL table, in turns; here each is seen to be called."""
    REACHED.clear()
    for pattern in routes().values():
        for ask in (site.staff.get, site.staff.post, Client(raise_request_exception=False).get):
            assert ask(site.path(pattern)).status_code < 500, pattern
        site.sign_in()
    assert set(routes()) - REACHED == set()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_is_answered_with_an_error_of_ours(site: Site, part: int) -> None:
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    chance = random.Random(seed + part)
    fields = _fields(site)
    assert len(fields) > 40
    everywhere = sorted(set().union(*fields.values()))
    turns: list[tuple[str, URLPattern]] = []
    for first in range(0, REQUESTS // PARTS, BATCH):
        cache.clear()
        with transaction.atomic():
            site.sign_in()
            for number in range(first, min(first + BATCH, REQUESTS // PARTS)):
                if not turns:
                    turns = list(routes().items())
                    chance.shuffle(turns)
                route, pattern = turns.pop()
                names = sorted(fields.get(route, ())) + chance.sample(everywhere, 3)
                sent = {name: _value(chance, name) for name in names if chance.random() < 0.8}
                path = site.path(pattern, nasty=chance if chance.random() < 0.3 else None)
                client = site.staff if chance.random() < 0.7 else Client(raise_request_exception=False)
                if client is site.staff and "_auth_user_id" not in client.session:
                    site.sign_in()
                status = _asked(client, chance, path, sent).status_code
                told = json.dumps({name: str(value)[:60] for name, value in sent.items()})
                assert status < 500, f"SEED={seed}, part {part}, request {number}: {status} {path[:200]} {told}"
            transaction.set_rollback(True)
    assert "Traceback" not in site.log.getvalue(), f"SEED={seed}, part {part}"
    assert " ERROR " not in site.log.getvalue(), f"SEED={seed}, part {part}"
