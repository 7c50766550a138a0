# ruff: noqa: E501
"""Texts that came by mail: what stands around the letter never reaches a reader."""

from datetime import UTC, datetime

import pytest

from newsletter.articles.reading import extract
from newsletter.articles.reading.mails import letter_parts

STORY = (
    "The harbour council voted on Tuesday evening to close the old ferry pier for repairs that will take until the "
    "spring. Divers found cracks in eleven of its forty piles."
)
QUOTE = "“We would rather close it for a winter than lose it for good,” said the harbour master."
PRIVATE = ("desk@courier.example", "+44 20 7946 0000", "confidential", "iPhone", "Best,", "Hi,", "Subject", "wrote:")
HEAD = "From: Ada Quill <ada@courier.example>\nTo: desk@courier.example\n"
HEADS = {
    "english": HEAD + "Subject: The pier closes\nDate: Tue, 24 Nov 2026 18:05:00 +0000\n\nHi,\n",
    "outlook, german": "Von: Quill, Ada <ada@courier.example>\nGesendet: Dienstag, 24. November 2026 18:05\n"
    "An: desk@courier.example\nBetreff: AW: The pier closes\n\nLiebe Redaktion,\n",
    "outlook, bold": "**From:** Ada Quill <ada@courier.example>\n**Sent:** 24 November 2026 18:05\n**To:** desk@courier.example\n"
    "**Subject:** FW: The pier closes\n\nDear all,\n",
    "french": "De : Ada Quill <ada@courier.example>\nEnvoyé : 24 novembre 2026\nÀ : desk@courier.example\n"
    "Objet : TR : The pier closes\n\nBonjour,\n",
    "spanish": "De: Ada Quill <ada@courier.example>\nEnviado el: 24 de noviembre de 2026\nPara: desk@courier.example\n"
    "Asunto: RV: The pier closes\n\nHola,\n",
    "folded, with more headers": "Message-ID: <1@x.example>\n" + HEAD + "Subject: The pier\n closes\n"
    "Date: Tue, 24 Nov 2026 18:05:00 +0000\nX-Mailer: Carrier 1\n\n",
    "forwarded": "FYI\n\nBegin forwarded message:\n\n" + HEAD + "Subject: The pier closes\nDate: 24 November 2026\n\n",
    "forwarded by gmail": "see below\n\n---------- Forwarded message ---------\n" + HEAD
    + "Date: 24 Nov 2026\nSubject: Fwd: The pier closes\n\n",
}  # fmt: skip
TAILS = {
    "signature": "\n\nBest,\nAda\n\n-- \nAda Quill\n+44 20 7946 0000\n\nThis e-mail is confidential and meant for you only.\n",
    "telephone": "\n\nSent from my iPhone\n",
    "telephone, german": "\n\nViele Grüße\nAda\n\nVon meinem iPhone gesendet\n",
    "telephone, persian": "\n\nبا احترام\nآدا\n\nارسال‌شده از iPhone من\n",
    "quote": "\n\nOn Mon, 23 Nov 2026 at 10:00, desk <desk@courier.example> wrote:\n> When does it come?\n> confidential\n",
    "quote, german": "\n\nAm 23.11.2026 um 10:00 schrieb Desk <desk@courier.example>:\n> Wann?\n",
    "original message": "\n\n-----Original Message-----\nFrom: desk@courier.example\nSubject: When?\n\nWhen?\n",
    "outlook's line": "\n\n________________________________\nFrom: desk@courier.example\nSent: Monday\nSubject: When?\n\nWhen?\n",
    "disclaimer": "\n\nThis message and any attachments are confidential and intended for the addressee.\nIf not, delete it.\n",
    "nothing": "\n",
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_mail_becomes_its_story(head: str, tail: str) -> None:
    draft = extract.saved_text(f"{head}\n{STORY}\n\n{QUOTE}{tail}", name="mail.txt")
    assert draft.title == "The pier closes"
    assert draft.byline == "Ada Quill"
    assert draft.published_at is not None
    assert draft.published_at.date() == datetime(2026, 11, 24, tzinfo=UTC).date()
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"
    assert draft.kicker == draft.standfirst == ""
    assert all(piece.why == "mail" for piece in draft.left_out)
    assert any("part of the mail" in note for note in draft.notes)


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("از: آدا قلم <ada@courier.example>\nبه: تحریریه\nموضوع: اسکله بسته می‌شود\nتاریخ: 24/11/2026\n\nسلام،\n\n", "اسکله بسته می‌شود"),
        ("من: آدا قلم <ada@courier.example>\nإلى: التحرير\nالموضوع: إغلاق الرصيف\nالتاريخ: 24/11/2026\n\nمرحبا،\n\n", "إغلاق الرصيف"),
    ],
)  # fmt: skip
def test_headers_are_read_from_right_to_left_too(head: str, title: str) -> None:
    story = "شورای بندر سه‌شنبه شب رأی داد که اسکله قدیمی بسته شود و تا بهار تعمیر گردد."
    draft = extract.saved_text(f"{head}{story}\n\nبا احترام\nآدا\n", name="mail.txt")
    assert (draft.title, draft.byline, draft.body) == (title, "آدا قلم", f"<p>{story}</p>")


@pytest.mark.parametrize(
    "tail", [tail for name, tail in TAILS.items() if name not in {"telephone, german", "telephone, persian"}]
)
def test_the_end_of_a_mail_goes_without_its_headers(tail: str) -> None:
    text = f"The pier closes for the winter\n\n{STORY}\n\n{QUOTE}{tail}"
    draft = extract.saved_text(text, name="pasted.txt")
    shown = draft.title + draft.standfirst + draft.byline + draft.kicker + draft.body
    # A farewell without a mail's headers may be the story's own last words.
    assert [word for word in PRIVATE if word in shown and word != "Best,"] == []
    assert QUOTE in draft.body


@pytest.mark.parametrize(
    "text",
    [
        f"The pier closes for the winter\n\nFrom: the harbour\n\n{STORY}",
        f"The pier closes for the winter\n\n{STORY}\n\n--\n\n{QUOTE} A bus will run every twenty minutes until the spring.",
        f"The pier closes for the winter\n\n{STORY}\n\nOn Monday the council wrote:\n\n{QUOTE}",
        f"The pier closes for the winter\n\n{STORY}\n\nSent from the island, the letter reached the council on Monday.",
        f"The pier closes for the winter\n\nThis message is for the council. {STORY}\n\n{QUOTE}",
        f"The pier closes for the winter\n\n{STORY}\n\nBest of all, the bus is free.\n\n{QUOTE}",
    ],
)
def test_a_story_that_only_sounds_like_a_mail_stays_whole(text: str) -> None:
    letter = letter_parts.read(text)
    assert not letter.is_mail
    assert letter.below == ()
    assert letter.text == text


NOTES = {
    "a word": "fyi",
    "a sentence": "Please run this tomorrow, the printer closes at six.",
    "a letter": "Hi Bo,\n\ncan you use this?\n\nBest,\nCy\n\n-- \nCy Rope\nCity desk\n+44 20 7946 0001\n\n"
    "This e-mail is confidential and meant for its addressee only.",
    "nothing": "",
}  # fmt: skip
FORWARDS = {
    "outlook": "-----Original Message-----\n" + HEADS["english"],
    "outlook, german": "-----Ursprüngliche Nachricht-----\n" + HEADS["outlook, german"],
    "headers alone": HEADS["outlook, bold"],
    "headers alone, german": HEADS["outlook, german"],
    "thunderbird, french": "-------- Message transféré --------\nSujet : The pier closes\nDate : Tue, 24 Nov 2026 18:05:00 +0000\n"
    "De : Ada Quill <ada@courier.example>\nPour : desk@courier.example\n\n",
    "outlook, spanish": "-----Mensaje original-----\n" + HEADS["spanish"],
}  # fmt: skip


@pytest.mark.parametrize(
    "outer", ["", "From: Bo Oar <bo@courier.example>\nTo: desk@courier.example\nSubject: Fwd: pier\n\n"]
)
@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
@pytest.mark.parametrize("head", FORWARDS.values(), ids=FORWARDS)
def test_below_a_note_the_mail_that_was_forwarded_is_the_story(head: str, note: str, outer: str) -> None:
    letter = f"{outer}{note}\n\n{head}\n{STORY}\n\n{QUOTE}\n\nBest,\nAda\n\n-- \nAda Quill\n+44 20 7946 0000\n"
    draft = extract.saved_text(letter.lstrip("\n"), name="mail.txt")
    assert (draft.title, draft.byline) == ("The pier closes", "Ada Quill")
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"
    kept_out = " ".join(piece.text for piece in draft.left_out)
    assert all(" ".join(part.split()) in kept_out for part in note.split("\n\n") if part.strip("- \n"))


def test_of_a_mail_that_was_forwarded_twice_the_innermost_is_the_story() -> None:
    middle = "-----Original Message-----\nFrom: Bo <bo@courier.example>\nSent: Monday\nTo: Cy\nSubject: FW: pier\n\nsee below\n\n"
    draft = extract.saved_text(f"fyi\n\n{middle}{FORWARDS['outlook']}\n{STORY}\n\n{QUOTE}\n", name="mail.txt")
    assert (draft.title, draft.body) == ("The pier closes", f"<p>{STORY}</p>\n<p>{QUOTE}</p>")


@pytest.mark.parametrize("head", [head for name, head in FORWARDS.items() if "thunderbird" not in name])
def test_below_a_story_the_mail_that_it_answers_is_left_out(head: str) -> None:
    asked = "Can you write about the pier until six? " * 12
    draft = extract.saved_text(f"{HEADS['english']}\n{STORY}\n\n{QUOTE}\n\n{head}\n{asked}\n", name="mail.txt")
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"
    assert "until six" in " ".join(piece.text for piece in draft.left_out)


def test_a_mail_that_a_story_quotes_is_a_part_of_it() -> None:
    quoted = "From: Bo Oar\nSent: Monday\nTo: the mayor\nSubject: cracks\n\nWe must shut it before anybody sees."
    text = f"The pier closes for the winter\n\n{STORY}\n\nThe leaked message read:\n\n{quoted}\n\n{QUOTE}"
    assert letter_parts.read(text).text == text


DISCLAIMERS = {
    "en": "Best,\nAda\n\nCONFIDENTIALITY: The contents of this e-mail are for you alone.",
    "en, company": "Best,\nAda\n\nThe Courier Ltd is registered in England. Registered number 12345678. Registered office: 1 Quay Road.",
    "en, banner": "CAUTION: This email originated from outside the organisation. Do not click links.",
    "de": "Viele Grüße\nAda\n\nDer Inhalt dieser E-Mail ist vertraulich und nur für den Adressaten bestimmt.",
    "de, company": "Viele Grüße\nAda\n\nKurier GmbH\nSitz der Gesellschaft: Bonn\nAmtsgericht Bonn HRB 1234\nGeschäftsführer: Bo Oar",
    "fr": "Bien cordialement,\nAda\n\nPensez à l’environnement avant d’imprimer ce message.",
    "es": "Un saludo,\nAda\n\nDe conformidad con el RGPD le informamos de que sus datos son tratados por Correo SL.",
    "it": "Cordiali saluti\nAda\n\nLe informazioni contenute in questa comunicazione sono riservate al destinatario.",
    "pl": "Pozdrawiam\nAda\n\nTa wiadomość jest poufna i przeznaczona wyłącznie dla adresata.",
    "ru": "С уважением,\nАда\n\nНастоящее сообщение содержит конфиденциальную информацию.",
    "sv": "Med vänlig hälsning\nAda\n\nDetta meddelande är konfidentiellt och endast avsett för mottagaren.",
    "tr": "Saygılarımla\nAda\n\nBu e-posta gizlidir ve yalnızca alıcısına yöneliktir.",
    "nl": "Met vriendelijke groet,\nAda\n\nDenk aan het milieu voordat u dit bericht afdrukt.",
    "a list": "_______________________________________________\nPress mailing list\npress@lists.example\nhttps://lists.example/mailman/listinfo/press",
    "a group": "-- \nYou received this message because you are subscribed to the group.\nTo unsubscribe from this group, send a mail.",
    "a quotation without signs": "On Mon, 23 Nov 2026 at 10:00, Desk <desk@courier.example> wrote:\n\nwhen do you file?",
    "a signature without a mark": "Ada Quill\nReporter, The Courier\n+44 20 7946 0000",
    "a farewell and a telephone": "All best from the quay,\nAda\n\nAda Quill | Reporter | +44 20 7946 0000",
}  # fmt: skip


@pytest.mark.parametrize("tail", DISCLAIMERS.values(), ids=DISCLAIMERS)
def test_nothing_of_a_mails_end_stays(tail: str) -> None:
    draft = extract.saved_text(f"{HEADS['english']}\n{STORY}\n\n{QUOTE}\n\n{tail}\n", name="mail.txt")
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"
    kept_out = " ".join(piece.text for piece in draft.left_out)
    assert " ".join(tail.rsplit("\n\n", 1)[-1].removeprefix("-- ").split()) in kept_out.replace("-- ", "")


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links\nor open attachments.",
        "[EXTERNAL EMAIL]",
        "[EXTERN] ACHTUNG: Diese E-Mail stammt von einem externen Absender.",
        "You don't often get email from ada@courier.example. Learn why this is important",
        "Attention : ce courriel provient de l’extérieur de l’organisation.",
        "Atención: este correo procede de fuera de la empresa.",
    ],
)
def test_what_a_mail_server_writes_above_is_left_out(banner: str) -> None:
    draft = extract.saved_text(
        f"{HEADS['folded, with more headers']}{banner}\n\nHi,\n\n{STORY}\n\n{QUOTE}\n", name="mail.txt"
    )
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"
    assert any(" ".join(banner.split()) == piece.text for piece in draft.left_out)


def test_only_the_tag_goes_that_a_mail_server_writes_before_the_first_words() -> None:
    draft = extract.saved_text(f"{HEADS['folded, with more headers']}[EXTERNAL] {STORY}\n\n{QUOTE}\n", name="mail.txt")
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"


ASKED = "On Mon, 23 Nov 2026 at 10:00, Desk <desk@courier.example> wrote:\n> When do you file?\n"


def test_an_answer_below_what_it_quotes_is_the_story() -> None:
    draft = extract.saved_text(f"{HEADS['english']}\n{ASKED}\n{STORY}\n\n{QUOTE}\n\nBest,\nAda\n", name="mail.txt")
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"
    assert "When do you file?" in " ".join(piece.text for piece in draft.left_out)


def test_a_story_that_is_quoted_below_a_word_is_the_story() -> None:
    quoted = "\n".join(f"> {line}" for line in f"{STORY}\n\n{QUOTE}".split("\n"))
    draft = extract.saved_text(
        f"{HEAD}Subject: pier\n\nfyi\n\nAda <ada@courier.example> schrieb am 23.11.2026 um 10:00:\n{quoted}\n",
        name="mail.txt",
    )
    assert draft.body == f"<p>{STORY}</p>\n<p>{QUOTE}</p>"


ENDS = [
    "“This message was confidential, and its intended recipient was the mayor,” she said.",
    "This message was confidential, and its intended recipient was the mayor.",
    "The firm has its registered office in Hull, where nobody answered.",
    "Warning: a fake e-mail that comes from outside does the rounds.",
    "Ben Oar",
    "Tickets: +44 20 7946 0000",
    "On Monday at ten the council wrote:\n\n“We shut it.”",
    "“Goodbye, and thanks,”\nBen Oar said.",
    "The 14 bus: every 20 minutes.\nThe 15 bus: every 30 minutes.",
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "head", ["The pier closes for the winter\n\n", HEADS["folded, with more headers"]], ids=["text", "mail"]
)
def test_a_story_loses_nothing_of_its_own_end(end: str, head: str) -> None:
    letter = letter_parts.read(f"{head}{STORY}\n\n{QUOTE}\n\n{end}\n\n{QUOTE} Again.")
    assert letter.text.endswith(f"{end}\n\n{QUOTE} Again.")
    assert letter_parts.read(f"{head}{STORY}\n\n{QUOTE}\n\n{end}").text.endswith(end)


def test_what_stands_below_a_rule_is_a_story_when_it_is_sentences() -> None:
    text = f"The pier closes for the winter\n\n{STORY}\n\n-- \n{QUOTE} A bus will run every twenty minutes until the spring."
    assert letter_parts.read(text).text == text


@pytest.mark.timeout(60)
def test_a_thousand_quotations_are_read_at_once() -> None:
    letter = letter_parts.read(f"{HEADS['english']}\n{STORY}\n\n" + "On Monday the harbour master wrote:\n" * 100_000)
    assert STORY in letter.text
