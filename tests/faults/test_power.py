"""Fault K7: the power goes. Whatever had been committed is there afterwards, and nothing is sent twice."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.models import Chunk
from tests.delivery import newsroom
from tests.faults import oracle, power, scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

Found = dict[Path, bytes]


def test_a_power_cut_loses_nothing_that_was_committed(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, tmp_path: Path
) -> None:
    """K7: SQLite rebuilt from the worker's own writes, up to the last sync of each file, at several instants.

    And the same on a machine that ignores syncs must fail, or this proves nothing.
    """
    if connection.vendor == "postgresql":
        _postgres_is_told_to_keep_what_it_commits()
        return
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: 0.01)
    planned = scenarios.release(under_fire.issue, readers, count=700)
    seen, made, before = _killed_under_watch(under_fire, tmp_path / "tape")
    samples = under_fire.chance.sample(seen, 5)
    for at, count in [*samples, seen[-1]]:
        found = power.after_a_cut(made, before, at=at)
        assert _results(_laid_out(found, tmp_path)) >= count
    assert any(
        _results(_laid_out(power.after_a_cut(made, before, at=at, syncs=False), tmp_path)) < count
        for at, count in [*samples, seen[-1]]
    )
    under_fire.sink.script(DOT=None)
    with _elsewhere(_laid_out(power.after_a_cut(made, before), tmp_path)):
        assert _gone_on(under_fire, planned) > 0
        assert scenarios.states(under_fire)["accepted"] >= seen[-1][1]
    careless = _laid_out(power.after_a_cut(made, before, syncs=False), tmp_path)
    with _elsewhere(careless), pytest.raises(oracle.Breach):
        _gone_on(under_fire, planned)


def _gone_on(under_fire: Hunt, planned: dict[int, str]) -> int:
    """The machine has started anew: no journal of before proves anything. How many are in doubt at the end."""
    Chunk.objects.filter(state="held").update(host="another boot")
    under_fire.finish()
    return scenarios.judge(under_fire, planned, doubts=500, journals=False)


def _killed_under_watch(under_fire: Hunt, tape: Path) -> tuple[list[tuple[float, int]], list[power.Call], Found]:
    """How many results a reader saw at which time of day; what the worker wrote; what there was before."""
    database = Path(connection.settings_dict["NAME"])
    files = [database, database.with_name(database.name + "-wal")]
    seen: list[tuple[float, int]] = []
    with under_fire.worker(halt=True) as worker:
        under_fire.until(worker.stands_still)
        before = {path: path.read_bytes() for path in files}
        with power.recorded(worker, tape):
            worker.wake()
            while len(under_fire.sink.copies) < 250:
                count = len(under_fire.rows())
                seen.append((time.time(), count))
                time.sleep(0.02)
            worker.kill()
    under_fire.sink.drain()
    assert seen[-1][1] > 0
    return seen, power.calls(tape), before


def _laid_out(found: Found, folder: Path) -> Path:
    """The files as a machine finds them when it starts again."""
    place = folder / "found"
    place.mkdir(exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    for path, content in found.items():
        (place / path.name).write_bytes(content)
    return place / min(found).name


def _results(database: Path) -> int:
    with closing(sqlite3.connect(database)) as opened:
        return int(opened.execute("SELECT COUNT(*) FROM newsletter_result").fetchone()[0])


@contextmanager
def _elsewhere(database: Path) -> Iterator[None]:
    """This test, and the workers it hires, use that database until the end of the block."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(database)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _postgres_is_told_to_keep_what_it_commits() -> None:
    """Nothing that we set, for a session or in a transaction, makes a commit less than durable."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE source IN ('session', 'client', 'user', 'database')")
        ours = {name for (name,) in cursor.fetchall()}
    assert not ours & {"synchronous_commit", "fsync", "full_page_writes", "commit_delay"}
