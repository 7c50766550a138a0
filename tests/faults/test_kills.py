"""A worker killed at random instants loses nothing, doubles nothing, and is honest about the rest (trust K2 to K6)."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery import audience, queries
from newsletter.delivery.models import Delivery, Release
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.faults import oracle
from tests.faults.hunt import Hunt
from tests.faults.sink import Manners, Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

READERS = 5_000


def _release(issue: Issue, readers: newsroom.Readers, *, count: int) -> dict[int, str]:
    """A release to that many, with others who must not get it; the planned ones' addresses."""
    planned = readers.join(count)
    for left in readers.join(40, domain="gone.example"):
        readers.leave(left, now=readers.now)
    audience.freeze(issue.pk, by="staff:1", now=datetime.now(UTC))
    return {subscriber: readers.addresses[subscriber] for subscriber in planned}


def test_a_worker_killed_at_random_instants_sends_everything_once(
    readers: newsroom.Readers, issue: Issue, tmp_path: Path, kills: int, seed: int
) -> None:
    """K2–K6, I1, I2, I3: by the server's own record, everyone got it once; doubts at most one for each connection."""
    planned = _release(issue, readers, count=READERS)
    with Sink(Manners(latency=0.01, seed=seed)) as sink:
        hunt = Hunt(issue=issue, sink=sink, seed=seed, data_dir=tmp_path)
        hunt.kill(kills, apart=3 * READERS // (2 * kills + 2))
        hunt.finish()
        doubtful = oracle.judge(issue, sink.copies, planned=planned, doubts_allowed=hunt.open_at_kills)
    assert doubtful or kills < 5, "no kill came between a dot and its reply: this proved little"
    counts = newsroom.assert_balanced(issue)
    assert sum(counts.values()) == READERS


def test_of_two_workers_one_is_killed_again_and_again(
    readers: newsroom.Readers, issue: Issue, tmp_path: Path, kills: int, seed: int
) -> None:
    """K6, P1, I5: the other goes on meanwhile, takes over what is left, and neither sends anything twice."""
    planned = _release(issue, readers, count=1_000)
    with Sink(Manners(latency=0.02, seed=seed)) as sink:
        hunt = Hunt(issue=issue, sink=sink, seed=seed, data_dir=tmp_path)
        with hunt.worker() as survivor:
            times = max(kills // 3, 1)
            hunt.kill(times, apart=1_000 // (times + 1))
            hunt.stop(survivor)
        hunt.finish()
        oracle.judge(issue, sink.copies, planned=planned, doubts_allowed=hunt.open_at_kills)


def test_a_server_that_breaks_the_link_instead_of_answering_makes_doubts_and_no_copies(
    readers: newsroom.Readers, issue: Issue, tmp_path: Path, seed: int
) -> None:
    """S5, B6: each lost answer is one doubt; nobody is forgotten."""
    planned = _release(issue, readers, count=300)
    with Sink(Manners(drop=0.2, seed=seed)) as sink:
        hunt = Hunt(issue=issue, sink=sink, seed=seed, data_dir=tmp_path)
        hunt.finish()
        doubtful = oracle.judge(issue, sink.copies, planned=planned, doubts_allowed=300)
        assert doubtful == sink.dropped > 30


def test_a_freeze_killed_at_random_instants_is_all_or_nothing(
    readers: newsroom.Readers, issue: Issue, tmp_path: Path, kills: int, seed: int
) -> None:
    """K1: the rerun gives the same set, and nothing is seen or sent before it is whole."""
    planned = {one: readers.addresses[one] for one in readers.join(READERS)}
    with Sink(Manners(seed=seed)) as sink:
        hunt = Hunt(issue=issue, sink=sink, seed=seed, data_dir=tmp_path)
        hunt.kill_freezing(max(kills // 3, 1), longest=0.3)
        if not Release.objects.filter(frozen_at__isnull=False).exists():
            assert queries.ledger(issue.pk)["planned"] == 0
        audience.freeze(issue.pk, by="staff:2", now=datetime.now(UTC))
        assert set(Delivery.objects.values_list("subscriber", flat=True)) == set(planned)
        assert newsroom.assert_balanced(issue) == {"pending": READERS}


@pytest.mark.parametrize("mutant", ["", "no-record", "empty-journal", "believes", "no-settling"])
def test_an_engine_with_a_broken_promise_is_caught_and_the_whole_one_is_not(
    readers: newsroom.Readers, issue: Issue, tmp_path: Path, seed: int, mutant: str
) -> None:
    """The pass bar of trust §4: a mutated engine must fail, or these tests prove nothing."""
    planned = _release(issue, readers, count=300)
    with Sink(Manners(latency=0.05, seed=seed)) as sink:
        hunt = Hunt(issue=issue, sink=sink, seed=seed, data_dir=tmp_path, mutant=mutant)
        hunt.kill(1, apart=150)
        hunt.let_run(seconds=60 if not mutant else 4)
        with nullcontext() if not mutant else pytest.raises(oracle.Breach):
            oracle.judge(issue, sink.copies, planned=planned, doubts_allowed=hunt.open_at_kills)
