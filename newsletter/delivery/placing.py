"""Which chunk each reader of a freeze goes into on SQLite: counted while the list is read, so that nothing is sorted.

Window functions sort a million readers three times, which takes longer than writing them. A reader's *place* is the
next free one of its domain group; places become chunks when the whole list is known. PostgreSQL sorts on its own.
"""

from collections import defaultdict
from typing import NamedTuple

from newsletter.delivery.settle import CHUNK_SIZE

OWN_GROUP = 100
"""A domain with fewer readers shares its chunks with others: else a list of small domains is a chunk a reader."""
_TURNS = 24
"""Bits of a place that count the chunks of one domain group; those above are the group."""


class Placed(NamedTuple):
    """A chunk to be, and the places that it is made of."""

    domain_group: int
    size: int
    places: tuple[int, ...]


class Places:
    """Gives each reader a place, in the order in which they come; remembers a number for each domain group only."""

    def __init__(self) -> None:
        self._counts: defaultdict[int, int] = defaultdict(int)

    def take(self, reason: str | None, domain_group: int) -> int | None:
        """The place of the next candidate; None for one who is not written to. Called by SQLite, once a row."""
        if reason is not None:
            return None
        count = self._counts[domain_group]
        self._counts[domain_group] = count + 1
        return (domain_group << _TURNS) + count // CHUNK_SIZE

    def chunks(self) -> list[Placed]:
        """All chunks in their order. They take turns through the groups, so that no provider has all the first ones."""
        turns: list[tuple[int, Placed]] = []
        small: list[tuple[int, int]] = []
        for group, count in sorted(self._counts.items()):
            if count < OWN_GROUP:
                small.append((group << _TURNS, count))
                continue
            for turn in range(-(-count // CHUNK_SIZE)):
                size = min(CHUNK_SIZE, count - turn * CHUNK_SIZE)
                turns.append((turn, Placed(group, size, ((group << _TURNS) + turn,))))
        turns += enumerate(_shared(small))
        return [chunk for _, chunk in sorted(turns, key=lambda one: (one[0], one[1].domain_group))]


def _shared(small: list[tuple[int, int]]) -> list[Placed]:
    """Small groups put together, each whole, as many as a chunk holds."""
    chunks: list[Placed] = []
    for place, count in small:
        if chunks and chunks[-1].size + count <= CHUNK_SIZE:
            last = chunks[-1]
            chunks[-1] = Placed(0, last.size + count, (*last.places, place))
        else:
            chunks.append(Placed(0, count, (place,)))
    return chunks
