"""A stored text as a person can mend it: Markdown wherever that reads back as the same, else HTML. Pure."""

import html as escapes
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from newsletter.articles.pictures import embedded, media_keys
from newsletter.articles.reading import sanitise
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.reading.not_for_readers import left_out

_SPECIAL = re.compile(r"[\\*_`\[\]<&]")
_AT_THE_START = re.compile(r"^([^\S\n]*+(?:\d{1,9}(?=[.)](?:\s|$)))?)([#>+.)=-])", re.MULTILINE)
# Begins with a letter, and holds no sign that Markdown, or a program that writes it, could mean something by.
_ONLY_WORDS = re.compile(r"<p>([^\W\d_][^\\*_`\[\]<>&#=%~^|$\u00a0\x00-\x1f\x7f-\x9f\u2028\u2029]*)(?<!\s)</p>")
# Pairs of these mean something to the programs that writers use, also within HTML.
_PAIRED = re.compile(r"==|%%|~~|\[\[|\^\[")
_SAME = ((re.compile(r"<(/?)b>"), r"<\1strong>"), (re.compile(r"<(/?)i>"), r"<\1em>"))
_BLANK = re.compile(
    r"(?<=>)\s+(?=</?(?:li|ul|ol|p|blockquote|br|figure|figcaption)\b)|(?<=<br>)\s+|(?<=<blockquote>)\s+"
)
_WRAPPED = {"em": "*", "i": "*", "strong": "**", "b": "**", "code": "`"}
_PLAIN = frozenset({"p", "br", "hr", "ul", "ol", "li", "blockquote"})
_HEADINGS = {"h2": "## ", "h3": "### ", "h4": "#### "}


def text_of(body: str) -> str:
    """The text for a field of a form; `editing.update` reads it back."""
    shown = [(words[1] if (words := _ONLY_WORDS.fullmatch(block)) else "", block) for block in left_out.blocks(body)]
    others = iter(_shown([(block, _written(block)) for words, block in shown if not words]))
    return "\n\n".join(words or next(others) for words, _block in shown)


def as_html(body: str) -> str:
    """The text for the same field without a look for Markdown: what `text_of` gives where it has no better."""
    return "\n\n".join(_plain(block) for block in left_out.blocks(body))


def _shown(blocks: Sequence[tuple[str, str]]) -> list[str]:
    """Each block as Markdown where that reads back as the same: looked at together, and apart where it does not."""
    if len(blocks) <= 1:
        return [text if text and _reads_back(text, html) else _plain(html) for html, text in blocks]
    if all(text for _html, text in blocks):
        together = "\n\n".join(text for _html, text in blocks)
        if _reads_back(together, "\n".join(html for html, _text in blocks)):
            return [text for _html, text in blocks]
    half = len(blocks) // 2
    return [*_shown(blocks[:half]), *_shown(blocks[half:])]


def _written(html: str) -> str:
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return writer.text()


def _plain(html: str) -> str:
    return _PAIRED.sub(lambda found: "".join(f"&#{ord(sign)};" for sign in found[0]), html)


def _reads_back(text: str, html: str) -> bool:
    again = sanitise.clean(embedded.prepared(front_matter.to_html(text)).html)
    return _comparable(again) == _comparable(html)


def _comparable(html: str) -> list[str]:
    for sign, same in _SAME:
        html = sign.sub(same, html)
    return [media_keys.comparable(_BLANK.sub("", block)) for block in left_out.blocks(html)]


class _Writer(HTMLParser):
    """Writes a block of clean HTML as Markdown; what Markdown has no sign for stays HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._closing: list[str] = []
        self._lists: list[str] = []

    def text(self) -> str:
        return "".join(self._out).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        values = dict(attrs)
        ends = f"</{tag}>"
        if tag == "a" and set(values) == {"href"}:
            raw, ends = "[", f"]({_target(values['href'] or '')})"
        elif values or tag not in {*_WRAPPED, *_HEADINGS, *_PLAIN}:
            pass
        elif tag in _WRAPPED:
            raw = ends = _WRAPPED[tag]
        elif tag in _HEADINGS:
            raw, ends = _HEADINGS[tag], "\n\n"
        elif tag in {"p", "blockquote"}:
            raw, ends = ("> " if tag == "blockquote" else ""), ("\n\n" if not self._lists else "")
        elif tag in {"ul", "ol"}:
            self._lists.append("- " if tag == "ul" else "1. ")
            raw, ends = "", ""
        elif tag == "li":
            raw, ends = self._lists[-1] if self._lists else raw, "\n"
        else:
            self._out.append("  \n" if tag == "br" else "* * *")
            return
        self._out.append(raw)
        if tag not in {"img", "br", "hr"}:
            self._closing.append(ends)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if self._closing:
            self._out.append(self._closing.pop())

    def handle_data(self, data: str) -> None:
        if self._out and self._out[-1].endswith(("\n", "> ")):
            data = data.lstrip("\n ")
        if not data or (self._lists and not data.strip()):
            return
        if self._closing and self._closing[-1] == "`":
            self._out.append(data)
            return
        said = _SPECIAL.sub(lambda found: escapes.escape(found[0]) if found[0] in "<&" else f"\\{found[0]}", data)
        said = _plain(said.replace("\u00a0", "&nbsp;"))
        self._out.append(_AT_THE_START.sub(r"\1\\\2", said) if self._begins_a_line() else said)

    def _begins_a_line(self) -> bool:
        before = "".join(self._out[-2:])
        return not before or before.endswith(("\n", "- ", "1. ", "> "))


def _target(url: str) -> str:
    return f"<{url}>" if re.search(r"[\s()]", url) else url
