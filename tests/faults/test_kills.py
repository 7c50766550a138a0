"""A worker killed at random instants loses nothing, doubles nothing, and is honest about the rest (trust K2 to K6)."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery import audience
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
        hunt.kill(kills, apart=2 * READERS // (kills + 2))
        hunt.finish()
        oracle.judge(issue, sink.copies, planned=planned, doubts_allowed=hunt.open_at_kills)
    counts = newsroom.assert_balanced(issue)
    assert sum(counts.values()) == READERS


@pytest.mark.parametrize("mutant", ["", "no-record", "empty-journal", "believes", "no-settling"])
def test_an_engine_with_a_broken_promise_is_caught_and_the_whole_one_is_not(
    readers: newsroom.Readers, issue: Issue, tmp_path: Path, seed: int, mutant: str
) -> None:
    """The pass bar of trust §4: a mutated engine must fail, or these tests prove nothing."""
    planned = _release(issue, readers, count=300)
    with Sink(Manners(latency=0.05, seed=seed)) as sink:
        hunt = Hunt(issue=issue, sink=sink, seed=seed, data_dir=tmp_path, mutant=mutant)
        hunt.kill(1, apart=150)
        hunt.let_run(seconds=60 if not mutant else 5)
        with nullcontext() if not mutant else pytest.raises(oracle.Breach):
            oracle.judge(issue, sink.copies, planned=planned, doubts_allowed=hunt.open_at_kills)
