"""Files of people that are made to cost: each is refused, or read, within bytes, disk and memory that are counted.

Bytes are counted by the kernel (`rchar`: all that this process has read), memory by Python's own account of it.
"""

import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.staff.models import User
from subscribers import api, conf
from subscribers.errors import InvalidInput
from subscribers.imports import caps, records
from subscribers.imports.reading import person_rows, scanning, survey
from subscribers.models import ImportRun, Subscriber
from subscribers.pages import uploads
from tests.subscribers.factories import make_list

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db
HEADER = b"email,name\n"
MEGABYTE = 1_000_000
FIRST_LOOK = 1_500_000
"""Bytes: a block of the file, what hashing and text need to begin, and the modules that are read for the first time."""


@pytest.fixture(autouse=True)
def nothing_is_kept() -> Iterator[None]:
    """Whatever a file did, its staging is gone, and nobody of it is stored."""
    folder = conf.settings().staging_dir
    for path in folder.glob("*"):
        path.unlink()
    yield
    assert [path.name for path in folder.glob("*") if ".partial" in path.name or path.name.startswith("upload-")] == []


@pytest.fixture
def bring(now: datetime) -> Callable[[Path], api.ImportReport]:
    """Import a file as the command does."""
    letter = make_list()
    return lambda path: api.import_csv(letter.pk, path, basis="signed up at the fair", now=now, actor="test")


def _bytes_read() -> int:
    return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])


@contextmanager
def reading_at_most(most: int) -> Iterator[None]:
    """Neither more bytes are read inside, nor more kept in memory at any moment."""
    before = _bytes_read()
    tracemalloc.start()
    try:
        yield
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert _bytes_read() - before <= most
    assert peak <= 10 * MEGABYTE


def _sparse(path: Path, start: bytes, size: int) -> Path:
    """A file of that size, of which only the start takes room."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
    return path


# What is no list at all ----------------------------------------------------------------------------------------------


def _archive(path: Path, member: str) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(member, "w", force_zip64=True) as file,
    ):
        for _block in range(100):
            file.write(bytes(MEGABYTE))
    return path


def _squeezed(path: Path) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _block in range(100):
            file.write(bytes(MEGABYTE))
    return path


NO_LISTS: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "a bomb of a ZIP": ("people.zip", lambda path: _archive(path, "people.csv"), "workbook or a ZIP archive"),
    "a workbook": ("people.xlsx", lambda path: _archive(path, "xl/sharedStrings.xml"), "workbook or a ZIP archive"),
    "a ZIP called CSV": ("people.csv", lambda path: _archive(path, "people.csv"), "workbook or a ZIP archive"),
    "an old workbook": (
        "people.xls",
        lambda path: _sparse(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 500 * MEGABYTE),
        "workbook or a ZIP archive",
    ),
    "a bomb of a gzip": ("people.csv.gz", _squeezed, "not a text file"),
    "NUL bytes": ("people.csv", lambda path: _sparse(path, HEADER + b"a@b.example,A\n", 500 * MEGABYTE), "NUL byte"),
    "more than a gigabyte": ("people.csv", lambda path: _sparse(path, HEADER, (1 << 30) + 1), "larger than 1 GB"),
}


@pytest.mark.parametrize("case", NO_LISTS)
def test_what_is_no_list_is_refused_by_its_first_bytes(
    case: str, bring: Callable[[Path], api.ImportReport], tmp_path: Path
) -> None:
    """Nothing is ever unpacked: a workbook or an archive is known by how it begins."""
    name, make, said = NO_LISTS[case]
    path = make(tmp_path / name)
    with pytest.raises(InvalidInput, match=said), reading_at_most(FIRST_LOOK):
        bring(path)
    assert not Subscriber.objects.exists()


# Lines and cells without end -----------------------------------------------------------------------------------------

LONG_LINES: dict[str, tuple[bytes, int]] = {
    "one line": (b"a" * 300_000, 500 * MEGABYTE),
    "one field": (HEADER + b"a@b.example," + b"x" * 300_000, 100 * MEGABYTE),
    "one quoted field": (HEADER + b'a@b.example,"' + b"x" * 300_000, 100 * MEGABYTE),
    "ten million columns": (b"," * 10_000_000, 10_000_000),
    "people without a line's end": (b"a@b.example " * 30_000, 500 * MEGABYTE),
    "two bytes a letter": ("email\n".encode("utf-16") + "x".encode("utf-16-le") * 300_000, 500 * MEGABYTE),
}


@pytest.mark.parametrize("case", LONG_LINES)
def test_a_line_without_end_is_refused_where_it_is_too_long(
    case: str, bring: Callable[[Path], api.ImportReport], tmp_path: Path
) -> None:
    start, size = LONG_LINES[case]
    path = _sparse(tmp_path / "people.csv", start, size)
    line = 1 + start[:100].count(b"\n")
    with (
        pytest.raises(InvalidInput, match=f"line {line} has more than 65,536 characters"),
        reading_at_most(2 * FIRST_LOOK),
    ):
        bring(path)
    assert not Subscriber.objects.exists()


def test_first_lines_that_are_long_together_are_read(tmp_path: Path, bring: Callable[[Path], api.ImportReport]) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,note\n" + "".join(f"p{n}@b.example,{'word ' * 8_000}\n" for n in range(4)))
    assert bring(path).joined == 4


# Too many of something -----------------------------------------------------------------------------------------------

ONE = "ada@b.example"
TOO_MANY: dict[str, tuple[str, str, int]] = {
    "lines": ("MOST_LINES", "email\n" + "\n" * 500, 400),
    "people": ("MOST_PEOPLE", "email\n" + "x\n" * 6_000, 5_500),
    "columns": ("MOST_COLUMNS", "email" + ",a" * 1_000 + f"\n{ONE}\n", 1_000),
    "columns that tell": ("MOST_TELLING", "email" + ",unsubscribed" * 101 + f"\n{ONE}{',no' * 101}\n", 100),
    "open quotation marks": ("MOST_UNCLOSED", "email,name\n" + f'"{ONE},x\n' * 1_100, 1_000),
    "characters that differ": (
        "MOST_REMEMBERED",
        "email,note\n" + "".join(f"p{n}@b.example,{n} {'word ' * 40}\n" for n in range(60)),
        10_000,
    ),
}


@pytest.mark.parametrize("case", TOO_MANY)
def test_too_many_of_anything_are_refused_with_the_cap_and_what_to_do(
    case: str, bring: Callable[[Path], api.ImportReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, most = TOO_MANY[case]
    assert getattr(caps, name) >= most
    monkeypatch.setattr(caps, name, most)
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(
        InvalidInput, match=rf"more than {most:,} .*(?:Split|Keep|Delete|Save).* Nothing was imported\."
    ):
        bring(path)
    assert not Subscriber.objects.exists()


def test_no_import_takes_more_disk_than_it_may(
    bring: Callable[[Path], api.ImportReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caps, "MOST_STAGED", 2 * MEGABYTE)
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"p{n}@b.example\n" for n in range(20_000)))
    with pytest.raises(InvalidInput, match=r"more than the 2 MB of disk .* split the file\. Nothing was imported\."):
        bring(path)
    assert not Subscriber.objects.exists()
    assert list(conf.settings().staging_dir.glob("*")) == []


# What is read, streams -----------------------------------------------------------------------------------------------


def _peak(path: Path, bring: Callable[[Path], api.ImportReport]) -> tuple[int, api.ImportReport]:
    tracemalloc.start()
    try:
        report = bring(path)
        return tracemalloc.get_traced_memory()[1], report
    finally:
        tracemalloc.stop()


FILES: dict[str, Callable[[int], str]] = {
    "rows that cannot be used": lambda n: "email,name\n" + "x,y\n" * n,
    "people, some of whom left": lambda n: (
        "email,status\n"
        + "".join(f"p{i}@b.example,subscribed\n" for i in range(n))
        + "".join(f"p{i}@b.example,unsubscribed\n" for i in range(0, n, 3))
    ),
    "cells like books": lambda n: "email,name,note\n" + f"{'x' * 20_000},{'y' * 20_000},{'z' * 20_000}\n" * (n // 400),
}


@pytest.mark.parametrize("case", FILES)
def test_no_reader_holds_a_file(case: str, bring: Callable[[Path], api.ImportReport], tmp_path: Path) -> None:
    """Twice as much takes no more memory; every row is accounted for."""
    (tmp_path / "warm.csv").write_text(FILES[case](400))
    bring(tmp_path / "warm.csv")
    peaks = []
    for size in (2_000, 4_000):
        path = tmp_path / f"{size}.csv"
        path.write_text(FILES[case](size))
        peak, report = _peak(path, bring)
        assert report.rows == path.read_text().count("\n") - 1
        peaks.append(peak)
    assert peaks[1] <= 1.3 * peaks[0] + MEGABYTE


def test_rejected_rows_take_a_few_bytes_each(bring: Callable[[Path], api.ImportReport], tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "x\n" * 20_000)
    report = bring(path)
    assert (report.rejected, report.joined) == (20_000, 0)
    rejected = Path(report.rejected_file)
    assert rejected.stat().st_size < 150 * 20_000
    assert rejected.stat().st_mode & 0o077 == 0


def test_a_row_that_ends_early_is_empty_in_all_columns_behind() -> None:
    """They are counted once for all rows: a thousand columns by a million short rows would take for ever."""
    rows = ["email,a,b,c", "p@b.example", "q@b.example,1", "r@b.example,1,2,3,,", "s@b.example,1,2,3"]
    lines = records.Lines(io.StringIO("".join(f"{row}\n" for row in rows)), name="x")
    seen, header = survey._survey(records.records(lines, ","), name="x")
    assert header
    assert [column.values.get("", 0) for column in seen] == [0, 1, 2, 2]
    assert [column.rows for column in seen] == [4, 4, 4, 4]


def test_a_long_note_that_somebody_left_is_asked_about(
    bring: Callable[[Path], api.ImportReport], tmp_path: Path
) -> None:
    """No more than its beginning is remembered, but all of it is looked through."""
    path = tmp_path / "people.csv"
    path.write_text(f"email,note\n{ONE},{'very kind ' * 40} has unsubscribed\nbo@b.example,{'fine ' * 80}\n")
    with pytest.raises(InvalidInput, match="Say what each of these columns means"):
        bring(path)


# Twice as much takes about twice as long -----------------------------------------------------------------------------

SIGNS = ("a", "a,", "a@b ", "[a@b ", "< ", "?", " ", "\t", '","', ";", "mailto:? ", "\u200c")
SHAPES: dict[str, Callable[[str], str]] = {
    "the first line": lambda text: text,
    "a cell with an address": lambda text: 'email,name\n"x@y.example ' + text.replace('"', '""') + '",n\n',
    "a line of mailboxes": lambda text: f"Ada <a@b.example>, Bo <c@d.example>\n{text}",
    "a link to write to somebody": lambda text: f"email\nmailto:a@b.example{text}\n",
}


def _seconds(path: Path, text: str) -> float:
    path.write_text(text)
    started = time.process_time()
    with suppress(InvalidInput):  # refused is as good as read
        found = scanning.scan(path, name="people.csv")
        plan = survey.plan_of(path, found, name="people.csv", answers={})
        for _row in person_rows.rows(path, found, plan, name="people.csv"):
            pass
    return time.process_time() - started


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_line_holds_the_process(shape: str, sign: str, tmp_path: Path) -> None:
    """Processor time with wide margins: what grows with the square takes four times as long, and soon minutes."""
    size, before = 7_500, 0.0
    while size <= 60_000 and before < 0.5:
        text = SHAPES[shape]((sign * (size // len(sign) + 1))[:size])
        took = _seconds(tmp_path / "people.csv", text)
        if before and took > 2.5 * before + 0.05:
            # Perhaps the half of it was quick by chance, or this was slow: tests beside take the processor's caches.
            took = min(took, *(_seconds(tmp_path / "people.csv", text) for _again in range(2)))
            half = SHAPES[shape]((sign * (size // 2 // len(sign) + 1))[: size // 2])
            before = max(before, *(_seconds(tmp_path / "people.csv", half) for _again in range(2)))
        assert not before or took <= 2.5 * before + 0.05, f"{size}: {took:.2f} s, half of it {before:.2f} s"
        size, before = 2 * size, max(took, 0.001)


# The page ------------------------------------------------------------------------------------------------------------


def test_the_page_names_its_cap_and_where_a_larger_file_goes(admin: User, signed_in: SignIn) -> None:
    letter, client = make_list(), signed_in(admin)
    file = SimpleUploadedFile("people.csv", HEADER + bytes(caps.BIGGEST_UPLOAD))
    answer = client.post(f"/lists/{letter.pk}/import/", {"file": file})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "larger than 50 MB" in page
    assert "newsletter lists import" in page
    assert not ImportRun.objects.exists()


def test_one_file_at_a_time_is_checked_so_that_threads_are_left_for_readers(admin: User, signed_in: SignIn) -> None:
    letter, client = make_list(), signed_in(admin)
    with uploads._alone():
        answer = client.post(
            f"/lists/{letter.pk}/import/", {"file": SimpleUploadedFile("people.csv", b"email\na@b.example\n")}
        )
        assert answer.status_code == 422
        assert "Another file is being checked" in answer.content.decode()
    again = client.post(
        f"/lists/{letter.pk}/import/", {"file": SimpleUploadedFile("people.csv", b"email\na@b.example\n")}
    )
    assert again.status_code == 302
