"""Personal values: the tokens that stand for them in a rendition, and the editors' merge fields, without any logic.

A rendition is made once and holds tokens; each message puts one reader's values in their place. A token is plain
lowercase letters and digits, so premailer, html2text, URL parsers and quoted-printable leave it alone. It holds
the key of its edition, which nobody outside knows: whatever stands in an article, it cannot spell a token.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import escape

from newsletter.values import value

# What editors may write as {{field}} or {{field|said when it is empty}}; the same for everyone: browser_url.
FIELDS = ("name", "unsubscribe_url", "browser_url")
MAX_FALLBACK = 60
# In columns: what wrapping keeps free for a value whose width nobody knows yet.
TOKEN_WIDTH = 24
MAX_NAME = 100

_START, _TAIL = "kq7", "z7qk"
_REST = rf"(name|unsubscribe)x((?:[0-9a-f]{{2}})*){_TAIL}"
# What has the shape of a token, whosoever: for line breaks and directions alone, never to be filled in.
_SHAPE = re.compile(rf"{_START}[0-9a-f]{{32}}{_REST}")
_MARKUP = re.compile("[&<>\"']")
_FIELD = re.compile(r"\{\{\s*([a-z_]+)\s*(?:\|([^{}|\r\n]*))?\}\}")
# Line breaks, controls, half characters, and signs that turn the direction of what follows.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
LINK = "unsubscribe"


@dataclass(frozen=True)
class Token:
    """A place for one personal value."""

    field: str
    """``name`` or ``unsubscribe``."""
    fallback: str = ""


@value
class Values:
    """One reader's values, on one line each."""

    name: str
    unsubscribe_url: str

    def text(self, token: Token) -> str:
        """The value as plain text."""
        return (self.unsubscribe_url if token.field == LINK else self.name) or token.fallback

    def html(self, token: Token) -> str:
        """The value escaped for HTML, attributes included."""
        value = self.text(token)
        return str(escape(value)) if _MARKUP.search(value) else value


def values_for(*, name: str, unsubscribe_url: str) -> Values:
    """One reader's values, made safe to stand anywhere in a mail: no line breaks, no controls, no endless name."""
    clean = " ".join(_CONTROLS.sub(" ", name).split()) if name else ""
    return Values(name=clean[:MAX_NAME].rstrip(), unsubscribe_url=_CONTROLS.sub("", unsubscribe_url))


@dataclass(frozen=True)
class Tokens:
    """The tokens of one edition, which its ``key`` tells from everything that only looks like them."""

    key: str
    """32 hexadecimal digits; empty in renditions that were frozen before each edition had its own."""

    @property
    def head(self) -> str:
        return _START + (self.key or "z")

    @property
    def unsubscribe_url(self) -> str:
        return self.spelled(Token(LINK))

    def name(self, fallback: str = "") -> str:
        return self.spelled(Token("name", fallback))

    def spelled(self, token: Token) -> str:
        """The token as it stands in a rendition."""
        return f"{self.head}{token.field}x{token.fallback.encode().hex()}{_TAIL}"

    def split(self, text: str) -> tuple[str | Token, ...]:
        """Literals and tokens in order. No literal is empty."""
        parts: list[str | Token] = []
        at = 0
        for match in re.finditer(re.escape(self.head) + _REST, text):
            fallback = _unhex(match[2])
            if fallback is None:
                continue
            if match.start() > at:
                parts.append(text[at : match.start()])
            parts.append(Token(match[1], fallback))
            at = match.end()
        if at < len(text):
            parts.append(text[at:])
        return tuple(parts)

    def count(self, text: str) -> int:
        """How many places for a value the text has."""
        return sum(isinstance(part, Token) for part in self.split(text))

    def fill_text(self, text: str, values: Values) -> str:
        """Plain text, or a subject, with one reader's values."""
        return "".join(part if isinstance(part, str) else values.text(part) for part in self.split(text))

    def fill_html(self, html: str, values: Values) -> str:
        """HTML with one reader's values, escaped."""
        return "".join(part if isinstance(part, str) else values.html(part) for part in self.split(html))

    def merge_fields(self, text: str, *, browser_url: str = "") -> str:
        """Editors' ``{{name}}`` or ``{{name|friend}}`` become tokens; whatever else is in braces stays as written."""

        def replaced(match: re.Match[str]) -> str:
            field, fallback = match[1], (match[2] or "").strip()
            if field == "browser_url":
                return browser_url or match[0]
            if field not in FIELDS or len(fallback) > MAX_FALLBACK:
                return match[0]
            return self.name(fallback) if field == "name" else self.unsubscribe_url

        return _FIELD.sub(replaced, text)


def shapes(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the field whose token it has the shape of (empty: none).

    For layout alone, where a value that is to come needs its room: what has the shape need not be a token of ours.
    """
    at = 0
    for match in _SHAPE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], ""
        yield match[0], match[1]
        at = match.end()
    if at < len(text):
        yield text[at:], ""


def _unhex(digits: str) -> str | None:
    try:
        return bytes.fromhex(digits).decode()
    except UnicodeDecodeError:
        return None
