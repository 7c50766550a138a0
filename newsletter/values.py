"""Values made by the million: dataclasses that nobody changes, which the type checker sees to instead of Python."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """A dataclass with slots, equal and hashed by its fields.

    ``frozen=True`` makes each value four times as slowly (0.8 µs instead of 0.2 for seven fields), and a mail takes
    eight of them.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
