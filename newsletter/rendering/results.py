"""What the renderer and the preflight give back."""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from newsletter.issues.edition import MAIL
from newsletter.rendering.personalise import Tokens


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The result: subject, HTML and text, personal values still as tokens (see `personalise`)."""

    language: str
    subject: str
    html: str
    text: str
    token_key: str
    """That of its edition; empty in what was rendered before each edition had its own."""
    format: str = MAIL
    """What it is for: `issues.edition.MAIL` or `WEB`."""

    @property
    def tokens(self) -> Tokens:
        """Its places for personal values."""
        return Tokens(self.token_key)

    @property
    def digest(self) -> str:
        """SHA-256 over subject, HTML and text, hexadecimal."""
        sha = hashlib.sha256()
        for part in (self.subject, self.html, self.text):
            data = part.encode()
            sha.update(len(data).to_bytes(8, "big") + data)
        return sha.hexdigest()


class Frozen(Protocol):
    """A rendition as a row, or another that holds the same."""

    @property
    def language(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def token_key(self) -> str: ...


def frozen(row: Frozen) -> Rendered:
    """What was rendered when the issue was approved."""
    return Rendered(language=row.language, subject=row.subject, html=row.html, text=row.text, token_key=row.token_key)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing preflight noticed; ``blocks`` means that it must not be sent."""

    code: str
    """An id of docs/promises.md (H1, H3, H9, L3) or else a short word."""
    blocks: bool
    text: str
    """For a person: what, where, what to do."""
    articles: tuple[tuple[int, str], ...] = ()
    """Where it can be changed: number and headline of each article that it is about."""
    of_newsletter: bool = False
    """True when it can be changed on the newsletter's page."""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    findings: tuple[Finding, ...] = field(default=())

    @property
    def blocked(self) -> bool:
        return any(f.blocks for f in self.findings)
