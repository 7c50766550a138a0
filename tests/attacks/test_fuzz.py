# ruff: noqa: S112
"""Requests that no form would send: every form of every page, public and of the staff, with what breaks programs.

500 of them in `make test`, FUZZ=10000 in `make faults`. The seed is printed; SEED= plays it again.
"""

import json
import logging
import os
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from newsletter.staff.models import User
from subscribers.models import List
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db

REQUESTS = int(os.environ.get("FUZZ", "500"))
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


def _pages(newsroom: Newsroom) -> Iterator[str]:
    letter = List.objects.get()
    for pattern in _patterns():
        try:
            yield newsroom.path_of(pattern)
        except Exception:
            continue
    yield reverse("join", args=[letter.slug])
    for name in ("lists", "list_new"):
        yield reverse(name)
    for name in ("list", "list_edit", "list_import", "list_export", "list_add"):
        try:
            yield reverse(name, args=[letter.pk])
        except Exception:
            continue


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


def test_no_request_is_answered_with_an_error_of_ours(
    newsroom: Newsroom, admin: User, editor: User, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    chance = random.Random(seed)
    admin.is_editor = True
    admin.save()
    forms: list[tuple[str, set[str]]] = []
    known, stranger = Client(raise_request_exception=False), Client(raise_request_exception=False)
    known.force_login(admin)
    for path in dict.fromkeys(_pages(newsroom)):
        for client in (known, stranger):
            answer = client.get(path)
            assert answer.status_code < 500, (path, answer.status_code)
            if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
                forms += Forms(answer.content.decode(), at=path).found
    forms = [(to.partition("#")[0], names) for to, names in forms if "logout" not in to and to.startswith("/")]
    assert len(forms) > 40
    with caplog.at_level(logging.ERROR):
        for number in range(REQUESTS):
            to, names = chance.choice(forms)
            sent = {name: _value(chance, name) for name in names if chance.random() < 0.8}
            client = known if chance.random() < 0.8 else stranger
            if client is known and "_auth_user_id" not in client.session:
                client.force_login(User.objects.get(pk=admin.pk))
            if chance.random() < 0.2:
                answer = client.get(to, {name: value for name, value in sent.items() if isinstance(value, list)})
            else:
                answer = client.post(to, sent)
            told = json.dumps({name: str(value)[:60] for name, value in sent.items()})
            assert answer.status_code < 500, f"SEED={seed}, request {number}: {to} {told}"
    # What is refused as suspicious is told in one line: see `logs.StrangersInOneLine`.
    ours = [one for one in caplog.records if one.exc_info and not one.name.startswith("django.security")]
    assert not ours, f"SEED={seed}"
