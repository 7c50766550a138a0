"""Short texts that people type or files hold, made safe for one line. Pure."""

import unicodedata

# They turn the direction of everything after them on a page, in a table and in a mail header.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def one_line(text: str) -> str:
    """Without control characters, line ends and direction overrides, spaces run together.

    The joiners of Persian and Indic scripts (U+200C, U+200D) stay: they belong to the spelling.
    """
    if text.isascii() and text.isprintable():  # Nearly every name in a file of a million.
        return " ".join(text.split())
    return " ".join("".join(" " if _unwanted(c) else c for c in text).split())


def digits(text: object, *, language: str) -> str:
    """Numbers in the digits of the language."""
    return str(text).translate(_PERSIAN) if language == "fa" else str(text)


def _unwanted(character: str) -> bool:
    return character in _OVERRIDES or unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs", "Co", "Cn"}
