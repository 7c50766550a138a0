"""An issue as frozen values: what renderers are given. Pure, so that they may import it."""

from dataclasses import dataclass
from datetime import datetime


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
    """Plain text."""
    body: str
    """Sanitised HTML; shown only when ``full``."""
    full: bool
    byline: str = ""
    kicker: str = ""
    url: str = ""
    """Absolute; empty for a text of our own."""
    image: Image | None = None
    language: str = "en"
    direction: str = "ltr"
    topics: tuple[str, ...] = ()


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
    home_url: str = ""
    test: bool = False
    taken_out: tuple[str, ...] = ()
    """Headlines of stories that were taken out: nothing that is left should name them."""
