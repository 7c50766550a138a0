"""Cells that no spreadsheet takes for a formula, and back again without loss. Pure."""

import csv
import io
from collections.abc import Iterable

# What Excel, LibreOffice and Numbers may run as a formula when a cell begins with it; their full-width twins are
# folded to them by East Asian versions (trust threat 19).
_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
# Not seen, and thrown away by some programs: what stands behind them begins the cell then.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def guarded(value: str) -> str:
    """The value with a `'` before what could run; a value that already looks so gets another, and `plain` is exact."""
    return f"'{value}" if _could_run(value) else value


def plain(value: str) -> str:
    """The value that `guarded` got."""
    return value[1:] if value.startswith("'") and _could_run(value) else value


def _could_run(value: str) -> bool:
    return value.lstrip(f"'{_UNSEEN}")[:1] in _STARTS


def line(cells: Iterable[str]) -> str:
    """One record: every cell guarded and quoted, CRLF at its end (RFC 4180)."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return buffer.getvalue()
