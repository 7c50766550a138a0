"""A document's HTML → the HTML of its story, and what was kept out of it."""

import re
from dataclasses import dataclass

from newsletter.articles.drafts import KeptBack, LeftOut
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading import sanitise
from newsletter.articles.reading.documents import editors_marks, members_only, page_parts, quoted_mails, word_processor
from newsletter.articles.reading.documents.story_tree import StoryTree
from newsletter.articles.reading.not_for_readers import members, shortcodes

_ASIDE = re.compile(r"<aside\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Document:
    html: str
    title: str = ""
    standfirst: str = ""
    byline: str = ""
    left_out: tuple[LeftOut, ...] = ()
    kept_back: KeptBack = KeptBack.NO


def read(html: str, *, fragment: bool = False, may_be_for_members: bool = True, is_page: bool = False) -> Document:
    """The story's HTML; a ``fragment`` is the inside of a page, as feeds carry it. The HTML must not be too deep.

    Of a page that is going to be extracted (``is_page``) boxes within the story are told apart, which would be lost.
    A story that is all for members is kept whole and marked so; unless it ``may`` not ``be``: then it is left out.
    """
    gated = members.GATED.search(html)
    # What is no site's page may be a mail, which only its words tell.
    worth_it = (marks.WORTH_IT, shortcodes.MAY_BE, *([_ASIDE] if is_page else []))
    is_plain = not any(mark.search(html) for mark in worth_it) and not members.opening(html)
    if not gated and marks.PAGE.search(html) and is_plain:
        return Document(html=html)
    tree = StoryTree(html, fragment=fragment)
    is_for_members = members_only.take_out(tree, html, may_be_for_members=may_be_for_members)
    editors_marks.take_out_remarks(tree)
    editors_marks.accept_changes(tree)
    page_parts.take_out_shortcodes(tree)
    page_parts.take_out_boxes(tree)
    if is_page:
        page_parts.take_out_asides(tree)
    quoted_mails.take_out_quoted(tree)
    page_parts.take_out_hidden(tree)
    letter = None if marks.PAGE.search(html) else quoted_mails.take_out_letter(tree)
    kept_back = word_processor.state_of(tree) or (KeptBack.MEMBERS if is_for_members else KeptBack.NO)
    title, standfirst, byline = word_processor.take_head(tree)
    if letter and letter.is_mail:
        title, byline = title or letter.subject, byline or letter.sender
    touched = tree.changed or tree.found or title or standfirst or byline or tree.is_google or tree.is_word
    return Document(
        html=tree.written() if touched else html,
        title=title,
        standfirst=standfirst,
        byline=byline,
        left_out=tuple(tree.found),
        kept_back=kept_back,
    )


def for_readers(html: str) -> Document:
    """The inside of a page or of a Markdown text; HTML that is nested too deeply is left to the sanitiser."""
    return Document(html=html) if sanitise.is_too_deep(html) else read(html, fragment=True)
