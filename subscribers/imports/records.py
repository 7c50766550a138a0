"""Lines of a CSV file to records; a quotation mark that is never closed costs its own row and no other. Streamed."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _

from subscribers.errors import InvalidInput, SubscribersError
from subscribers.imports import caps

DELIMITERS = ",;\t|"

_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\s*")


class BadFile(InvalidInput):
    """The file as a whole cannot be read; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record with something in it."""

    line: int
    """Where it begins; the first line is 1."""
    cells: list[str]
    unclosed: bool = False
    """A quotation mark opens in this line and is not closed: its cells cannot be trusted."""


class EndlessRecord(SubscribersError, ValueError):
    """A record goes on for longer than any real record; no more of it is read."""


class Lines:
    """The file's lines for the csv module, which would read a gigabyte into a cell if it were let."""

    def __init__(self, file: IO[str], *, name: str, told: Callable[[], None] | None = None) -> None:
        self._file, self._told = file, told
        self._again: deque[str] = deque()
        self.name = name
        self.taken: list[str] = []
        """The lines of the record that is being read."""
        self._length = 0
        self.number = 0
        """Lines given out so far, those that were given back not counted."""

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= caps.LINES_IN_RECORD or self._length > caps.LONGEST_LINE:
            raise EndlessRecord
        line = self._next()
        self.taken.append(line)
        self._length += len(line)
        return line

    def _next(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(caps.LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > caps.LONGEST_LINE:
            raise too_long(self.number, name=self.name)
        if self.number > caps.MOST_LINES:
            raise too_much(
                _("“%(file)s” has more than %(most)s lines. Split it into several files. Nothing was imported."),
                caps.MOST_LINES,
                name=self.name,
            )
        if self._told and self.number % 1000 == 0:
            self._told()
        return line

    def begin(self) -> None:
        """The next line is the first of a record."""
        self.taken, self._length = [], 0

    def give_back(self, lines: Sequence[str]) -> None:
        """Have these lines read again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def peek(self, most: int) -> list[str]:
        """The next lines, which are read again."""
        found: list[str] = []
        # However long they are: what they become is decided by others.
        with suppress(StopIteration):
            while len(found) < most and sum(map(len, found)) <= caps.LONGEST_LINE:
                found.append(self._next())
        self.give_back(found)
        return found


def too_long(line: int, *, name: str) -> BadFile:
    """The refusal of a file with a line like no list has."""
    said = _(
        "“%(file)s”, line %(line)d has more than %(most)s characters: this is not a list of subscribers. "
        "Nothing was imported."
    )
    return BadFile(said % {"file": name, "line": line, "most": f"{caps.LONGEST_LINE:,}"}, field=name)


def too_much(said: str, most: int, *, name: str) -> BadFile:
    """The refusal of a file that goes beyond a cap, which it names."""
    return BadFile(said % {"file": name, "most": f"{most:,}"}, field=name)


def records(lines: Lines, delimiter: str) -> Iterator[Record]:
    """Every record that holds something, each line of the file in exactly one record."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    shape: list[int] = []
    accounted, marks = lines.number, 0
    while True:
        lines.begin()
        start = lines.number + 1
        try:
            cells = next(reader)
            unclosed = len(lines.taken) > 1 and _swallows(lines.taken, cells, delimiter, shape)
        except StopIteration:
            if accounted != lines.number:
                raise AssertionError(f"{lines.number - accounted} lines are in no record") from None
            return
        except (EndlessRecord, csv.Error):
            unclosed = True
        if not unclosed and '"' in lines.taken[-1] and _is_last(lines.taken[-1], cells):
            unclosed = _quoting("".join(lines.taken), delimiter) == "open"
        if unclosed:
            marks += 1
            if marks > caps.MOST_UNCLOSED:
                raise too_much(
                    _(
                        "In “%(file)s” more than %(most)s rows have a quotation mark that is never closed, so its "
                        "cells cannot be told apart. Save the list as CSV again. Nothing was imported."
                    ),
                    caps.MOST_UNCLOSED,
                    name=lines.name,
                )
            lines.give_back(lines.taken[1:])
            cells = [cell.strip(' "') for cell in lines.taken[0].rstrip("\r\n").split(delimiter)]
        accounted += 1 if unclosed else len(lines.taken)
        if any(cell and not cell.isspace() for cell in cells):
            if not shape and not unclosed:
                shape.append(len(cells))
            yield Record(start, cells, unclosed)


def _is_last(line: str, cells: Sequence[str]) -> bool:
    """Whether the file may have ended within a quoted cell."""
    return not line.endswith(("\n", "\r")) or (bool(cells) and cells[-1].endswith(("\n", "\r")))


def _swallows(taken: Sequence[str], cells: Sequence[str], delimiter: str, shape: Sequence[int]) -> bool:
    """Whether a cell over several lines is no note of its author, but rows behind a mark that was not closed."""
    quoting = _quoting("".join(taken), delimiter)
    if quoting == "open":
        return True
    width = shape[0] if shape else len(cells)
    alone = [next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), []) for line in taken[1:]]
    if width == 1:
        return quoting == "odd" and any("@" in line for line in taken[1:])
    if quoting == "odd" or len(cells) != width:
        return any("@" in cell for row in alone for cell in row)
    where = [at for at, cell in enumerate(cells) if _ADDRESS.fullmatch(cell)]
    return any(len(row) > 1 and _ADDRESS.fullmatch(row[at]) for row in alone for at in where if at < len(row))


def _quoting(text: str, delimiter: str) -> str:
    """How the quotation marks of a record stand: `fine`, `odd` (closed in the middle of a cell) or `open`."""
    # Whole quoted cells, and marks within a cell that began without a mark, are fine: what is left over is not.
    rest = re.sub(
        rf'(^|[{re.escape(delimiter)}\n]) *"(?:[^"]|"")*"(?= *(?:[{re.escape(delimiter)}\r\n]|$))', r"\1", text
    )
    opening = re.search(rf'(?:^|[{re.escape(delimiter)}\n]) *"((?:[^"]|"")*)("?)', rest)
    if opening is None:
        return "fine"
    return "odd" if opening[2] else "open"


def delimiter_of(first: str) -> str:
    """What parts the cells, judged by the first line."""
    outside = re.sub(r'"[^"]*"', "", first)
    best = max(DELIMITERS, key=lambda mark: (outside.count(mark), mark == "\t"))
    return best if best in outside else ","
