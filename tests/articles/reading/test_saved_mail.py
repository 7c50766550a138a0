"""A mail as a mail program saves it becomes an article; what is none says so."""

from email.message import EmailMessage

import pytest

from newsletter.articles import drafts
from newsletter.articles.reading import extract, sanitise

SUBJECT = "Eulen ziehen in den Uhrturm – „sie bleiben“"
TOLD = "They came on Saturday night, and the keeper says they have not left the heaviest wheel of the clock since."


def a_mail(*, text: str = "", html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ada Öhre <ada@owls.example>"
    mail["To"] = "desk@owls.example"
    mail["Date"] = "Tue, 24 Nov 2026 10:20:00 +0100"
    mail["Subject"] = f"Fwd: {SUBJECT}"
    mail["Message-ID"] = "<1@owls.example>"
    if text:
        mail.set_content(text, cte="quoted-printable")
    if html and text:
        mail.add_alternative(html, subtype="html", cte="base64")
    elif html:
        mail.set_content(html, subtype="html", cte="base64")
    return mail


@pytest.mark.parametrize("name", ["owls.eml", "owls.txt", "owls"])
def test_a_saved_mail_is_read_in_words(name: str) -> None:
    mail = a_mail(text=f"Hallo,\n\n{TOLD}\n\n„Größer als gedacht.“\n\n-- \nAda\nhush 555\n")
    draft = extract.file(mail.as_bytes(), name=name)
    assert (draft.title, draft.byline) == (SUBJECT, "Ada Öhre")
    assert draft.published_at is not None
    assert draft.published_at.isoformat() == "2026-11-24T10:20:00+01:00"
    assert "„Größer als gedacht.“" in draft.body
    assert "hush" not in draft.body
    assert "Hallo" not in draft.body
    assert "=C3" not in draft.body + draft.title
    assert any("hush" in piece.text for piece in draft.left_out)


def test_of_two_versions_the_text_is_read_unless_it_only_stands_in_for_the_page() -> None:
    page = f"<p>{TOLD}</p><p><b>{TOLD}</b></p>"
    both = extract.file(a_mail(text=f"{TOLD}\n\nIn words.\n", html=page).as_bytes(), name="a.eml")
    assert "In words." in both.body
    stand_in = extract.file(a_mail(text="See your browser.\n", html=page).as_bytes(), name="a.eml")
    assert f"<b>{TOLD}</b>" in stand_in.body
    assert "browser" not in stand_in.body
    assert (stand_in.title, stand_in.byline) == (SUBJECT, "Ada Öhre")


def test_the_page_of_a_mail_is_titled_by_its_subject() -> None:
    html = f"<html><head><title>Mail</title></head><body><h1>{SUBJECT}</h1><p>{TOLD}</p></body></html>"
    draft = extract.file(a_mail(html=html).as_bytes(), name="a.eml")
    assert draft.title == SUBJECT
    assert sanitise.text_of(draft.body) == TOLD


def test_a_mail_without_text_is_refused_with_what_to_do() -> None:
    mail = a_mail()
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="owls.pdf")
    with pytest.raises(drafts.UnusableArticle, match=r"owls\.eml is a mail without any text of its own\. Save what is"):
        extract.file(mail.as_bytes(), name="owls.eml")


def test_a_mail_in_an_encoding_that_nobody_knows_is_read_as_any_text() -> None:
    raw = (f"MIME-Version: 1.0\r\nFrom: a@owls.example\r\nSubject: Owls\r\nContent-Type: text/plain; charset=x-owl\r\n"
           f"Content-Transfer-Encoding: 8bit\r\n\r\n{TOLD} Größer.\r\n").encode()  # fmt: skip
    draft = extract.file(raw, name="owls.eml")
    assert draft.title == "Owls"
    assert "Größer." in draft.body


@pytest.mark.timeout(60)
def test_parts_within_parts_without_end_are_refused() -> None:
    deep = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(3_000))
    raw = f"MIME-Version: 1.0\nSubject: Owls\nFrom: a@owls.example\n{deep}Content-Type: text/plain\n\nx\n".encode()
    with pytest.raises(drafts.UnusableArticle):
        extract.file(raw, name="owls.eml")


def test_a_story_that_begins_with_a_colon_is_no_mail() -> None:
    draft = extract.file(f"Owls: they move in\n\n{TOLD}\n".encode(), name="owls.txt")
    assert draft.title == "Owls: they move in"
