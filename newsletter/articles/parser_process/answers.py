"""Answers of the parser process as bytes: packed by the child, believed by the parent only as far as this goes."""

import dataclasses
import enum
import io
import pickle
from datetime import date, datetime, timedelta, timezone
from datetime import time as time_of_day
from types import FunctionType
from typing import Any, ClassVar

from newsletter import translatable
from newsletter.translatable import Translatable

LENGTH_BYTES = 8
"""Of the number of bytes that stands before each answer, big-endian."""


class _AnswerReader(pickle._Unpickler):
    """Unpickles an answer of a child that may be under a stranger's control by now.

    Unpickling calls what it is told to, which would hand all our rights to a child that a library's hole gave away. So
    only what answers are made of is found: our values, words and errors, and times. None of them does more than to
    hold what it is given, and no class can be changed (`load_build`, for which it is the unpickler in Python). What is
    in the values is the child's word all the same: such a child can still tell another story than the page has.
    """

    _PLAIN = (date, datetime, time_of_day, timedelta, timezone, set, frozenset, bytearray)
    _WORDS = (translatable._restored, translatable._restored_plural)
    _ROOMS = ("newsletter.articles.", "newsletter.errors", "newsletter.translatable")

    _AS_EVER: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    dispatch: ClassVar[dict[int, Any]] = dict(_AS_EVER)

    def load_build(self) -> None:
        if isinstance(vars(self)["stack"][-2], type | FunctionType):
            raise pickle.UnpicklingError("an answer changes no classes")
        self._AS_EVER[pickle.BUILD[0]](self)

    dispatch[pickle.BUILD[0]] = load_build

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" or module == "datetime" or module.startswith(self._ROOMS):
            found = super().find_class(module, name)
            if found in self._PLAIN or found in self._WORDS:
                return found
            if isinstance(found, type) and found.__module__ == module and _is_harmless(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")


def _is_harmless(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, Exception | enum.Enum | Translatable)


def read(answer: bytes) -> tuple[bool, str, Any]:
    """Whether the child goes on, how the call ended, and with what.

    Raises UnpicklingError where it is no answer of ours, and what else unpickling damaged bytes raises.
    """
    match _AnswerReader(io.BytesIO(answer)).load():
        case (bool() as goes_on, "raised" as ended, Exception() as what):
            return goes_on, ended, what
        case (bool() as goes_on, ("returned" | "memory" | "large") as ended, what):
            return goes_on, ended, what
    raise pickle.UnpicklingError("no answer")


class _Packer(pickle.Pickler):
    """Packs what `_AnswerReader` reads. Some versions of Python pack a member of an Enum as a call of `getattr`."""

    def reducer_override(self, what: Any) -> Any:
        return (type(what), (what.value,)) if isinstance(what, enum.Enum) else NotImplemented


def pack(answer: tuple[bool, str, object]) -> bytes:
    """The bytes of an answer, without the length before them."""
    packed = io.BytesIO()
    _Packer(packed).dump(answer)
    return packed.getvalue()
