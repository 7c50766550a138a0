"""The notes in journals, read on from where the last look ended: at the speed of the disk, dots passed over."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from newsletter.delivery.ledger import journal

PIECE = 1024 * 1024
"""Bytes read at once."""
TAIL = 200
"""Bytes by which it is seen that a file is still the file that was read."""


class Notebook:
    """One journal, which another process may still be writing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = (0, 0, 0)
        """Inode, size and time of change when it was looked at last."""
        self._position = 0
        """Everything before it was read, up to the end of a line."""
        self._first = self._last = b""
        """The first line, and the end of what was read: a name, and an inode too, may come to mean another file."""
        self.epoch = ""
        """The epoch that it names; empty: none, or its first line is not there yet."""

    def begins_anew(self) -> bool:
        """Whether the file was replaced or cut short since the last look, so that what was read counts no more."""
        there = self._path.stat()
        seen, self._seen = self._seen, (there.st_ino, there.st_size, there.st_ctime_ns)
        if seen == self._seen or self._is_the_same():
            return False
        self._position, self._first, self._last, self.epoch = 0, b"", b"", ""
        return True

    def _is_the_same(self) -> bool:
        with self._path.open("rb") as file:
            first = file.read(len(self._first))
            file.seek(self._position - len(self._last))
            return first == self._first and file.read(len(self._last)) == self._last

    def read_on(self) -> Iterator[list[Any]]:
        """The notes of what was written since the last look."""
        if self._path.stat().st_size <= self._position:
            return
        with self._path.open("rb") as file:
            if not self._position:
                first = file.readline(PIECE)
                header = journal.header(first)
                if len(header) < 4:
                    return
                self.epoch, self._position = str(header[3]), file.tell()
                self._first = self._last = first
            file.seek(self._position)
            rest = b""
            while piece := file.read(PIECE):
                whole, mark, rest = (rest + piece).rpartition(b"\n")
                if mark:
                    self._position += len(whole) + 1
                    self._last = whole[-TAIL:] + mark
                    yield from _notes(whole + mark)


def of(path: Path) -> tuple[str, list[list[Any]]]:
    """The epoch that a journal names (empty: none), and all its notes."""
    book = Notebook(path)
    try:
        found = list(book.read_on())
    except OSError:
        return "", []
    return book.epoch, found


def _notes(content: bytes) -> Iterator[list[Any]]:
    for kind in sorted(journal.NOTES):
        # Quotes are escaped within a record, so this stands nowhere but at the beginning of a record.
        mark, at = b' ["%b",' % kind.encode(), 0
        while (at := content.find(mark, at)) >= 0:
            end = content.find(b"\n", at)
            payload = content[at + 1 : end]
            if content[at - 8 : at] == b"%08x" % zlib.crc32(payload):
                yield json.loads(payload)
            at += 1
