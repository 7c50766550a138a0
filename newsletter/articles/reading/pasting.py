"""Formatted text from a clipboard → the text for a field, and what was kept out of it, as of any document. Pure."""

import base64
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.drafts import LeftOut
from newsletter.articles.pictures import embedded, media_keys
from newsletter.articles.reading import editable, sanitise
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _

MOST_BYTES = 2_000_000
"""Of what a form holds in all: pasted pictures travel in its field."""


@dataclass(frozen=True, kw_only=True)
class Pasted:
    text: str
    """Markdown, or else HTML, as `editable.text_of` gives it."""
    title: str
    standfirst: str
    byline: str
    left_out: Sequence[LeftOut]
    without_pictures: bool
    """They were too large to be pasted."""
    notes: Sequence[str] = ()
    """What else a person should know: pictures that a clipboard only names."""
    too_large: bool = False
    """Even without pictures: then nothing of it is here."""

    @property
    def size(self) -> int:
        """Bytes that it adds to a form."""
        kept_out = json.dumps([piece.to_json() for piece in self.left_out], ensure_ascii=False)
        words = (self.text.replace("\n", "\r\n"), self.title, self.standfirst, self.byline, kept_out)
        return sum(len(word.encode(errors="replace")) for word in words)


def read(html: str, *, room: int = MOST_BYTES) -> Pasted:
    """What a browser's clipboard holds as HTML, in at most ``room`` bytes: else without its pictures, else nothing.

    Raises InvalidInput for what is nested too deeply to read.
    """
    if sanitise.is_too_deep(html):
        raise InvalidInput(_("This text is nested too deeply to read. Paste it without formatting."), field="body")
    # A field cannot be marked for members.
    document = document_reader.read(html, may_be_for_members=False)
    title, below = _headed(document.html)
    if not document.title and title:
        document = dataclasses.replace(document, title=title, html=below)
    prepared = embedded.prepared(document.html)
    body = sanitise.clean(prepared.html)
    found = _pasted(document, _with_pictures(editable.text_of(body), prepared.inside))
    if found.size > room and prepared.inside:
        bare = sanitise.clean(media_keys.IMAGE.sub(lambda tag: "" if embedded.INSIDE in tag[0] else tag[0], body))
        found = dataclasses.replace(found, text=editable.text_of(bare), without_pictures=True)
    lost = left_out.not_kept(len(document.left_out) - len(found.left_out))
    found = dataclasses.replace(found, notes=(*embedded.unplaced(prepared.addresses, base_url=""), *lost))
    if found.size > room:
        return Pasted(text="", title="", standfirst="", byline="", left_out=(), without_pictures=False, too_large=True)
    return found


def _headed(html: str) -> tuple[str, str]:
    """The headline, where the text begins with the only heading of its rank, and the text below it."""
    lowered = html.lower()
    start = lowered.find("<h1")
    end = lowered.find("</h1>", start)
    if start < 0 or end < 0 or lowered.find("<h1", start + 3) >= 0 or sanitise.text_of(html[:start]):
        return "", html
    return sanitise.text_of(html[start:end]), html[:start] + html[end + len("</h1>") :]


def _with_pictures(text: str, inside: Sequence[bytes]) -> str:
    for number, data in reversed(list(enumerate(inside))):
        # Its kind is read from its bytes, whatever it is called here.
        address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        text = text.replace(f"{embedded.INSIDE}{number}", address)
    return text


def _pasted(document: document_reader.Document, text: str) -> Pasted:
    return Pasted(
        text=text,
        title=document.title,
        standfirst=document.standfirst,
        byline=document.byline,
        left_out=left_out.kept(document.left_out),
        without_pictures=False,
    )
