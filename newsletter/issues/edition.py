"""An issue as frozen values: what renderers are given. Pure, so that they may import it."""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime

MAIL, WEB = "full", "web"
"""Formats of a rendition: every mail, and the issue's page in the browser where that holds more."""


@dataclass(frozen=True, kw_only=True)
class Image:
    url: str
    """Absolute, on our own host."""
    width: int
    height: int
    alt: str
    """Empty: decorative, or not described yet (preflight warns)."""
    credit: str = ""


@dataclass(frozen=True, kw_only=True)
class Story:
    """An entry as it will be read: overrides applied."""

    id: int
    title: str
    standfirst: str
    """Plain text, by a person."""
    body: str
    """Sanitised HTML; shown only when ``full``."""
    full: bool
    excerpt: str = ""
    """Plain text: its first sentences, shown where it has no standfirst and is not shown in full."""
    byline: str = ""
    kicker: str = ""
    url: str = ""
    """Absolute; empty for a text of our own, which is read on in the browser."""
    image: Image | None = None
    language: str = "en"
    direction: str = "ltr"
    topics: tuple[str, ...] = ()
    article: int = 0
    """Where a person can change it."""


@dataclass(frozen=True, kw_only=True)
class Edition:
    """One issue in one language."""

    publication: str
    tagline: str
    number: int
    subject: str
    preheader: str
    introduction: str
    """Markdown with merge fields."""
    stories: tuple[Story, ...]
    language: str
    direction: str
    date: datetime
    """Aware, in the publication's zone: the day shown in the masthead."""
    theme: str
    accent: str
    """#rrggbb"""
    sender_name: str
    postal_address: str
    reason: str
    base_url: str
    browser_url: str
    """Where the issue can be read in a browser; the same for everyone."""
    token_key: str
    """Hexadecimal digits in every place for a personal value; known to nobody who writes what is in the edition."""
    home_url: str = ""
    test: bool = False
    taken_out: tuple[str, ...] = ()
    """Headlines of stories that were taken out: nothing that is left should name them."""


def with_token_key(edition: Edition, *, secret: bytes) -> Edition:
    """The edition with a key that is the same each time it is rendered, and different for every other edition.

    The masthead shows a day: an edition that goes out at another hour of that day is the same to the byte.
    """
    day = edition.date.replace(hour=0, minute=0, second=0, microsecond=0)
    said = repr(replace(edition, date=day, token_key="")).encode(errors="surrogatepass")
    return replace(edition, token_key=hmac.digest(secret, b"tokens\0" + said, "sha256")[:16].hex())


def in_browser(edition: Edition) -> Edition:
    """The edition for its page in the browser: what has no other address stands there whole."""
    stories = (replace(story, full=True) if story.body and not story.url else story for story in edition.stories)
    return replace(edition, stories=tuple(stories))
