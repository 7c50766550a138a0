"""What a rendered HTML part is made of: its links, pictures and words, each with the story it belongs to."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from newsletter.translatable import Translatable as _

_STORY = re.compile(r"\s*(/?)story:(\d+)\s*")
_HIDDEN = {"style", "title", "script"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Elements that mail programs drop or that do something by themselves.
FORBIDDEN = {
    "script": _("a script"),
    "form": _("a form"),
    "input": _("a form field"),
    "button": _("a form button"),
    "textarea": _("a form field"),
    "select": _("a form field"),
    "iframe": _("an embedded page"),
    "frame": _("an embedded page"),
    "object": _("an embedded object"),
    "embed": _("an embedded object"),
    "applet": _("an embedded object"),
    "audio": _("audio"),
    "video": _("a video"),
    "svg": _("an inline drawing"),
    "link": _("an external style sheet"),
    "base": _("a base address"),
}
_REMOTE_CSS = re.compile(r"@import|url\s*\(|expression\s*\(", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One link or picture."""

    url: str
    story: int | None
    attributes: dict[str, str | None]


@dataclass
class HtmlParts:
    links: list[Part] = field(default_factory=list)
    pictures: list[Part] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    """Each as words for a person."""
    words: str = ""
    """What a reader sees, white space collapsed; hidden text left out."""


def of(html: str) -> HtmlParts:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.parts.words = squeezed("".join(reader.words))
    return reader.parts


def squeezed(text: str) -> str:
    """White space collapsed, so that wrapping does not matter in a comparison."""
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = HtmlParts()
        self.words: list[str] = []
        self._story: int | None = None
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._note_dangers(tag, values)
        if tag in {"a", "area"} and "href" in values:
            self.parts.links.append(Part(url=values["href"] or "", story=self._story, attributes=values))
        if tag == "img":
            self.parts.pictures.append(Part(url=values.get("src") or "", story=self._story, attributes=values))
        if tag not in _VOID and (self._hidden or tag in _HIDDEN or "display:none" in (values.get("style") or "")):
            self._hidden.append(tag)
        if tag in {"p", "br", "td", "li", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}:
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" in self._hidden and _REMOTE_CSS.search(data):
            self.parts.forbidden.append(_("CSS that loads something"))
        if not self._hidden:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        if match := _STORY.fullmatch(data):
            self._story = None if match[1] else int(match[2])

    def _note_dangers(self, tag: str, values: dict[str, str | None]) -> None:
        found = self.parts.forbidden
        if tag in FORBIDDEN:
            found.append(FORBIDDEN[tag])
        if tag == "meta" and (values.get("http-equiv") or "").lower() == "refresh":
            found.append(_("a redirect"))
        found += [_("code in “%(name)s”", name=name) for name in values if name.startswith("on")]
        if {"background", "srcset", "poster"} & values.keys() or _REMOTE_CSS.search(values.get("style") or ""):
            found.append(_("a background or style that loads something"))
