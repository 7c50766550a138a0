"""What programs write where there is nothing is read as nothing: nobody is shut out by a date that is none."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from subscribers.models import LeftElsewhere
from tests.subscribers.imports.test_elsewhere import GONE, STAYS, bring

pytestmark = pytest.mark.django_db

EMPTY = [
    "30.12.1899",
    "1899-12-30 00:00:00",
    "01/01/1900",
    "1900-01-00",
    "1/0/1900",
    "0000-00-00 00:00:00",
    "00.00.0000",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00+00:00",
    "1970-01-01T00:00:00.000Z",
    "0001-01-01 00:00:00 +0000 UTC",
    "1/1/0001 12:00:00 AM",
    "۱۳۴۸/۱۰/۱۱",
    "1904-01-01",
    "1970-01-01 03:30:00",
    "1970-01-01 00:00:00 UTC",
    "1/1/1970",
    "01.01.1970 01:00",
    "1/1/1970 12:00:00 AM",
    "Thu Jan 01 1970",
    "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
    "1969-12-31 19:00:00",
    "31.12.9999",
    "9999-12-31 23:59:59",
    "NaT",
    "NaN",
    "<NA>",
    "#NV",
    "#N/A",
    "(blank)",
    "[]",
    "{}",
    "no date",
    "0.0",
    "0,00",
]


@pytest.mark.parametrize("nothing", EMPTY)
def test_a_sign_of_nothing_below_a_leaving_shuts_nobody_out(nothing: str, tmp_path: Path, now: datetime) -> None:
    cell = f'"{nothing}"'
    text = f"email,unsubscribed_at\n{STAYS},{cell}\n{GONE},2023-05-06 10:00:00\nmore@reader.example,{cell}\n"
    done = bring(text, tmp_path, now)
    assert done.joined == {STAYS, "more@reader.example"}
    assert set(done.reported) == {GONE}
    assert LeftElsewhere.objects.count() == 1


@pytest.mark.parametrize("left", ["1.0", "1970-02-01", "1971-01-01", "2000-01-01", "01/01/2001", "31.12.1999"])
def test_what_only_resembles_one_is_none(left: str, tmp_path: Path, now: datetime) -> None:
    done = bring(f"email,unsubscribed\n{STAYS},\n{GONE},{left}\n", tmp_path, now)
    assert (done.joined, set(done.reported)) == ({STAYS}, {GONE})


@pytest.mark.parametrize(
    ("no", "yes"),
    [
        ("ЛОЖЬ", "ИСТИНА"),
        ("خطأ", "صحيح"),
        ("نادرست", "درست"),
        ("FAŁSZ", "PRAWDA"),
        ("HAMIS", "IGAZ"),
        ("ONWAAR", "WAAR"),
        ("FALSKT", "SANT"),
        ("USANN", "SANN"),
        ("NEPRAVDA", "PRAVDA"),
        ("EPÄTOSI", "TOSI"),
        ("YANLIŞ", "DOĞRU"),
        ("FALSO", "VERDADEIRO"),
        ("FALS", "ADEVĂRAT"),
        ("ΨΕΥΔΕΣ", "ΑΛΗΘΕΣ"),
        ("0.0", "1.0"),
    ],
)
def test_yes_and_no_of_spreadsheets_are_understood(no: str, yes: str, tmp_path: Path, now: datetime) -> None:
    left = bring(f"email,unsubscribed\n{STAYS},{no}\n{GONE},{yes}\n", tmp_path, now)
    assert (left.joined, set(left.reported)) == ({STAYS}, {GONE})
    stays = bring(f"email,active\n{STAYS},{yes}\n{GONE},{no}\n", tmp_path, now)
    assert (stays.joined, set(stays.reported)) == ({STAYS}, {GONE})


@pytest.mark.parametrize("word", ["not unsubscribed", "still subscribed", "-1", "-1.0", "-2208988800", "no bounce"])
def test_another_word_is_asked_about(word: str, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.Unclear, match="unsubscribed_at"):
        bring(f"email,unsubscribed_at\n{STAYS},{word}\n{GONE},2023-05-06 10:00:00\n", tmp_path, now)
    assert not LeftElsewhere.objects.exists()


def test_one_date_that_nearly_all_have_is_asked_about(tmp_path: Path, now: datetime) -> None:
    text = f"email,unsubscribed_at\n{STAYS},1980-01-01\nmore@reader.example,1980-01-01\n{GONE},2023-05-06\n"
    with pytest.raises(api.Unclear, match="unsubscribed_at"):
        bring(text, tmp_path, now)
    done = bring(text, tmp_path, now, unsubscribed_at="left")
    assert not done.joined


def test_codes_and_repeated_titles_still_say_who_left(tmp_path: Path, now: datetime) -> None:
    codes = bring(f"address,nomail\n{STAYS},off\n{GONE},on [U]\n", tmp_path, now)
    title = bring(f"Email,On Hold\n{STAYS},\n{GONE},On Hold Bounce\n", tmp_path, now)
    assert codes.joined == title.joined == {STAYS}
