"""The plain-text part: what a person who reads without HTML enjoys, wrapped, in order, every link on its own line."""

import re
from html.parser import HTMLParser

import html2text
from markupsafe import Markup, escape

from newsletter.rendering import wrap
from newsletter.rendering.page import Page, StoryView

# Signs that html2text gives a meaning are swapped for private characters first: a sign that comes out is then markup.
_SIGNS = "\\`*_{}[]()#+-.!>|~<=:&\u00a0"
_SHIELD = {ord(sign): chr(0xE000 + at) for at, sign in enumerate(_SIGNS)}
_UNSHIELD = {0xE000 + at: sign for at, sign in enumerate(_SIGNS)}
_HEADING = re.compile(r"^(#{1,6}) +(.*)$")
_ITEM = re.compile(r"^( *)(\*|\d+\.) +(.*)$")
_QUOTE = re.compile(r"^((?:> ?)+)(.*)$")
_CODE = "    "
_MOST_MARKS = 8
"""Of quotations within each other: with more there would be no room for words. Lists are indented no further."""
# Their marks say nothing in plain text.
_INLINE = {"bdi", "bdo", "code", "del", "s", "strike", "ins", "mark", "small", "abbr", "sub", "sup", "tbody", "thead"}
_RULE = re.compile(r"^\* \* \*$")


def compose(page: Page) -> str:
    """The whole text part; each story is a block of its own between rules."""
    blocks = [_masthead(page)]
    if page.introduction:
        blocks.append(_prose(page.introduction, links=page.words.links))
    blocks += [story(view) for view in page.stories]
    rule = "\n\n\n" + "-" * wrap.WIDTH + "\n\n"
    return blocks[0] + "\n\n" + rule.lstrip("\n").join(f"{block}\n\n" for block in blocks[1:]) + _footer(page)


def places(page: Page) -> int:
    """How many places for a reader's values the text part has: those of the introduction, and the way out."""
    if not page.introduction:
        return 1
    flattener = _flattened(page.introduction)
    return 1 + page.tokens.count("\n".join([flattener.html(), *flattener.addresses]))


def story(view: StoryView) -> str:
    """One story: label, headline, byline, summary, text when shown in full, and its address."""
    head = wrap.lines(view.kicker) + _underlined(view.title, "-")
    if view.byline:
        head += wrap.lines(view.byline)
    parts = ["\n".join(head)]
    if view.standfirst:
        parts.append(wrap.wrapped(view.standfirst))
    if view.body:
        parts.append(_prose(view.body, links=""))
    if view.url:
        parts.append(f"{view.read_on}:\n{view.url}")
    return "\n\n".join(parts)


def _masthead(page: Page) -> str:
    lines = _underlined(page.publication, "=")
    lines += wrap.lines(page.tagline)
    lines += wrap.lines(f"{page.number} · {page.date}")
    if page.test:
        lines += ["", *wrap.lines(f"*** {page.words.test} ***")]
    lines += ["", f"{page.words.view_in_browser}:", page.browser_url]
    return "\n".join(lines)


def _footer(page: Page) -> str:
    lines = ["-- ", *wrap.lines(page.sender_name)]
    for line in page.postal_address:
        lines += wrap.lines(line)
    if page.home_url:
        lines.append(page.home_url)
    lines += ["", *wrap.lines(page.reason), "", f"{page.words.unsubscribe}:", page.unsubscribe_url, ""]
    return "\n".join(lines)


def _underlined(title: str, sign: str) -> list[str]:
    lines = wrap.lines(title)
    return [*lines, sign * max((wrap.columns(line) for line in lines), default=0)] if lines else []


def _prose(html: Markup, *, links: str) -> str:
    """HTML prose as wrapped text; its links are numbered and listed below."""
    flattener = _flattened(html)
    text = _shaped(_html2text(flattener.html()))
    if flattener.addresses:
        listed = [f"[{at}] {address}" for at, address in enumerate(flattener.addresses, 1)]
        text += "\n\n" + "\n".join([f"{links}:", *listed] if links else listed)
    return text


def _flattened(html: Markup) -> "_Flattener":
    flattener = _Flattener()
    flattener.feed(html)
    flattener.close()
    return flattener


def _html2text(html: str) -> str:
    converter = html2text.HTML2Text(bodywidth=0)
    converter.ignore_links = True
    converter.ignore_images = True
    converter.ignore_emphasis = True
    converter.ignore_tables = True
    converter.unicode_snob = True
    return converter.handle(html)


def _shaped(markdown: str) -> str:
    """html2text's Markdown as plain text: headings underlined, items and quotes hanging, no sign left over."""
    out: list[str] = []
    for raw in markdown.splitlines():
        line = raw.rstrip()
        if not line.strip("> "):
            _leave_blank(out, line)
        elif heading := _HEADING.match(line):
            out += _underlined(_open(heading[2]), "-" if len(heading[1]) < 4 else "·")
        elif _RULE.match(line):
            out.append("· · ·")
        else:
            out += _line(line)
    return "\n".join(out).strip("\n")


def _leave_blank(out: list[str], line: str) -> None:
    """One empty line between paragraphs; inside a quotation it carries the quotation's mark."""
    blank = "> " * min(line.count(">"), _MOST_MARKS)
    if out and not out[-1].strip("> "):
        out[-1] = min(out[-1], blank.rstrip())
    elif out:
        out.append(blank.rstrip())


def _line(line: str) -> list[str]:
    quote = _QUOTE.match(line)
    mark = "> " * min(quote[1].count(">"), _MOST_MARKS) if quote else ""
    line = quote[2] if quote else line
    if item := _ITEM.match(line):
        first = mark + item[1][: 2 * _MOST_MARKS] + ("- " if item[2] == "*" else f"{item[2]} ")
        return wrap.lines(_open(item[3]), first=first, rest=mark + " " * (len(first) - len(mark)))
    indent = mark + " " * min(len(line) - len(line.lstrip(" ")), 2 * _MOST_MARKS)
    if line.startswith(_CODE) and wrap.columns(mark + _open(line)) <= wrap.WIDTH:
        return [mark + _open(line)]  # its inner spaces may be columns of a table
    return wrap.lines(_open(line.strip()), first=indent, rest=indent)


def _open(text: str) -> str:
    return text.replace("\\", "").translate(_UNSHIELD)


class _Flattener(HTMLParser):
    """Sanitised HTML with its signs shielded, its links numbered and its pictures told by their alt text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._addresses: dict[str, int] = {}
        self._out: list[str] = []
        self._href = ""
        self._label = ""
        self._in_row = False

    def html(self) -> str:
        return "".join(self._out)

    @property
    def addresses(self) -> list[str]:
        """Of its links, each once, in the order of their numbers."""
        return [*self._addresses]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._href, self._label = values.get("href", ""), ""
        elif tag == "img":
            if values.get("alt"):
                self.handle_data(f"({values['alt']})")
                self._out.append("<br>")
        elif tag in {"td", "th"}:
            self._out.append(" · " if self._in_row else "")
            self._in_row = True
        elif tag not in _INLINE:
            self._in_row = self._in_row and tag != "tr"
            self._out.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._close_link()
        elif tag not in _INLINE | {"img", "br", "hr", "td", "th"}:
            self._out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._href:
            self._label += data
        self._out.append(str(escape(data.translate(_SHIELD))))

    def _close_link(self) -> None:
        href, self._href = self._href, ""
        if not href or href.removeprefix("mailto:").removeprefix("tel:") == self._label.strip():
            return
        number = self._addresses.setdefault(href, len(self._addresses) + 1)
        self._out.append(str(escape(f"\u00a0[{number}]".translate(_SHIELD))))
