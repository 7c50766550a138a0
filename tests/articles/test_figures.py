# ruff: noqa: E501 a page of the web as it comes
"""Captions and credits of a page's pictures stay with them."""

import pytest

from newsletter.articles import extract, figures

WORDS = "The crane in the harbour will be painted by the people who live beside it, says the council. "
PAGE = f"""<html><head><title>The crane</title><meta property="og:image" content="/p/lead.jpg"></head><body><nav>Menu</nav>
<article><h1>The crane</h1><p>{WORDS}It is old.</p><p>{WORDS}It is high.</p>
<figure><img src="b.jpg" alt="b"><figcaption>The new paint &amp; the old. <b>Photo:</b> J. Ode</figcaption></figure>
<p>{WORDS}It is red.</p><figure><img src="/p/lead.jpg" alt="a"><figcaption>Seen from the pier (Photo: Ada Quill)</figcaption></figure>
<p>{WORDS}It is blue.</p></article><footer>Imprint</footer></body></html>"""


def test_a_page_by_address_keeps_the_words_below_its_pictures() -> None:
    draft = extract.html(PAGE, name="x", url="https://news.example/a/crane")
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
