"""Inputs made to be slow: each took minutes, or grew with the square of its size, and is read in a moment."""

import pytest

from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import editable, prolog, typed
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.not_for_readers import left_out

OWN = "<p>The pier is shut, says the harbour master, and will stay so until the spring of next year.</p>"
PLAIN = "Words of a story that has many paragraphs, one after another."
DOCUMENTS = {
    "quoted mails": OWN + "<blockquote type=cite>a</blockquote>" * 7_000,
    "signatures behind spans": f"{OWN}<div>{'<span></span>' * 15_000}</div>{'<i class=moz-signature>a</i>' * 3_000}",
    "signatures behind a long paragraph": f"<p>{PLAIN * 20_000}</p>{'<i class=moz-signature>a</i>' * 3_000}",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document(name: str) -> None:
    found = document_reader.read(DOCUMENTS[name], fragment=True)
    assert {piece.why for piece in found.left_out} == {Why.MAIL}
    assert "blockquote" not in found.html


@pytest.mark.timeout(15)
def test_document_types() -> None:
    assert prolog.end("<!doctype>" * 400_000 + "<p>") == 4_000_000
    assert prolog.end("<!doctype x [<!ENTITY a '>'>]><p>") == 30


@pytest.mark.timeout(15)
def test_a_text_of_many_paragraphs_in_its_field() -> None:
    body = "\n".join([f"<p>{PLAIN}</p>"] * 20_000)
    assert editable.text_of(body) == "\n\n".join([PLAIN] * 20_000)


@pytest.mark.timeout(30)
def test_many_notes_in_a_long_text() -> None:
    present = "\n".join(f"<p>Paragraph {number} of a story.</p>" for number in range(2_000))
    markdown = "\n\n".join(f"Paragraph {number} of a story.\n\n%% note {number} %%" for number in range(2_000))
    found = typed.edited(markdown, present=present)
    assert len(found.left_out) == 2_000
    assert "note" not in found.body
    pieces = [LeftOut(text=f"note {number}", why=Why.REMARK, html=f"<p>note {number}</p>") for number in range(1_000)]
    body, items = left_out.all_put_back(present, pieces, range(1_000))
    assert body.index("note 0<") < body.index("note 999<")
    assert all(piece.back for piece in items)
