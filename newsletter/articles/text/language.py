"""The language a text is written in: given by a person, else detected. The model is loaded at its first use."""

import re
import threading

from newsletter import errors
from newsletter.translatable import Translatable as _

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_ENOUGH_LETTERS = 20
"""Below this a statistical guess is a coin toss."""
_SURE_LETTERS = 200
"""From here the text is believed more than a page's `lang` attribute: templates often carry a wrong tag."""
_NONE = frozenset({"zxx", "und", "mul"})
"""What the model says of numbers, addresses and noise."""
_lock = threading.Lock()


class UnknownLanguage(errors.InvalidInput):
    """A language that is not a BCP 47 tag."""


def tag(given: str) -> str:
    """A BCP 47 tag in its usual letters (`fa_ir` → `fa-IR`); empty stays empty. Raises UnknownLanguage."""
    given = given.strip().replace("_", "-")
    if not given:
        return ""
    if not _TAG.fullmatch(given) or len(given) > 20:
        raise UnknownLanguage(
            _("“%(tag)s” is not a language tag: write one such as en, fa or pt-BR.", tag=given[:40]), field="language"
        )
    first, *rest = given.split("-")
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower() for part in rest]
    return "-".join([first.lower(), *cased])


def of(text: str, *, hint: str = "", default: str = "en") -> str:
    """The language tag of ``text``; ``hint`` is what the page says of itself, trusted where the text is short."""
    try:
        hint = tag(hint)
    except UnknownLanguage:
        hint = ""
    letters = sum(character.isalpha() for character in text)
    if letters < _ENOUGH_LETTERS:
        return hint or default
    found = _detect(text[:20_000])
    if found in _NONE:
        return hint or default
    if hint and (hint.split("-")[0] == found or letters < _SURE_LETTERS):
        return hint
    return found


def _detect(text: str) -> str:
    # Imported here: the model takes a quarter of a second and 20 MB, and most processes never need it.
    from py3langid import langid

    with _lock:
        return str(langid.classify(text)[0])
