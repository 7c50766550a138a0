"""English words that can still be said in another language: what rooms without Django write for people. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any


class Translatable(str):
    """A sentence in English that remembers the message and the values it was made of.

    It is a ``str`` for logs, commands and JSON. Pages say it in their own language (`newsletter.translation`):
    the message is looked up in the catalogue, then the values are put in. A value may itself be Translatable.

        from newsletter.translatable import Translatable as _
        raise InvalidInput(_("“%(name)s” is no domain.", name=name), field="domain")
    """

    message: str
    values: dict[str, Any]

    __slots__ = ("message", "values")

    def __new__(cls, message: str, /, **values: object) -> Translatable:
        made = super().__new__(cls, message % values if values else message)
        made.message, made.values = message, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.message, self.values)


class Figures(Translatable):
    """A time of day, or a number without groups: a page writes it in the digits of its language."""

    __slots__ = ()


class Quantity(Translatable):
    """How many: a page groups the digits as its language does, 12,345."""

    __slots__ = ()

    def __new__(cls, n: int, /) -> Quantity:
        made = str.__new__(cls, f"{n:,}")
        made.message, made.values = "%(n)s", {"n": n}
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Quantity, (self.values["n"],)


class Plural(Translatable):
    """A sentence that depends on a number: ``Plural("%(n)s picture", "%(n)s pictures", n=3)``."""

    one: str
    n: int

    __slots__ = ("n", "one")

    def __new__(cls, one: str, many: str, /, *, n: int, **values: object) -> Plural:
        values = {**values, "n": n}
        made = str.__new__(cls, (one if n == 1 else many) % values)
        made.one, made.message, made.n, made.values = one, many, n, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored_plural, (self.one, self.message, self.values)


def in_a_row(texts: Iterable[str]) -> str:
    """Several, with the comma of the page's language between them; empty when there are none."""
    found = list(texts)
    return functools.reduce(_and_more, found) if found else ""


def _and_more(some: str, more: str) -> str:
    return Translatable("%(some)s, %(more)s", some=some, more=more)


def _restored(cls: type[Translatable], message: str, values: dict[str, Any]) -> Translatable:
    return cls(message, **values)


def _restored_plural(one: str, many: str, values: dict[str, Any]) -> Plural:
    return Plural(one, many, **values)
