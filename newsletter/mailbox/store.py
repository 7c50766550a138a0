"""The files of the development mailbox: one folder, two files for each mail.

``<id>.eml`` holds the bytes as received; ``<id>.json`` the envelope and is written last, so a mail that a killed
process left half-written is not there at all. Ids sort by time of arrival.
"""

import contextlib
import itertools
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from newsletter import mail_policy

_count = itertools.count()

_LONGEST_HEAD = 100_000
"""Bytes in which the Subject is looked for."""
_SUBJECT = re.compile(rb"^Subject:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Caught:
    """What the index knows of one mail."""

    id: str
    received_at: datetime
    sender: str
    """Envelope sender (MAIL FROM)."""
    recipients: tuple[str, ...]
    """Envelope recipients (RCPT TO)."""
    subject: str
    size: int
    """Bytes."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail, whole."""

    caught: Caught
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """Parsed, headers decoded."""
        return mail_policy.parsed(self.data)

    @property
    def text(self) -> str:
        """The plain text part; empty when there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        """Empty for a mail that is damaged, or nested so deeply that the library cannot follow."""
        with contextlib.suppress(RecursionError, LookupError, ValueError, AttributeError):
            part = self.message.get_body(preferencelist=(kind,))
            return str(part.get_content()) if part is not None else ""
        return ""


class Mailbox:
    """A folder of caught mails. Any number of processes may read it; one server writes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def add(self, data: bytes, *, sender: str, recipients: tuple[str, ...], now: datetime) -> str:
        """Keep one mail and return its id. What is returned survives a killed process."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        mail_id = f"{time.time_ns():020d}-{os.getpid()}-{next(_count)}"
        caught = Caught(
            id=mail_id,
            received_at=now,
            sender=sender,
            recipients=recipients,
            subject=_subject(data),
            size=len(data),
        )
        index = json.dumps({**asdict(caught), "received_at": now.isoformat()}, ensure_ascii=False)
        self._write(f"{mail_id}.eml", data)
        self._write(f"{mail_id}.json", index.encode())
        return mail_id

    def list(self, *, limit: int | None = None, offset: int = 0) -> list[Caught]:
        """The mails, newest first."""
        names = sorted(self._ids(), reverse=True)
        end = None if limit is None else offset + limit
        return [self._read(name) for name in names[offset:end]]

    def get(self, mail_id: str) -> Mail:
        """One mail. Raises LookupError."""
        if mail_id not in self._ids():  # also keeps a path out of the id
            raise LookupError(mail_id)
        return Mail(caught=self._read(mail_id), data=(self.directory / f"{mail_id}.eml").read_bytes())

    def count(self) -> int:
        """How many mails there are."""
        return len(self._ids())

    def clear(self) -> None:
        """Throw every mail away."""
        for mail_id in self._ids():
            (self.directory / f"{mail_id}.json").unlink(missing_ok=True)
            (self.directory / f"{mail_id}.eml").unlink(missing_ok=True)

    def forget(self, address: str) -> None:
        """Throw away the mails to this address."""
        for mail_id in self._ids():
            if address.lower() in {recipient.lower() for recipient in self._read(mail_id).recipients}:
                (self.directory / f"{mail_id}.json").unlink(missing_ok=True)
                (self.directory / f"{mail_id}.eml").unlink(missing_ok=True)

    def _ids(self) -> set[str]:
        try:
            return {name[:-5] for name in os.listdir(self.directory) if name.endswith(".json")}
        except FileNotFoundError:
            return set()

    def _read(self, mail_id: str) -> Caught:
        raw = json.loads((self.directory / f"{mail_id}.json").read_bytes())
        return Caught(
            id=raw["id"],
            received_at=datetime.fromisoformat(raw["received_at"]).astimezone(UTC),
            sender=raw["sender"],
            recipients=tuple(raw["recipients"]),
            subject=raw["subject"],
            size=raw["size"],
        )

    def _write(self, name: str, data: bytes) -> None:
        part = self.directory / f"{name}.part"
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        part.replace(self.directory / name)


def _subject(data: bytes) -> str:
    """The Subject as the index lists it: enough to know the mail by."""
    head, _, _ = data[:_LONGEST_HEAD].partition(b"\r\n\r\n")
    found = _SUBJECT.search(head)
    return str(mail_policy.parsed(found[0] if found else b"").get("Subject", ""))
