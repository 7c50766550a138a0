"""The draft in a page's HTML: trafilatura finds the article, and what the page says of itself fills the rest. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from newsletter.articles import drafts, urls
from newsletter.articles.reading import elements, sanitise
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.articles.reading.pages import figures, page_head, story_words
from newsletter.articles.reading.pages.page_title import (
    LEAST_TEXT,
    first_line,
    headings_of,
    mastheads_of,
    plain,
    title_of,
    unless_below,
)
from newsletter.articles.text import comparing
from newsletter.translatable import Translatable as _

TITLE_TAG = re.compile(r"<title\b", re.IGNORECASE)
_FURNITURE = re.compile(r"<(?:nav|footer|aside|header|form|script)\b", re.IGNORECASE)
_LEAST_ECHO = 0.34
"""The share of a description's words that come back in the story it describes."""


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
    if len(sanitise.text_of(body)) < (LEAST_TEXT if url else 1):
        raise drafts.UnusableArticle(_nothing_at(name, is_page=bool(url)), field=name)
    meta = head.meta
    image = _image(meta, getattr(found, "image", None), base=url or address)
    title = document.title or title_of(text, head, body) or unless_below(plain(getattr(found, "title", None)), body)
    notes: tuple[str, ...] = ()
    if not title and not url:
        title, body, notes = first_line(body)
    if not title:
        raise drafts.UnusableArticle(_("%(name)s has no title. Add a <title> or a heading.", name=name), field=name)
    return drafts.Draft(
        title=title,
        body=without_heading(body, title, mastheads=mastheads_of(text, head, list(map(plain, headings_of(text))))),
        standfirst=document.standfirst or _standfirst(meta, getattr(found, "description", None), body=body),
        byline=document.byline or plain(getattr(found, "author", None)).replace("; ", ", "),
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


def without_heading(body: str, title: str, *, mastheads: Sequence[str] = ()) -> str:
    """The body without the headline that stands above it anyway, and without the site's name above that."""
    for tag in ("h1", "h1", "h2"):
        first = next(elements.inside(body, tag), None)
        words = plain(body[first.start : first.end]) if first else ""
        is_topmost = first is not None and (tag == "h1" or not plain(body[: first.opens]))
        if first and is_topmost and (words in mastheads or comparing.same(words, title)):
            body = body[: first.opens] + body[first.closes :]
    return body


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
    text = plain(meta.get("og:description", "") or meta.get("description", "") or described)
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
    return [topic for topic in (plain(tag) for tag in raw) if topic]


def _image(meta: dict[str, str], found: str | None, *, base: str) -> str:
    raw = meta.get("og:image:secure_url") or meta.get("og:image") or meta.get("twitter:image") or found or ""
    return urls.link(raw, base_url=base) or "" if raw else ""
