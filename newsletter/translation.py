"""The edge where what rooms say in English is said in the language of the page."""

import re
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext

from newsletter.translatable import Figures, Plural, Quantity, Translatable


def translated(text: Any) -> Any:
    """`Translatable` words, or an error made of them, in the active language; anything else as it is.

    The Jinja2 environment calls it on everything that a template prints.
    """
    if isinstance(text, Exception):
        text = text.args[0] if text.args else ""
    if not isinstance(text, Translatable):
        return text
    if isinstance(text, Figures):
        return numerals(text)
    if isinstance(text, Quantity):
        return number(text.values["n"])
    message = ngettext(text.one, text.message, text.n) if isinstance(text, Plural) else gettext(text.message)
    values = {
        name: translated(value) if isinstance(value, Translatable | Exception) else isolated(value)
        for name, value in text.values.items()
    }
    if isinstance(text, Plural):
        values["n"] = number(text.n)  # a count, unlike numbers such as ports and years
    return message % values if values else message


def isolated(value: Any) -> Any:
    """A value within a sentence keeps its own direction where it runs against that of the page.

    Without it “0 7 * * 1-5”, an address or a file's name would be mirrored in a page from right to left, and a number
    that follows a Persian name would move before it in a page from left to right.
    """
    if not isinstance(value, str) or not (_LATIN if get_language_bidi() else _RIGHT_TO_LEFT).search(value):
        return value
    return (
        type(value)(f"{_FIRST_STRONG}{value}{_END}") if hasattr(value, "__html__") else f"{_FIRST_STRONG}{value}{_END}"
    )


def error_text(error: Exception) -> str:
    """What an error says to a person, in the active language."""
    return str(translated(error))


def number(value: float) -> str:
    """A number with its groups, as the language of the page writes it: 12,345 or 0.5."""
    locale = (get_language() or "en").replace("-", "_")
    return numerals(format_decimal(value, locale=locale, numbering_system="default"))


def numerals(text: object) -> str:
    """Digits as the language of the page writes them."""
    return str(text).translate(_PERSIAN_DIGITS) if (get_language() or "en") == "fa" else str(text)


_FIRST_STRONG, _END = "\u2068", "\u2069"
"""Isolates of Unicode: what is between them has the direction of its own first letter."""
_LATIN = re.compile("[A-Za-z0-9]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
