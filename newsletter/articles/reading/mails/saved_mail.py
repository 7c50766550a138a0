"""A mail as a mail program saves it (`.eml`): its headers and its text, decoded. Pure."""

import email.message
import re
from dataclasses import dataclass
from pathlib import PurePath

from newsletter import mail_policy
from newsletter.articles import drafts
from newsletter.articles.reading import decoding, elements
from newsletter.translatable import Translatable as _

SUFFIXES = frozenset({".eml"})
_HEADERS = re.compile(rb"\A(?:From [^\r\n]*\r?\n)?(?:[!-9;-~]++:[^\r\n]*+\r?\n(?:[ \t]++[^\r\n]*+\r?\n)*+)++\r?\n")
_TELLING = re.compile(rb"^(?:MIME-Version|Received|Return-Path|Content-Transfer-Encoding|Message-ID):", re.I | re.M)
_BEGINNING = 200_000
_FEWER = 3
"""A text part with less than a third of the HTML's letters is a stand-in: “This mail is best read in a browser.”"""
_TAG = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True, kw_only=True)
class Mail:
    headers: str
    """From, Date and Subject as lines, in words."""
    subject: str
    text: str = ""
    html: str = ""
    """The text of the mail: its HTML part, or its plain text."""


def is_one(data: bytes, *, name: str) -> bool:
    """A mail by its name, or by headers that only machines write."""
    if PurePath(name).suffix.lower() in SUFFIXES:
        return True
    headers = _HEADERS.match(data[:_BEGINNING])
    return headers is not None and len({found.lower() for found in _TELLING.findall(headers[0])}) >= 2


def read(data: bytes, *, name: str) -> Mail:
    """The mail in the bytes of a file. Raises UnusableArticle for a mail without any text."""
    try:
        mail = mail_policy.parsed(data)
        text, html = _part(mail, "plain", name), _part(mail, "html", name)
        headers = {header: " ".join(str(mail.get(header, "")).split()) for header in ("From", "Date", "Subject")}
    except (RecursionError, ValueError, IndexError, AttributeError) as error:
        # The standard library stumbles over some damaged headers.
        raise drafts.UnusableArticle(
            _("%(name)s is a damaged mail. Open it in a mail program and save its text.", name=name), field=name
        ) from error
    if not _letters(text) and not _letters(html):
        raise drafts.UnusableArticle(
            _("%(name)s is a mail without any text of its own. Save what is attached to it and add that.", name=name),
            field=name,
        )
    is_stand_in = len(_letters(text)) * _FEWER < len(_letters(_shown(html)))
    return Mail(
        headers="\n".join(f"{header}: {value}" for header, value in headers.items() if value),
        subject=headers["Subject"],
        text="" if is_stand_in else text,
        html=html if is_stand_in else "",
    )


def _part(mail: email.message.EmailMessage, kind: str, name: str) -> str:
    """The first text of that kind which is no attachment."""
    part = mail.get_body(preferencelist=(kind,))
    payload = part.get_payload(decode=True) if part else b""
    if part is None or not isinstance(payload, bytes) or not payload.strip():
        return ""
    return decoding.text_of(payload, name=name, charset=part.get_content_charset("") or "")


def _shown(html: str) -> str:
    """Roughly the words of a page: without tags, and without its style sheets."""
    at, parts = 0, []
    for sheet in elements.inside(html, "style"):
        parts.append(html[at : sheet.opens])
        at = sheet.closes
    return _TAG.sub(" ", "".join([*parts, html[at:]]))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)
