"""What an extractor found in a file, a page or a feed entry, before it becomes an article."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from newsletter import errors

_FIRST_ZONE = timedelta(hours=14)
"""So far ahead of UTC a day begins first."""


class KeptBack(StrEnum):
    """Whether the file or page itself says that it is not for every reader; a person decides then."""

    NO = ""
    DRAFT = "draft"
    MEMBERS = "members"


class Why(StrEnum):
    """The reasons, in the order in which they are shown."""

    PAGE = "page"
    REMARK = "remark"
    DELETED = "deleted"
    MEMBERS = "members"
    MAIL = "mail"
    BOX = "box"
    HIDDEN = "hidden"
    CODE = "code"


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One piece, as it stood: the words, and the HTML that goes back (untrusted until `left_out.safe`)."""

    text: str
    why: Why
    html: str = ""
    after: str = ""
    """The words of the paragraph above it that stayed; empty: it goes to the top."""
    back: bool = False
    """A person put it back into the text."""

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.text) + len(self.html) + len(self.after)

    def to_json(self) -> dict[str, Any]:
        """The piece as it is stored, or travels to a page; what is stored must be safe."""
        return {"text": self.text, "why": self.why.value, "html": self.html, "after": self.after, "back": self.back}


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
    stored: int = 0
    """How many of these, from the first, are stored already: no bound takes them away."""
    kept_back: KeptBack = KeptBack.NO
    unknown_state: tuple[str, ...] = ()
    """What a file says of its state in words that are not known, as `status: purple`."""
    not_before: datetime | None = None
    """Before this moment a file does not want to be read: an embargo."""


def at(draft: Draft, now: datetime) -> Draft:
    """The draft as it is now: under an embargo it is kept back, and an embargo that has passed is forgotten."""
    moment = draft.not_before
    # A day without an hour has begun as soon as it has begun anywhere.
    begun = _FIRST_ZONE if moment and moment.time() == time() else timedelta()
    if moment and moment > now + begun:
        return replace(draft, kept_back=draft.kept_back or KeptBack.DRAFT)
    return replace(draft, not_before=None)
