"""What journals noted is read once, then on from there; and what is no whole record is not believed."""

import json
import zlib
from pathlib import Path

from newsletter.delivery.control import journal_notes, restore_guard
from newsletter.delivery.control.restore_guard import Journals
from newsletter.delivery.ledger import journal
from newsletter.delivery.ledger.journal import Journal, Key

EPOCH = "0123456789abcdef.1"


def bytes_read() -> int:
    """How much this process has read, as the kernel counts it."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


def sent(mine: Journal, *, chunk: int, count: int) -> None:
    """A chunk's story: claimed, so many dots, settled, closed."""
    key = Key(7, chunk, 1)
    assert mine.claimed(key)
    for subscriber in range(count):
        assert mine.open_dot(key, subscriber)
    assert mine.settled(key, left=0)
    assert mine.closed(key)


def test_a_second_look_reads_only_what_was_written_since(tmp_path: Path) -> None:
    """DB4: hourly, while an issue goes out; a journal may have many megabytes, and a week's journals lie there."""
    writers = [Journal.create(tmp_path, epoch=EPOCH) for _ in range(3)]
    for number, mine in enumerate(writers):
        sent(mine, chunk=number, count=20_000)
    known = Journals(tmp_path)
    before = bytes_read()
    first = known.look()
    assert bytes_read() - before >= sum(mine.size for mine in writers)
    assert dict(first[EPOCH].chunks[7]) == {0: (1, -1), 1: (1, -1), 2: (1, -1)}

    before = bytes_read()
    assert known.look() == first
    assert bytes_read() - before < 10_000

    size = writers[1].size
    sent(writers[1], chunk=9, count=1_000)
    before = bytes_read()
    assert known.look()[EPOCH].chunks[7][9] == (1, -1)
    assert bytes_read() - before < writers[1].size - size + 10_000
    for mine in writers:
        mine.close()


def test_looks_between_add_up_to_one_look_at_the_end(tmp_path: Path) -> None:
    """Whatever has been written by then, a half line included."""
    mine = Journal.create(tmp_path, epoch=EPOCH)
    sent(mine, chunk=1, count=3)
    assert mine.mailed(4, 2)
    content = mine.path.read_bytes()
    mine.close()
    mine.path.unlink()
    known, path = Journals(tmp_path), tmp_path / "worker-1.journal"
    for end in range(0, len(content) + 1, 7):
        with path.open("ab") as file:
            file.write(content[path.stat().st_size : end])
        known.look()
    with path.open("ab") as file:
        file.write(content[path.stat().st_size :])
    found = known.look()
    assert found == Journals(tmp_path).look()
    assert (found[EPOCH].chunks, found[EPOCH].mails) == ({7: {1: (1, -1)}}, {4: 2})


def test_a_journal_that_was_replaced_or_cut_short_is_read_anew_and_a_removed_one_is_forgotten(tmp_path: Path) -> None:
    mine = Journal.create(tmp_path, worker_id="worker-1", epoch=EPOCH)
    sent(mine, chunk=1, count=3)
    whole = mine.path.read_bytes()
    mine.close()
    known = Journals(tmp_path)
    assert 1 in known.look()[EPOCH].chunks[7]

    mine.path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert known.look()[EPOCH].chunks[7] == {1: (1, None)}, "the claim alone"
    mine.path.unlink()
    other = Journal.create(tmp_path, worker_id="worker-1", epoch="fedcba9876543210.1")
    sent(other, chunk=2, count=30)
    assert known.look() == {"fedcba9876543210.1": restore_guard.Known(chunks={7: {2: (1, -1)}})}
    other.close()
    other.path.unlink()
    assert known.look() == {}


def test_a_damaged_line_and_a_foreign_file_prove_nothing(tmp_path: Path) -> None:
    mine = Journal.create(tmp_path, epoch=EPOCH)
    assert mine.claimed(Key(7, 1, 1))
    mine.close()
    with mine.path.open("ab") as file:
        file.write(b'00000000 ["claim",7,2,1]\n')
    (tmp_path / "foreign.journal").write_bytes(b'hello\n00000000 ["claim",7,3,1]\n')
    payload = json.dumps([journal.FORMAT, "boot", "worker-0"]).encode()
    (tmp_path / "old.journal").write_bytes(b"%08x %b\n" % (zlib.crc32(payload), payload))
    assert Journals(tmp_path).look() == {EPOCH: restore_guard.Known(chunks={7: {1: (1, None)}})}
    assert journal_notes.of(tmp_path / "foreign.journal") == ("", [])
    assert journal_notes.of(tmp_path / "missing.journal") == ("", [])
