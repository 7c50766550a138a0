"""Fault DB4: a database of yesterday is put back, or a copy of it starts, in the middle of a release."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.control import hold_end, restore_guard
from newsletter.delivery.models import Epoch
from tests.delivery import newsroom
from tests.faults import scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

QUIET = 4.0
"""Seconds in which a worker that sends has sent something."""


@contextmanager
def _yesterday(hunt: Hunt, folder: Path) -> Iterator[Path | str]:
    """A copy of the database in the middle of a release, which then goes on to its end; yields where the copy lies."""
    hunt.sink.script(DOT=lambda *_: 0.005)
    goal = hunt.chance.randint(20, 500)
    with hunt.worker() as worker:
        hunt.until_or_over(lambda: len(hunt.sink.copies) >= goal, worker)
        if connection.vendor == "sqlite":
            place: Path | str = _copy(folder / "yesterday.sqlite3")
            worker.stop()
        else:
            worker.stop()  # a template is copied while nobody uses it
            place = _template(f"yesterday_{secrets.token_hex(4)}")
    hunt.finish()
    try:
        yield place
    finally:
        if isinstance(place, str):
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{place}" WITH (FORCE)')


def _copy(target: Path) -> Path:
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as now, closing(sqlite3.connect(target)) as then:
        now.backup(then)
    return target


def _template(name: str) -> str:
    usual = connection.settings_dict["NAME"]
    with scenarios.elsewhere("postgres"), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{usual}"')
    return name


def _sends_nothing(hunt: Hunt, why: Epoch.Why) -> None:
    sent = len(hunt.sink.copies)
    with hunt.worker() as worker:
        assert not hunt.is_over
        hunt.until(restore_guard.is_held, worker)
        hunt.sink.wait(lambda: len(hunt.sink.copies) > sent, seconds=QUIET)
        worker.stop()
    assert len(hunt.sink.copies) == sent, "a restored copy began to send"
    assert Epoch.objects.get().held_why == why


def test_a_database_of_yesterday_sends_nothing_by_itself(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, tmp_path: Path
) -> None:
    """DB4, threat 5: a copy starts held; once a person ends that, the journals settle all, and nobody gets it twice."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=700)
    with _yesterday(under_fire, tmp_path) as copy, scenarios.elsewhere(copy):
        _sends_nothing(under_fire, Epoch.Why.BEHIND)
        hold_end.end_hold(under_fire.journals, by="test", now=datetime.now(UTC))
        under_fire.finish()
        scenarios.judge(under_fire, planned, doubts=0)


def test_a_backup_of_yesterday_that_is_put_back_where_it_was_sends_nothing_by_itself(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, tmp_path: Path
) -> None:
    """DB4: its place is right, and the journals know better."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=700)
    with _yesterday(under_fire, tmp_path) as copy, scenarios.elsewhere(copy):
        Epoch.objects.update(place=restore_guard.place())
        _sends_nothing(under_fire, Epoch.Why.BEHIND)
        hold_end.end_hold(under_fire.journals, by="test", now=datetime.now(UTC))
        under_fire.finish()
        scenarios.judge(under_fire, planned, doubts=0)


def test_a_copy_without_its_journals_doubts_what_it_takes_for_unsent(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, tmp_path: Path
) -> None:
    """DB4: on another machine there are none; nobody knows, so nobody is written to."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=700)
    with _yesterday(under_fire, tmp_path) as copy, scenarios.elsewhere(copy):
        under_fire.journals.rename(tmp_path / "left behind")
        _sends_nothing(under_fire, Epoch.Why.ELSEWHERE)
        hold_end.end_hold(under_fire.journals, by="test", now=datetime.now(UTC))
        under_fire.finish()
        assert scenarios.judge(under_fire, planned, doubts=700, journals=False) > 0
