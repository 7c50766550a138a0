"""What broke programs, by name: each is answered as a field that is refused, never as an error of ours."""

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.delivery.models import OutboxMail, RateLimit
from newsletter.issues.models import Publication
from newsletter.staff.models import User
from subscribers.joining import proof_of_work
from subscribers.models import List
from tests.attacks.test_fuzz import _patterns
from tests.project.conftest import Run, _template, data_dir, installed, run
from tests.web.conftest import Newsroom

__all__ = ["_template", "data_dir", "installed", "run"]

pytestmark = pytest.mark.django_db

EMOJI_90 = "👩‍👩‍👧‍👦" * 90
LONG_90 = "😀" * 90
DIGITS = ("9" * 18, "9" * 19, "9" * 400, "9" * 5_000)


@pytest.fixture
def chief(admin: User, signed_in: Callable[[User], Client]) -> Client:
    """Signed in, with both roles."""
    admin.is_editor = True
    admin.save()
    return signed_in(admin)


def refused(answer: HttpResponse) -> set[str]:
    """The fields that the page says are wrong."""
    assert answer.status_code in {400, 422}, answer.status_code
    return set(re.findall(r'id="([\w-]+)-error"', answer.content.decode()))


@pytest.mark.parametrize(
    ("path", "values", "field"),
    [
        ("/accounts/profile/", {"name": EMOJI_90}, "name"),
        ("/lists/new/", {"name": EMOJI_90, "language": "en", "consent_text": "Yes."}, "name"),
        ("/lists/new/", {"name": "x", "slug": EMOJI_90, "language": "en", "consent_text": "Yes."}, "slug"),
        ("/newsletters/new/", {"name": EMOJI_90}, "name"),
        ("/settings/servers/new/", {"name": EMOJI_90, "host": "127.0.0.1"}, "name"),
        ("/settings/limits/", {"kind": "server", "name": EMOJI_90, "per_second": "1"}, "name"),
        ("/people/", {"email": f"{EMOJI_90}@example.org", "roles": "editor"}, "email"),
    ],
)
def test_names_of_ninety_emoji(path: str, values: dict[str, str], field: str, chief: Client) -> None:
    assert field in refused(chief.post(path, values))


def test_a_name_of_ninety_emoji_that_fits_is_mailed_whole(newsroom: Newsroom, settings: Settings) -> None:
    """It is 360 bytes in a header, and half a character nowhere."""
    settings.EMAIL_BACKEND = "newsletter.delivery.outbox.django_backend.EmailBackend"
    List.objects.update(name=LONG_90)
    Publication.objects.update(name=LONG_90, sender_name=LONG_90)
    assert Client().post("/join/morning/", {"email": "ana@example.org"}).status_code == 302
    message = message_from_bytes(bytes(OutboxMail.objects.get().message))
    for name in ("Subject", "From"):
        assert LONG_90 in str(make_header(decode_header(message[name])))


@pytest.mark.parametrize("digits", DIGITS)
def test_lists_and_everything_else_of_impossible_numbers(digits: str, newsroom: Newsroom, chief: Client) -> None:
    """`list=9…9`, in every field and every address that takes a number."""
    values = {"name": "x", "list_id": digits}
    assert "list_id" in refused(chief.post("/newsletters/new/", values))
    person = reverse("subscriber", args=[1])
    assert chief.post(person, {"action": "unsubscribe", "list": digits}).status_code == 404
    for pattern in dict.fromkeys(_patterns()):
        names = pattern.pattern.regex.groupindex
        numbers = [
            name for name in names if "IntConverter" in str(getattr(pattern.pattern, "converters", {}).get(name))
        ]
        for number in numbers:
            known = {name: 1 if name in numbers else "x" for name in names}
            path = reverse(str(pattern.name), kwargs={**known, number: 1234567}).replace("1234567", digits)
            for answer in (chief.get(path), chief.post(path)):
                assert answer.status_code in {302, 404, 405}, path[:80]
    for path in ("/articles/", "/issues/", "/activity/", "/lists/1/", f"/issues/{newsroom.issue.pk}/recipients/"):
        for name in ("page", "before", "after", "q", "state", "list", "code"):
            assert chief.get(path, {name: digits}).status_code < 500


@pytest.mark.parametrize("typed", [*DIGITS[1:], "-1", "1e309", "0.0000001", "²", "NaN"])
@pytest.mark.parametrize("field", ["per_second", "per_minute", "per_day"])
def test_numbers_of_five_thousand_digits(field: str, typed: str, chief: Client) -> None:
    answer = chief.post("/settings/limits/", {"kind": "sender", "name": "example.org", field: typed})
    assert field in refused(answer)
    assert not RateLimit.objects.exists()


@pytest.mark.parametrize("kind", ["server", "sender", "domain"])
@pytest.mark.parametrize("name", ["a" * 70_000, "a." * 35_000, "ä" * 70_000, "%" * 70_000, "." * 70_000])
def test_limit_names_of_seventy_thousand_characters(kind: str, name: str, chief: Client) -> None:
    answer = chief.post("/settings/limits/", {"kind": kind, "name": name, "per_second": "1"})
    assert "name" in refused(answer)
    assert not RateLimit.objects.exists()


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "1999-12-31", "10000-01-01", "-001-01-01", "2026-02-30", "9999-12-31T23:59"]
)
def test_days_at_the_edge_of_the_calendar(day: str, chief: Client) -> None:
    values = {"kind": "sender", "name": "example.org", "per_day": "9", "warm_up": "usual", "warm_up_start": day}
    assert "warm_up_start" in refused(chief.post("/settings/limits/", values))
    assert not RateLimit.objects.exists()


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00", "9999-12-31T23:59", "9999-12-31T00:00", "10000-01-01T00:00", "2026-02-30T25:61", "9" * 5_000],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue", "UTC"])
def test_moments_at_the_edge_of_the_calendar(moment: str, zone: str, newsroom: Newsroom, chief: Client) -> None:
    Publication.objects.update(time_zone=zone)
    path = f"/issues/{newsroom.issue.pk}/approve/"
    assert "send_at" in refused(chief.post(path, {"when": "time", "send_at": moment}))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def of_a_challenge(**changed: object) -> str:
    given = proof_of_work.challenge(now=timezone.now())
    right = {"algorithm": "SHA-256", "challenge": given.challenge, "number": 1, "salt": given.salt}
    return encoded(json.dumps({**right, "signature": given.signature, **changed}))


@pytest.mark.parametrize(
    "given",
    [
        encoded("[" * 1_490),
        encoded("[" * 740 + "]" * 740),
        encoded('{"a":' * 290),
        of_a_challenge(challenge="\ud800"),
        of_a_challenge(salt="\udfff?expires=99999999999"),
        of_a_challenge(signature="é"),
        of_a_challenge(number=10**1_000),
        of_a_challenge(number=-1),
        of_a_challenge(number=1e308),
        encoded('{"number": 1e999}'),
        encoded('{"number": ' + "9" * 1_400 + "}"),
        "[" * 5_000,
        "\ud800",
    ],
)
def test_proofs_of_nested_brackets_and_of_lone_surrogates(given: str, newsroom: Newsroom, now: datetime) -> None:
    """They are no proof, and whoever sent one is served like anybody without."""
    sent = [given.encode(errors="surrogatepass")]  # bytes alone would be taken for many values
    for path in ("/join/morning/", "/leave/"):
        assert Client().post(path, {"email": "ana@example.org", "proof": sent}).status_code == 302
    assert not proof_of_work.accept(given, now=now)


@pytest.mark.parametrize(
    "given",
    [
        "[" * 4_000,
        '{"a":' * 1_000,
        '{"text": "\\ud800", "title": "\\udfff"}',
        '[{"text": "\\ud800", "why": "page", "html": "", "after": ""}]',
        '[{"text": "\\u0000", "why": "page", "html": "\\udc00", "after": ""}]',
        "9" * 5_000,
        "[1e999]",
    ],
)
def test_what_pages_carry_along_of_nested_brackets_and_lone_surrogates(
    given: str, newsroom: Newsroom, chief: Client
) -> None:
    """Whoever changed it is served as if it were not there."""
    issue, article = newsroom.issue, newsroom.articles[0]
    words = {"title": "Light", "body": "Words of an editor.", "language": "en", "subject": "Ships"}
    sent = dict.fromkeys(("seen", "kept_out", "shown", "saw", "version"), given)
    for path in (f"/articles/{article.pk}/", "/articles/new/", f"/issues/{issue.pk}/", f"/issues/{issue.pk}/approve/"):
        assert chief.post(path, {**words, "how": "text", **sent}).status_code in {302, 422}, path
        assert chief.get(path).status_code == 200


@pytest.mark.parametrize("typed", ["\ud800@example.org", "a@\udfff.example", "\udcff", "a\x00@example.org"])
def test_lone_surrogates_in_addresses(typed: str, newsroom: Newsroom, chief: Client) -> None:
    sent = [typed.encode(errors="surrogatepass")]
    assert refused(Client().post("/join/morning/", {"email": sent})) == {"email"}
    letter = List.objects.get()
    assert "address" in refused(chief.post(f"/lists/{letter.pk}/add/", {"address": sent, "basis": "x"}))
    for name in ("account_request_login_code", "account_reset_password"):
        assert Client().post(reverse(name), {"email": sent}).status_code in {200, 302}


def test_words_of_a_command_that_are_no_text(installed: Path, run: Run) -> None:
    for words in (("lists", "show", "\udcff"), ("limits", "remove", "server:\udcff"), ("staff", "link", "\udcff")):
        done = run(*words)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "not text in UTF-8" in done.err


def test_limit_names_of_seventy_thousand_characters_on_the_command_line(installed: Path, run: Run) -> None:
    for name in ("server:" + "a" * 70_000, "sender:" + "a" * 70_000):
        done = run("limits", "set", name, "--per-day", "5")
        assert done.code == 1
        assert "Traceback" not in done.err
