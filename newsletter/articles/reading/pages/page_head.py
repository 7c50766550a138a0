"""What a page says about itself in its head: language, canonical address, picture, feed. Pure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from newsletter.articles.reading import decoding

_ENOUGH = 300_000
"""Heads are short; what comes later is not read for this."""


@dataclass
class PageHead:
    language: str = ""
    title: str = ""
    canonical: str = ""
    feed: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    """Lower-case name or property → content; the first of each."""


def read(html: str) -> PageHead:
    """The head of a page, however broken."""
    reader = _Reader()
    reader.feed(html[:_ENOUGH])
    return reader.found


def feed_of(data: bytes, *, name: str, charset: str) -> str:
    """The address of the feed that a page names, as it stands there; empty when it names none."""
    return read(decoding.text_of(data, name=name, charset=charset)).feed


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = PageHead()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        relations = values.get("rel", "").lower().split()
        self._in_title = tag == "title" and not self.found.title
        if tag == "html":
            self.found.language = self.found.language or values.get("lang", "") or values.get("xml:lang", "")
        elif tag == "meta":
            key = (values.get("property") or values.get("name") or "").lower()
            if key and values.get("content"):
                self.found.meta.setdefault(key, values["content"])
        elif tag == "link" and "canonical" in relations:
            self.found.canonical = self.found.canonical or values.get("href", "")
        elif tag == "link" and "alternate" in relations and not self.found.feed:
            kind = values.get("type", "").lower()
            if kind in {"application/rss+xml", "application/atom+xml"}:
                self.found.feed = values.get("href", "")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.found.title = (self.found.title + data).strip()

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
