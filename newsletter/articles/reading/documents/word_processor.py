"""What a word processor or a note-taking program means by its styles: emphasis, lists, titles, the state."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs

from newsletter.articles import urls
from newsletter.articles.drafts import KeptBack, Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading.document_marks import Element
from newsletter.articles.reading.documents.story_tree import StoryTree
from newsletter.articles.reading.pages import page_furniture


def take_head(tree: StoryTree) -> tuple[str, str, str]:
    """Title, standfirst and byline, taken out of the text where styles name them; styles become plain HTML."""
    byline = ""
    is_document = tree.is_google or tree.is_word
    if is_document:
        _plain_styles(tree)
        _plain_lists(tree)
        byline = _take_byline(tree)
    # A style named “title” speaks of the story in documents; on web pages it may be anything.
    if is_document or tree.has("page-body"):
        return _taken(tree, _is_title), _taken(tree, _is_subtitle), byline
    return "", "", byline


def state_of(tree: StoryTree) -> KeptBack:
    """A page exported from Notion names its own state; a preview of WordPress carries it as a class."""
    kept_back = KeptBack.NO
    for table in [found for found in tree.root.iter("table") if "properties" in marks.classes_of(found).split()]:
        if re.search(
            r"\bstatus\W{0,3}\s*(?:draft|in progress|not started|idea|to do|entwurf)",
            marks.words_of(table),
            re.IGNORECASE,
        ):
            kept_back = KeptBack.DRAFT
        tree.drop(table, Why.REMARK)
    if any(
        re.search(r"(?:^|\s)status-(?:draft|pending|private|future)(?:\s|$)", marks.classes_of(node))
        for node in tree.root.iter("article", "body", "div")
    ):
        kept_back = KeptBack.DRAFT
    return kept_back


def _plain_styles(tree: StoryTree) -> None:
    """Bold and italic that stand in styles; links that lead through Google; empty paragraphs."""
    for link in tree.root.iter("a"):
        parts = urls.parts(link.get("href", "")) if "google." in link.get("href", "") else None
        if parts and parts.path == "/url":
            wanted = parse_qs(parts.query)
            link.set("href", (wanted.get("q") or wanted.get("url") or [link.get("href", "")])[0])
    for node in [bold for bold in tree.root.iter("b") if "font-weight:normal" in marks.style_of(bold)]:
        node.drop_tag()
    for span in list(tree.root.iter("span")):
        style = ";".join(
            [marks.style_of(span), *(tree.styles.get(name, "") for name in marks.classes_of(span).split())]
        )
        if marks.words_of(span) and not any(
            parent.tag in {"b", "strong", "h1", "h2", "h3"} for parent in span.iterancestors()
        ):
            span.tag = "strong" if marks.BOLD.search(style) else "em" if marks.ITALIC.search(style) else "span"
    for node in list(tree.root.iter("p", "div")):
        if not marks.words_of(node) and node.find(".//img") is None:
            node.drop_tree()


def _plain_lists(tree: StoryTree) -> None:
    """Word's list paragraphs, each with a sign of its own, as lists."""
    current: Element | None = None
    for node in list(tree.root.iter("p")):
        if not marks.LIST_CLASS.search(marks.classes_of(node)) and "mso-list" not in marks.style_of(node):
            current = None
            continue
        sign = next((span for span in node.iter("span") if "mso-list:ignore" in marks.style_of(span)), None)
        shown = marks.words_of(sign) if sign is not None else marks.words_of(node)[:2]
        if sign is not None:
            sign.drop_tree()
        elif re.match(r"[·•o§▪-]\s", marks.words_of(node)):
            node.text = re.sub(r"^\s*[·•o§▪-]\s+", "", node.text or "")
        if current is None or current.getnext() is not node:
            current = node.makeelement("ol" if marks.NUMBERED.fullmatch(shown.strip()) else "ul")
            node.addprevious(current)
        node.tag = "li"
        node.tail, tail = None, node.tail
        current.append(node)
        current.tail = tail


def _take_byline(tree: StoryTree) -> str:
    for node in list(tree.root.iter("p"))[: marks.HEAD]:
        if names := page_furniture.byline_of(marks.words_of(node)):
            node.drop_tree()
            return names
    return ""


def _taken(tree: StoryTree, is_wanted: Callable[[Element], bool]) -> str:
    """The words of the first element of such a style, which is taken out of the text."""
    for node in list(tree.root.iter("p", "h1", "h2", "div"))[: 3 * marks.HEAD]:
        if is_wanted(node) and (words := marks.words_of(node)) and len(words) < 500:
            node.drop_tree()
            return words
    return ""


def _is_title(node: Element) -> bool:
    return bool(marks.TITLE_CLASSES & set(marks.classes_of(node).lower().split())) or (
        min(_points(node), default=0) >= marks.TITLE_POINTS
    )


def _is_subtitle(node: Element) -> bool:
    if marks.SUBTITLE_CLASSES & set(marks.classes_of(node).lower().split()):
        return True
    return set(_points(node)) == {marks.SUBTITLE_POINTS} and any(
        marks.GREY.search(marks.style_of(part)) for part in node.iter()
    )


def _points(node: Element) -> list[float]:
    """The sizes of a paragraph's words, where its own styles say them."""
    if node.tag != "p":
        return []
    styles = (marks.style_of(part) for part in node.iter() if isinstance(part.tag, str) and marks.words_of(part))
    return [float(size[1]) for style in styles if (size := marks.POINTS.search(style))]
