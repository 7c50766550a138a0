"""Prose as HTML that fits into a mail: Markdown made safe, headings put in order, foreign runs isolated."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from newsletter.articles.text import bounds
from newsletter.rendering import personalise

_TYPED = "p br a strong em b i u s sub sup small mark q h1 h2 h3 h4 ul ol li blockquote hr code pre"
_INTRODUCTION_TAGS = set(_TYPED.split())
# CSS pixels: the width of running text, and the most of a picture that stands among its words.
MEASURE = 536
ICON = 64
_HEADING = re.compile(r"h([1-6])")
_CODE = {"code", "pre"}
_VOID = {"br", "hr", "img", "wbr", "col"}
# What says its own direction.
_BLOCK = re.compile(r"p|h[2-6]|ul|ol|li|blockquote|figcaption|t[dh]|pre|d[dt]")
# A run in Latin letters with the marks that belong to it: C++, AT&T, 3.5 GHz, https://example.org/a.
_LATIN = r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f0-9]*(?:[ .,'’&@:/+_#%=?~-]+[A-Za-z\u00c0-\u024f0-9]+)*(?:\+\+|#)?"
_LATIN_RUN = re.compile(_LATIN)
_RTL = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+"
_RTL_RUN = re.compile(rf"{_RTL}(?:[ \u200c]+{_RTL})*")


def introduction(markdown: str, *, direction: str, browser_url: str, tokens: personalise.Tokens) -> Markup:
    """The introduction's Markdown as HTML, headings from h2 on; its merge fields are tokens then.

    HTML that was typed into it shows as what it means, as far as a mail may; of the rest the words stay.
    """
    # A merge field's URL inside a Markdown link needs a scheme to survive sanitising.
    with_scheme = f"https://{tokens.unsubscribe_url}"
    source = re.sub(r"(\]\(\s*<?)\{\{\s*unsubscribe_url\s*\}\}", rf"\1{with_scheme}", markdown)
    source = tokens.merge_fields(source, browser_url=browser_url)
    html = _plainer(_MARKDOWN.render(_PREFIXED.sub("", source)))
    clean = nh3.clean(
        html,
        tags=_INTRODUCTION_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto", "tel"},
        link_rel=None,
    )
    clean = re.sub(r"<a>(.*?)</a>", r"\1", clean, flags=re.DOTALL)
    clean = re.sub(r"<(p|h[1-4]|li|blockquote)>\s*</\1>", "", clean)
    return _normalised(clean.replace(with_scheme, tokens.unsubscribe_url), first_heading=2, direction=direction)


def body(html: str, *, direction: str) -> Markup:
    """An article's sanitised body, headings from h3 on, since the story's title is h2."""
    return _normalised(html, first_heading=3, direction=direction)


def isolated(text: str, *, direction: str) -> Markup:
    """Plain text escaped for HTML, with ``<bdi>`` around every run that reads the other way."""
    pattern = _foreign(direction)
    out: list[str] = []
    for part, field in personalise.shapes(text):
        if field:
            out.append(f"<bdi>{part}</bdi>" if field == "name" else part)
            continue
        at = 0
        for match in pattern.finditer(part):
            out += [str(escape(part[at : match.start()])), f"<bdi>{escape(match[0])}</bdi>"]
            at = match.end()
        out.append(str(escape(part[at:])))
    return Markup("".join(out))  # noqa: S704 each piece was escaped above


def runs(text: str, *, direction: str) -> int:
    """How many runs of a text `isolated` would put into elements."""
    return sum(1 for _run in _foreign(direction).finditer(text))


def _foreign(direction: str) -> re.Pattern[str]:
    return _LATIN_RUN if direction == "rtl" else _RTL_RUN


_MARKDOWN = MarkdownIt("commonmark", {"html": True, "typographer": False})
_CLOSING = re.compile(r"</([A-Za-z][\w-]*)\s*>")
# Markdown takes these for words, or for addresses.
_PREFIXED = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,5}:[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_FOREIGN = re.compile(r"</?[A-Za-z]\w*+(?:-\w|[^<>]*=)")
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)\b[^<>]*>")
_BLOCKS = "div section article header footer main center tr table h5 h6 address dl search"
_BLOCK_TAGS = frozenset(_BLOCKS.split())
_CELLS = frozenset({"td", "th", "dt", "dd"})
_OTHERS = """
abbr acronym applet area aside audio base basefont bdi bdo big body button canvas caption cite col colgroup
data datalist del details dfn dialog dir embed fieldset figcaption figure font form frame frameset head hgroup
html iframe img input ins kbd label legend link map math menu meta meter nav noscript object optgroup option
output param picture plaintext progress ruby rp rt samp script select slot source span strike style summary
svg tbody template textarea tfoot thead time title tt var video wbr
bgsound blink command image isindex keygen layer listing marquee menuitem multicol nextid nobr noembed noframes
noscript rb rtc spacer xmp
"""
_HTML = frozenset(_OTHERS.split())


def _plainer(html: str) -> str:
    """HTML that was typed: blocks and cells as paragraphs and blanks; what is no markup at all, as <name>, is words."""
    closed = {name.lower() for name in _CLOSING.findall(html)}

    def plain(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if name in _BLOCK_TAGS:
            return f"<{tag[1]}p>"
        if name in _CELLS:
            return " "
        if name in _HTML or name in _INTRODUCTION_TAGS:
            return tag[0]
        # Elements of other programs and of sites have a hyphen, attributes or an end.
        is_markup = name in closed or _FOREIGN.match(tag[0]) or re.fullmatch(r"h\d+", name)
        return "" if is_markup else str(escape(tag[0]))

    return _TAG.sub(plain, html)


def _normalised(html: str, *, first_heading: int, direction: str) -> Markup:
    rewriter = _Rewriter(first_heading=first_heading, direction=direction)
    rewriter.feed(html)
    rewriter.close()
    return Markup(rewriter.result())  # noqa: S704 written by the rewriter, which escapes text and attributes


def _sized(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A picture's attributes, made to fit the column; a picture without a size is left for preflight to find."""
    sizes = dict(pairs)
    width, height = sizes.get("width", ""), sizes.get("height", "")
    # Python takes digits of every script for a number, and refuses to read very many of them.
    if not (re.fullmatch(r"[0-9]{1,6}", width) and re.fullmatch(r"[0-9]{1,6}", height) and int(width)):
        return pairs
    shown = min(int(width), MEASURE)
    on_the_line = int(width) <= ICON and int(height) <= ICON
    sizes |= {"width": str(shown), "height": str(max(1, round(int(height) * shown / int(width))))}
    # Without a display of its own, the theme's rule for pictures would put an icon on a line by itself, blown up.
    style = f"display:inline;width:{shown}px;vertical-align:middle" if on_the_line else f"max-width:{shown}px"
    return [*sizes.items(), ("style", style)]


@dataclass
class _Open:
    tag: str
    written: str
    """Empty: it stands too deep, and only its words are written."""


class _Rewriter(HTMLParser):
    """Writes sanitised HTML again, balanced, with headings in order, directions and isolated runs."""

    def __init__(self, *, first_heading: int, direction: str) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[_Open] = []
        self._in_code = 0
        self._first = first_heading
        self._last = first_heading - 1
        self._direction = direction

    def result(self) -> str:
        while self._open:
            self._close()
        return "".join(self._out).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = tag
        if heading := _HEADING.fullmatch(tag):
            # No level is skipped, wherever the article itself began to count.
            self._last = min(max(int(heading[1]), self._first), self._last + 1, 6)
            written = f"h{self._last}"
        pairs = [(name, value or "") for name, value in attrs if name not in {"class", "style", "id"}]
        if tag == "img":
            pairs = _sized(pairs)
        if _BLOCK.fullmatch(written) and not any(name == "dir" for name, _ in pairs):
            pairs.append(("dir", self._direction))
        if len(self._open) >= bounds.MOST_NESTED and tag not in _VOID:
            written = ""
        if written:
            attributes = "".join(f' {name}="{escape(value)}"' for name, value in pairs)
            self._out.append(f"<{written}{attributes}>")
        if tag not in _VOID:
            self._open.append(_Open(tag, written))
            self._in_code += tag in _CODE

    def handle_endtag(self, tag: str) -> None:
        # The innermost element is looked at first: in balanced HTML it is the element that ends.
        if any(item.tag == tag for item in reversed(self._open)):
            while self._close() != tag:
                pass

    def _close(self) -> str:
        item = self._open.pop()
        self._in_code -= item.tag in _CODE
        self._out.append(f"</{item.written}>" if item.written else " ")
        return item.tag

    def handle_data(self, data: str) -> None:
        self._out.append(str(escape(data) if self._in_code else isolated(data, direction=self._direction)))
