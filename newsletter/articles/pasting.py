"""Formatted text from a clipboard → the text for a field, and what was kept out of it, as of any document. Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles import documents, editable, embedded, media, sanitise
from newsletter.articles.left_out import LeftOut
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _

MOST_PICTURE_BYTES = 1_000_000
"""Of the pictures in a pasted text: they travel in the field, and a form holds two megabytes."""


@dataclass(frozen=True, kw_only=True)
class Pasted:
    text: str
    """As `editable.text_of` gives it: Markdown, else HTML."""
    title: str
    standfirst: str
    byline: str
    left_out: Sequence[LeftOut]
    without_pictures: bool
    """They were too large to be pasted."""


def read(html: str) -> Pasted:
    """What a browser's clipboard holds as HTML. Raises InvalidInput for what is nested too deeply to read."""
    if sanitise.is_too_deep(html):
        raise InvalidInput(_("This text is nested too deeply to read. Paste it without formatting."), field="body")
    document = documents.read(html)
    prepared = embedded.prepared(document.html)
    body = sanitise.clean(prepared.html)
    too_large = sum(len(data) for data in prepared.inside) > MOST_PICTURE_BYTES
    if too_large:
        body = sanitise.clean(media.IMAGE.sub(lambda tag: "" if embedded.INSIDE in tag[0] else tag[0], body))
    text = editable.text_of(body)
    for number, data in reversed(list(enumerate(() if too_large else prepared.inside))):
        # Its kind is read from its bytes, whatever it is called here.
        address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        text = text.replace(f"{embedded.INSIDE}{number}", address)
    return Pasted(
        text=text,
        title=document.title,
        standfirst=document.standfirst,
        byline=document.byline,
        left_out=document.left_out,
        without_pictures=too_large,
    )
