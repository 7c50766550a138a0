"""Which chunk each reader of a freeze goes into: found while the list is read, so that nothing need be sorted.

A chunk's number is its turn and its domain group. Chunks are worked on in the order of their numbers, so they take
turns through the groups, and no provider has all of the first ones.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, count, repeat
from typing import NamedTuple

CHUNK_SIZE = 500
"""Deliveries of a chunk, at most."""
OWN_GROUP = 100
"""A domain group with fewer readers shares its chunks with others: else a list of small domains is a chunk a reader."""
GROUPS = 256
"""More than there are domain groups."""
CHUNK_NUMBER = f"place / {CHUNK_SIZE} * {GROUPS} + domain_group + 1"
"""The number as SQL has it, from the reader's place among those of the domain group, counted from 0."""


class Chunk(NamedTuple):
    """A chunk to be."""

    number: int
    domain_group: int
    """0 where several share it."""
    size: int
    parts: tuple[int, ...]
    """Numbers that were given to its readers, its own first."""


class Places(dict[int, Iterator[int]]):
    """Gives each reader a chunk's number, in the order in which they come. By domain group: the numbers to come."""

    def __missing__(self, domain_group: int) -> Iterator[int]:
        turns = count(domain_group + 1, GROUPS)
        numbers = self[domain_group] = chain.from_iterable(repeat(number, CHUNK_SIZE) for number in turns)
        return numbers

    def take(self, domain_group: int) -> int:
        """The number of the next reader's chunk. Called by SQLite, once a row."""
        return next(self[domain_group])


def chunks(counts: Iterable[tuple[int, int]]) -> list[Chunk]:
    """The chunks for pairs of (chunk number, readers): small groups share a chunk, and none is divided."""
    own: list[Chunk] = []
    shared: list[Chunk] = []
    for number, size in sorted(counts):
        is_small = number <= GROUPS and size < OWN_GROUP
        if not is_small:
            own.append(Chunk(number, (number - 1) % GROUPS, size, (number,)))
        elif shared and shared[-1].size + size <= CHUNK_SIZE:
            last = shared[-1]
            shared[-1] = last._replace(size=last.size + size, parts=(*last.parts, number))
        else:
            shared.append(Chunk(number, 0, size, (number,)))
    return sorted(own + shared)
