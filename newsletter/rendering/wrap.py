"""Lines that fit: wraps prose by the columns it takes on screen, in every script."""

import itertools
import re
import unicodedata

from newsletter.rendering import personalise

WIDTH = 72
# No closing mark begins a line and no opening mark ends it (Chinese, Japanese, Korean).
_NOT_FIRST = set("、。，．：；？！）」』】〉》〕…ー々,.!?:;)]}»”’")
_NOT_LAST = set("（「『【〈《〔([{«“‘")
# Where a line may end: not at a no-break space.
_SPACE = re.compile(r"[^\S\u00a0\u202f]+")
_URL = re.compile(r"(?:https?://|mailto:|tel:)\S+")


def columns(text: str) -> int:
    """How many columns a fixed-width font needs; a token counts as the room kept for its value."""
    total = 0
    for piece, field in personalise.shapes(text):
        total += personalise.TOKEN_WIDTH if field else sum(_columns_of(char) for char in piece)
    return total


def lines(text: str, *, width: int = WIDTH, first: str = "", rest: str = "") -> list[str]:
    """``text`` as lines of at most ``width`` columns, prefixes included; only a URL or a token may be longer."""
    out: list[str] = []
    line, prefix = "", first
    for piece, spaced in _pieces(text, width=max(width - columns(rest), 8)):
        joined = f"{line} {piece}" if line and spaced else line + piece
        if line and columns(prefix) + columns(joined) > width:
            out.append(prefix + line)
            line, prefix = piece, rest
        else:
            line = joined
    if line:
        out.append(prefix + line)
    return [done.replace("\u00a0", " ") for done in out]


def wrapped(text: str, *, width: int = WIDTH, first: str = "", rest: str = "") -> str:
    return "\n".join(lines(text, width=width, first=first, rest=rest))


def _columns_of(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _pieces(text: str, *, width: int) -> list[tuple[str, bool]]:
    """What may stand on a line of its own, each with whether a space goes before it."""
    out: list[tuple[str, bool]] = []
    for word in _SPACE.split(text.strip()):
        whole = _URL.search(word) or word.isascii() or _has_token(word)
        parts = [word] if whole else _between_wide(word)
        spaced = True
        for part in parts:
            for chunk in _chopped(part, width=width):
                out.append((chunk, spaced))
                spaced = False
    return out


def _between_wide(word: str) -> list[str]:
    """Chinese and Japanese have no spaces: a line may end between any two wide characters."""
    parts: list[str] = []
    start = 0
    for at, (before, char) in enumerate(itertools.pairwise(word), start=1):
        wide = unicodedata.east_asian_width(char) in "WF" or unicodedata.east_asian_width(before) in "WF"
        if wide and char not in _NOT_FIRST and before not in _NOT_LAST and _columns_of(char):
            parts.append(word[start:at])
            start = at
    return [*parts, word[start:]]


def _chopped(word: str, *, width: int) -> list[str]:
    if columns(word) <= width or _URL.search(word) or _has_token(word):
        return [word]
    chunks, chunk, used = [], "", 0
    for char in word:
        wide = _columns_of(char)
        if chunk and used + wide > width:
            chunks.append(chunk)
            chunk, used = "", 0
        chunk, used = chunk + char, used + wide
    return [*chunks, chunk]


def _has_token(word: str) -> bool:
    return any(field for _piece, field in personalise.shapes(word))
