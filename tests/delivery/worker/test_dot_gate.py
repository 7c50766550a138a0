"""The gate before the final dot by itself: consent, lease, patience and journal, with a clock that the test moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.delivery.carrier import Message
from newsletter.delivery.ledger import journal
from newsletter.delivery.ledger.journal import Journal, Key
from newsletter.delivery.smtp.memory_carrier import accept
from newsletter.delivery.worker import dot_gate
from newsletter.delivery.worker.dot_gate import ChunkGate

KEY = Key(issue=1, chunk=2, token=3)
MAIL = Message(key=7, sender="news@harbour.example", recipient="reader@example.org", parts=(b"x\r\n",))
LEASE = 10.0


@dataclass
class Moment:
    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Journal]:
    mine = Journal.create(tmp_path)
    yield mine
    mine.close()


@pytest.fixture
def gate(written: Journal, moment: Moment) -> ChunkGate:
    """Of a chunk that was claimed, and whose consent was read, just now."""
    made = ChunkGate(key=KEY, journal=written, clock=moment, claimed_at=moment(), lease_seconds=LEASE)
    made.consent_read(moment())
    return made


def doubts(written: Journal, directory: Path) -> set[int]:
    """Whose dot the journal has, without what came of it."""
    written.flush()
    known = journal.read(directory, written.worker_id, [KEY])
    assert known is not None
    return set(known[KEY].in_doubt)


def test_a_dot_is_in_the_journal_before_it_is_allowed_and_its_reply_after(
    gate: ChunkGate, written: Journal, tmp_path: Path
) -> None:
    assert gate.before_dot(MAIL)
    assert doubts(written, tmp_path) == gate.in_flight == {MAIL.key}
    gate.after_reply(MAIL, accept(MAIL))
    assert doubts(written, tmp_path) == gate.in_flight == set()


def test_consent_that_is_older_than_nine_tenths_of_a_second_stops_the_dot(gate: ChunkGate, moment: Moment) -> None:
    """U6: a second after somebody left nothing is written to them any more."""
    moment.seconds += dot_gate.CONSENT_GOOD_FOR
    assert gate.is_open
    assert gate.before_dot(MAIL)
    moment.seconds += 0.01
    assert not gate.is_open
    assert not gate.before_dot(MAIL)
    gate.consent_read(moment())
    assert gate.before_dot(MAIL)


def test_who_was_barred_gets_no_dot_and_others_do(gate: ChunkGate) -> None:
    gate.barred[MAIL.key] = "left"
    assert not gate.before_dot(MAIL)
    assert gate.before_dot(Message(key=8, sender="", recipient="other@example.org", parts=()))


def test_the_own_deadline_comes_before_the_lease_ends_and_moves_with_each_beat(gate: ChunkGate, moment: Moment) -> None:
    """Rule 4: nobody else may take the chunk while this gate is open."""
    claimed = moment()
    moment.seconds = claimed + dot_gate.DEADLINE * LEASE - 0.01
    gate.consent_read(moment())
    assert gate.has_lease
    assert gate.before_dot(MAIL)
    moment.seconds = claimed + dot_gate.DEADLINE * LEASE
    assert not gate.has_lease
    assert not gate.before_dot(MAIL)
    gate.alive_since(claimed + 5)
    assert gate.has_lease
    gate.alive_since(claimed)  # an older answer takes nothing back
    assert gate.has_lease


def test_a_deadline_that_passes_while_the_record_is_written_takes_the_record_back(
    gate: ChunkGate, written: Journal, moment: Moment, tmp_path: Path
) -> None:
    """The record stands first, then the look at the own deadline: whoever takes over after it finds the record."""
    recorded = written.open_dot

    def slowly(key: Key, subscriber: int) -> bool:
        done = recorded(key, subscriber)
        moment.seconds += LEASE
        return done

    written.open_dot = slowly  # type: ignore[method-assign]  # a disk that takes the whole lease
    gate.consent_read(moment() + LEASE)
    assert not gate.before_dot(MAIL)
    assert not gate.in_flight
    assert doubts(written, tmp_path) == set()


def test_a_lost_lease_stops_even_what_is_in_flight_and_a_pause_does_not(gate: ChunkGate) -> None:
    gate.halt("paused")
    assert not gate.is_open
    assert gate.before_dot(MAIL), "its envelope is at the server already"
    gate.lose()
    assert not gate.before_dot(MAIL)
    assert gate.halted == "paused", "the first reason stays"


def test_a_journal_that_cannot_be_written_stops_everything(gate: ChunkGate, written: Journal) -> None:
    written.close()
    assert not gate.before_dot(MAIL)
    assert gate.halted == dot_gate.NO_JOURNAL
    assert not gate.in_flight


def test_what_was_not_handed_over_within_a_minute_goes_back(gate: ChunkGate, moment: Moment) -> None:
    moment.seconds += dot_gate.PATIENCE
    gate.alive_since(moment())
    gate.consent_read(moment())
    assert gate.is_open
    moment.seconds += 0.5
    assert gate.is_late
    assert not gate.is_open


@pytest.mark.parametrize(("lease_seconds", "beat_after"), [(2.0, 0.5), (30.0, 7.5), (600.0, dot_gate.LONGEST_BEAT)])
def test_a_lease_is_confirmed_four_times_in_its_life_and_every_ten_seconds_at_least(
    lease_seconds: float, beat_after: float, written: Journal, moment: Moment
) -> None:
    gate = ChunkGate(key=KEY, journal=written, clock=moment, claimed_at=moment(), lease_seconds=lease_seconds)
    assert gate.beat_due - moment() == pytest.approx(beat_after)
