"""Text that was typed or pasted into a form → a draft: perhaps with front matter, remarks, the end of a mail. Pure."""

import dataclasses

from newsletter.articles import drafts
from newsletter.articles.reading.markdown import front_matter, front_matter_block
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.translatable import Translatable as _


def read(markdown: str, *, is_titled: bool = True) -> drafts.Draft:
    """A new text. Raises UnusableArticle for front matter that has no title or a mistake.

    ``is_titled``: its headline was typed elsewhere; else a heading that the text begins with is its headline.
    """
    if front_matter_block.BEGINS.match(markdown):
        return front_matter.read(f"{markdown}\n", name=str(_("The text")))
    draft = front_matter.story(markdown)
    if is_titled:
        return draft
    title, body = front_matter.own_heading(draft.body)
    return dataclasses.replace(draft, title=title, body=body)


def edited(markdown: str, *, present: str) -> drafts.Draft:
    """Read a form's text; a piece of the present text stays, since a person wants it there. See `read`."""
    draft = read(markdown)
    text = left_out.Present(present)
    standing = {number: html for number, piece in enumerate(draft.left_out) if (html := text.stands(piece))}
    items = [dataclasses.replace(piece, html=standing.get(at, piece.html)) for at, piece in enumerate(draft.left_out)]
    body, items = left_out.all_put_back(draft.body, items, standing)
    return dataclasses.replace(draft, body=body, left_out=tuple(item for item in items if not item.back))
