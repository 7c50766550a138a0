"""Bytes of a file or page → drafts: web pages, HTML files, Markdown, plain text. Opens no URL and no file itself."""

import dataclasses
import html as html_escapes
import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from urllib.parse import urlsplit

from newsletter.articles import drafts, urls
from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import decoding, elements, prolog, sanitise
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.mails import letter_parts, saved_mail
from newsletter.articles.reading.markdown import front_matter, front_matter_block
from newsletter.articles.reading.not_for_readers import left_out, remarks
from newsletter.articles.reading.pages import (
    figures,
    headline,
    page_head,
    paragraphs,
    plain_text,
    site_names,
    story_words,
)
from newsletter.articles.text import comparing
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
_TITLE_TAG = re.compile(r"<title\b", re.IGNORECASE)
_FIRST_IS_HEADING = re.compile(r"\A\s*#[ \t]+\S")
_FURNITURE = re.compile(r"<(?:nav|footer|aside|header|form|script)\b", re.IGNORECASE)
_MOST_HEADINGS = 20
_LOOKED_ABOVE = 5_000
_LONGEST_LINE = 160
"""A longer first line is a paragraph."""
_LEAST_ECHO = 0.34
"""The share of a description's words that come back in the story it describes."""
_LEAST_TEXT = 80
"""Fewer characters than this are a login wall or an empty shell, not an article."""


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
        if _TITLE_TAG.search(saved.html)
        else f"<title>{html_escapes.escape(letter.subject)}</title>{saved.html}"
    )
    draft = html(titled, name=name)
    title = letter.subject or draft.title
    return dataclasses.replace(
        draft,
        title=title,
        body=_without_heading(draft.body, title),
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


def html(text: str, *, name: str, url: str = "") -> drafts.Draft:
    """The draft in a page's HTML: trafilatura finds the article, and what the page says of itself fills the fields."""
    if sanitise.is_too_deep(text):
        raise drafts.UnusableArticle(
            _("%(name)s is nested too deeply to read. Save it as text and add that.", name=name), field=name
        )
    document = document_reader.read(text, is_page=True)
    text, head = document.html, page_head.read(text)
    address = _canonical(head, url)
    # Imported here: it takes 45 MB and a second, and processes that only send never need it.
    import trafilatura

    found = trafilatura.bare_extraction(text, url=url or None, with_metadata=True, include_comments=False)
    below = figures.captions(text, url=url)
    body = figures.with_captions(_body(text, url=url), below, url=url)
    if len(sanitise.text_of(body)) < (_LEAST_TEXT if url else 1):
        raise drafts.UnusableArticle(_nothing_at(name, is_page=bool(url)), field=name)
    meta = head.meta
    image = _image(meta, getattr(found, "image", None), base=url or address)
    title = document.title or _title(text, head, body) or _unless_below(_plain(getattr(found, "title", None)), body)
    notes: tuple[str, ...] = ()
    if not title and not url:
        title, body, notes = _first_line(body)
    if not title:
        raise drafts.UnusableArticle(_("%(name)s has no title. Add a <title> or a heading.", name=name), field=name)
    return drafts.Draft(
        title=title,
        body=_without_heading(body, title, mastheads=_mastheads(text, head, [_plain(one) for one in _headings(text)])),
        standfirst=document.standfirst or _standfirst(meta, getattr(found, "description", None), body=body),
        byline=document.byline or _plain(getattr(found, "author", None)).replace("; ", ", "),
        language_hint=head.language or meta.get("og:locale", ""),
        url=address,
        base_url=url or address,
        published_at=_moment(meta.get("article:published_time", ""), getattr(found, "date", None)),
        topics=tuple(_topics(meta, getattr(found, "tags", None))),
        image=image,
        image_credit=figures.credit_of(below.get(image, "")),
        image_alt=meta.get("og:image:alt", "") or meta.get("twitter:image:alt", ""),
        notes=(*notes, *left_out.notes(document.left_out)),
        left_out=document.left_out,
        kept_back=document.kept_back,
    )


def _nothing_at(name: str, *, is_page: bool) -> str:
    if not is_page:
        return _("%(name)s contains no text. Nothing was added.", name=name)
    return _(
        "No article was found at %(url)s. It may need a sign-in or a browser; save the page as text and add that.",
        url=name,
    )


def _body(text: str, *, url: str) -> str:
    import trafilatura

    extracted = trafilatura.extract(
        text,
        url=url or None,
        output_format="html",
        include_comments=False,
        include_links=True,
        include_images=True,
        include_formatting=True,
        include_tables=True,
    )
    whole = next(elements.inside(text, "body"), None)
    fragment = text[whole.start : whole.end] if whole else text
    if url and extracted:
        return extracted
    # A file with nothing around the story was written to be taken whole; the extractor would lose short pieces.
    if not extracted or not _FURNITURE.search(fragment):
        return fragment
    return extracted


def _without_heading(body: str, title: str, *, mastheads: Sequence[str] = ()) -> str:
    """The body without the headline that stands above it anyway, and without the site's name above that."""
    for tag in ("h1", "h1", "h2"):
        first = next(elements.inside(body, tag), None)
        words = _plain(body[first.start : first.end]) if first else ""
        is_topmost = first is not None and (tag == "h1" or not _plain(body[: first.opens]))
        if first and is_topmost and (words in mastheads or comparing.same(words, title)):
            body = body[: first.opens] + body[first.closes :]
    return body


def _title(text: str, head: page_head.PageHead, body: str) -> str:
    """The page's heading where it is the one the page announces; else what it announces, without the site's name."""
    announced = _announced(head)
    headings = [_plain(heading) for heading in _headings(body) or _headings(text)]
    headings = [heading for heading in headings if heading and _unless_below(heading, body)]
    mastheads = _mastheads(text, head, headings)
    lesser = [_plain(heading) for heading in _headings(text, "h2")] if mastheads else []
    for heading in [*(one for one in headings if one not in mastheads), *lesser]:
        if (not announced and heading not in lesser) or (announced and _is_announced(heading, announced)):
            return heading
    site = _plain(head.meta.get("og:site_name", ""))
    if headings and headline.is_label(announced) and not headline.is_label(headings[0]):
        # The page bears only its site's name.
        return headings[0]
    if announced:
        return site_names.without_site(announced, names=[site] if site else [])
    return headings[0] if headings else ""


def _announced(head: page_head.PageHead) -> str:
    return _plain(head.meta.get("og:title", "")) or _plain(head.title)


def _is_announced(heading: str, announced: str) -> bool:
    return comparing.same(heading, announced) or site_names.extends(announced, heading)


def _mastheads(text: str, head: page_head.PageHead, headings: Sequence[str]) -> list[str]:
    """Headings of the first level that are the site's name: many sites set it as one on every page."""
    announced, site = _announced(head), _plain(head.meta.get("og:site_name", ""))
    others = [*headings, *(_plain(one) for one in _headings(text, "h2"))]
    story = [one for one in others if not headline.is_label(one) and _is_announced(one, announced)]
    return [
        heading
        for heading in headings
        if (site and comparing.same(heading, site) and not comparing.same(announced, site))
        or (
            headline.is_label(heading)
            and any(site_names.beside(one, announced) == comparing.core(heading) for one in story)
        )
    ]


def _unless_below(heading: str, body: str) -> str:
    """The heading; nothing where sentences stand above it, since then it parts the story."""
    places = (
        one for level in range(1, 7) for one in itertools.islice(elements.inside(body, f"h{level}"), _MOST_HEADINGS)
    )
    place = next((one for one in places if comparing.same(_plain(body[one.start : one.end]), heading)), None)
    above = _plain(body[max(0, place.opens - _LOOKED_ABOVE) : place.opens]) if place else ""
    return "" if len(above) >= _LEAST_TEXT and paragraphs.ends_sentence(above) else heading


def _first_line(body: str) -> tuple[str, str, tuple[str, ...]]:
    """The headline of a text without any heading, and the text below it: its first line, else its first words."""
    first = next((one for one in elements.inside(body, "p") if _plain(body[one.start : one.end])), None)
    line = _plain(body[first.start : first.end]) if first else ""
    if first and len(line) <= _LONGEST_LINE and not headline.ends_with_stop(line) and not _plain(body[: first.opens]):
        below = body[: first.opens] + body[first.closes :]
        if _plain(below):
            return line, below, ()
    return plain_text.first_words(_plain(body)), body, (plain_text.UNNAMED,)


def _headings(html: str, tag: str = "h1") -> list[str]:
    return [html[one.start : one.end] for one in itertools.islice(elements.inside(html, tag), _MOST_HEADINGS)]


def _canonical(head: page_head.PageHead, url: str) -> str:
    """The address the page gives itself. Another host's is not believed: our link leads where we were."""
    for raw in (head.canonical, head.meta.get("og:url", "")):
        claimed = urls.link(raw, base_url=url) if raw else None
        if claimed and claimed.startswith("http") and (not url or _site(claimed) == _site(url)):
            return claimed
    return url


def _site(url: str) -> str:
    return re.sub(r"^(www|m|amp|mobile)\.", "", urlsplit(url).hostname or "")


def _standfirst(meta: dict[str, str], described: str | None, *, body: str) -> str:
    """The page's description where it speaks of the story; many sites describe themselves on every page."""
    text = _plain(meta.get("og:description", "") or meta.get("description", "") or described)
    return text if text and story_words.echo(text, [sanitise.text_of(body)]) >= _LEAST_ECHO else ""


def _moment(exact: str, day: str | None) -> datetime | None:
    for raw in (exact.strip(), day or ""):
        try:
            moment = datetime.fromisoformat(raw.replace("Z", "+00:00")) if raw else None
        except ValueError:
            continue
        if moment:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _topics(meta: dict[str, str], tags: list[str] | None) -> list[str]:
    raw = tags or re.split(r"[,،;]", meta.get("news_keywords", ""))
    return [topic for topic in (_plain(tag) for tag in raw) if topic]


def _image(meta: dict[str, str], found: str | None, *, base: str) -> str:
    raw = meta.get("og:image:secure_url") or meta.get("og:image") or meta.get("twitter:image") or found or ""
    return urls.link(raw, base_url=base) or "" if raw else ""


def _plain(raw: str | None) -> str:
    return sanitise.text_of(raw or "")


def _declared(data: bytes) -> str:
    match = _META_CHARSET.search(data[:4000])
    return match[1].decode("ascii") if match else ""
