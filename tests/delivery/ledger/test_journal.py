"""The journal: what it proves, and when it proves nothing."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.ledger import journal
from newsletter.delivery.ledger.journal import Journal, Key, LeaseRecord
from newsletter.delivery.states import DeliveryState

LEASE = Key(issue=1, chunk=2, token=3)
TAKEN = Reply(7, DeliveryState.ACCEPTED, Phase.DOT, 250, "2.0.0", "taken — “ok”\n")


@pytest.fixture
def written(tmp_path: Path) -> Journal:
    """A closed journal: 7 was answered, 8 was not, 9's dot was not written after all."""
    mine = Journal.create(tmp_path, worker_id="w")
    for subscriber in (7, 8, 9):
        assert mine.open_dot(LEASE, subscriber)
    assert mine.reply(LEASE, 7, TAKEN)
    assert mine.void_dot(LEASE, 9)
    mine.close()
    return mine


def recorded(directory: Path, worker_id: str = "w") -> LeaseRecord | None:
    found = journal.read(directory, worker_id, [LEASE])
    return None if found is None else found[LEASE]


def test_a_reply_is_known_and_a_dot_without_one_is_in_doubt(written: Journal, tmp_path: Path) -> None:
    assert recorded(tmp_path) == LeaseRecord({7: TAKEN}, frozenset({8}))


def test_records_of_another_lease_prove_nothing_about_this_one(written: Journal, tmp_path: Path) -> None:
    other = Key(issue=1, chunk=2, token=4)
    assert journal.read(tmp_path, "w", [other]) == {other: LeaseRecord()}


def test_a_torn_last_record_was_never_acted_on(written: Journal, tmp_path: Path) -> None:
    """K4: a process that died inside the write() of its record did not write the dot."""
    whole = written.path.read_bytes()
    with written.path.open("ab") as file:
        file.write(whole.splitlines(keepends=True)[2][:-5])
    assert recorded(tmp_path) == LeaseRecord({7: TAKEN}, frozenset({8}))


@pytest.mark.parametrize("at", [20, 120, 200])
def test_a_damaged_journal_is_none_and_never_an_empty_one(written: Journal, tmp_path: Path, at: int) -> None:
    data = bytearray(written.path.read_bytes())
    data[at] ^= 1
    written.path.write_bytes(data)
    assert recorded(tmp_path) is None


def test_a_journal_of_another_boot_or_worker_proves_nothing(
    written: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.path.rename(tmp_path / "x.journal")
    assert recorded(tmp_path, "x") is None
    (tmp_path / "x.journal").rename(written.path)
    monkeypatch.setattr(journal, "boot_id", lambda: "another boot")
    assert recorded(tmp_path) is None


@pytest.mark.parametrize("content", [None, b"", b"\n", b"garbage"])
def test_a_missing_or_headless_journal_proves_nothing(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "w.journal").write_bytes(content)
    assert recorded(tmp_path) is None
    assert not journal.owner_is_dead(tmp_path, "w")


def test_a_worker_is_dead_when_its_lock_is_free(tmp_path: Path) -> None:
    mine = Journal.create(tmp_path, worker_id="w")
    assert not journal.owner_is_dead(tmp_path, "w")
    mine.close()
    assert journal.owner_is_dead(tmp_path, "w")
    assert not journal.owner_is_dead(tmp_path, "never-was")


def test_a_write_that_fails_is_taken_back_and_forbids_the_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DB1: on a full disk half a record must not make the whole journal worthless."""
    mine = Journal.create(tmp_path, worker_id="w")
    assert mine.open_dot(LEASE, 7)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    assert not mine.open_dot(LEASE, 8)
    monkeypatch.setattr(os, "write", real)
    assert mine.open_dot(LEASE, 9)
    mine.close()
    assert recorded(tmp_path) == LeaseRecord({}, frozenset({7, 9}))


def test_only_old_journals_of_dead_workers_that_no_chunk_names_are_removed(tmp_path: Path) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    alive = Journal.create(tmp_path, worker_id="alive")
    for name in ("old", "named", "young"):
        Journal.create(tmp_path, worker_id=name).close()
    long_ago = (now - timedelta(days=8)).timestamp()
    for name in ("old", "named", "alive"):
        os.utime(tmp_path / f"{name}.journal", (long_ago, long_ago))
    os.utime(tmp_path / "young.journal", ((now - timedelta(days=6)).timestamp(),) * 2)

    assert journal.prune(tmp_path, needed=lambda: {"named"}, now=now) == 1

    assert sorted(path.stem for path in tmp_path.iterdir()) == ["alive", "named", "young"]
    alive.close()
