"""A name may say that somebody left; and of several addresses of a person the first good one is used."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.subscribers.imports.test_elsewhere import GONE, STAYS, bring

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Bo (abgemeldet)", True),
        ("Bo [unsubscribed]", True),
        ("Bo (désabonné le 3 mai 2023)", True),
        ("Cy – UNSUBSCRIBED", True),
        ("Cy | opted out", True),
        ("UNSUBSCRIBED", True),
        ("ZZ_DO NOT MAIL Di", False),
        ("Di -- do not contact", True),
        ("Bo (wants no more mail, take me off)", False),
        ("Ed (inactive)", False),
        ("Ed (pending)", False),
        ("Ed (nicht mehr)", False),
        ("Ed (raus)", False),
        ("Fi †", False),
        ("Gil unsubscribed", False),
    ],
)
def test_a_name_that_says_that_its_person_left_is_read(name: str, left: bool, tmp_path: Path, now: datetime) -> None:
    done = bring(f'email,Name\n{STAYS},Ada\n{GONE},"{name}"\n', tmp_path, now)
    assert (done.joined, set(done.reported), done.report.left) == ({STAYS}, {GONE}, int(left))


@pytest.mark.parametrize(
    "name",
    [
        "Maria Held",
        "Held",
        "Clean, Joe",
        "Left Bank Books",
        "Greg LeMond",
        "Ana Batalla",
        "Ada (Ada Quill & Co)",
        "Anna-Lena Sperr",
        "Smith - Jones",
        "Jean-Luc (Paris)",
        "Dr. med. Ausgut: Praxis",
        "Quill | Daily",
        "J. Abmelder",
    ],
)
def test_a_name_is_no_leaving_by_coincidence(name: str, tmp_path: Path, now: datetime) -> None:
    done = bring(f'email,Name\n{STAYS},Ada\n{GONE},"{name}"\n', tmp_path, now)
    assert done.joined == {STAYS, GONE}


def test_parts_of_names_are_read_too(tmp_path: Path, now: datetime) -> None:
    text = f"email,First name,Last name\n{STAYS},Ada,Quill\n{GONE},Bo,Oar (unsubscribed)\n"
    assert bring(text, tmp_path, now).joined == {STAYS}


def test_a_name_that_is_not_used_is_read_all_the_same(tmp_path: Path, now: datetime) -> None:
    text = f"email,Name,First name,Last name\n{STAYS},Ada Quill,Ada,Quill\n{GONE},Bo Oar,Bo,Oar (unsubscribed)\n"
    assert bring(text, tmp_path, now).joined == {STAYS}


def test_the_first_address_that_can_be_used_is_used(tmp_path: Path, now: datetime) -> None:
    text = f"Email,Email 2,Email 3,Name\nbad-at,{STAYS},third@reader.example,Ann\n{GONE},,,Bo\n"
    done = bring(text, tmp_path, now)
    assert done.joined == {STAYS, GONE}
    assert set(done.reported) == {"bad-at", "third@reader.example"}
    assert "At most one" not in done.reported["bad-at"]
    assert done.report.rows == 4


def test_who_left_is_not_brought_in_by_a_second_address(tmp_path: Path, now: datetime) -> None:
    text = f"Email,Email 2,unsubscribed\nbad-at,{GONE},yes\n{STAYS},,no\n"
    done = bring(text, tmp_path, now)
    assert (done.joined, set(done.reported)) == ({STAYS}, {"bad-at", GONE})


def test_nobody_is_taken_from_a_line_whose_words_are_not_understood(tmp_path: Path, now: datetime) -> None:
    text = f"Abgemeldet: {GONE}, gone2@reader.example\nAktiv: {STAYS}\n"
    assert not bring(text, tmp_path, now).joined


def test_sparkpost_suppressions_are_no_subscribers(tmp_path: Path, now: datetime) -> None:
    text = f"recipient,transactional,non_transactional,source\n{GONE},false,true,Bounce Rule\n{STAYS},true,false,x\n"
    assert GONE not in bring(text, tmp_path, now).joined
