"""A line that names a story which was taken out is noticed, and no other."""

from dataclasses import replace

import pytest

from newsletter.rendering import removed_stories
from tests.rendering import editions

GONE = "A bakery that mends umbrellas"


def found(line: str, text: str, *gone: str) -> list[str]:
    changes = {"subject": "", "preheader": "", "introduction": "", line: text}
    edition = replace(editions.ENGLISH, taken_out=gone or (GONE,), **changes)  # type: ignore[arg-type]
    return [str(finding.text) for finding in removed_stories.taken_out(edition)]


@pytest.mark.parametrize(
    "text",
    [
        GONE,
        "Today: a bakery that mends umbrellas, and the weather",
        "The ferry · A bakery that\u2028mends umbrellas",
        "The ferry is back in the harbour · A bakery that me…",
        "Why the bakery now mends your umbrellas",
        "Mends umbrellas: the bakery",
    ],
)
@pytest.mark.parametrize("line", ["subject", "preheader"])
def test_it_is_named_whole_cut_off_or_by_its_telling_words(line: str, text: str) -> None:
    (said,) = found(line, text)
    assert f"“{GONE}”" in said


@pytest.mark.parametrize("text", ["The ferry is back", "", "Bakery hours", "The weather, and more…", "A …", "…"])
def test_other_words_are_no_story_that_is_gone(text: str) -> None:
    assert found("preheader", text) == []


def test_an_introduction_names_it_only_whole() -> None:
    assert found("introduction", "The bakery mends so much, and umbrellas rust.") == []
    assert len(found("introduction", f"Do read “{GONE}”.")) == 1


def test_a_short_headline_inside_another_word_is_not_named() -> None:
    assert found("subject", "Foggy days", "Fog") == []
    assert len(found("subject", "Fog, and more", "Fog")) == 1


def test_scripts_without_blanks_are_read_too() -> None:
    assert len(found("preheader", "今日の話題渡し船が戻ってきたほか", "渡し船が戻ってきた")) == 1
    assert len(found("preheader", "امروز: سی درخت انار، و خبرهای دیگر", "سی درخت انار")) == 1


def test_a_headline_that_is_back_is_not_gone() -> None:
    title = editions.ENGLISH.stories[0].title
    assert found("preheader", title, title) == []
