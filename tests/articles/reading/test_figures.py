# ruff: noqa: E501 a page of the web as it comes
"""Captions and credits of a page's pictures stay with them."""

import pytest

from newsletter.articles.reading import extract
from newsletter.articles.reading.pages import figures, page_extraction

WORDS = "The crane in the harbour will be painted by the people who live beside it, says the council. "
PAGE = f"""<html><head><title>The crane</title><meta property="og:image" content="/p/lead.jpg"></head><body><nav>Menu</nav>
<article><h1>The crane</h1><p>{WORDS}It is old.</p><p>{WORDS}It is high.</p>
<figure><img src="b.jpg" alt="b"><figcaption>The new paint &amp; the old. <b>Photo:</b> J. Ode</figcaption></figure>
<p>{WORDS}It is red.</p><figure><img src="/p/lead.jpg" alt="a"><figcaption>Seen from the pier (Photo: Ada Quill)</figcaption></figure>
<p>{WORDS}It is blue.</p></article><footer>Imprint</footer></body></html>"""


def test_a_page_by_address_keeps_the_words_below_its_pictures() -> None:
    draft = page_extraction.html(PAGE, name="x", url="https://news.example/a/crane")
    assert "<figcaption>The new paint &amp; the old. Photo: J. Ode</figcaption></figure>" in draft.body
    assert draft.image_credit == "Ada Quill"


def test_a_caption_that_the_text_has_already_is_not_said_twice() -> None:
    body = '<p><img src="https://news.example/a.jpg" alt=""></p><p>The paint.</p>'
    assert (
        figures.with_captions(body, {"https://news.example/a.jpg": "The paint."}, url="https://news.example/") == body
    )


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("The crane. Photo: J. Ode", "J. Ode"),
        ("The crane (Foto: Ada Quill/Harbour Agency)", "Ada Quill/Harbour Agency"),
        ("The crane | Credit: Ada Quill.", "Ada Quill"),
        ("© Ada Quill", "Ada Quill"),
        ("Photo by: Ada Quill", "Ada Quill"),
        ("The photo shows a crane", ""),
        ("عکس: آدا", "آدا"),
        ("", ""),
    ],
)
def test_who_took_it_is_read_where_the_caption_says_so(caption: str, credit: str) -> None:
    assert figures.credit_of(caption) == credit


UMLAUTS = PAGE.replace("The new paint &amp; the old", "Élodie malt die Türme").replace("Ada Quill", "Jörg Müller")


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (UMLAUTS.encode(), "utf-8"),  # which only the server says
        (UMLAUTS.encode(), ""),
        (UMLAUTS.encode("cp1252"), "windows-1252"),
        (UMLAUTS.replace("<head>", '<head><meta charset="windows-1252">').encode("cp1252"), ""),
    ],
)
def test_captions_and_credits_are_read_in_the_pages_own_encoding(data: bytes, charset: str) -> None:
    draft = extract.page(data, url="https://news.example/a/crane", charset=charset)
    assert "<figcaption>Élodie malt die Türme. Photo: J. Ode</figcaption></figure>" in draft.body
    assert draft.image_credit == "Jörg Müller"
    assert "Ã" not in draft.body + draft.image_credit


def test_a_caption_that_a_file_kept_is_not_said_again_in_other_letters() -> None:
    story = UMLAUTS.replace("<nav>Menu</nav>", "").replace("<footer>Imprint</footer>", "")
    draft = extract.file(story.encode(), name="crane.html")
    assert draft.body.count("<figcaption>") == 2
    assert "Ã" not in draft.body


@pytest.mark.parametrize("bad", ["http://[cdn/a.jpg", "//[cdn/a.jpg", "https://[::1", "http://a]b/c.jpg"])
def test_a_picture_address_that_is_none_costs_that_picture_alone(bad: str) -> None:
    page = PAGE.replace("<article>", f'<article><figure><img src="{bad}"><figcaption>Gone</figcaption></figure>')
    for url in ("https://news.example/a/crane", ""):
        draft = page_extraction.html(page, name="x", url=url)
        assert "The new paint" in draft.body
    assert figures.with_captions(f'<p><img src="{bad}"></p>', {"x": "y"}, url="https://news.example/") == (
        f'<p><img src="{bad}"></p>'
    )
