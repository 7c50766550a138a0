"""Which life of the database this is: a database older than what was sent, or a copy, starts on hold (trust DB4).

Two witnesses, and neither costs a running release a statement. Journals note what had become durable: each claim of
a chunk by its token, how much a settle left to do, each close, each claim of a single mail. A database that knows less
is behind. And the row remembers where its database lies: a restored file, a dump loaded into another database, a
machine that was moved. What both cannot see: a whole machine put back as it was,
journals and all, block by block; an SQLite file put back under the inode it had, without the newer journals; and what
only journals on other machines know, until a worker starts there. A database that was only moved is held as well.
"""

import logging
import os
import secrets
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.models import Max

from newsletter.delivery import alarms, events
from newsletter.delivery.control import journal_notes
from newsletter.delivery.ledger import journal, results
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.models import Chunk, Epoch, OutboxMail
from newsletter.delivery.states import ChunkState
from newsletter.errors import NotAllowed
from newsletter.translatable import Translatable as _

COMMAND = "newsletter deliveries release-hold"
ALARM = "hold"
WORDS = {
    Epoch.Why.BEHIND: _("This database is older than what was sent: the journals beside it record more."),
    Epoch.Why.ELSEWHERE: _("This database was copied, restored or moved: it is not where it used to be."),
}

Why = Epoch.Why


@dataclass
class Known:
    """What journals of an epoch know that the database must know as well."""

    chunks: dict[int, dict[int, tuple[int, int | None]]] = field(default_factory=lambda: defaultdict(dict))
    """Issue to chunk to its highest token, and how many of it were left then: None when that is not known."""
    mails: dict[int, int] = field(default_factory=dict)
    """Single mail to its highest token."""

    def note(self, kind: str, *values: int) -> None:
        """One note of a journal."""
        if kind == "mail":
            mail, token = values
            self.mails[mail] = max(token, self.mails.get(mail, 0))
            return
        issue, chunk, token, *left = values
        self._note_chunk(issue, chunk, token, -1 if kind == "close" else left[0] if left else None)

    def learn(self, other: "Known") -> None:
        """All that another journal knows."""
        for mail, token in other.mails.items():
            self.mails[mail] = max(token, self.mails.get(mail, 0))
        for issue, chunks in other.chunks.items():
            for chunk, (token, left) in chunks.items():
                self._note_chunk(issue, chunk, token, left)

    def _note_chunk(self, issue: int, chunk: int, token: int, left: int | None) -> None:
        old, old_left = self.chunks[issue].get(chunk, (0, None))
        if token == old and old_left is not None:
            left = old_left if left is None else min(old_left, left)
        if token >= old:
            self.chunks[issue][chunk] = (token, left)


def is_held() -> bool:
    """Nothing goes out."""
    return Epoch.objects.filter(held_at__isnull=False).exists()


def look() -> tuple[str, str | None]:
    """The epoch's name, empty before there is an epoch; and why nothing goes out, in words: None while it may."""
    row = Epoch.objects.filter(pk=1).first()
    return (str(row), in_words(row) if row.held_at else None) if row else ("", None)


def hold_standing() -> Epoch | None:
    """The row, while nothing goes out."""
    return Epoch.objects.filter(held_at__isnull=False).first()


def require_free() -> None:
    """Raise NotAllowed while nothing goes out."""
    why = look()[1]
    if why:
        raise NotAllowed(why)


def in_words(row: Epoch) -> str:
    """Why nothing goes out, and what to do, for a person."""
    return _(
        "%(why)s Nothing is sent until someone has checked this. Run: %(command)s",
        why=WORDS[Why(row.held_why)],
        command=COMMAND,
    )


class Journals:
    """What the journals of this machine know; each is read once, and then only on. One thread at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._books: dict[Path, tuple[journal_notes.Notebook, Known]] = {}

    def look(self) -> dict[str, Known]:
        """By the epoch that they name: what is in them by now. Without the database."""
        there = sorted(self._directory.glob(f"*{journal.SUFFIX}"))
        self._books = {path: self._read_on(path) for path in there}
        found: dict[str, Known] = {}
        for book, known in self._books.values():
            if book.epoch:
                found.setdefault(book.epoch, Known()).learn(known)
        return found

    def _read_on(self, path: Path) -> tuple[journal_notes.Notebook, Known]:
        book, known = self._books.get(path) or (journal_notes.Notebook(path), Known())
        with suppress(OSError):  # it was removed just now, or cannot be read: it proves nothing
            if book.begins_anew():
                known = Known()
            for note in book.read_on():
                known.note(*note)
        return book, known


def check(found: dict[str, Known], *, now: datetime) -> str:
    """Hold the database if anything speaks against it; the epoch's name for new journals.

    ``found``: what the journals knew, read before this: what they note was durable before, so it must be there now. A
    database without an epoch, new or of an earlier version, gets an epoch, unless the journals here know of one.
    """
    row = Epoch.objects.filter(pk=1).first()
    if row is None:
        row = _begin(found)
    why = _contradiction(row, found)
    if why is not None:
        hold(why, now=now)
    return str(row)


def _begin(found: dict[str, Known]) -> Epoch:
    newest = max(found, key=_number, default="")
    root, number = (newest.rpartition(".")[0], _number(newest)) if newest else (secrets.token_hex(8), 1)
    # Whoever comes second keeps the epoch of the first. With journals of an epoch, this is a database from before it.
    place_ = "" if newest else place()
    return Epoch.objects.get_or_create(pk=1, defaults={"root": root, "number": number, "place": place_})[0]


def _number(name: str) -> int:
    number = name.rpartition(".")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 9 else 0


def _contradiction(row: Epoch, found: dict[str, Known]) -> Epoch.Why | None:
    if any(name.rpartition(".")[0] == row.root and _number(name) > row.number for name in found):
        return Why.BEHIND
    if str(row) in found and is_behind(found[str(row)]):
        return Why.BEHIND
    return None if row.place == place() else Why.ELSEWHERE


def hold(why: Epoch.Why, *, now: datetime) -> bool:
    """Let nothing go out; True when something could before."""
    if not Epoch.objects.filter(pk=1, held_at__isnull=True).update(held_at=now, held_why=why):
        return False
    events.say("database.held", level=logging.ERROR, why=why.value)
    alarms.raise_alarm(key=ALARM, text=in_words(Epoch.objects.get(pk=1)), now=now)
    return True


def is_behind(known: Known) -> bool:
    """True when the database lacks anything of it."""
    return any(_lacks(issue, chunks) for issue, chunks in known.chunks.items()) or _lacks_mail(known.mails)


def _lacks(issue: int, chunks: dict[int, tuple[int, int | None]]) -> bool:
    rows = {
        number: (token, state, retry)
        for number, token, state, retry in Chunk.objects.filter(issue_id=issue).values_list(
            "number", "token", "state", "retry"
        )
    }
    for number, (token, left) in chunks.items():
        there, state, retry = rows.get(number, (-1, "", False))
        if there < token:
            return True
        if there > token or state != ChunkState.LEASED or left is None:
            continue
        # Held under this very token: more was settled, or it was given back.
        if left < 0 or len(results.open_deliveries(Lease(issue=issue, number=number, retry=retry, token=token))) > left:
            return not _moved_on(issue, number, token)
    return False


def _moved_on(issue: int, number: int, token: int) -> bool:
    """Its row and its deliveries are read in turn: meanwhile the lease may have ended."""
    return not Chunk.objects.filter(issue_id=issue, number=number, token=token, state=ChunkState.LEASED).exists()


def _lacks_mail(mails: dict[int, int]) -> bool:
    if not mails:
        return False
    if (OutboxMail.objects.aggregate(last=Max("pk"))["last"] or 0) < max(mails):
        return True
    rows = dict(OutboxMail.objects.filter(pk__gte=min(mails), pk__lte=max(mails)).values_list("pk", "token"))
    return any(rows.get(mail, token) < token for mail, token in mails.items())


def place() -> str:
    """Names where the database lies: another for a copy of it, the same after a restart, a failover, an upgrade."""
    if connection.vendor != "postgresql":
        name = str(connection.settings_dict["NAME"])
        return f"file {os.stat(name).st_ino}" if Path(name).is_file() else ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        (oid,) = cursor.fetchone()
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
        (may_ask,) = cursor.fetchone()
        if not may_ask:
            return f"database {oid}"
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return f"database {oid} of {cursor.fetchone()[0]}"
