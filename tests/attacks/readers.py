"""Everything of ours that reads what strangers wrote, each under a name; it answers or refuses."""

import dataclasses
import email.utils
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from newsletter.articles import keys, urls
from newsletter.articles.drafts import Why
from newsletter.articles.pictures import embedded
from newsletter.articles.reading import decoding, editable, extract, feeds, pasting, sanitise
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.reading.not_for_readers import left_out, remarks
from newsletter.articles.reading.pages import figures, page_furniture, page_head, site_names
from newsletter.articles.text import comparing, excerpts, language, sentences
from newsletter.delivery import redact
from newsletter.delivery.carrier import Message, Phase
from newsletter.delivery.control import relay_log
from newsletter.delivery.dkim import dns_record, signatures
from newsletter.delivery.message import headers
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.ratelimit import backoff
from newsletter.delivery.replies import classification, provider_codes
from newsletter.delivery.smtp import message_reply, reply_parser
from newsletter.mailbox import store
from newsletter.rendering import html_parts, page, placeholders, preflight, prose, removed_stories, render
from newsletter.rendering import text as text_part
from subscribers import addresses, tokens
from subscribers.imports import filenames, mailboxes
from subscribers.imports.columns.person_columns import NoAddresses
from subscribers.imports.exporters import cell_words, column_titles, folding
from subscribers.imports.reading import person_rows, scanning, survey
from subscribers.joining import proof_of_work
from tests.rendering.editions import ENGLISH, PERSIAN
from tests.tokens import TOKENS

Reader = Callable[[str], object]
URL = "https://news.example.org/a"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _of_each(*readers: Reader) -> Reader:
    """Several that each read the same."""

    def read(text: str) -> None:
        for reader in readers:
            reader(text)

    return read


def _feed(text: str) -> object:
    inside = text.replace("&", "&amp;").replace("<", "&lt;")
    item = f"<item><title>{inside}</title><link>{inside}</link><description>{inside}</description></item>"
    return feeds.read(_bytes(f'<?xml version="1.0"?><rss version="2.0"><channel>{item}</channel></rss>'), url=URL)


def _introduction(text: str) -> object:
    return prose.introduction(text, direction="ltr", browser_url=URL, tokens=TOKENS)


def _mail(text: str) -> object:
    """The text part of a mail, and what is checked in it, of a story and an introduction that say this."""
    line, body = " ".join(text.split()), sanitise.clean(text)
    story = dataclasses.replace(ENGLISH.stories[-1], title=line, standfirst=line, byline=line, body=body, full=True)
    edition = dataclasses.replace(ENGLISH, introduction=text, subject=line, stories=(story,), taken_out=(line[:200],))
    made = text_part.compose(page.of(edition))
    return made, [*placeholders.check(edition)], [*removed_stories.taken_out(edition)], html_parts.of(body)


def _whole_mail(text: str) -> object:
    """A story whose stored text is this, shown in full."""
    story = dataclasses.replace(ENGLISH.stories[-1], body=text, full=True)
    edition = dataclasses.replace(ENGLISH, stories=(story,))
    render._inlined.cache_clear()
    made = render.render(edition, templates=Path(__file__).parents[2] / "templates")
    return made, preflight.check(edition, made, loopback=True)


def _persian_mail(text: str) -> object:
    story = dataclasses.replace(PERSIAN.stories[0], title=text, standfirst=text, byline=text)
    return text_part.compose(page.of(dataclasses.replace(PERSIAN, stories=(story,))))


def _people(data: bytes, *, name: str = "people.csv") -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "people.csv")
        path.write_bytes(data)
        found = scanning.scan(path, name=name)
        try:
            plan = survey.plan_of(path, found, name=name, answers={})
        except NoAddresses:
            return None
        return [*person_rows.rows(path, found, plan, name=name)]


def _cells(text: str) -> object:
    """A cell in each column that people are told by."""
    cell = text.replace('"', '""')
    row = f'ann@example.org,"{cell}","{cell}","{cell}",2026-01-01\n'
    return _people(_bytes(f"email,name,status,opt-in date,date\n{row}bo@example.org,Bo,yes,2026-01-01,x\n{row}"))


def _words(text: str) -> object:
    """Many rows, each with a part of it: as a yes or no, as a date, as a name."""
    parts = [" ".join(text[at : at + 40].split()).replace(",", ";") for at in range(0, len(text), 40)]
    rows = [f"reader{number}@example.org,{part},{part},{part}\n" for number, part in enumerate(parts)]
    return _people(_bytes("".join(["email,name,subscribed,unsubscribed at\n", *rows])))


def _reply(text: str) -> object:
    parsed = reply_parser.parse([b"550 5.7.1 " + _bytes(line) for line in text.split("\n")])
    message = Message(key=1, sender="a@example.org", recipient="reader@example.org", parts=())
    reply = message_reply.of_server(message, phase=Phase.RCPT, reply=parsed)
    return (
        *(
            classification.classify(reply),
            backoff.asks_for_less(reply),
            redact.generalised(reply.text),
            redact.generalised(text),
        ),
        *(redact.addresses(text, of="reader@example.org"), provider_codes.find(code=550, enhanced="5.7.1", text=text)),
    )


def _log(text: str) -> object:
    lines = [line + b"\n" for line in _bytes(text).split(b"\n")]
    lines += [b"x postfix/cleanup[1]: ABCDEF: message-id=<" + line for line in lines]
    return [relay_log.read(lines, form=form, wanted=["<a@example.org>"]) for form in relay_log.Format]


def _address(text: str) -> object:
    return addresses.normalise(text)


_RECORD = dns_record.Record(domain="example.org", selector="a", algorithm="rsa", public=b"x")


def _mail_file(text: str) -> object:
    head = f"From: {text}\nSubject: {text}\nDate: {text}\nMessage-ID: <a@b>\nMIME-Version: 1.0\n\n{text}"
    return extract.file(_bytes(head), name="a.eml")


def _headers(text: str) -> object:
    return headers.unstructured("Subject", headers.tidy(text)), headers.phrase(headers.tidy(text))


OF_STORED_TEXTS: dict[str, Reader] = {
    "an excerpt": lambda text: excerpts.of(text, language="en"),
    "a mail": _whole_mail,
}
"""What is made of an article's text on the pages of an issue, in the web process."""

READERS: dict[str, Reader] = {
    "a Markdown file": lambda text: extract.file(_bytes(text), name="a.md"),
    "front matter": lambda text: extract.file(_bytes(f"---\ntitle: A\nauthor: |\n {text}\n---\n\nText."), name="a.md"),
    "front matter in TOML": lambda text: extract.file(_bytes(f'+++\ntitle = "{text}"\n+++\n\nText.'), name="a.md"),
    "a text file": lambda text: extract.file(_bytes(text), name="a.txt"),
    "a letter as a text": lambda text: extract.file(_bytes(f"From: Ada\nSubject: A\n\n{text}"), name="a.txt"),
    "a saved mail": _mail_file,
    "a page": lambda text: extract.page(_bytes(f"<title>A</title><article><p>{text}"), url=URL),
    "the head of a page": lambda text: page_head.read(f"<html><head>{text}"),
    "the start of a feed": lambda text: feeds.is_feed(_bytes(text)),
    "the start of a page": lambda text: extract.is_html(_bytes(text)),
    "bytes without a name": lambda text: decoding.text_of(text.encode("cp1256", "replace"), name="a"),
    "an entry of a feed": _feed,
    "a document": lambda text: document_reader.for_readers(f"<p hidden>x</p>{text}"),
    "what is pasted": lambda text: pasting.read(f"<p hidden>x</p>{text}"),
    "what is typed": front_matter.story,
    "what is stored, to be mended": lambda text: editable.text_of(sanitise.clean(text)),
    "the sanitiser": lambda text: (sanitise.clean(text), sanitise.text_of(text)),
    "pictures in a text": embedded.prepared,
    "captions": lambda text: figures.captions(text, url=URL),
    "pieces left out": lambda text: left_out.of_html(text, why=Why.PAGE),
    "a field": _of_each(remarks.of_field, lambda text: remarks.of_field(text, html=True)),
    "words to compare": _of_each(keys.words, lambda text: comparing.core(text), lambda text: comparing.same(text, "a")),
    "a headline": lambda text: site_names.without_site(text, names=["News"]),
    "an excerpt": lambda text: (
        excerpts.of(sanitise.clean(text), language="en"),
        sentences.split(text[:20_000], language="en"),
    ),
    "a link": _of_each(lambda text: urls.link(text, base_url=URL), urls.web, lambda text: keys.url_key(URL + text)),
    "a language": language.tag,
    "a line": _of_each(page_furniture.is_button, page_furniture.is_footer, page_furniture.starts_related),
    "a date": _of_each(page_furniture.date_of, page_furniture.read_date, email.utils.parsedate_tz),
    "a byline": page_furniture.byline_of,
    "an introduction": _introduction,
    "the text part of a mail": _mail,
    "the text part of a Persian mail": _persian_mail,
    "a caught mail": lambda text: store._subject(_bytes(f"Subject: {text}\r\n\r\n{text}")),
    "a header": _headers,
    "a sender": Sender.parse,
    "an address in an envelope": _of_each(
        headers.is_address, headers.is_host, lambda text: headers.is_address(f"{text}@a.b")
    ),
    "a body to be signed": lambda text: signatures.canonical(_bytes(text)),
    "a record of DKIM": lambda text: dns_record.compare(_RECORD, [text, f"v=DKIM1; p={text}"]),
    "a server's reply": _reply,
    "a relay's log": _log,
    "a file of people": lambda text: _people(_bytes(text)),
    "rows of people": lambda text: _people(_bytes(f"email,name\nann@example.org,Ann\n{text}")),
    "a title of a column": lambda text: _people(_bytes(f"email,{text}\nann@example.org,Ann\n")),
    "cells of people": _cells,
    "words of columns": _words,
    "a line of mailboxes": _of_each(mailboxes.in_line, mailboxes.is_line, mailboxes.in_cell),
    "a name of a file of people": filenames.smells_of_leaving,
    "a word of a column": _of_each(
        folding.spoken, cell_words.speaks_of_leaving, column_titles.title_speaks_of_leaving, column_titles.bare
    ),
    "an address that joins": _of_each(
        _address, lambda text: _address(f"{text}@example.org"), lambda text: _address(f"a@{text}")
    ),
    "a proof of work": lambda text: proof_of_work.accept(text, now=datetime.now(UTC)),
    "a token of a link": lambda text: tokens.read(text, tokens.Scope.LEAVE, keys=[b"x" * 32]),
}
