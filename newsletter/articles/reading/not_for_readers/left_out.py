"""What was kept out of an article's text, why, and where it would go back. Pure.

A person may put each piece back on the article's page: it becomes part of the text at its place. What was put back
stays in the list, marked so, for whoever reads the same file or page again.
"""

import functools
import html as escapes
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from newsletter.articles import keys
from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import sanitise
from newsletter.articles.text import bounds, comparing
from newsletter.translatable import Plural, Translatable
from newsletter.translatable import Translatable as _

_SHOWN = 60
_NAMED = 5
"""How many are named in a note; the rest is on the article's page."""
_LONGEST_ANCHOR = 300
MOST = 500
"""Pieces that an article keeps."""
_MOST_CHARACTERS = 2 * bounds.MOST_CHARACTERS
"""Of all of them together."""
_PICTURE = "picture"
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)[^>]*+>")
_BLOCKS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "blockquote",
        "pre",
        "figure",
        "table",
        "hr",
        "div",
        "section",
        "article",
        "aside",
    ]
)
_BLOCK = re.compile(rf"<(?:{'|'.join(sorted(_BLOCKS))})\b")
_VOID = frozenset({"br", "hr", "img", "wbr", "col"})


HEADINGS: Mapping[Why, Translatable] = {
    Why.PAGE: _("Left out as part of the page, not of the story"),
    Why.REMARK: _("Left out as notes between writers"),
    Why.DELETED: _("Left out because the document marks it as deleted"),
    Why.MEMBERS: _("Left out because it is for members only"),
    Why.MAIL: _("Left out as part of the mail it came in"),
    Why.BOX: _("Left out as a box that asks readers to sign up, pay or read something else"),
    Why.HIDDEN: _("Left out because the page hides it"),
    Why.CODE: _("Left out as code for a website’s software"),
}


def safe(piece: LeftOut) -> LeftOut:
    """The piece with HTML that is safe and holds no pictures."""
    given = piece.html or f"<p>{escapes.escape(piece.text, quote=False)}</p>"
    html = "\n".join(
        part if _BLOCK.match(part) else f"<p>{part}</p>"
        for part in blocks(sanitise.with_images(sanitise.clean(given), {}))
    )
    return replace(piece, html=html)


def kept(pieces: Sequence[LeftOut], *, stored: int = 0) -> tuple[LeftOut, ...]:
    """The pieces that an article keeps, with safe HTML; the first so many are ``stored`` already, and stay.

    In the parser process: there may be thousands.
    """
    found = list(pieces[:stored])
    size = sum(piece.size for piece in found)
    for piece in itertools.islice(pieces, stored, max(stored, MOST)):
        cleaned = safe(piece)
        if size + cleaned.size <= _MOST_CHARACTERS:
            found.append(cleaned)
            size += cleaned.size
    return tuple(found)


def not_kept(lost: int) -> tuple[Translatable, ...]:
    """What to say of pieces that are in neither the text nor the list."""
    text = Plural(
        "%(n)s of the pieces that were left out is not kept, since there is too much of them. If readers should see "
        "it, copy it into the text.",
        "%(n)s of the pieces that were left out are not kept, since there is too much of them. If readers should see "
        "them, copy them into the text.",
        n=lost,
    )
    return (text,) if lost else ()


def from_json(stored: Iterable[Mapping[str, Any]]) -> list[LeftOut]:
    """What an article keeps of it."""
    return [
        LeftOut(text=item["text"], why=Why(item["why"]), html=item["html"], after=item["after"], back=item["back"])
        for item in stored
        if _PICTURE not in item
    ]


def pictures_taken_out(stored: Iterable[Mapping[str, Any]]) -> list[str]:
    """The files of pictures that a person took out of an article, so that no file brings them back."""
    return [item[_PICTURE] for item in stored if _PICTURE in item]


def to_json(pieces: Iterable[LeftOut], *, pictures: Iterable[str]) -> list[dict[str, Any]]:
    """What an article keeps of both: the pictures last, so that every other piece keeps its number."""
    bare = {"text": "", "why": Why.HIDDEN.value, "html": "", "after": "", "back": True}
    return [*(piece.to_json() for piece in pieces), *(bare | {_PICTURE: file} for file in pictures)]


def of_html(html: str, *, why: Why, after: str = "") -> LeftOut | None:
    """A piece of HTML, if it has words."""
    text = sanitise.text_of(html)
    return LeftOut(text=text, html=html, why=why, after=anchor(after)) if _has_words(text) else None


def notes(items: Sequence[LeftOut]) -> tuple[Translatable, ...]:
    """A sentence for each reason, which names what was left out."""
    return tuple(_note(why, [item.text for item in items if item.why is why]) for why in Why if _any(items, why))


def put_back(body: str, items: Sequence[LeftOut], number: int) -> tuple[str, list[LeftOut]]:
    """The body with piece ``number`` at its place, and the list that says so. The piece's HTML must be safe."""
    return all_put_back(body, items, [number])


def all_put_back(body: str, items: Sequence[LeftOut], numbers: Iterable[int]) -> tuple[str, list[LeftOut]]:
    """Put several pieces back in turn; see `put_back`."""
    there = list(items)
    parts = blocks(body)
    core = functools.cache(lambda part: comparing.core(anchor(sanitise.text_of(part))))
    touched = False
    for number in numbers:
        piece = there[number]
        if piece.back:
            continue
        place = _place([core(part) for part in parts], there, number)
        parts[place:place] = blocks(piece.html)
        there[number], touched = replace(piece, back=True), True
    return ("\n".join(parts) if touched else body), there


def take_out(body: str, items: Sequence[LeftOut], number: int) -> tuple[str, list[LeftOut]] | None:
    """The reverse of `put_back`; None when the text was changed since, so that the piece is no longer found."""
    piece = items[number]
    if not piece.back:
        return None
    parts = blocks(body)
    words = [sanitise.text_of(part) for part in parts]
    wanted = [sanitise.text_of(part) for part in blocks(piece.html)]
    for at in range(len(parts) - len(wanted) + 1):
        if words[at : at + len(wanted)] == wanted:
            del parts[at : at + len(wanted)]
            return "\n".join(parts), [*items[:number], replace(piece, back=False), *items[number + 1 :]]
    return None


class Present:
    """A text as it stands, in blocks whose words are read once, however many pieces are looked for in it."""

    def __init__(self, body: str) -> None:
        self._parts = blocks(body)
        self._words = [keys.words(sanitise.text_of(part)).strip() for part in self._parts]
        self._begin: dict[str, list[int]] = {}
        for number, words in enumerate(self._words):
            self._begin.setdefault(words.partition(" ")[0], []).append(number)

    def stands(self, piece: LeftOut) -> str:
        """The whole blocks that say what the piece says, as HTML; empty when none do."""
        wanted = keys.words(piece.text).strip()
        for start in self._begin.get(wanted.partition(" ")[0], []) if wanted else []:
            said = ""
            for end in range(start, len(self._parts)):
                said = f"{said} {self._words[end]}".strip()
                if said == wanted:
                    return "\n".join(self._parts[start : end + 1])
                if not wanted.startswith(said):
                    break
        return ""


def from_page(raw: str) -> list[LeftOut]:
    """What a page carried of it between pasting and saving, which may be anything; nothing when it is not ours."""
    try:
        given = json.loads(raw)[:MOST]
        found = [
            LeftOut(text=item["text"], why=Why(item["why"]), html=item["html"], after=item["after"]) for item in given
        ]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    are_words = all(_is_text(words) for part in found for words in (part.text, part.html, part.after))
    return found if are_words else []


def _is_text(words: object) -> bool:
    """Words that can be stored: JSON may name halves of characters, and NUL."""
    return isinstance(words, str) and not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in words)


def anchor(text: str) -> str:
    """The words by which a place is found again."""
    return " ".join(text.split())[:_LONGEST_ANCHOR]


def blocks(html: str) -> list[str]:
    """Clean HTML as its outermost blocks; words that stand between blocks are blocks of their own."""
    parts: list[str] = []
    depth = start = 0
    for tag in _TAG.finditer(html, 0, html.rfind(">") + 1):
        closing, name = bool(tag[1]), tag[2]
        if name in _VOID:
            continue
        if depth == 0 and not closing and name in _BLOCKS:
            parts.append(html[start : tag.start()])
            start = tag.start()
        depth = max(0, depth + (-1 if closing else 1))
        if depth == 0 and name in _BLOCKS:
            parts.append(html[start : tag.end()])
            start = tag.end()
    parts.append(html[start:])
    return [part.strip() for part in parts if part.strip()]


def _place(words: Sequence[str], items: Sequence[LeftOut], number: int) -> int:
    """The index among blocks with these words: below what was put back above it, else below where it stood."""
    piece = items[number]
    above = [item for item in items[:number] if item.back and item.after == piece.after]
    for wanted in [*(part.text for part in reversed(above)), piece.after]:
        core = comparing.core(anchor(wanted))
        found = next((at for at, text in enumerate(words) if core and (core == text or core in text)), None)
        if found is not None:
            return found + 1
    return len(words) if piece.after else 0


def _any(items: Sequence[LeftOut], why: Why) -> bool:
    return any(item.why is why for item in items)


def _note(why: Why, texts: Sequence[str]) -> Translatable:
    shown = ", ".join(f"“{text[:_SHOWN]}”" for text in texts[:_NAMED])
    more = len(texts) - _NAMED
    if more <= 0:
        return _("%(reason)s: %(pieces)s.", reason=HEADINGS[why], pieces=shown)
    return Plural(
        "%(reason)s: %(pieces)s and %(n)s more.", "%(reason)s: %(pieces)s and %(n)s more.",
        n=more, reason=HEADINGS[why], pieces=shown,
    )  # fmt: skip


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)
