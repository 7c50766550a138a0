"""The inputs that once froze or broke it, as they were found: each is read at little cost, or refused with its reason.

What they are made of, in growing sizes, is in `test_doubling.py`; whole connections are in `test_strain.py`.
"""

import base64
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from benchmarks.attacks import payloads
from newsletter.articles.parser_process import budget, parser
from newsletter.articles.pictures import recode
from newsletter.articles.reading import extract, feeds, pasting
from newsletter.delivery.models import OutboxMail, RateLimit
from newsletter.mailbox.store import Mailbox
from newsletter.staff.models import User
from tests.project.conftest import environment_of
from tests.subscribers.factories import make_list
from tests.web.conftest import Newsroom

MOST_SECONDS = 8
"""Of processor time, of what is read: a machine that is busy counts them a little longer."""


@pytest.fixture
def own() -> Iterator[parser.Parser]:
    made = parser.Parser()
    yield made
    made.end()


def _seconds(own: parser.Parser) -> float:
    """Of processor time, of the parser process so far."""
    fields = Path(f"/proc/{own.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


READ: dict[str, Callable[[parser.Parser], Any]] = {
    "65 bytes of a share bar": lambda own: own.run(pasting.read, payloads.share_bar()),
    "a natural share bar": lambda own: own.run(pasting.read, payloads.natural_share_bar()),
    "23 empty comments": lambda own: own.run(
        feeds.read, payloads.feed("<!---->" * 23 + "text"), url="https://a.example/"
    ),
    "a page that begins with them": lambda own: own.run(
        extract.file, ("<!---->" * 23 + "text").encode(), name="a.html"
    ),
    "20,000 empty comments": lambda own: own.run(pasting.read, payloads.comments()),
    "20,000 doctypes": lambda own: own.run(extract.file, payloads.doctypes().encode(), name="a.html"),
}


@pytest.mark.parametrize("what", READ)
def test_what_froze_three_processes_is_read(what: str, own: parser.Parser) -> None:
    own.run(os.getpid)
    before = _seconds(own)
    assert READ[what](own) is not None
    assert _seconds(own) - before < MOST_SECONDS


@pytest.mark.parametrize("payload", [payloads.headings, payloads.nesting])
def test_what_is_nested_is_refused_by_its_depth(payload: Callable[[], str], own: parser.Parser) -> None:
    own.run(os.getpid)
    before = _seconds(own)
    with pytest.raises(extract.drafts.UnusableArticle, match="nested too deeply"):
        own.run(extract.file, payloads.page(payload()), name="a.html")
    assert _seconds(own) - before < MOST_SECONDS


@pytest.mark.parametrize(
    "job",
    [
        lambda own: own.run(pasting.read, payloads.ampersands()),
        lambda own: own.run(extract.file, payloads.markdown().encode(), name="a.md"),
    ],
    ids=["a megabyte of &", "a megabyte of Markdown signs"],
)
def test_what_still_takes_long_ends_at_the_limit_of_time_and_the_next_is_read(
    job: Callable[[parser.Parser], Any], own: parser.Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the child’s processor time, and none besides it."""
    monkeypatch.setattr(budget, "SECONDS", 1)
    first = own.run(os.getpid)
    with pytest.raises(parser.TooCostly, match="more than 1 seconds"):
        job(own)
    assert own.run(os.getpid) != first


def _webp() -> bytes:
    out = io.BytesIO()
    Image.new("L", (9_000, 9_000)).save(out, "WEBP", lossless=True)
    return out.getvalue()


def test_a_picture_of_kilobytes_that_unpacks_to_a_gigabyte_is_refused_with_its_size(own: parser.Parser) -> None:
    data = _webp()
    assert len(data) < 10_000
    own.run(os.getpid)
    with pytest.raises(recode.UnusablePicture, match=r"9,000 × 9,000 pixels.*at most 12 million"):
        own.run(recode.encode, data, name="a.webp")
    with pytest.raises(recode.UnusablePicture, match=r"[\d,]+ × [\d,]+ pixels.*at most 12 million"):
        own.run(recode.encode, payloads.picture(), name="a.png")
    peak = next(line for line in Path(f"/proc/{own.pid}/status").read_text().splitlines() if "VmHWM" in line)
    assert int(peak.split()[1]) < 200 * 1024


def test_a_subject_of_400_kilobytes_is_listed_by_its_beginning(tmp_path: Path, now: Any) -> None:
    box = Mailbox(tmp_path)
    box.add(payloads.mail(), sender="a@example.org", recipients=("b@example.org",), now=now)
    (caught,) = box.list()
    assert caught.subject.startswith("✉ harbour")
    assert len(caught.subject) < 1_000


@pytest.mark.django_db
@pytest.mark.parametrize("depth", [5, 3_000, 60_000])
def test_a_proof_of_nested_brackets_is_no_proof(depth: int, client: Client) -> None:
    letter = make_list()
    for proof in ("[" * depth, base64.b64encode(b"[" * depth).decode(), base64.b64encode(b'{"a":' * depth).decode()):
        answer = client.post(f"/join/{letter.slug}/", {"email": "a@example.org", "altcha": proof, "proof": proof})
        assert answer.status_code in {200, 302, 422}
    assert OutboxMail.objects.count() <= 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/limits/", {"kind": "domain", "name": "a" * 70_000, "key": "a" * 70_000, "per_second": "5"}),
        ("/settings/limits/", {"kind": "domain", "name": "gmx.de", "key": "domain:gmx.de", "per_second": "9" * 5_000}),
        ("/articles/new/", {"way": "text", "title": " | ".join("ab" * 650), "body": "x"}),
        ("/articles/new/", {"way": "text", "title": "x", "body": "x", "published_at": "9999-12-31T23:59"}),
        ("/accounts/profile/", {"name": "👩‍👩‍👧‍👦" * 90}),
        ("/lists/new/", {"name": "👩‍👩‍👧‍👦" * 90, "slug": "x", "language": "en", "consent_text": "x"}),
        ("/issues/new/", {"publication": "9" * 5_000}),
        ("/newsletters/new/", {"name": "x", "list_id": "9" * 5_000}),
    ],
)
def test_what_was_answered_with_500_is_answered(
    path: str, fields: dict[str, str], newsroom: Newsroom, admin: User, signed_in: Callable[[User], Client]
) -> None:
    admin.is_editor = True
    admin.save()
    answer = signed_in(admin).post(path, fields)
    assert answer.status_code in {200, 302, 404, 422}
    assert RateLimit.objects.count() <= 2


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["9" * 18, "9" * 400, "-1", "²", "١٢"])
def test_a_list_with_an_impossible_number_is_none(number: str, client: Client) -> None:
    assert client.get("/leave/", {"list": number}).status_code in {200, 404}
    assert client.post("/leave/", {"list": number, "email": "a@example.org"}).status_code in {200, 302, 404}


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "rot13", "hex", "no"])
def test_a_charset_that_is_none_of_text_is_not_looked_up(charset: str, own: parser.Parser) -> None:
    page = f'<html><head><meta charset="{charset}"><title>Harbour</title></head><body><article><h1>Harbour</h1>'
    draft = own.run(extract.file, f"{page}<p>The \\u0041 ferry.</p></article></body></html>".encode(), name="a.html")
    assert "\\u0041" in draft.body


@pytest.mark.parametrize("address", ["https://news.example.org", "http://news.example.org"])
def test_who_came_by_https_is_led_there_for_a_year(address: str, tmp_path: Path) -> None:
    """And nobody whose newsroom has no certificate."""
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.SECURE_HSTS_SECONDS)"],
        env=environment_of(
            tmp_path / "data", NEWSLETTER_BASE_URL=address, DJANGO_SETTINGS_MODULE="newsletter.project.settings"
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == (31_536_000 if address.startswith("https:") else 0)
