"""A draft → the clean text and all that is read out of it. Pure; runs in the parser process, in two steps.

Between the two, `gather` fetches the pictures that the first step found.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from newsletter.articles import direction, drafts, embedded, keys, language, left_out, lines, media, remarks, sanitise
from newsletter.articles.left_out import LeftOut


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


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The text with pictures of ours only, and what follows from its words."""

    body: str
    language: str
    direction: str
    text_key: str


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


def cleaned(draft: drafts.Draft, *, images_base_url: str) -> Cleaned:
    """First step; ``images_base_url`` is what addresses of pictures are relative to."""
    found = embedded.prepared(draft.body)
    body = sanitise.clean(found.html, base_url=draft.base_url, images_base_url=images_base_url)
    standfirst = sanitise.text_of(draft.standfirst) if "<" in draft.standfirst else draft.standfirst
    return Cleaned(
        body=body,
        standfirst=lines.line(standfirst),
        pictures=tuple(sanitise.images_of(body)),
        inside=found.inside,
        unplaced=tuple(embedded.unplaced(found.addresses, base_url=images_base_url)),
    )


def finished(
    body: str,
    ours: Mapping[str, media.Within],
    *,
    title: str,
    standfirst: str,
    url: str,
    given_language: str,
    language_hint: str,
) -> Finished:
    """Second step; ``ours`` is what was taken in, by the address in the body. Pictures that it lacks go."""
    body = sanitise.with_images(body, ours)
    words = f"{title}. {standfirst} {sanitise.text_of(body)}"
    tagged = given_language or language.of(words, hint=language_hint)
    return Finished(
        body=body,
        language=tagged,
        direction=direction.of(tagged, words),
        text_key=keys.text_key(title=title, standfirst=standfirst, body_html=body, url=url),
    )
