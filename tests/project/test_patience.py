"""Whoever waits for SQLite's one write lock asks often, and as long as the settings say."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from newsletter.project import databases

pytestmark = pytest.mark.django_db
WRITE = "INSERT INTO line VALUES (1)"


@contextmanager
def _opened(folder: Path, *, patience: float = 30) -> Iterator[BaseDatabaseWrapper]:
    settings = databases.read({}, folder)
    settings["OPTIONS"]["timeout"] = patience
    connection: BaseDatabaseWrapper = ConnectionHandler({"default": settings})["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE line (n)")
        yield connection
    finally:
        connection.close()


def test_a_write_waits_and_asks_often(tmp_path: Path) -> None:
    """U2: left to itself SQLite asks ten times a second, and misses every gap that is shorter."""
    with _opened(tmp_path) as connection, closing(sqlite3.connect(tmp_path / "db.sqlite3")) as other:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone()[0] < 10
        waits = threading.Event()

        def write() -> None:
            waits.set()
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO line VALUES (?)", [(2,), (3,)])
                cursor.execute(WRITE)
            # A transaction waits as a single statement does.
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute(WRITE)
            connection.set_autocommit(True)
            connection.close()

        other.execute("BEGIN IMMEDIATE")
        writing = threading.Thread(target=write)
        connection.inc_thread_sharing()
        connection.close()
        writing.start()
        waits.wait()
        threading.Event().wait(0.3)
        assert other.execute("SELECT count(*) FROM line").fetchone() == (0,)
        other.commit()
        writing.join(30)
        assert other.execute("SELECT count(*) FROM line").fetchone() == (4,)


def test_patience_has_an_end_and_what_is_wrong_otherwise_is_said_at_once(tmp_path: Path) -> None:
    with (
        _opened(tmp_path, patience=0.1) as connection,
        closing(sqlite3.connect(tmp_path / "db.sqlite3")) as other,
        connection.cursor() as cursor,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="database is locked"):
            cursor.execute(WRITE)
        other.rollback()
        cursor.execute(WRITE)
        with pytest.raises(OperationalError, match="no such table"):
            cursor.execute("SELECT * FROM nowhere")


def test_what_reads_an_older_state_is_told_at_once(tmp_path: Path) -> None:
    """It never gets the lock, however often it asks: this took all the patience, and a processor."""
    with _opened(tmp_path) as connection, closing(sqlite3.connect(tmp_path / "db.sqlite3")) as other:
        with connection.cursor() as reading, connection.cursor() as writing:
            reading.executemany("INSERT INTO line VALUES (?)", [(number,) for number in range(1_000)])
            rows = reading.execute("SELECT n FROM line")
            rows.fetchone()
            other.execute(WRITE)
            other.commit()
            asked: list[str] = []
            connection.execute_wrappers.append(lambda run, sql, *rest: (asked.append(sql), run(sql, *rest))[1])
            with pytest.raises(OperationalError, match="database is locked"):
                writing.execute(WRITE)
        assert asked == [WRITE]
