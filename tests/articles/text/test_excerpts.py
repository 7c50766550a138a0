# ruff: noqa: E501
"""The first sentences of a story, whatever it is written in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.articles.text import excerpts, lengths, sentences

FIRST = "The council closed the pier on Tuesday, after the harbour master had found rot in eleven of its ninety piles."
SECOND = "Nobody was hurt, and the café at its foot stays open until the work begins in March."
THIRD = "It will cost more than a million, of which the county pays half and the town must find the rest by summer."


def of(*blocks: str, language: str = "en", **given: str) -> str:
    return excerpts.of("".join(blocks), language=language, **given).text


def p(text: str) -> str:
    return f"<p>{text}</p>"


def test_it_ends_where_a_sentence_ends_after_about_sixty_words() -> None:
    text = of(p(FIRST), p(SECOND), p(THIRD), p(FIRST), p(SECOND))
    assert text == f"{FIRST} {SECOND} {THIRD}"
    assert 40 <= lengths.words(text) <= 75


@pytest.mark.parametrize(
    "furniture",
    [
        p("By Ada Example"),
        p("By Ada Example and Jo Sample."),
        p("Von Ada Beispiel, Berlin"),
        p("Ada Example, harbour correspondent"),
        p("24 November 2026"),
        p("Updated: 24 Nov. 2026, 9.15 a.m."),
        p("Reading time: 4 minutes."),
        "<h2>The pier is closed.</h2>",
        p("<strong>The pier is closed.</strong>"),
        p("The pier, at a glance"),
        "<figure><img src='media:x' alt='x'><figcaption>The pier at dusk, seen from the north.</figcaption></figure>",
        p("<img src='media:x' alt='x'>") + p("<em>The pier at dusk, seen from the north quay.</em>"),
        p("<img src='media:x' alt='x'>The pier at dusk."),
        p("The pier at dusk. Photo: Jo Sample."),
        p("© Jo Sample. All rights reserved."),
        p("In this story:") + "<ul><li>Why the pier was closed.</li><li>What comes next.</li></ul>",
        p("The headline of it all."),
    ],
)
def test_captions_bylines_headings_and_labels_are_no_part_of_it(furniture: str) -> None:
    text = of(furniture, p(FIRST), p(SECOND), title="The headline of it all", byline="Ada Example")
    assert text == f"{FIRST} {SECOND}"


@pytest.mark.parametrize(
    "opening",
    [
        "By Friday the pier was closed.",
        "Photos of the pier went round the world.",
        "Von Anfang an war klar: Der Pier muss weg.",
    ],
)
def test_a_sentence_that_begins_like_a_byline_is_a_sentence(opening: str) -> None:
    assert of(p(opening), p(SECOND)) == f"{opening} {SECOND}"


def test_a_listicle_is_told_by_its_first_items_and_a_poem_by_its_lines() -> None:
    assert of("<ul><li>Tea with the mayor on Friday.</li><li>No ferry on Sunday.</li></ul>") == (
        "Tea with the mayor on Friday. No ferry on Sunday."
    )
    assert of(p("The tide goes out<br>the tide comes in")) == "The tide goes out the tide comes in"
    assert of("<p><img src='media:x' alt='x'></p>") == ""


def test_it_says_whether_it_is_all_there_is() -> None:
    assert excerpts.of(p(SECOND), language="en").whole
    assert not excerpts.of(p(SECOND) + "<h2>And then</h2>" + p(THIRD) * 3, language="en").whole


def test_marks_of_footnotes_and_what_was_struck_out_are_left_out() -> None:
    assert of(p("The pier<sup>1</sup> is <del>open</del> closed for the whole winter now.")) == (
        "The pier is closed for the whole winter now."
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", ["Dr. Ames spoke at 5 p.m. on Tuesday.", "“We will not wait. Not a day,” she said.", "It (so she said. Twice.) is shut."]),
        ("en", ["The U.S. Coast Guard came.", "No. 7 is late!", "Is it?"]),
        ("de", ["Das gilt z. B. für Dr. Müller.", "Am 3. Oktober kam sie, d. h. zu spät.", "„Wir warten nicht. Niemals“, sagte sie."]),
        ("fr", ["M. Dupont est venu.", "« Nous n’attendons pas. Jamais », dit-il.", "Qui ?"]),
        ("fa", ["شهردار گفت که اسکله بسته است.", "آیا این درست است؟", "«ما صبر نمی‌کنیم. هرگز» او گفت."]),
        ("ar", ["قال د. أحمد ذلك.", "هل هذا صحيح؟", "نعم."]),
        ("hi", ["यह सच है।", "क्या यह सच है?"]),
        ("ru", ["Это стоит 5 тыс. руб. в год.", "Г. Иванов ушёл."]),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_would_end_them(language: str, text: list[str]) -> None:
    assert sentences.split(" ".join(text), language=language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", ["市長は「売らない。絶対に。」と言った。", "本当ですか？", "はい！"]),
        ("zh", ["码头周二关闭了。", "“我们不等。”", "她说。", "（一天也不。）完。"]),
    ],
)
def test_where_no_space_stands_between_them_none_is_put_there(language: str, text: list[str]) -> None:
    assert "".join(sentences.split("".join(text), language=language)) == "".join(text)
    assert sentences.split("".join(text), language=language)[0] == text[0]
    assert sentences.joined(text) == "".join(text)


def test_a_chinese_story_is_cut_at_a_full_stop() -> None:
    text = of(p("码头的木桩已经腐烂，所以市议会在星期二决定关闭它。" * 20), language="zh")
    assert text.endswith("。")
    assert 40 <= lengths.words(text) <= 75


def test_a_thai_story_without_full_stops_is_cut_between_words() -> None:
    text = of(p("ท่าเรือปิดแล้ว " * 80), language="th")
    assert text.endswith("…")
    assert 20 <= lengths.words(text) <= 75


def test_a_sentence_without_end_is_cut_at_a_comma() -> None:
    text = of(p("and the tide came in, " * 60))
    assert text.endswith("came in…")
    assert lengths.words(text) <= 60


@pytest.mark.parametrize("text", ["“" * 100_000 + ".", "Word (and. " * 50_000, "a" * 1_000_000, "z. B. " * 50_000])
def test_a_paragraph_without_end_is_no_trap(text: str) -> None:
    assert len(of(p(text))) <= 4_001


@given(st.lists(st.text(max_size=40), max_size=8), st.sampled_from(["en", "de", "fa", "zh", "xx", ""]))
@settings(max_examples=200)
def test_any_text_has_an_excerpt_of_its_own_letters(pieces: list[str], language: str) -> None:
    body = "".join(p(piece.replace("<", "").replace("&", "")) for piece in pieces)
    text = excerpts.of(body, language=language).text
    assert set(text) <= set("".join(pieces)) | {" ", "…"}
    assert "\n" not in text
