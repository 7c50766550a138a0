"""Places: every reader one, chunks whole, of one domain group each, in turns; slices that follow the clock."""

import random
from collections import Counter

import pytest

from newsletter.delivery.ledger import audience_freeze, chunking
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from subscribers.addresses import domain_group


def test_every_reader_has_one_chunk_whatever_order_the_list_is_in() -> None:
    counts = {1: 1_730, 2: chunking.OWN_GROUP, 3: chunking.OWN_GROUP - 1} | dict.fromkeys(range(16, 64), 37)
    readers = [group for group, count in counts.items() for _ in range(count)]
    random.Random(7).shuffle(readers)
    places = chunking.Places()
    taken = Counter((places.take(group), group) for group in readers)

    chunks = chunking.chunks(Counter(places_ for places_, _ in taken.elements()).items())

    chunk_of = {part: chunk for chunk in chunks for part in chunk.parts}
    assert len(chunk_of) == sum(len(chunk.parts) for chunk in chunks)
    held: Counter[chunking.Chunk] = Counter()
    for (number, group), count in taken.items():
        chunk = chunk_of[number]
        held[chunk] += count
        assert chunk.domain_group == (group if counts[group] >= chunking.OWN_GROUP else 0)
    assert {chunk: chunk.size for chunk in chunks} == held
    assert max(held.values()) <= CHUNK_SIZE
    assert sorted(chunk.size for chunk in chunks if chunk.domain_group == 1) == [230, 500, 500, 500]


def test_chunks_take_turns_through_the_groups_of_a_sorted_list() -> None:
    places = chunking.Places()
    numbers = Counter(places.take(group) for group in (1, 2, 16) for _ in range(1_100 if group < 16 else 10))
    assert [chunk.domain_group for chunk in chunking.chunks(numbers.items())] == [1, 2, 0, 1, 2, 1, 2]


def test_nobody_makes_no_chunk() -> None:
    assert chunking.chunks([]) == []


def test_every_domain_group_has_numbers_of_its_own() -> None:
    groups = {domain_group(f"domain{n}.example") for n in range(2_000)} | {domain_group("gmail.com")}
    assert max(groups) < chunking.GROUPS


@pytest.mark.parametrize(
    ("size", "took", "then"),
    [
        (5_000, 0.01, 10_000),
        (5_000, 0.06, 5_000),
        (5_000, 0.1, 2_500),
        (audience_freeze.LARGEST_SLICE, 0.01, audience_freeze.LARGEST_SLICE),
        (1, 9.0, 1),
    ],
)
def test_a_slow_disk_makes_slices_smaller_and_a_fast_one_larger(size: int, took: float, then: int) -> None:
    assert audience_freeze.next_slice(size, took=took) == then
