"""What rooms say, kept in the database so that a page can still say it in its own language."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models

from newsletter.translatable import Figures, Plural, Quantity, Translatable

_MARK = '{"message": '
_KINDS: dict[str, type[Translatable]] = {"count": Quantity, "figures": Figures}


def stored(text: str) -> str:
    """A text as a column holds it: `Translatable` with its message and values, any other text as it is."""
    if type(text) is str and not text.startswith(_MARK):
        return text
    parts = _parts(text if isinstance(text, Translatable) else Translatable("%(text)s", text=text))
    return json.dumps(parts, ensure_ascii=False)


def told(raw: str) -> str:
    """What `stored` was given. Older rows hold plain English, which is told as it stands."""
    if not raw.startswith(_MARK):
        return raw
    try:
        return _whole(json.loads(raw))
    except (ValueError, KeyError, TypeError, AttributeError):
        return raw


def cut(text: str, length: int) -> str:
    """The text, if it is not longer; else its beginning in English, since a part of a sentence has no translation."""
    return text if len(text) <= length else str(text)[:length]


def sentences(texts: Iterable[str], *, between: str = " ") -> str:
    """Several sentences as one text, each still to be said in another language."""
    each = {f"s{n}": text for n, text in enumerate(texts)}
    return Translatable(between.join(f"%({name})s" for name in each), **each) if each else ""


if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class SentenceField(_Text):
    """Text for people that may be `Translatable`, and is again when it is read. Never to be searched."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return value if value is None else told(value)

    def get_prep_value(self, value: Any) -> Any:
        return stored(value) if isinstance(value, str) else super().get_prep_value(value)


def _parts(text: Translatable) -> dict[str, Any]:
    parts: dict[str, Any] = {"message": text.message, "values": {k: _value(v) for k, v in text.values.items()}}
    kind = next((name for name, kind in _KINDS.items() if isinstance(text, kind)), "")
    if kind:
        return {**parts, "kind": kind}
    return {**parts, "one": text.one, "n": text.n} if isinstance(text, Plural) else parts


def _value(value: object) -> object:
    if isinstance(value, Translatable):
        return _parts(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _whole(parts: dict[str, Any]) -> Translatable:
    values = {k: _whole(v) if isinstance(v, dict) else v for k, v in parts["values"].items()}
    if not isinstance(parts["message"], str):
        raise TypeError("a message is text")
    if kind := _KINDS.get(parts.get("kind", "")):
        return kind(values["n"]) if kind is Quantity else kind(parts["message"], **values)
    if "one" not in parts:
        return Translatable(parts["message"], **values)
    one, many = parts["one"], parts["message"]
    values.pop("n", None)
    return Plural(one, many, n=parts["n"], **values)
