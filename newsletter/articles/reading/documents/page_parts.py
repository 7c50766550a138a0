"""What belongs to the page or its software: boxes, adverts, asides, shortcodes, hidden text."""

import html as html_escapes
import re
from typing import Literal

from newsletter.articles.drafts import Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading.document_marks import Element
from newsletter.articles.reading.documents.story_tree import LARGEST_BOX, StoryTree
from newsletter.articles.reading.not_for_readers import shortcodes

_LEAST_BOX = 8
"""Words of an aside that is a box of facts."""
_CLOSING = " .!?…»”)"
_LONGEST_MARK = 199
_LONGEST_LINE = 300
"""Characters of a label above an advert, and of a line that leads to another story."""


def take_out_boxes(tree: StoryTree) -> None:
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or node.tag in marks.STOPS or not tree.stands(node):
            continue
        classes = marks.classes_of(node)
        if (marks.BOX.search(classes) and marks.few_words_of(node, most=LARGEST_BOX) is not None) or (
            marks.SUBSCRIBE_BUTTON.search(classes)
            and marks.ASKS.fullmatch(marks.few_words_of(node, most=LARGEST_BOX) or "")
        ):
            tree.drop(node, Why.BOX)
        elif marks.AROUND.search(classes):
            tree.drop(node, Why.PAGE)
        elif (marks.ADVERT.search(classes) and marks.few_words_of(node, most=LARGEST_BOX) is not None) or _leads_away(
            node
        ):
            tree.drop(node, Why.BOX)
        elif node.tag in {"p", "div", "span", "small"} and marks.ADVERT_LABEL.fullmatch(
            marks.few_words_of(node, most=_LONGEST_MARK) or ""
        ):
            tree.drop(node, Why.PAGE)


def take_out_asides(tree: StoryTree) -> None:
    """A box of facts within a story, which extraction of a page's text loses; a page's own sidebar is none."""
    for node in list(tree.root.iter("aside")):
        beside = [neighbour.tag for neighbour in (node.getprevious(), node.getnext()) if neighbour is not None]
        is_within = next(node.iterancestors("article"), None) is not None or "p" in beside
        linked = sum(len(marks.words_of(link).split()) for link in node.iter("a"))
        words = len(marks.words_of(node).split())
        if tree.stands(node) and is_within and words >= _LEAST_BOX and linked * 2 < words:
            tree.drop(node, Why.PAGE)


def take_out_shortcodes(tree: StoryTree) -> None:
    """What a website's software would have replaced; code that a story shows stays."""
    found = shortcodes.pattern(str(tree.root.text_content()))
    for node in list(tree.root.iter(*marks.PARAGRAPHS)):
        words = marks.words_of(node) if marks.is_leaf(node) else ""
        if "[" in words and tree.stands(node) and found.search(words) and not found.sub("", words).strip():
            tree.drop(node, Why.CODE)
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or next(node.iterancestors("pre", "code", "head"), None) is not None:
            continue
        if node.tag not in {"pre", "code", "script", "style", "textarea", "head"}:
            _without_codes(tree, node, "text", found)
        if node.getparent() is not None:
            _without_codes(tree, node, "tail", found)


def _without_codes(tree: StoryTree, node: Element, where: Literal["text", "tail"], found: re.Pattern[str]) -> None:
    text = getattr(node, where)
    if not text or "[" not in text or not found.search(text):
        return
    for code in found.finditer(text):
        tree.note(f"<p>{html_escapes.escape(code[0])}</p>", Why.CODE, tree.above(node))
    tree.changed = True
    setattr(node, where, found.sub("", text))


def take_out_hidden(tree: StoryTree) -> None:
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or node.tag in marks.STOPS or not tree.stands(node):
            continue
        if node.get("hidden") is not None or marks.HIDDEN.search(marks.style_of(node)):
            tree.drop(node, Why.HIDDEN)


def _leads_away(node: Element) -> bool:
    """“Read more: Storm sinks boats”, a line by itself: what stands behind the label is a link, or no sentence."""
    if node.tag not in {"p", "div", "li", "blockquote"} or not marks.is_leaf(node):
        return False
    words = marks.few_words_of(node, most=_LONGEST_LINE) or ""
    label = marks.READ_MORE.fullmatch(words)
    if label is None:
        return False
    linked = " ".join(marks.words_of(link) for link in node.iter("a"))
    return linked.strip(_CLOSING).endswith(label["rest"].strip(_CLOSING)) or not label["rest"].rstrip().endswith(
        (".", "!", "…", "۔")
    )
