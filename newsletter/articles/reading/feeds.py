"""RSS and Atom bytes → drafts, by feedparser, which is never given anything it could open."""

import calendar
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from newsletter.articles import drafts, urls
from newsletter.articles.reading import prolog, sanitise, wordpress_export
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.not_for_readers import left_out, remarks
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

MAX_ENTRIES = 200
_ROOT = re.compile(r"<(?:\w{1,20}:)?(?:rss|feed|RDF)\b")
_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_STANDFIRST = 400
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class UnusableFeed(drafts.UnusableArticle):
    """Bytes that are no feed, or a feed that holds nothing to use."""


@dataclass(frozen=True, kw_only=True)
class Feed:
    title: str
    language: str
    entries: tuple[drafts.Draft, ...]
    """Newest first, as feeds come."""
    problems: tuple[str, ...]
    """Entries that could not be used, and why; defects of the feed."""
    notes: tuple[str, ...] = ()
    """What a person should know of the whole: of an export, what is no article."""


def is_feed(data: bytes, *, content_type: str = "") -> bool:
    """A feed by what the server says or by how it begins."""
    return content_type in _TYPES or _begins_as_feed(data[:4000])


def _begins_as_feed(data: bytes) -> bool:
    # Of every encoding that feeds have, these signs are a byte each; a byte order mark is three letters here.
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return _ROOT.match(text, prolog.end(text)) is not None


def read(data: bytes, *, url: str, content_type: str = "", charset: str = "") -> Feed:
    """The drafts in a feed that was fetched from ``url`` (or a file's name). Raises UnusableFeed."""
    kind = content_type or "application/xml"
    headers = {"content-type": f"{kind}; charset={charset}" if charset else kind, "content-location": url}
    import feedparser  # Imported here: half a second that most processes can do without.

    # BytesIO, not bytes: feedparser would try to open a file of that name.
    parsed = feedparser.parse(io.BytesIO(data), response_headers=headers, sanitize_html=False)
    if not parsed.get("version") and not parsed.get("entries"):
        raise UnusableFeed(_no_feed(url, parsed), field=url)
    language = str(parsed.feed.get("language", "") or "")
    entries: list[drafts.Draft] = []
    problems: list[str] = []
    found = [entry for entry in parsed.entries if wordpress_export.is_story(entry)]
    notes = wordpress_export.said_of([entry for entry in parsed.entries if not wordpress_export.is_story(entry)])
    if any(map(wordpress_export.is_one, found)):
        # An export begins with its oldest entries.
        found = sorted(found, key=lambda entry: _moment(entry) or _LONG_AGO, reverse=True)
        if len(found) > MAX_ENTRIES:
            notes = (
                *notes,
                _("Only the newest %(most)s of %(n)s were added.", most=Quantity(MAX_ENTRIES), n=Quantity(len(found))),
            )
    for number, entry in enumerate(found[:MAX_ENTRIES], start=1):
        draft = _draft(entry, url=url, language=language)
        if draft:
            entries.append(draft)
        else:
            problems.append(_("Entry %(number)s of %(url)s has no title and no text.", number=number, url=url))
    if parsed.get("bozo") and not entries:
        raise UnusableFeed(_broken(url, parsed), field=url)
    if notes and not entries and not problems:
        raise UnusableFeed(_("%(url)s holds no article. %(note)s", url=url, note=notes[0]), field=url)
    return Feed(
        title=_text(parsed.feed.get("title")),
        language=language,
        entries=tuple(entries),
        problems=tuple(problems),
        notes=notes,
    )


def _no_feed(url: str, parsed: Mapping[str, Any]) -> str:
    if line := _damaged_line(parsed):
        return _(
            "%(url)s is not a valid RSS or Atom feed (error in line %(line)s). "
            "Look for the feed's own address on the site.",
            url=url,
            line=line,
        )
    return _("%(url)s is not an RSS or Atom feed. Look for the feed's own address on the site.", url=url)


def _broken(url: str, parsed: Mapping[str, Any]) -> str:
    if line := _damaged_line(parsed):
        return _("%(url)s is broken (error in line %(line)s). Tell the people who run the site.", url=url, line=line)
    return _("%(url)s is broken. Tell the people who run the site.", url=url)


def _damaged_line(parsed: Mapping[str, Any]) -> int:
    line = getattr(parsed.get("bozo_exception"), "getLineNumber", None)
    return int(line() or 0) if line else 0


def _draft(entry: Mapping[str, Any], *, url: str, language: str) -> drafts.Draft | None:
    is_export = wordpress_export.is_one(entry)
    text = wordpress_export.html_of(_content(entry)) if is_export else _content(entry)
    short_text = str(entry.get("summary", "") or (entry.get("excerpt_encoded", "") if is_export else "") or "")
    document, short = document_reader.for_readers(text), document_reader.for_readers(short_text)
    named, in_title = remarks.of_field(str(entry.get("title", "") or ""))
    summary, between = remarks.of_field(short.html, html=True)
    content = document.html
    kept_out = document.left_out if document.html or document.left_out else short.left_out
    kept_out = (*kept_out, *in_title, *between)
    words = sanitise.text_of(summary)
    title = _text(named) or " ".join((words or sanitise.text_of(content)).split()[:12])
    if not title:
        return None
    address = urls.web(str(entry.get("link", "") or "")) or ""
    image, alt = _image(entry, base=address or url)
    return drafts.Draft(
        title=title,
        body=content or summary,
        standfirst=_shortened(words) if words and words != sanitise.text_of(content) else "",
        byline=_text(entry.get("author")),
        language_hint=language,
        url=address,
        base_url=address or (url if urls.web(url) else ""),
        published_at=_moment(entry),
        topics=tuple(dict.fromkeys(term for tag in entry.get("tags", []) if (term := _text(tag.get("term"))))),
        image=image,
        image_alt=alt,
        notes=left_out.notes(kept_out),
        left_out=kept_out,
        kept_back=wordpress_export.kept_back(entry) or document.kept_back or short.kept_back,
    )


def _content(entry: Mapping[str, Any]) -> str:
    """The longest full text that is HTML or plain; some feeds carry several."""
    texts = [
        str(part.get("value") or "")
        for part in entry.get("content", [])
        if part.get("type", "text/html") in {"text/html", "application/xhtml+xml", "text/plain"}
    ]
    return max(texts, key=len, default="")


def _image(entry: Mapping[str, Any], *, base: str) -> tuple[str, str]:
    """The picture an entry brings, and what describes it."""
    for media in [*entry.get("media_content", []), *entry.get("enclosures", [])]:
        kind = str(media.get("type", ""))
        if kind.startswith("image/") or media.get("medium") == "image":
            found = urls.link(str(media.get("url") or media.get("href") or ""), base_url=base)
            if found:
                return found, _text(entry.get("media_description") or media.get("title"))
    for media in [*entry.get("media_thumbnail", []), entry.get("image", {})]:
        found = urls.link(str(media.get("url") or media.get("href") or ""), base_url=base) if media else None
        if found:
            return found, ""
    return "", ""


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC) if parsed else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _shortened(text: str) -> str:
    """A summary is a few sentences; some feeds put the whole text there."""
    if len(text) <= _STANDFIRST:
        return text
    sentence = max(text.rfind(mark, 0, _STANDFIRST) for mark in (". ", "! ", "? ", "؟ ", "。"))
    return text[: sentence + 1] if sentence > _STANDFIRST // 4 else text[:_STANDFIRST].rsplit(" ", 1)[0] + "…"


def _text(raw: Any) -> str:
    return sanitise.text_of(str(raw)) if raw else ""
