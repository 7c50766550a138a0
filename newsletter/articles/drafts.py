"""What an extractor found in a file, a page or a feed entry, before it becomes an article."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter import errors
from newsletter.articles.left_out import LeftOut


class KeptBack(StrEnum):
    """Whether the file or page itself says that it is not for every reader; a person decides then."""

    NO = ""
    DRAFT = "draft"
    MEMBERS = "members"


class UnusableArticle(errors.InvalidInput):
    """A file, page or entry that does not become an article; the text names it and says what to do."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Untrusted: the body is not sanitised yet, the URLs are not checked."""

    title: str
    body: str
    """HTML."""
    standfirst: str = ""
    byline: str = ""
    kicker: str = ""
    language: str = ""
    """Given by a person."""
    language_hint: str = ""
    """What the page says of itself."""
    url: str = ""
    """Canonical address; empty for a text of our own."""
    base_url: str = ""
    """What relative links stand on."""
    published_at: datetime | None = None
    topics: tuple[str, ...] = ()
    image: str = ""
    """URL, or for a file of ours a path beside it."""
    image_alt: str = ""
    image_credit: str = ""
    notes: tuple[str, ...] = ()
    """What a person should know, or might want to mend; what was left out is said apart."""
    left_out: tuple[LeftOut, ...] = ()
    """What was kept out of the body, and may be put back."""
    kept_back: KeptBack = KeptBack.NO
