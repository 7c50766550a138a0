"""Bytes of a file or page → drafts: web pages, HTML files, Markdown, plain text. Opens no URL and no file itself."""

import dataclasses
import html as html_escapes
import re
from pathlib import PurePath
from urllib.parse import urlsplit

from newsletter.articles import drafts
from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import decoding, prolog
from newsletter.articles.reading.mails import letter_parts, saved_mail
from newsletter.articles.reading.markdown import front_matter, front_matter_block
from newsletter.articles.reading.not_for_readers import left_out, remarks
from newsletter.articles.reading.pages import paragraphs, plain_text
from newsletter.articles.reading.pages.page_extraction import TITLE_TAG, html, without_heading
from newsletter.translatable import Translatable as _

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd"})
HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_DOCTYPE = re.compile(r"<!doctype\s+html\b", re.IGNORECASE)
_ELEMENT = re.compile(r"<(?:html|head|body|article|main)\b", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_MARKDOWN_MARKS = tuple(
    re.compile(mark, re.MULTILINE)
    for mark in (
        r"^#{2,6}[ \t]+\S",
        r"(?<![*\w])\*\*(?=\S)[^*\n]+(?<=\S)\*\*(?![*\w])",
        r"(?<!!)\[[^\[\]\n]{1,1000}\]\((?:https?://|/|#)[^)\s\[\]]{0,2000}\)",
        r"!\[[^\[\]\n]{0,1000}\]\([^)\s\[\]]{1,2000}\)",
        r"^>[ \t]+\S",
        r"^```",
        r"(?<!!)\[\[[^\[\]\n]+\]\]",
    )
)
_FIRST_IS_HEADING = re.compile(r"\A\s*#[ \t]+\S")


def file(data: bytes, *, name: str) -> drafts.Draft:
    """The draft in a file of ours; its name's ending says what it is, or its beginning does. Raises UnusableArticle."""
    suffix = PurePath(name).suffix.lower()
    if saved_mail.is_one(data, name=name):
        return _mail(saved_mail.read(data, name=name), name=name)
    if suffix in HTML_SUFFIXES:
        return html(decoding.text_of(data, name=name, charset=_declared(data)), name=name)
    text = decoding.text_of(data, name=name)
    if suffix in MARKDOWN_SUFFIXES or is_markdown(text):
        return front_matter.read(text, name=name)
    if _is_html(text):
        return html(text, name=name)
    return saved_text(text, name=name)


def _mail(saved: saved_mail.Mail, *, name: str) -> drafts.Draft:
    """The draft in a saved mail: its text as any mail's, or its page under the mail's subject."""
    if not saved.html:
        return saved_text(f"{saved.headers}\n\n{saved.text}", name=name)
    letter = letter_parts.read(f"{saved.headers}\n\n.")
    titled = (
        saved.html
        if TITLE_TAG.search(saved.html)
        else f"<title>{html_escapes.escape(letter.subject)}</title>{saved.html}"
    )
    draft = html(titled, name=name)
    title = letter.subject or draft.title
    return dataclasses.replace(
        draft,
        title=title,
        body=without_heading(draft.body, title),
        byline=draft.byline or letter.sender,
        published_at=letter.sent_at or draft.published_at,
    )


def page(data: bytes, *, url: str, charset: str = "") -> drafts.Draft:
    """The article on a web page that was fetched from ``url``. Raises UnusableArticle."""
    return html(decoding.text_of(data, name=url, charset=charset or _declared(data)), name=url, url=url)


def text(data: bytes, *, url: str, charset: str = "") -> drafts.Draft:
    """The article in a text or Markdown file that was fetched from ``url``. Raises UnusableArticle."""
    found = decoding.text_of(data, name=url, charset=charset)
    markdown = PurePath(urlsplit(url).path).suffix.lower() in MARKDOWN_SUFFIXES or is_markdown(found)
    draft = front_matter.read(found, name=url) if markdown else saved_text(found, name=url)
    return dataclasses.replace(draft, url=draft.url or url, base_url=url)


def is_markdown(text: str) -> bool:
    """A text that is Markdown whatever its file is called: front matter, a heading first, or two kinds of its marks."""
    if front_matter_block.BEGINS.match(text):
        return True
    if letter_parts.read(text).is_mail:
        # There “>” quotes another mail.
        return False
    marks = sum(bool(mark.search(text)) for mark in _MARKDOWN_MARKS)
    return marks >= 2 or bool(
        marks + bool(re.search(r"^(?:[-*+]|\d+\.)[ \t]", text, re.MULTILINE)) and _FIRST_IS_HEADING.match(text)
    )


def saved_text(text: str, *, name: str) -> drafts.Draft:
    """The draft in a plain text, as people save it from a site, a document or a mail."""
    if not any(character.isalnum() for character in text):
        raise drafts.UnusableArticle(_("%(name)s contains no text. Nothing was added.", name=name), field=name)
    letter = letter_parts.read(text)
    parted = remarks.part(letter.text, render=_as_html)
    if letter.subject:
        # The subject is the headline; what stands first in the letter is its text.
        body = plain_text.untouched(parted.text)
        story = plain_text.Story(
            title=letter.subject, paragraphs=body, byline=letter.sender, published_at=letter.sent_at
        )
    else:
        story = plain_text.read(parted.text if parted.text.strip() else text)
    kept_out = (*_around(letter, story), *parted.left_out)
    return drafts.Draft(
        title=story.title,
        body=plain_text.to_html(story.paragraphs),
        standfirst=story.standfirst,
        byline=story.byline or letter.sender,
        kicker=story.kicker,
        published_at=story.published_at or letter.sent_at,
        notes=(*story.notes, *left_out.notes(kept_out)),
        left_out=(*story.left_out, *kept_out),
        kept_back=drafts.KeptBack.MEMBERS if parted.is_for_members else drafts.KeptBack.NO,
    )


def _around(letter: letter_parts.Letter, story: plain_text.Story) -> list[LeftOut]:
    """What a mail brings along, above and below its story."""
    last = left_out.anchor(story.paragraphs[-1]) if story.paragraphs else ""
    return [
        *(LeftOut(text=text, why=Why.MAIL) for text in letter.above),
        *(LeftOut(text=text, why=Why.MAIL, after=last) for text in letter.below),
    ]


def _as_html(text: str) -> str:
    return plain_text.to_html(paragraphs.of(text))


def is_html(data: bytes) -> bool:
    """Looks like a page, whatever it was called."""
    return _is_html(data[:2000].decode("latin-1").lstrip("ï»¿"))


def _is_html(text: str) -> bool:
    at = prolog.end(text)
    return _ELEMENT.match(text, at) is not None or _DOCTYPE.search(text, 0, at) is not None


def _declared(data: bytes) -> str:
    match = _META_CHARSET.search(data[:4000])
    return match[1].decode("ascii") if match else ""
