"""A draft → the clean text and all that is read out of it. Pure; runs in the parser process, in two steps.

Between the two, `gather` fetches the pictures that the first step found.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from newsletter.articles import drafts, keys
from newsletter.articles.drafts import LeftOut
from newsletter.articles.pictures import embedded, media_keys
from newsletter.articles.reading import sanitise
from newsletter.articles.reading.not_for_readers import left_out, remarks
from newsletter.articles.text import bounds, direction, language, lines
from newsletter.translatable import Quantity, Translatable
from newsletter.translatable import Translatable as _


class IfTooLong(StrEnum):
    """What becomes of a text that is longer than articles are."""

    REFUSED = "refused"
    """A person wrote it, and can shorten it."""
    SHORTENED = "shortened"
    """For a text that was found, and whose link leads to the whole."""
    KEPT = "kept"
    """For a text that is stored already, and that nobody changed."""


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """The text, with its pictures still where they lie elsewhere."""

    body: str
    standfirst: str
    pictures: tuple[str, ...]
    """Addresses of those in the body, in order."""
    inside: tuple[bytes, ...]
    """Pictures that the text carried itself; `embedded.INSIDE` and their number is their address."""
    unplaced: tuple[str, ...]
    """What to say of pictures of which the text has only a name, not where they lie."""
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    """What to say of what was too much to be kept."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The text with pictures of ours only, and what follows from its words."""

    body: str
    language: str
    direction: str
    text_key: str
    notes: tuple[str, ...]
    """For a person, as those of `Cleaned`."""


def without_remarks(draft: drafts.Draft) -> drafts.Draft:
    """Its short fields hold what is for readers; what writers left there for each other is said."""
    found: list[LeftOut] = []

    def clean(words: str) -> str:
        words, kept_out = remarks.of_field(words)
        found.extend(kept_out)
        return words

    draft = replace(
        draft,
        title=clean(draft.title),
        standfirst=clean(draft.standfirst),
        byline=clean(draft.byline),
        kicker=clean(draft.kicker),
        image_alt=clean(draft.image_alt),
        image_credit=clean(draft.image_credit),
    )
    known = {piece.text for piece in draft.left_out}
    new = tuple(piece for piece in found if piece.text not in known)
    return replace(draft, left_out=(*draft.left_out, *new), notes=(*draft.notes, *left_out.notes(new)))


def cleaned(draft: drafts.Draft, *, images_base_url: str, if_too_long: IfTooLong = IfTooLong.REFUSED) -> Cleaned:
    """First step; ``images_base_url`` is what addresses of pictures are relative to. Raises UnusableArticle."""
    found = embedded.prepared(draft.body)
    body = sanitise.clean(found.html, base_url=draft.base_url, images_base_url=images_base_url)
    body, notes = _within_bounds(body, title=draft.title, if_too_long=if_too_long)
    kept_out = left_out.kept(draft.left_out, stored=draft.stored)
    standfirst = sanitise.text_of(draft.standfirst) if "<" in draft.standfirst else draft.standfirst
    return Cleaned(
        body=body,
        standfirst=lines.line(standfirst),
        pictures=tuple(sanitise.images_of(body)),
        inside=found.inside,
        unplaced=tuple(embedded.unplaced(found.addresses, base_url=images_base_url)),
        left_out=kept_out,
        notes=(*notes, *left_out.not_kept(len(draft.left_out) - len(kept_out))),
    )


def _within_bounds(body: str, *, title: str, if_too_long: IfTooLong) -> tuple[str, tuple[str, ...]]:
    """Clean HTML that an article keeps, and what to say of it. Raises UnusableArticle."""
    if if_too_long is IfTooLong.KEPT or not bounds.is_too_long(body):
        return body, ()
    if if_too_long is IfTooLong.REFUSED:
        raise _too_long(title)
    return sanitise.clean(bounds.shortened(body)), (_shortened(),)


def _limits() -> dict[str, Quantity]:
    return {"characters": Quantity(bounds.MOST_CHARACTERS), "elements": Quantity(bounds.MOST_ELEMENTS)}


def _too_long(title: str) -> drafts.UnusableArticle:
    text = _(
        "“%(title)s” is too long for a newsletter: a text may have at most %(characters)s characters with its "
        "formatting, and %(elements)s paragraphs, links and table cells. Nothing was saved. Shorten it, or publish it "
        "on your site and add it by its address.",
        title=title[:80],
        **_limits(),
    )
    return drafts.UnusableArticle(text, field="body")


def _shortened() -> Translatable:
    return _(
        "Only the beginning of its text was kept, since it has more than %(characters)s characters with its "
        "formatting, or more than %(elements)s paragraphs, links and table cells. Its link leads to the whole.",
        **_limits(),
    )


def finished(
    body: str,
    ours: Mapping[str, media_keys.Within],
    *,
    title: str,
    standfirst: str,
    url: str,
    given_language: str,
    language_hint: str,
    if_too_long: IfTooLong = IfTooLong.REFUSED,
) -> Finished:
    """Second step; ``ours`` is what was taken in, by the address in the body. Pictures that it lacks go.

    Raises UnusableArticle: a short address that stands there a thousand times becomes a longer address.
    """
    body, notes = _within_bounds(sanitise.with_images(body, ours), title=title, if_too_long=if_too_long)
    words = f"{title}. {standfirst} {sanitise.text_of(body)}"
    tagged = given_language or language.of(words, hint=language_hint)
    return Finished(
        body=body,
        language=tagged,
        direction=direction.of(tagged, words),
        text_key=keys.text_key(title=title, standfirst=standfirst, body_html=body, url=url),
        notes=notes,
    )
