"""A text that no mail could hold is refused or shortened where it comes in, and bounded where it is used."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter import errors
from newsletter.articles import adding, decisions, drafts, editing, models
from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.pictures import media_keys
from newsletter.articles.reading import draft_cleaning, pasting, sanitise
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.articles.text import bounds, excerpts, lengths
from tests.articles.conftest import Site
from tests.articles.test_adding import rss

pytestmark = pytest.mark.django_db

SENTENCE = "The council closed the pier on Tuesday, after the harbour master had found rot in eleven of its piles. "
LONG = f"<p>{SENTENCE * 2_500}</p>"
MANY = "<p>ab</p>" * 6_000


@pytest.mark.parametrize(
    ("html", "characters", "beginning"),
    [
        ("<p>One</p><p>Two</p>", 20, "<p>One</p><p>Two</p>"),
        ("<p>One</p><p>Two</p>", 19, "<p>One</p><p>Two"),
        ("<p>One</p><p>Two</p>", 11, "<p>One</p>"),
        ('<p><a href="x">One</a></p>', 10, "<p>"),
        ("<p>A &amp; B</p>", 8, "<p>A "),
        ("<p>A &amp; B</p>", 10, "<p>A &amp;"),
    ],
)
def test_no_tag_or_reference_is_torn(html: str, characters: int, beginning: str) -> None:
    assert bounds.beginning(html, characters=characters) == beginning


def test_elements_count_as_well() -> None:
    assert bounds.beginning(MANY).count("<p>") == bounds.MOST_ELEMENTS
    assert not bounds.is_too_long("<p>ab</p>" * bounds.MOST_ELEMENTS)


@pytest.mark.parametrize("text", [LONG, MANY])
def test_what_a_person_wrote_is_refused_with_its_limits_and_nothing_is_lost(
    text: str, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_text(f"<h1>Pier</h1><p>{SENTENCE}</p>{text}")
    for write in (
        lambda: editing.create(title="Pier", body_markdown=text, url="https://news.example.org/a", now=now),
        lambda: adding.add(str(tmp_path / "a.html"), now=now),
    ):
        with pytest.raises(drafts.UnusableArticle, match=r"“Pier” is too long.*200,000.*5,000.*Nothing was saved"):
            write()
    assert not models.Article.objects.exists()


def test_what_was_found_is_shortened_and_says_so(allowed: Site, now: datetime) -> None:
    entry = (
        f"<item><title>Pier</title><link>{allowed.url}/pier</link><description><![CDATA[{LONG}]]></description></item>"
    )
    [added] = adding.add(allowed.put("/feed", rss(entry), "application/rss+xml"), now=now)
    assert len(added.article.body) <= bounds.MOST_CHARACTERS
    assert sanitise.clean(added.article.body) == added.article.body
    assert [note for note in added.notes if "Only the beginning" in note] == [*added.notes]
    editing.update(added.article, body_markdown=added.article.body.replace("piles", "posts", 1), now=now)


@pytest.mark.parametrize("tag", ["b", "blockquote", "p><a href='https://a.example/'", "figure", "ul><li"])
def test_what_is_shortened_fits_with_its_ends(tag: str) -> None:
    body = sanitise.clean(f"<{tag}>" * 40 + SENTENCE * 3_000)
    draft = drafts.Draft(title="Pier", body=body)
    found = draft_cleaning.cleaned(draft, images_base_url="", if_too_long=draft_cleaning.IfTooLong.SHORTENED)
    assert not bounds.is_too_long(found.body)
    assert len(found.body) > bounds.MOST_CHARACTERS - 2_000
    assert sanitise.clean(found.body) == found.body


def test_a_short_address_that_becomes_a_longer_one_a_thousand_times_is_measured_as_it_is_stored() -> None:
    body = f"<p>{SENTENCE}</p>" + '<img src="http://a.example/1.png">' * 2_000
    ours = {"http://a.example/1.png": media_keys.Within(file=f"ab/{'0' * 64}.png", width=640, height=480)}

    def made(if_too_long: draft_cleaning.IfTooLong) -> draft_cleaning.Finished:
        return draft_cleaning.finished(
            body,
            ours,
            title="Pier",
            standfirst="",
            url="",
            given_language="en",
            language_hint="",
            if_too_long=if_too_long,
        )

    with pytest.raises(drafts.UnusableArticle, match="too long"):
        made(draft_cleaning.IfTooLong.REFUSED)
    assert not bounds.is_too_long(made(draft_cleaning.IfTooLong.SHORTENED).body)
    assert made(draft_cleaning.IfTooLong.SHORTENED).notes


def test_what_is_put_back_or_described_fits_as_well(now: datetime) -> None:
    made = editing.create(title="Pier", body_markdown="Shut.", now=now)
    pieces = [LeftOut(text=f"x{n}", html=f"<p>{n} {SENTENCE * 1_200}</p>", why=Why.PAGE) for n in range(3)]
    made.left_out = left_out.to_json(pieces, pictures=[])
    made.save()
    made = decisions.put_back(made, number=0)
    with pytest.raises(errors.InvalidInput, match=r"too long for a newsletter with these words. Nothing was changed"):
        decisions.put_back(made, number=1)
    made.refresh_from_db()
    assert [one.back for one in left_out.from_json(made.left_out)] == [True, False, False]
    file = f"ab/{'0' * 64}.png"
    image = f'<img src="media:{file}" alt="" width="640" height="480">'
    before = f"<p>{image}{'x' * (bounds.MOST_CHARACTERS - len(image) - 100)}</p>"
    models.Article.objects.filter(pk=made.pk).update(body=before)
    made.refresh_from_db()
    with pytest.raises(errors.InvalidInput, match="with these descriptions"):
        editing.describe(made, alts={file: "The pier " * 50})
    editing.describe(made, alts={file: "The pier"})
    made.refresh_from_db()
    assert 'alt="The pier"' in made.body


def test_pieces_that_are_stored_stay_and_new_ones_beyond_the_bound_are_said(now: datetime) -> None:
    made = editing.create(title="Pier", body_markdown="Shut.", now=now)
    for many in (left_out.MOST + 10, left_out.MOST):
        pieces = [LeftOut(text=f"note {n}", html=f"<p>note {n}</p>", why=Why.PAGE) for n in range(many)]
        made.left_out = left_out.to_json(pieces, pictures=[])
        made.save()
        notes: list[str] = []
        made = editing.update(made, title=f"Pier {many}", now=now, tell=notes.append)
        assert left_out.from_json(made.left_out) == pieces
        assert not notes
    editing.update(made, body_markdown="Shut.\n\n%%ask again%%", now=now, tell=notes.append)
    assert any("1 of the pieces that were left out is not kept" in note for note in notes)


def test_what_was_stored_before_keeps_its_text_when_something_else_is_changed(now: datetime) -> None:
    made = editing.create(title="Pier", body_markdown="Shut.", now=now)
    models.Article.objects.filter(pk=made.pk).update(body=LONG)
    made.refresh_from_db()
    changed = editing.update(made, title="The pier", now=now)
    assert (changed.title, changed.body) == ("The pier", sanitise.clean(LONG))
    with pytest.raises(drafts.UnusableArticle, match="too long"):
        editing.update(made, body_markdown=f"{LONG}<p>More.</p>", now=now)


def test_an_excerpt_looks_at_the_beginning_alone() -> None:
    assert excerpts.of("<h2>A</h2>" * 3_000 + f"<p>{SENTENCE}</p>", language="en").text == ""
    found = excerpts.of(f"<p>{SENTENCE}</p>" + "<h2>A</h2>" * 3_000, language="en")
    assert (found.text, found.whole) == (SENTENCE.strip(), False)
    assert excerpts.of(LONG, language="en").text.startswith("The council")


def test_thousands_of_pieces_are_made_safe_where_texts_are_read_and_some_are_kept(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*given: object, **named: object) -> Any:
        raise AssertionError("in the process that answers pages")

    monkeypatch.setattr(sanitise, "clean", here)
    notes: list[str] = []
    text = f"{SENTENCE}\n\n" + "".join(f"%%<b>note</b> {number}%%\n\n" for number in range(2_000))
    made = editing.create(title="Pier", body_markdown=text, now=now, tell=lambda note: notes.append(str(note)))
    assert len(made.left_out) == left_out.MOST
    assert any("1500 of the pieces" in note for note in notes)


def test_pieces_have_a_size_together() -> None:
    pieces = [LeftOut(text="x", html=f"<p>{SENTENCE * 1_500}</p>", why=Why.PAGE)] * 5
    kept = left_out.kept(pieces)
    assert 0 < len(kept) < 5
    assert sum(piece.size for piece in kept) <= 2 * bounds.MOST_CHARACTERS
    large = LeftOut(text="x", html=f"<p>{SENTENCE * 4_500}</p>", why=Why.PAGE)
    assert [piece.text for piece in left_out.kept([large, LeftOut(text="small", why=Why.PAGE)])] == ["small"]


def test_what_is_pasted_says_what_was_too_much_to_be_kept() -> None:
    pasted = pasting.read(f"<p>{SENTENCE}</p>" + "<p hidden>old</p><p>new</p>" * (left_out.MOST + 5))
    assert len(pasted.left_out) == left_out.MOST
    assert any("5 of the pieces" in note for note in pasted.notes)


def test_a_piece_is_looked_for_in_words_that_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [f"<p>Part {number}.</p>" for number in range(400)]
    piece = LeftOut(text="x", html="\n".join(parts[200:]), why=Why.PAGE, back=True)
    read: list[str] = []
    text_of = sanitise.text_of

    def counted(html: str) -> str:
        read.append(html)
        return text_of(html)

    monkeypatch.setattr(sanitise, "text_of", counted)
    assert left_out.take_out("\n".join(parts), [piece], 0) is not None
    assert len(read) == 600


@pytest.mark.parametrize("tag", ["blockquote", "ul><li", "em", "table><tr><td", "p><b", "dl><dd", "figure"])
@pytest.mark.parametrize("depth", [60, 260])
def test_nesting_is_flattened_and_no_word_is_lost(tag: str, depth: int) -> None:
    html = "".join(f"<{tag}>word{number} " for number in range(depth))
    cleaned = sanitise.clean(f"<p>Above</p>{html}<p>Below</p>")
    assert _depth(cleaned) <= 50
    assert lengths.words(sanitise.text_of(cleaned)) == depth + 2
    assert sanitise.clean(cleaned) == cleaned


def _depth(html: str) -> int:
    deepest = depth = 0
    for tag in sanitise._CLEAN_TAG.finditer(html):
        depth += 0 if tag[2] in {"br", "hr", "img"} else -1 if tag[1] else 1
        deepest = max(deepest, depth)
    assert depth == 0
    return deepest
