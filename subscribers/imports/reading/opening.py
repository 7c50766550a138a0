"""The records of a scanned file, cells trimmed of signs that nobody sees."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from subscribers.imports import csv_cells, records
from subscribers.imports.reading.scanning import Scan

# Seen in no name and in no word of a standing, and in the way of comparing them.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))


@contextmanager
def opened(
    path: Path, found: Scan, *, name: str, at: Callable[[int], None] | None = None
) -> Iterator[tuple[records.Lines, str]]:
    with path.open(encoding=found.encoding, errors="replace", newline="") as file:
        told = (lambda: at(file.buffer.tell())) if at else None  # type: ignore[attr-defined]
        lines = records.Lines(file, name=name, told=told)
        first = (lines.peek(1) or [""])[0]
        hint = re.fullmatch(r"\ufeff?sep=(.)\s*", first)
        if hint:  # Excel's own word for what parts the cells.
            next(lines)
            lines.number = 0
        yield lines, hint[1] if hint else records.delimiter_of(first_filled(lines))


def first_filled(lines: records.Lines) -> str:
    return next((line for line in lines.peek(50) if line.strip(' ,;\t|"\r\n')), "")


def clean(cell: str) -> str:
    cell = cell.strip()
    if not cell.isascii():
        cell = cell.translate(_UNSEEN).strip()
    return csv_cells.plain(cell).strip() if cell.startswith("'") else cell
