"""What a mail brings along: a signature, the mail that is answered, the lines around a story that was mailed."""

import html as html_escapes
from collections.abc import Iterator

from newsletter.articles.drafts import Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading.document_marks import Element
from newsletter.articles.reading.documents.story_tree import LARGEST_BOX, StoryTree
from newsletter.articles.reading.mails import forwards, letter_parts, mail_in_html, quotations

_LEAST_OWN_WORDS = 10
"""With fewer around it, the mail that is quoted is the story."""


def take_out_quoted(tree: StoryTree) -> None:
    """A signature, and the mail that is answered; a text that is nothing but a forwarded mail stays."""
    weights: marks.Weights | None = None
    body = tree.root.find("body")
    whole = tree.root if body is None else body
    gone, answered = 0, False
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or node.tag in marks.STOPS or not tree.stands(node):
            continue
        classes = marks.classes_of(node)
        is_signature = marks.SIGNATURE.search(classes)
        is_answered = not answered and marks.ANSWERED.search(classes)
        if not is_signature and not is_answered and not _is_quoted(node, classes):
            continue
        answered = answered or bool(is_answered)
        weights = weights or marks.Weights(tree.root)
        going = [node]
        if is_answered:
            going += _behind(node)
        elif not is_signature:
            going += _announced(node)
        weight = sum(map(weights.of, going))
        if is_signature or _is_answered(own=weights.of(whole) - gone - weight, quoted=weight):
            gone += weight
            for element in going:
                if is_answered:
                    _cut_tail(tree, element)
                tree.drop(element, Why.MAIL)


def _is_quoted(node: Element, classes: str) -> bool:
    cites = node.tag == "blockquote" and node.get("type", "").lower() == "cite"
    return cites or marks.QUOTED_MAIL.search(classes) is not None


def _behind(node: Element) -> Iterator[Element]:
    """All elements that follow, up to the end of the page."""
    while node is not None and node.tag not in marks.STOPS:
        yield from (sibling for sibling in node.itersiblings() if isinstance(sibling.tag, str))
        node = node.getparent()


def _cut_tail(tree: StoryTree, node: Element) -> None:
    if node.tail and node.tail.strip():
        tree.note(f"<p>{html_escapes.escape(node.tail)}</p>", Why.MAIL, tree.above(node))
    node.tail = None


def _announced(quoted: Element) -> list[Element]:
    """The line above a quotation: “Ada wrote:”."""
    above = quoted.getprevious()
    while above is not None and above.tag == "br" and not above.tail:
        above = above.getprevious()
    words = marks.few_words_of(above, most=LARGEST_BOX) if above is not None else None
    return [above] if words and quotations.announces(words) else []


def take_out_letter(tree: StoryTree) -> letter_parts.Letter | None:
    """What a mail brings along, told by its words as in a text."""
    body = tree.root.find("body")
    if body is None:
        return None
    lines = mail_in_html.lines_of(body)
    letter, story = letter_parts.told_apart(mail_in_html.texts(lines))
    if not (letter.above or letter.below) or not letter.text:
        return None
    last = next((lines[at].text for at in reversed(story) if lines[at].text), "")
    for words in letter.above:
        tree.note(f"<p>{html_escapes.escape(words)}</p>", Why.MAIL, "")
    for words in letter.below:
        tree.note(f"<p>{html_escapes.escape(words)}</p>", Why.MAIL, last)
    mail_in_html.take_out([*lines[: story.start], *lines[story.stop :]])
    tree.changed = True
    return letter


def _is_answered(*, own: int, quoted: int) -> bool:
    """A story stands beside the mail that is quoted; below a few words a long mail was forwarded."""
    return own >= _LEAST_OWN_WORDS and not forwards.is_forward(own=own, quoted=quoted)
