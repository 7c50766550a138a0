"""Cleans short texts that people type or files hold, so that they fit on a single line. Pure."""

import unicodedata

# Direction overrides turn all that stands behind them on a page, in a table and in a mail header.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """The text without control characters, line ends and direction overrides, spaces run together.

    The joiners of Persian and Indic scripts (U+200C, U+200D) stay: they belong to the spelling.
    """
    if text.isascii() and text.isprintable():  # Nearly every name in a file of a million.
        return " ".join(text.split())
    return " ".join("".join(" " if _unwanted(c) else c for c in text).split())


def _unwanted(character: str) -> bool:
    return character in _OVERRIDES or unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs", "Co", "Cn"}
