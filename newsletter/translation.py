"""The edge where what rooms say in English is said in the language of the page."""

from typing import Any

from django.utils.translation import gettext, ngettext

from newsletter.translatable import Plural, Translatable


def translated(text: Any) -> Any:
    """`Translatable` words, or an error made of them, in the active language; anything else as it is.

    The Jinja2 environment calls it on everything that a template prints.
    """
    if isinstance(text, Exception):
        text = text.args[0] if text.args else ""
    if not isinstance(text, Translatable):
        return text
    message = ngettext(text.one, text.message, text.n) if isinstance(text, Plural) else gettext(text.message)
    values = {name: translated(value) for name, value in text.values.items()}
    return message % values if values else message


def error_text(error: Exception) -> str:
    """What an error says to a person, in the active language."""
    return str(translated(error))
