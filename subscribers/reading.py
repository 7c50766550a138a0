"""Reads a CSV file as people save it: any encoding, any delimiter, with or without a header; streamed."""

import codecs
import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import charset_normalizer

from subscribers import addresses, csvsafe
from subscribers.errors import BadAddress, InvalidInput

LONGEST_LINE = 65_536
"""Characters; a real row of people has a few hundred, so a longer one means another kind of file."""

LINES_IN_RECORD = 20
"""A quoted cell may hold line ends; more of them means a quotation mark that is never closed."""

BIGGEST = 1 << 30
_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"

# What such files are in when they are not in UTF-8. Guessing among all that Python knows finds exotic ones in names.
_LEGACY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "koi8_r"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp874"),
]

_EMAIL = re.compile(
    r"e.?mail( ?address(es)?| ?id)?|mail( ?address)?|ایمیل|رایانامه|(نشانی|آدرس) (ایمیل|رایانامه)|البريد الإلكتروني"
)
_ADDRESS = re.compile(r"address|addr|نشانی|آدرس|subscriber")
_NAME = re.compile(r"(full ?|display ?|subscriber ?)?name|نام( و نام خانوادگی)?|nom|nombre")
_FIRST = re.compile(r"(first|given|fore) ?name|vorname|prénom|fname")
_LAST = re.compile(r"(last|family|sur) ?name|surname|nachname|نام خانوادگی|lname")
_LANGUAGE = re.compile(r"lang(uage)?( ?code)?|locale|زبان|sprache|langue")
_STATE = re.compile(r"state|status|وضعیت|subscription ?status")


class BadFile(InvalidInput):
    """The file as a whole cannot be read; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a first look at the whole file tells."""

    digest: str
    encoding: str
    size: int


@dataclass(frozen=True, slots=True)
class Row:
    """One record with something in it."""

    line: int
    """Where it begins; the first line is 1."""
    address: str
    name: str
    language: str
    state: str
    """What the file says of the person's standing, lower case; empty when it says nothing."""
    broken: str
    """Why the record cannot be used whatever its address is; empty when it can."""


@dataclass(frozen=True, slots=True)
class _Columns:
    address: int
    name: tuple[int, ...]
    language: int | None
    state: int | None
    header: bool


def scan(path: Path, *, name: str) -> Scan:
    """Hash the file and find its encoding. Raises BadFile for what is no text."""
    try:
        return _scan(path, name=name)
    except OSError as error:
        raise BadFile(f"“{name}” cannot be read: {error.strerror}.", field=name) from error


def _scan(path: Path, *, name: str) -> Scan:
    size = path.stat().st_size
    if not size:
        raise BadFile(f"“{name}” is empty. Nothing was imported.", field=name)
    if size > BIGGEST:
        raise BadFile(f"“{name}” is larger than 1 GB. Split it into several files.", field=name)
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        marked = _marked(head) or _wide(head)
        if not marked:
            _refuse_binary(head, name=name)
        file.seek(0)
        digest, is_utf8, sample = _read_through(file)
    encoding = marked or ("utf-8" if is_utf8 else _legacy(sample, name=name))
    return Scan(digest=digest, encoding=encoding, size=size)


def rows(path: Path, found: Scan, *, name: str, at: Callable[[int], None] | None = None) -> Iterator[Row]:
    """Every record with something in it. Raises BadFile, naming the line, when the rest cannot be trusted."""
    # What does not decode is not guessed: such a record is reported, the others are kept.
    with path.open(encoding=found.encoding, errors="replace", newline="") as file:
        lines = _Lines(file, name=name)
        delimiter = lines.delimiter()
        records = csv.reader(lines, delimiter=delimiter)
        columns: _Columns | None = None
        while True:
            start = lines.begin()
            try:
                cells = next(records)
            except StopIteration:
                break
            except csv.Error as error:
                raise BadFile(f"“{name}”, line {start}: the row cannot be read ({error}).", field=name) from error
            cells = [csvsafe.plain(cell.strip()).strip() for cell in cells]
            if not any(cells):
                continue
            if columns is None:
                columns = _columns(cells, name=name)
                if columns.header:
                    continue
            yield _row(cells, columns, line=start)
            if at is not None and start % 1000 == 0:
                at(file.buffer.tell())  # type: ignore[attr-defined]
        if columns is None:
            raise BadFile(f"“{name}” holds no rows. Nothing was imported.", field=name)


class _Lines:
    """The file's lines for the csv module, which would read a gigabyte into one cell if it were let."""

    def __init__(self, file: IO[str], *, name: str) -> None:
        self._file, self._name = file, name
        self._number = self._start = 0
        self._kept: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._kept.pop() if self._kept else self._file.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) > LONGEST_LINE:
            raise BadFile(
                f"“{self._name}”, line {self._number} has more than {LONGEST_LINE:,} characters: this is not a list of "
                "people. Nothing was imported.",
                field=self._name,
            )
        if self._number - self._start >= LINES_IN_RECORD:
            raise BadFile(
                f"“{self._name}”, line {self._start + 1}: a quotation mark opens there and is not closed. "
                "Close it, or double it inside a cell. Nothing was imported.",
                field=self._name,
            )
        return line

    def begin(self) -> int:
        """Begin a record; the number of its first line."""
        self._start = self._number
        return self._number + 1

    def delimiter(self) -> str:
        """What parts the cells, judged by the first line. Excel's own hint `sep=;` is taken and passed over."""
        first = next(self, "")
        hint = re.fullmatch(r"sep=(.)\s*", first)
        if hint:
            return hint[1]
        self._kept.append(first)
        self._number = 0
        outside = re.sub(r'"[^"]*"', "", first)
        best = max(_DELIMITERS, key=outside.count)
        return best if best in outside else ","


def _row(cells: Sequence[str], columns: _Columns, *, line: int) -> Row:
    def cell(position: int | None) -> str:
        return cells[position] if position is not None and position < len(cells) else ""

    whole = "".join(cells)
    broken = ""
    if "\0" in whole:
        broken = "The row holds NUL bytes."
    elif "\ufffd" in whole:
        broken = "The row holds characters that cannot be read in the file's encoding."
    return Row(
        line=line,
        address=cell(columns.address),
        name=" ".join(filter(None, map(cell, columns.name))),
        language=cell(columns.language),
        state=cell(columns.state).lower(),
        broken=broken,
    )


def _columns(first: Sequence[str], *, name: str) -> _Columns:
    """Which column is what: by the header's names, or by the one cell of the first row that is an address."""
    titles = [re.sub(r"[\s_\-.]+", " ", title.lstrip("\ufeff").strip().lower()) for title in first]

    def named(pattern: re.Pattern[str]) -> int | None:
        return next((at for at, title in enumerate(titles) if pattern.fullmatch(title)), None)

    address = named(_EMAIL)
    if address is None:
        address = named(_ADDRESS)
    if address is not None and not _is_address(first[address]):
        whole, parts = named(_NAME), (named(_FIRST), named(_LAST))
        names = (whole,) if whole is not None else tuple(at for at in parts if at is not None)
        return _Columns(address=address, name=names, language=named(_LANGUAGE), state=named(_STATE), header=True)
    at = next((at for at, cell in enumerate(first) if _is_address(cell)), None)
    if at is None:
        seen = ", ".join(f"“{title[:40]}”" for title in first[:8] if title)
        raise BadFile(
            f"“{name}” has no column of addresses. Its first row is {seen}. "
            "Name the column with the addresses “email” there. Nothing was imported.",
            field=name,
        )
    return _Columns(address=at, name=(), language=None, state=None, header=False)


def _is_address(cell: str) -> bool:
    try:
        addresses.normalise(cell)
    except BadAddress:
        return False
    return True


def _marked(head: bytes) -> str:
    """The encoding that a byte order mark names."""
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    )
    return next((encoding for mark, encoding in marks if head.startswith(mark)), "")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: in an address every second byte is zero."""
    half = len(head) // 2
    if half < 4:
        return ""
    if head[1::2].count(0) > half * 0.4 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > half * 0.4 and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _refuse_binary(head: bytes, *, name: str) -> None:
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadFile(f"“{name}” is a workbook, not CSV. Open it and save it as “CSV (UTF-8)”.", field=name)
    at = head.find(b"\0")
    if at >= 0:
        line = head.count(b"\n", 0, at) + 1
        raise BadFile(
            f"“{name}”, line {line} holds a NUL byte: this is not a text file. Save the list as CSV. "
            "Nothing was imported.",
            field=name,
        )
    control = sum(byte < 32 and byte not in b"\t\r\n\f\v" for byte in head)
    if control > len(head) // 100:
        raise BadFile(f"“{name}” is not a text file. Save the list as CSV. Nothing was imported.", field=name)


def _read_through(file: IO[bytes]) -> tuple[str, bool, bytes]:
    """Digest, whether all of it is UTF-8, and a sample of the parts that are not ASCII."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    is_utf8, sample = True, bytearray()
    while block := file.read(_BLOCK):
        digest.update(block)
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
        if len(sample) < _SAMPLE and not block.isascii():
            # A list of addresses is nearly all ASCII: only the other lines tell the encodings apart.
            telling = [line for line in re.split(rb"[\r\n]+", block) if not line.isascii()]
            sample += b"\n".join(line[:500] for line in telling)[: _SAMPLE - len(sample)]
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return digest.hexdigest(), is_utf8, bytes(sample)


def _legacy(sample: bytes, *, name: str) -> str:
    best = charset_normalizer.from_bytes(sample, cp_isolation=_LEGACY).best()
    if best is None:
        raise BadFile(
            f"The encoding of “{name}” is not known. Save the list as UTF-8. Nothing was imported.", field=name
        )
    return best.encoding
