"""What writers say to each other in a document: comments, and changes that are tracked."""

import re

from newsletter.articles.drafts import Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading.documents.story_tree import StoryTree


def take_out_remarks(tree: StoryTree) -> None:
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or not tree.stands(node):
            continue
        classes, href, style = marks.classes_of(node), node.get("href", ""), marks.style_of(node)
        if node.tag == "a" and re.fullmatch(r"#cmnt_ref\d+", href):
            tree.drop(marks.outermost(node), Why.REMARK)
        elif node.tag == "a" and re.fullmatch(r"(?:[^#]*)#(?:cmnt\d+|_msocom_\d+)", href):
            tree.drop_mark(node)
        elif "mso-element:comment" in style or re.search(r"(?i)\bmsocomtxt\b|\bmsocommenttext\b", classes):
            tree.drop(node, Why.REMARK)
        elif (
            re.search(r"(?i)\bmsocomanchor\b|\bmsocommentreference\b|\bmsocomoff\b", classes)
            or "mso-special-character:comment" in style
        ):
            tree.drop_mark(node)
        elif (
            re.search(r"(?:^|\s)(?:comment-start|docx-comment|comment-annotation)(?:\s|$)", classes)
            or node.tag in {"comment", "annotation"}
            or (node.tag == "aside" and node.get("role") == "doc-comment")
        ):
            tree.drop(node, Why.REMARK)
    if tree.is_word or tree.is_google:
        for node in list(tree.root.iter("hr")):
            if "msocomoff" in marks.classes_of(node):
                tree.drop_mark(node)


def accept_changes(tree: StoryTree) -> None:
    """Tracked changes: what is marked as inserted stays, what is marked as deleted goes."""
    for node in list(tree.root.iter()):
        if not isinstance(node.tag, str) or not tree.stands(node):
            continue
        classes = marks.classes_of(node).lower().split()
        tracked = (
            node.get("cite")
            or node.get("datetime")
            or node.get("data-author")
            or node.get("title", "").startswith(("Deleted", "Inserted"))
        )
        if (node.tag == "del" and (tracked or tree.is_word)) or {"msodel", "deletion"} & set(classes):
            tree.drop(node, Why.DELETED)
        elif (node.tag == "ins" and (tracked or tree.is_word)) or {"msoins", "insertion"} & set(classes):
            node.drop_tag()
            tree.changed = True
