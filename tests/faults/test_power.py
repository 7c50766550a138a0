"""Fault K7: the power goes. Whatever had been committed is there afterwards, and nothing is sent twice."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from newsletter.delivery.control import restore_guard
from newsletter.delivery.models import Chunk, Epoch
from tests import postgres
from tests.delivery import newsroom
from tests.faults import oracle, power, scenarios
from tests.faults.hunt import Hunt
from tests.faults.parent import Parent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

Found = dict[Path, bytes]


def test_a_power_cut_loses_nothing_that_was_committed(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, tmp_path: Path
) -> None:
    """K7: SQLite rebuilt from the worker's own writes, up to the last sync of each file, at several instants.

    And the same on a machine that ignores syncs must fail, or this proves nothing. PostgreSQL (DB2 as well) is stopped
    without being given time to write anything, and started again, under the eyes of a worker that goes on.
    """
    if connection.vendor == "postgresql":
        _postgres_stopped_at_once(hunt)
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
    with scenarios.elsewhere(_laid_out(power.after_a_cut(made, before), tmp_path)):
        assert _gone_on(under_fire, planned) > 0
        assert scenarios.states(under_fire)["accepted"] >= seen[-1][1]
    careless = _laid_out(power.after_a_cut(made, before, syncs=False), tmp_path)
    with scenarios.elsewhere(careless), pytest.raises(oracle.Breach):
        _gone_on(under_fire, planned)


def _gone_on(under_fire: Hunt, planned: dict[int, str]) -> int:
    """The machine has started anew: no journal of before proves anything. How many are in doubt at the end.

    It finds its database where it was: here that is another file. Journals are gone, or they would tell of what a
    careless machine has lost (see `test_yesterday`).
    """
    Chunk.objects.filter(state="held").update(host="another boot")
    Epoch.objects.update(place=restore_guard.place())
    shutil.rmtree(under_fire.journals, ignore_errors=True)
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


def _postgres_stopped_at_once(hunt: Callable[..., Hunt]) -> None:
    """PostgreSQL itself promises that a commit survives; we take nothing from that promise, and use it."""
    with postgres.server(postgres.DURABLE) as url, _on_server(url) as data:
        call_command("migrate", verbosity=0)
        with closing(Parent(database_url=url)) as parent:
            readers = newsroom.Readers.make(now=datetime.now(UTC) - timedelta(days=30))
            issue = newsroom.approved_issue(list_id=readers.list_id, now=readers.now)
            under_fire = hunt(parent=parent, issue=issue, lease_seconds=30)
            under_fire.sink.script(DOT=lambda *_: 0.01)
            planned = scenarios.release(issue, readers, count=700)
            with under_fire.worker() as worker:
                for goal in (150, 400):
                    under_fire.until_or_over(lambda goal=goal: len(under_fire.sink.copies) >= goal, worker)
                    assert _durability() == {"on"}
                    before = len(under_fire.rows())
                    postgres.restart_at_once(data)
                    connection.close()
                    assert len(under_fire.rows()) >= before > 0
                under_fire.to_the_end(worker, seconds=120)
            # A result whose acknowledgement was lost is read again; so the worker lives, and nobody is in doubt.
            scenarios.judge(under_fire, planned, doubts=0)


def _durability() -> set[str]:
    """As a session of ours has it, which the worker's are as well: nothing that we set makes a commit less durable."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
        )
        return {value for (value,) in cursor.fetchall()}


@contextmanager
def _on_server(url: str) -> Iterator[Path]:
    """This test speaks to that server until the end of the block; yields the folder of its files."""
    usual = connection.settings_dict.copy()
    parts = urlsplit(url)
    host = parse_qs(parts.query)["host"][0]
    connection.close()
    connection.settings_dict |= {"NAME": parts.path[1:], "USER": parts.username, "HOST": host, "PORT": ""}
    try:
        yield Path(host) / "data"
    finally:
        connection.close()
        connection.settings_dict |= usual
