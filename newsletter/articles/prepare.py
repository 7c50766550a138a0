"""A draft → the clean text and all that is read out of it. Pure; runs in the parser process, in two steps.

Between the two, `gather` fetches the pictures that the first step found.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.articles import direction, drafts, embedded, keys, language, lines, media, sanitise, urls


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """The text, with its pictures still where they lie elsewhere."""

    body: str
    standfirst: str
    pictures: tuple[str, ...]
    """Addresses of those in the body, in order."""
    inside: tuple[bytes, ...]
    """Pictures that the text carried itself; `embedded.INSIDE` and their number is their address."""
    lost: tuple[str, ...]
    """Pictures of which the text says only a name, not where they lie."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The text with pictures of ours only, and what follows from its words."""

    body: str
    language: str
    direction: str
    text_key: str


def cleaned(draft: drafts.Draft, *, images_base_url: str) -> Cleaned:
    """First step; ``images_base_url`` is what addresses of pictures are relative to."""
    found = embedded.prepared(draft.body)
    body = sanitise.clean(found.html, base_url=draft.base_url, images_base_url=images_base_url)
    standfirst = sanitise.text_of(draft.standfirst) if "<" in draft.standfirst else draft.standfirst
    lost = (
        url for url in found.addresses if not media.is_key(url) and urls.link(url, base_url=images_base_url) is None
    )
    return Cleaned(
        body=body,
        standfirst=lines.line(standfirst),
        pictures=tuple(sanitise.images_of(body)),
        inside=found.inside,
        lost=tuple(lost),
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
