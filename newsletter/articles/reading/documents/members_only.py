"""What only paying members may read: behind a mark, in a gated block, a wall in a paragraph's place."""

import html as html_escapes
import itertools

from newsletter.articles.drafts import Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading.document_marks import Element
from newsletter.articles.reading.documents.story_tree import LARGEST_BOX, StoryTree
from newsletter.articles.reading.not_for_readers import members

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NEAR = 50
"""Elements before a wall's mark among which a paragraph is looked for."""
_LONGEST_MARK = 199
"""Characters of a line that may be a mark."""
_FEWEST_WORDS = 8
"""With as many a mark is no mark, but a paragraph."""


def take_out(tree: StoryTree, html: str, *, may_be_for_members: bool) -> bool:
    """Takes out what is for members; where that is the story itself it stays, and the answer is yes."""
    _members(tree)
    taken = sum(len(piece.text.split()) for piece in tree.found)
    if not may_be_for_members or not members.is_nearly_all(taken, left=_words_told(tree)):
        return False
    tree.begin_again(members.without_marks(html))
    return True


def _words_told(tree: StoryTree) -> int:
    """How many words the page tells in paragraphs, beside its menus and headings."""
    return sum(
        len(marks.words_of(node).split())
        for node in tree.root.iter("p", "li", "blockquote", "div")
        if marks.is_leaf(node) and next(node.iterancestors(*marks.FURNITURE), None) is None
    )


def _members(tree: StoryTree) -> None:
    _within_paragraphs(tree)
    for mark in _marks(tree):
        if tree.stands(mark):
            _cut_behind(tree, mark)
    _gated(tree)
    _gated_elements(tree)
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or node.tag in marks.STOPS or not tree.stands(node):
            continue
        if (
            marks.is_wall(marks.classes_of(node))
            or node.get("data-testid") == "paywall"
            or (
                node.tag in marks.PARAGRAPHS
                and len(node) <= 3
                and members.WALL.fullmatch(marks.few_words_of(node, most=LARGEST_BOX) or "")
            )
        ):
            tree.drop(node, Why.MEMBERS)


def _marks(tree: StoryTree) -> list[Element]:
    """The marks of the story; a mark outside of it, with the story still to come, is about the page's software."""
    nodes = list(tree.root.iter())
    last = max((at for at, node in enumerate(nodes) if node.tag in {"article", "main"}), default=-1)
    return [
        node
        for at, node in enumerate(nodes)
        if _is_mark(tree, node)
        and (at > last or any(parent.tag in {"article", "main"} for parent in node.iterancestors()))
    ]


def _gated_elements(tree: StoryTree) -> None:
    """What structured data, AMP's attributes or an element's own name say is for members."""
    gated = [
        *marks.gated_by_data(tree.root),
        *(
            node
            for node in tree.root.iter()
            if isinstance(node.tag, str)
            and (node.get("amp-access") or node.get("subscriptions-section") or members.is_tag(node.tag))
        ),
    ]
    inside = set(gated)
    for node in [element for element in gated if not any(parent in inside for parent in element.iterancestors())]:
        if node.tag not in marks.STOPS and tree.stands(node):
            tree.drop(node, Why.MEMBERS)


def _within_paragraphs(tree: StoryTree) -> None:
    """A part that begins and ends in one paragraph: its other words stay."""
    for node in list(tree.root.iter(*marks.PARAGRAPHS)):
        words = marks.words_of(node) if marks.is_leaf(node) else ""
        if not words:
            continue
        part = next(members.parts(words), None)
        if part is None or part.ends == part.end:
            continue
        tree.note(f"<p>{html_escapes.escape(words[part.begins : part.ends])}</p>", Why.MEMBERS, tree.above(node))
        for child in list(node):
            child.drop_tree()
        node.text = f"{words[: part.start]} {words[part.end :]}".strip()
        tree.changed = True


def _is_mark(tree: StoryTree, node: Element) -> bool:
    if marks.is_comment(node):
        return bool(members.opening(f"<!--{node.text or ''}-->"))
    if not isinstance(node.tag, str):
        return False
    classes = marks.classes_of(node)
    if (
        marks.EMPTY_WALL.search(classes)
        and marks.few_words_of(node, most=LARGEST_BOX) == ""
        and node.find(".//img") is None
    ):
        # Below a paragraph: elsewhere it may be anything that a page hides.
        near = itertools.islice(node.itersiblings(preceding=True), _NEAR)
        return any(sibling.tag in {"p", "h2", "h3", "ul", "ol"} for sibling in near)
    if marks.WALL_MARK.search(classes):
        said = marks.few_words_of(node, most=LARGEST_BOX)
        if said is not None and len(said.split()) < _FEWEST_WORDS:
            return True
    own = (marks.few_words_of(node, most=_LONGEST_MARK) or "") if marks.is_leaf(node) else ""
    if not own:
        return False
    if members.is_line(own) and node.tag not in _HEADINGS and tree.above(node):
        return True
    return (found := members.opening(own)) is not None and members.closing(own, found.end) is None


def _cut_behind(tree: StoryTree, mark: Element) -> None:
    """All that follows the mark, up to the mark that ends it or the end of the article."""
    above = tree.above(mark)
    pieces: list[str] = []
    if isinstance(mark.tag, str) and (opened := members.opening(marks.words_of(mark))):
        # A shortcode in the first of the members' paragraphs: its words go too.
        pieces.append(
            f"<p>{html_escapes.escape(marks.words_of(mark)[opened.end :])}</p>"
            if marks.words_of(mark)[opened.end :].strip()
            else ""
        )
    node, innermost = mark, True
    while node.tag not in marks.STOPS and node.getparent() is not None:
        ended = _cut_siblings(node, pieces if innermost or node.tag not in marks.STOPS else [])
        if ended:
            break
        node, innermost = node.getparent(), False
    tree.note("".join(pieces), Why.MEMBERS, above)
    mark.drop_tree()
    tree.changed = True


def _cut_siblings(node: Element, pieces: list[str]) -> bool:
    if node.tail and node.tail.strip():
        pieces.append(f"<p>{html_escapes.escape(node.tail)}</p>")
    node.tail = None
    for sibling in list(node.itersiblings()):
        if marks.is_comment(sibling) and members.closing(f"<!--{sibling.text or ''}-->"):
            return True
        closes = isinstance(sibling.tag, str) and members.closing(marks.words_of(sibling))
        pieces.append(marks.source_of(sibling))
        sibling.drop_tree()
        if closes:
            return True
    return False


def _gated(tree: StoryTree) -> None:
    """Ghost's blocks between two comments, which say who sees them."""
    for node in [
        comment
        for comment in tree.root.iter()
        if marks.is_comment(comment) and "kg-gated-block:begin" in (comment.text or "")
    ]:
        if not members.is_gated(node.text or ""):
            continue
        pieces: list[str] = []
        above = tree.above(node)
        for sibling in list(node.itersiblings()):
            if marks.is_comment(sibling) and "kg-gated-block:end" in (sibling.text or ""):
                break
            pieces.append(marks.source_of(sibling))
            sibling.drop_tree()
        tree.note("".join(pieces), Why.MEMBERS, above)
