"""The blocks of a stored text: paragraphs, list items, captions, headings, each with its words. Pure."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"p", "h2", "h3", "h4", "li", "blockquote", "pre", "figcaption", "td", "th", "dt", "dd", "caption", "hr", "table"}
)
_SLANTED = {"em", "i", "small", "cite", "q"}
_HEAVY = {"strong", "b"}


@dataclass
class Block:
    """What stands between two breaks of a text."""

    tag: str
    """The innermost element that makes a block; ``p`` for words that stand free."""
    within: frozenset[str]
    """The elements around it."""
    text: str = ""
    pictures: int = 0
    slanted: int = 0
    """Characters in small or slanted type."""
    heavy: int = 0
    """Characters in bold type."""


def blocks_of(html: str) -> list[Block]:
    """The blocks in order, white space collapsed; those with neither words nor pictures are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for block in reader.blocks:
        block.text = " ".join(block.text.split())
    return [block for block in reader.blocks if block.text or block.pictures]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: list[str] = []
        self._begin()

    def _begin(self) -> None:
        tag = next((name for name in reversed(self._open) if name in _BLOCKS), "p")
        self.blocks.append(Block(tag=tag, within=frozenset(self._open)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.blocks[-1].text += "\n"
        elif tag == "img":
            self.blocks[-1].pictures += 1
        elif tag == "hr":
            self._begin()
        else:
            self._open.append(tag)
            if tag in _BLOCKS or tag == "figure":
                self._begin()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open.pop() != tag:
            pass
        if tag in _BLOCKS or tag == "figure":
            self._begin()

    def handle_data(self, data: str) -> None:
        block = self.blocks[-1]
        if "del" in self._open or "s" in self._open or ("sup" in self._open and re.fullmatch(r"[\s\d*†‡,\[\]]*", data)):
            return  # what is struck out, and the marks of footnotes
        block.text += data
        block.slanted += len(data.strip()) if not _SLANTED.isdisjoint(self._open) else 0
        block.heavy += len(data.strip()) if not _HEAVY.isdisjoint(self._open) else 0
