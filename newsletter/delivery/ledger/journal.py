"""What a worker writes down around each final dot, so that a killed process leaves as little doubt as possible.

One append-only file per worker, named by its id, locked for the life of the process. A record is one ``write()``:
the kernel has it then, whatever becomes of the process. It proves something only if it is whole, of this boot, and
of the worker that the lease names; anything else is no journal at all, and never an empty one.
"""

import fcntl
import functools
import json
import os
import secrets
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.states import DeliveryState
from newsletter.errors import NewsletterError

SUFFIX = ".journal"
FORMAT = "newsletter-journal 1"
NOTES = frozenset({"claim", "settle", "close", "mail"})
"""What had become durable in the database: who finds it missing there has an older database (see `restore_guard`)."""
KEPT = timedelta(days=7)
ROLL_AT = 8 * 1024 * 1024
"""Bytes after which a worker begins a new file between two chunks, so that reading a file back takes about a second."""

Later = Callable[[Callable[[], None]], object]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@functools.cache
def boot_id() -> str:
    """Names this boot of this machine; where the kernel does not tell, a value that equals no other."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"unknown-{secrets.token_hex(8)}"


def new_worker_id() -> str:
    """A name that no other worker, on any machine, has had."""
    return f"worker-{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class Key:
    """Names a lease: records count only for the lease under which they were written."""

    issue: int
    chunk: int
    token: int


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a journal recorded under a lease."""

    replies: dict[int, Reply] = field(default_factory=dict)
    in_doubt: frozenset[int] = frozenset()
    """A dot was about to be written, and no reply was recorded."""


class Journal:
    """The writing end, held by one worker."""

    def __init__(self, fd: int, path: Path, worker_id: str, *, epoch: str = "", later: Later | None = None) -> None:
        self._fd = fd
        self._later = later
        self._waiting: list[bytes] = []
        """Replies that go out with the next record, or when the caller's loop has come round."""
        self.path = path
        self.worker_id = worker_id
        self.epoch = epoch
        """The epoch of the database that the journal tells about."""
        self._size = os.fstat(fd).st_size
        self.broken = False
        """A write failed and could not be undone: nothing may be handed over any more."""

    @classmethod
    def create(
        cls, directory: Path, *, worker_id: str | None = None, epoch: str = "", later: Later | None = None
    ) -> Self:
        """A new, locked journal. The header comes after the lock: a file that can be read has, or had, an owner.

        ``later`` calls a function once what is being done is done, such as a loop's `call_soon`: replies may wait
        for that, or for the next dot, so that a single `write()` carries both. Without ``later`` nothing waits.
        """
        name = worker_id or new_worker_id()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / f"{name}{SUFFIX}"
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        journal = cls(fd, path, name, epoch=epoch, later=later)
        if not journal._append([FORMAT, boot_id(), name, epoch]):
            journal.close()
            raise OSError(f"cannot write {path}")
        return journal

    def open_dot(self, key: Key, subscriber: int) -> bool:
        """Record that the dot is about to be written; False when that could not be recorded."""
        # Spelled out: this and the reply are written for every message, and json would take longer than the disk.
        return self._write(_line(b'["open",%d,%d,%d,%d]' % (key.issue, key.chunk, key.token, subscriber)))

    def void_dot(self, key: Key, subscriber: int) -> bool:
        """Record that the dot was not written after all."""
        return self._append(["void", key.issue, key.chunk, key.token, subscriber])

    def reply(self, key: Key, subscriber: int, reply: Reply) -> bool:
        """Record what became of it."""
        said = _said(reply.state, reply.phase, reply.code, reply.enhanced, reply.text, reply.counts_as_try)
        line = _line(b'["reply",%d,%d,%d,%d,%b]' % (key.issue, key.chunk, key.token, subscriber, said))
        if self._later is None:
            return self._write(line)
        if not self._waiting:
            self._later(self.flush)
        self._waiting.append(line)
        return not self.broken

    def flush(self) -> None:
        """Write down the replies that wait. One that cannot be written leaves its message in doubt, if we die."""
        if self._waiting:
            self._write(b"")

    def claimed(self, key: Key) -> bool:
        """Record that the database knows of this lease."""
        return self._append(["claim", key.issue, key.chunk, key.token])

    def settled(self, key: Key, *, left: int) -> bool:
        """Record how much of the lease's chunk is still to do in the database."""
        return self._append(["settle", key.issue, key.chunk, key.token, left])

    def closed(self, key: Key) -> bool:
        """Record that the database knows the lease to be over."""
        return self._append(["close", key.issue, key.chunk, key.token])

    def mailed(self, mail: int, token: int) -> bool:
        """Record that the database knows of this claim of a single mail of ours."""
        return self._append(["mail", mail, token])

    @property
    def size(self) -> int:
        return self._size

    def close(self) -> None:
        """Give up the lock."""
        self.flush()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _append(self, values: list[Any]) -> bool:
        return self._write(_line(json.dumps(values, separators=(",", ":")).encode()))

    def _write(self, line: bytes) -> bool:
        if self.broken or self._fd < 0:
            return False
        if self._waiting:
            line = b"".join((*self._waiting, line))
            self._waiting.clear()
        try:
            written = os.write(self._fd, line)
        except OSError:  # disk full, quota, I/O error
            written = 0
        if written == len(line):
            self._size += written
            return True
        # A torn record in the middle would make the whole journal worthless: take it back, or stop for good.
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            self.broken = True
        return False


@functools.lru_cache(maxsize=64)
def _said(state: str, phase: str, code: int | None, enhanced: str, text: str, counts: bool) -> bytes:
    """The end of a reply's record; many servers say the same to everyone."""
    return json.dumps([state, phase, code, enhanced, text, counts], separators=(",", ":"))[1:-1].encode()


def _line(payload: bytes) -> bytes:
    return b"%08x %b\n" % (zlib.crc32(payload), payload)


def path_of(directory: Path, worker_id: str) -> Path:
    """Where a worker's journal is."""
    return directory / f"{Path(worker_id).name}{SUFFIX}"


def read(directory: Path, worker_id: str, keys: Iterable[Key]) -> dict[Key, LeaseRecord] | None:
    """What this worker recorded under these leases; None when the journal proves nothing.

    Missing, of another boot, of another worker, or damaged anywhere but in a torn last record: None.
    """
    wanted = {(key.issue, key.chunk, key.token): key for key in keys}
    replies: dict[Key, dict[int, Reply]] = {key: {} for key in wanted.values()}
    doubt: dict[Key, set[int]] = {key: set() for key in wanted.values()}
    try:
        for number, values in enumerate(_records(path_of(directory, worker_id))):
            if number == 0:
                if values[:3] != [FORMAT, boot_id(), worker_id]:
                    return None
                continue
            if values[0] in NOTES:
                continue
            kind, issue, chunk, token, subscriber, *said = values
            key = wanted.get((issue, chunk, token))
            if key is not None:
                _apply(kind, subscriber, said, replies=replies[key], doubt=doubt[key])
    except (_Damaged, OSError, ValueError):
        return None
    return {key: LeaseRecord(replies[key], frozenset(doubt[key])) for key in wanted.values()}


def replay(path: Path, *, epoch: str, issues: Collection[int]) -> dict[Key, LeaseRecord] | None:
    """All that a journal of this epoch tells about these issues, of whatever boot; None when it proves nothing."""
    replies: dict[Key, dict[int, Reply]] = {}
    doubt: dict[Key, set[int]] = {}
    try:
        for number, values in enumerate(_records(path)):
            if number == 0:
                if values[0] != FORMAT or values[3:] != [epoch]:
                    return None
                continue
            if values[0] in NOTES or values[1] not in issues:
                continue
            kind, issue, chunk, token, subscriber, *said = values
            key = Key(issue, chunk, token)
            found = replies.setdefault(key, {}), doubt.setdefault(key, set())
            _apply(kind, subscriber, said, replies=found[0], doubt=found[1])
    except (_Damaged, OSError, ValueError):
        return None
    return {key: LeaseRecord(found, frozenset(doubt[key])) for key, found in replies.items()}


def header(line: bytes) -> list[Any]:
    """The first record of a journal, from its first line; nothing for what is none."""
    try:
        values = _record(line)
    except (_Damaged, ValueError):
        return []
    return values if values[:1] == [FORMAT] else []


def _apply(kind: str, subscriber: int, said: list[Any], *, replies: dict[int, Reply], doubt: set[int]) -> None:
    if kind == "open":
        doubt.add(subscriber)
        replies.pop(subscriber, None)
        return
    doubt.discard(subscriber)
    if kind == "reply":
        state, phase, code, enhanced, text, counts = said
        replies[subscriber] = Reply(subscriber, DeliveryState(state), Phase(phase), code, enhanced, text, counts)
    elif kind != "void":
        raise _Damaged


class _Damaged(NewsletterError, ValueError):
    """A record is not as it was written."""


def _records(path: Path) -> Iterator[list[Any]]:
    with path.open("rb") as file:
        empty = True
        for line in file:
            if not line.endswith(b"\n"):
                # The process died inside this write(), so what it announces was not done.
                break
            empty = False
            yield _record(line)
        if empty:
            raise _Damaged


def _record(line: bytes) -> list[Any]:
    """What a whole line says. Raises _Damaged, ValueError."""
    mark, _, payload = line[:-1].partition(b" ")
    if not line.endswith(b"\n") or mark != b"%08x" % zlib.crc32(payload):
        raise _Damaged
    values = json.loads(payload)
    if not isinstance(values, list):
        raise _Damaged
    return values


def owner_is_dead(directory: Path, worker_id: str) -> bool:
    """True when this very boot's journal of that worker lies here and nobody holds its lock.

    False also when we cannot know: no such file (another data directory, another machine), or of another boot.
    """
    path = path_of(directory, worker_id)
    try:
        if next(_records(path))[:3] != [FORMAT, boot_id(), worker_id]:
            return False
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (OSError, _Damaged, ValueError):
        return False
    return True


def prune(directory: Path, *, needed: Callable[[], set[str]], now: datetime) -> int:
    """Remove journals whose worker is gone, that no held chunk names, and that are older than a week; how many."""
    removed = 0
    if not directory.is_dir():
        return 0
    old = [path for path in directory.glob(f"*{SUFFIX}") if path.stat().st_mtime < (now - KEPT).timestamp()]
    names = needed() if old else set()
    for path in old:
        if path.stem in names:
            continue
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            path.unlink(missing_ok=True)
            removed += 1
    return removed


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock that dies with the process; yields False when another holds it. The file goes with the lock."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        # Another may have taken its name away between our open and our lock: then we hold a lock that nobody sees.
        mine = path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))
        try:
            yield mine
        finally:
            if mine:
                path.unlink(missing_ok=True)
