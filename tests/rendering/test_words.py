"""Words, days, digits and colours of a mail."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering import colours, dates, mail_texts

THURSDAY = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "Thursday, 26 November 2026"),
        ("en-US", "Thursday, November 26, 2026"),
        ("fa", "پنج‌شنبه ۵ آذر ۱۴۰۵"),
        ("fa-IR", "پنج‌شنبه ۵ آذر ۱۴۰۵"),
        ("de", "Donnerstag, 26. November 2026"),
        ("fr", "jeudi 26 novembre 2026"),
        ("he", "יום חמישי, 26 בנובמבר 2026"),
        ("zz", "Thursday, November 26, 2026"),
        ("", "Thursday, November 26, 2026"),
    ],
)
def test_a_day_is_written_as_its_language_does(language: str, day: str) -> None:
    """H4"""
    assert dates.day(THURSDAY, language=language) == day


def test_the_day_is_that_of_the_publications_zone() -> None:
    late = datetime(2026, 11, 26, 22, 0, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tehran"))
    assert dates.day(late, language="fa") == "جمعه ۶ آذر ۱۴۰۵"


def test_every_language_says_all_its_words() -> None:
    for language in ("en", "fa", "ar", "he", "de", "fr", "es"):
        say = mail_texts.of(language)
        assert "{number}" in say.issue
        assert "{name}" in say.by
        assert "{credit}" in say.photo
        assert all(vars(say).values())
    assert mail_texts.of("xx") == mail_texts.of("en") == mail_texts.of("en-GB")


def test_a_byline_says_by_once() -> None:
    assert mail_texts.byline("Ada Example", language="en") == "By Ada Example"
    assert mail_texts.byline("by Ada Example", language="en") == "by Ada Example"
    assert mail_texts.byline("", language="en") == ""


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_accent_is_readable_in_light_dark_and_forced_dark(colour: str) -> None:
    """H5"""
    accent = colours.accent(colour)
    for ground in ("#ffffff", colours.PAPER):
        assert colours.contrast(accent.light, ground) >= 4.5
    assert colours.contrast(accent.dark, colours.DARK_PANEL) >= 4.5
    assert colours.contrast(colours.inverted(accent.light), colours.FORCED_PANEL) >= 4.5


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#12345g", "#123456;}", "url(x)"])
def test_what_is_no_colour_never_reaches_the_css(colour: str) -> None:
    assert colours.accent(colour) == colours.accent(colours.FALLBACK)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("#1c1a18", "#ffffff"),
        ("#5d5852", "#ffffff"),
        ("#5d5852", "#f4f2ed"),
        ("#4a3a00", "#fdf0c4"),
        ("#ece8e2", "#1b1c1e"),
        ("#b3ada4", "#1b1c1e"),
        ("#b3ada4", "#121314"),
        ("#f6e7b0", "#3a3110"),
    ],
)
def test_the_themes_own_colours_are_readable_also_when_inverted_by_force(ink: str, ground: str) -> None:
    """H5"""
    assert colours.contrast(ink, ground) >= 4.5
    assert colours.contrast(colours.inverted(ink), colours.inverted(ground)) >= 4.5


def test_the_room_is_pure() -> None:
    """Rendering pulls in no Django, not even through another room."""
    code = (
        "import sys; import newsletter.rendering.render, newsletter.rendering.preflight; "
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "typed",
    [
        "Orla Finch",
        "Photo: Orla Finch",
        "photo : Orla Finch",
        "Foto: Orla Finch",
        "Photograph by Orla Finch",
        "Picture: Orla Finch",
        "Bild: Orla Finch",
        "عکس: Orla Finch",
        "الصورة: Orla Finch",
        "צילום: Orla Finch",
    ],
)
def test_a_credit_says_photo_once(typed: str) -> None:
    assert mail_texts.photo(typed, language="en") == "Photo: Orla Finch"
    assert mail_texts.photo(typed, language="fa") == "عکس: Orla Finch"


def test_a_name_that_begins_like_the_word_stays_whole() -> None:
    assert mail_texts.photo("Photo Archive Ember", language="en") == "Photo: Photo Archive Ember"
    assert mail_texts.photo("Photo:", language="en") == ""
