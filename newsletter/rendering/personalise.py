"""Personal values: the tokens that stand for them in a rendition, and the editors' merge fields, without any logic.

A rendition is made once and holds tokens; each message puts one reader's values in their place. A token is plain
lowercase letters and digits, so premailer, html2text, URL parsers and quoted-printable leave it alone.
"""

import re
from dataclasses import dataclass

from markupsafe import escape

from newsletter.values import value

# What editors may write as {{field}} or {{field|said when it is empty}}; the same for everyone: browser_url.
FIELDS = ("name", "unsubscribe_url", "browser_url")
MAX_FALLBACK = 60
# In columns: what wrapping keeps free for a value whose width nobody knows yet.
TOKEN_WIDTH = 24
MAX_NAME = 100

_HEAD, _TAIL = "kq7z", "z7qk"
_TOKEN = re.compile(rf"{_HEAD}(name|unsubscribe)x((?:[0-9a-f]{{2}})*){_TAIL}")
_MARKUP = re.compile("[&<>\"']")
_LOOKALIKE = re.compile(rf"{_HEAD}(?=(?:name|unsubscribe)x)", re.IGNORECASE)
_FIELD = re.compile(r"\{\{\s*([a-z_]+)\s*(?:\|([^{}|\r\n]*))?\}\}")
# Line breaks, controls, half characters, and signs that turn the direction of what follows.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True)
class Token:
    """A place for one personal value."""

    field: str
    """``name`` or ``unsubscribe``."""
    fallback: str = ""

    def __str__(self) -> str:
        return f"{_HEAD}{self.field}x{self.fallback.encode().hex()}{_TAIL}"


NAME = str(Token("name"))
LINK = "unsubscribe"
UNSUBSCRIBE_URL = str(Token(LINK))


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


def split(text: str) -> tuple[str | Token, ...]:
    """Literals and tokens in order; joined again (``str`` of each) they are ``text``. No literal is empty."""
    parts: list[str | Token] = []
    at = 0
    for match in _TOKEN.finditer(text):
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


def fill_text(text: str, values: Values) -> str:
    """Plain text, or a subject, with one reader's values."""
    return "".join(part if isinstance(part, str) else values.text(part) for part in split(text))


def fill_html(html: str, values: Values) -> str:
    """HTML with one reader's values, escaped."""
    return "".join(part if isinstance(part, str) else values.html(part) for part in split(html))


def merge_fields(text: str, *, browser_url: str = "") -> str:
    """Editors' ``{{name}}`` or ``{{name|friend}}`` become tokens; whatever else is in braces stays as it is written."""

    def replaced(match: re.Match[str]) -> str:
        field, fallback = match[1], (match[2] or "").strip()
        if field == "browser_url":
            return browser_url or match[0]
        if field not in FIELDS or len(fallback) > MAX_FALLBACK:
            return match[0]
        return str(Token("name", fallback)) if field == "name" else UNSUBSCRIBE_URL

    return _FIELD.sub(replaced, text)


def defuse(text: str) -> str:
    """Text from outside in which nothing can pass for a token: else an article could carry a reader's values away."""
    return _LOOKALIKE.sub(lambda match: match[0][0] + "\u200b" + match[0][1:], text)


def _unhex(digits: str) -> str | None:
    try:
        return bytes.fromhex(digits).decode()
    except UnicodeDecodeError:
        return None
