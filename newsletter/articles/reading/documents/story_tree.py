"""The tree of a document from which parts are taken out, and the list of what was taken."""

import re

from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading.document_marks import Element
from newsletter.articles.reading.not_for_readers.left_out import of_html

LARGEST_BOX = 1_000
"""Characters; what says more is no box, no button and no wall, whatever its class says."""
# Signs that the parser reads, and then refuses to be given: no XML may hold them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STEP = 20
_MOST_LOOKED_AT = 20_000_000
"""Characters that are read to find places; later pieces of a longer document have no place, and go to the top."""


class StoryTree:
    """A parsed document; elements are dropped with the reason why, and remembered with the words above them.

    A ``fragment`` is the inside of a page, as feeds carry it.
    """

    def __init__(self, html: str, *, fragment: bool) -> None:
        self.root: Element = _parsed(html, fragment=fragment)
        self.fragment = fragment
        self.found: list[LeftOut] = []
        self.changed = False
        self._looked_at = 0
        style = " ".join(node.text or "" for node in self.root.iter("style"))
        self.styles = {match[1]: match[2] for match in marks.CSS_RULE.finditer(style)}
        """Class to its declarations, of the document's own style sheet."""
        self.is_google = marks.GOOGLE.search(html) is not None
        self.is_word = bool(re.search(r"class=[\"']?Mso|urn:schemas-microsoft-com:office|mso-", html))

    def begin_again(self, html: str) -> None:
        """Read another version of the document; nothing was taken out of that yet."""
        self.root, self.found = _parsed(html, fragment=self.fragment), []
        self.changed = True

    def stands(self, node: Element) -> bool:
        """Still a part of the page, below its root."""
        return any(parent is self.root for parent in node.iterancestors())

    def drop(self, node: Element, why: Why) -> None:
        above = self.above(node)
        for sign in [
            link for link in node.iter("a") if re.search(r"#(?:_msoanchor_|cmnt_ref)\d+$", link.get("href", ""))
        ]:
            if sign is not node:
                sign.drop_tree()
        self.note(marks.source_of(node), why, above)
        if self.stands(node):
            node.drop_tree()
        self.changed = True

    def drop_mark(self, node: Element) -> None:
        """A mark in a sentence, with the raised sign that holds nothing else."""
        own = marks.few_words_of(node, most=LARGEST_BOX)
        while (
            (parent := node.getparent()) is not None
            and parent.tag in {"sup", "span"}
            and own == marks.few_words_of(parent, most=LARGEST_BOX)
            and own is not None
        ):
            node = parent
        if self.stands(node):
            node.drop_tree()
        self.changed = True

    def note(self, html: str, why: Why, above: str) -> None:
        piece = of_html(html, why=why, after=above)
        if piece:
            self.found.append(piece)

    def above(self, node: Element) -> str:
        """The words of the paragraph above, or of its own paragraph, before it."""
        if self._looked_at > _MOST_LOOKED_AT:
            return ""
        own = self._looked(node)
        for parent in node.iterancestors("p", "li", "h1", "h2", "h3", "blockquote", "td"):
            if own and (before := self._looked(parent).partition(own)[0].strip()):
                return before
        for before in marks.before(node):
            self._looked_at += _STEP + len(before)
            if self._looked_at > _MOST_LOOKED_AT:
                return ""
            if (
                isinstance(before.tag, str) and before.tag in marks.PARAGRAPHS and before is not node
                and not any(child.tag in marks.PARAGRAPHS for child in before) and (words := self._looked(before))
            ):  # fmt: skip
                return words
        return ""

    def _looked(self, node: Element) -> str:
        words = marks.words_of(node)
        self._looked_at += len(words)
        return words

    def written(self) -> str:
        if self.fragment:
            body = self.root.find("body")
            inside = (
                [body.text or "", *(marks.source_of(element, tail=True) for element in body)]
                if body is not None
                else []
            )
            return "".join(inside)
        return f"<!DOCTYPE html>{marks.source_of(self.root)}"

    def has(self, name: str) -> bool:
        return any(name in marks.classes_of(node).split() for node in self.root.iter("div"))


def _parsed(html: str, *, fragment: bool) -> Element:
    # Imported here: processes that only send never need it.
    import lxml.html

    parser = lxml.html.HTMLParser(encoding="utf-8")
    wrapped = f"<html><body>{html}</body></html>" if fragment else html
    # lxml refuses text that names an encoding; as bytes it is read in ours, whatever a <meta> says.
    root = lxml.html.document_fromstring(wrapped.encode("utf-8", "replace"), parser=parser)
    if _CONTROLS.search(html) or "&#" in html:
        for node in root.iter():
            node.text, node.tail = _without_controls(node.text), _without_controls(node.tail)
            for name, value in node.attrib.items() if isinstance(node.tag, str) else ():
                node.set(name, _CONTROLS.sub(" ", value))
    return root


def _without_controls(text: str | None) -> str | None:
    return _CONTROLS.sub(" ", text) if text else text
