"""A first look at a file as bytes: its hash, its encoding, and what is no text."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers.imports import caps, encodings, records
from subscribers.imports.records import BadFile

_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Scan:
    """What a first look at the whole file tells."""

    digest: str
    encoding: str
    size: int


def scan(path: Path, *, name: str) -> Scan:
    """Hash the file and find its encoding. Raises BadFile for what is no text."""
    try:
        return _scan(path, name=name)
    except OSError as error:
        said = _("“%(file)s” cannot be read: %(reason)s.") % {"file": name, "reason": error.strerror}
        raise BadFile(said, field=name) from error


def _scan(path: Path, *, name: str) -> Scan:
    size = path.stat().st_size
    if not size:
        raise BadFile(_("“%(file)s” is empty. Nothing was imported.") % {"file": name}, field=name)
    if size > caps.BIGGEST_FILE:
        said = _("“%(file)s” is larger than 1 GB. Split it into several files.")
        raise BadFile(said % {"file": name}, field=name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        known = encodings.marked(head)
        if not known:
            _refuse_binary(head, name=name)
        file.seek(0)
        try:
            found = encodings.find(file, known=known)
        except encodings.EndlessLine as error:
            raise records.too_long(error.line, name=name) from error
    if not found.encoding:
        said = _("The encoding of “%(file)s” could not be detected. Save the list as UTF-8. Nothing was imported.")
        raise BadFile(said % {"file": name}, field=name)
    return Scan(digest=found.digest, encoding=found.encoding, size=size)


def _refuse_binary(head: bytes, *, name: str) -> None:
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        said = _(
            "“%(file)s” is a workbook or a ZIP archive, not CSV. Unpack it, or open it and save it as “CSV (UTF-8)”."
        )
        raise BadFile(said % {"file": name}, field=name)
    at = head.find(b"\0")
    if at >= 0:
        said = _(
            "“%(file)s”, line %(line)d contains a NUL byte: this is not a text file. Save the list as CSV. "
            "Nothing was imported."
        )
        raise BadFile(said % {"file": name, "line": head.count(b"\n", 0, at) + 1}, field=name)
    control = sum(byte < 32 and byte not in b"\t\r\n\f\v" for byte in head)
    if control > len(head) // 100:
        said = _("“%(file)s” is not a text file. Save the list as CSV. Nothing was imported.")
        raise BadFile(said % {"file": name}, field=name)
