"""The lines of an HTML mail, each with what it stands in, so that it is told apart as a text is. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from newsletter.articles.reading.document_marks import PARAGRAPHS, Element

_BLOCKS = PARAGRAPHS | {"ul", "ol", "dl", "dt", "dd", "table", "pre", "center", "body"}
_NO_WORDS = frozenset({"style", "script", "title", "head"})
_RULE = "_" * 16
"""How a text mail draws the line that is an `<hr>` here."""


@dataclass
class Line:
    """What a reader sees as one line."""

    text: str = ""
    words: list[tuple[Element, str]] = field(default_factory=list)
    """The strings that hold it: of an element its `text` or its `tail`."""
    things: list[Element] = field(default_factory=list)
    """Pictures and rules in it."""


def lines_of(root: Element) -> list[Line]:
    """The lines of a page's body; between blocks stands an empty line."""
    import lxml.etree

    reader = _Reader()
    for event, node in lxml.etree.iterwalk(root, events=("start", "end", "comment")):
        if event == "start":
            reader.begin(node)
        else:
            reader.end(node, is_root=node is root)
    reader.break_line()
    return reader.lines


class _Reader:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._line = Line()
        self._words: list[str] = []
        self._silent = 0

    def begin(self, node: Element) -> None:
        if node.tag in _NO_WORDS:
            self._silent += 1
        elif node.tag == "br":
            self.break_line()
        elif node.tag == "hr":
            self._paragraph()
            self.lines.append(Line(text=_RULE, things=[node]))
        elif node.tag == "img":
            self._line.things.append(node)
        elif node.tag == "tr":
            self.break_line(empty=False)
        elif node.tag in _BLOCKS and node.tag != "td":
            self._paragraph()
        self._add(node, "text", node.text)

    def end(self, node: Element, *, is_root: bool) -> None:
        if node.tag in _NO_WORDS:
            self._silent -= 1
        elif node.tag == "tr":
            self.break_line(empty=False)
        elif node.tag in _BLOCKS and node.tag != "td":
            self._paragraph()
        elif node.tag in {"td", "th"}:
            self._words.append(" ")
        if not is_root:
            self._add(node, "tail", node.tail)

    def break_line(self, *, empty: bool = True) -> None:
        line = self._line
        line.text = " ".join("".join(self._words).split())
        if empty or line.text or line.things:
            self.lines.append(line)
            self._line, self._words = Line(), []

    def _paragraph(self) -> None:
        self.break_line(empty=False)
        self.lines.append(Line())

    def _add(self, node: Element, which: str, words: str | None) -> None:
        if words and not self._silent and isinstance(words, str) and (which == "tail" or isinstance(node.tag, str)):
            self._words.append(words)
            self._line.words.append((node, which))


def take_out(lines: Iterable[Line]) -> None:
    """Empties what holds these lines; elements that hold nothing any more go."""
    for line in lines:
        for node, which in line.words:
            setattr(node, which, None)
        for thing in line.things:
            _drop(thing)
        for node, which in line.words:
            _drop_empty(node if which == "text" else node.getparent())


def _drop_empty(node: Element | None) -> None:
    while node is not None and node.tag != "body" and node.getparent() is not None:
        parent = node.getparent()
        if len(node) or (node.text or "").strip():
            return
        _drop(node)
        node = parent


def _drop(node: Element) -> None:
    if node.getparent() is not None:
        node.drop_tree()


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]
