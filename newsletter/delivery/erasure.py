"""What the newsletter keeps of a person beside `subscribers`: forgotten when they are erased there.

A room that may hold a reader's address gets its line in `PLACES`, a room that keeps files in `FILES`. The ledger holds
numbers only; journals hold numbers and replies that `redact` has been over; the log is scrubbed as it is written.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.contrib.sessions.models import Session
from django.db.models import Model, TextField, Value
from django.db.models.functions import Cast

from newsletter import conf
from newsletter.delivery import redact
from newsletter.delivery.models import Alarm, Attempt, OutboxMail, Release, Result, Transport
from newsletter.delivery.outbox import mail_queue
from newsletter.issues.models import Approval, Issue
from newsletter.mailbox.store import Mailbox
from newsletter.scheduling.models import Schedule
from newsletter.staff.models import AuditEntry
from subscribers import api


def forget(subscriber: int, address: str, now: datetime) -> None:
    """Called by `subscribers` (`SUBSCRIBERS["ALSO_FORGETS"]`), in the transaction that erases this person."""
    for place in PLACES:
        place(subscriber, address, now)


def forget_files(address: str) -> list[Path]:
    """Forget the address in files (`SUBSCRIBERS["ALSO_FORGETS_FILES"]`) after the commit; files it could not change.

    It may be done again: what is gone already is passed over.
    """
    return [path for place in FILES for path in place(address)]


def _mail_that_waits(_subscriber: int, address: str, now: datetime) -> None:
    mail_queue.forget(address, now=now)


def _replies(subscriber: int, address: str, _now: datetime) -> None:
    """What is written today holds no address; rows of earlier versions may."""
    issues = list(Release.objects.values_list("pk", flat=True))
    for model in (Result, Attempt):
        for row in model.objects.filter(issue_id__in=issues, subscriber=subscriber).exclude(reply=""):
            said = redact.addresses(row.reply, of=address)
            if said != row.reply:
                model.objects.filter(pk=row.pk).update(reply=said)


def _words(_subscriber: int, address: str, _now: datetime) -> None:
    """Reasons that somebody typed, and what servers said."""
    for model, column in WORDS:
        # As it is stored: some are sentences with their parts, to be told in any language.
        rows = model._default_manager.annotate(written=Cast(column, TextField())).exclude(written="")
        for needle in api.needles(address):
            rows = rows.filter(written__icontains=needle)
        for pk, text in rows.values_list("pk", "written"):
            if (left := _stored(text, address)) != text:
                model._default_manager.filter(pk=pk).update(**{column: Value(left, output_field=TextField())})


def _activities(_subscriber: int, address: str, _now: datetime) -> None:
    """Reasons that somebody typed."""
    written = AuditEntry.objects.annotate(written=Cast("detail", TextField()))
    for needle in api.needles(address):
        written = written.filter(written__icontains=needle)
    for entry in written:
        if (scrubbed := api.without_in(address, entry.detail)) != entry.detail:
            entry.detail = scrubbed
            entry.save(update_fields=["detail"])


def _stored(text: str, address: str) -> str:
    """A value of a column, JSON or not."""
    try:
        value = json.loads(text) if text[:1] in {"{", "["} else text
    except ValueError:
        value = text
    scrubbed = api.without_in(address, value)
    if scrubbed == value:
        return text
    return scrubbed if isinstance(scrubbed, str) else json.dumps(scrubbed)


def _sessions(_subscriber: int, address: str, _now: datetime) -> None:
    """Of somebody who typed it where the staff signs in."""
    for session in Session.objects.iterator():
        held = session.get_decoded()
        if api.without_in(address, held) != held:
            session.delete()


def _caught_mails(address: str) -> list[Path]:
    folder = conf.config().mailbox_dir
    try:
        if folder:
            Mailbox(folder).forget(address)
    except (OSError, ValueError):
        return [folder] if folder else []
    return []


def _copies_before_upgrades(address: str) -> list[Path]:
    """The copies that `newsletter upgrade` made, and what it left of a copy when it was ended.

    Backups that the operator makes are the operator's to look after.
    """
    kept, folder = [], conf.config().data_dir / "backups"
    for copy in sorted([*folder.glob("*.sqlite3"), *folder.glob("*.part")]):
        try:
            with closing(sqlite3.connect(copy)) as database, database:
                _forget_in_copy(database, address)
        except sqlite3.Error:
            kept.append(copy)
    return kept


def _forget_in_copy(database: sqlite3.Connection, address: str) -> None:
    """Whatever its version: rows of this person go, other words lose the address; and nobody is signed in by it."""
    database.execute("PRAGMA secure_delete=ON")
    columns = database.execute(
        "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    ).fetchall()
    # Not lower(): SQLite's knows ASCII alone.
    database.create_function("is_theirs", 1, lambda text: api.means(address, text), deterministic=True)
    for table, delete in _ROWS:
        if table in {name for name, _column in columns}:
            database.execute(delete)
    database.create_function("without", 1, lambda text: _stored(text, address), deterministic=True)
    needles = api.needles(address)
    for table, column in columns:
        if column in _ONE_ADDRESS:
            continue
        looked_for = "".join(f' AND instr(lower("{column}"), ?)' for _needle in needles)
        # Names of this database's own schema; what is looked for is a parameter.
        database.execute(
            f'UPDATE "{table}" SET "{column}" = without("{column}") '  # noqa: S608 - see above
            f"WHERE typeof(\"{column}\") = 'text'{looked_for}",
            [needle.lower() for needle in needles],
        )


_ROWS = (
    (
        "subscribers_subscription",
        (
            "DELETE FROM subscribers_subscription WHERE subscriber_id IN"
            " (SELECT id FROM subscribers_subscriber WHERE is_theirs(address))"
        ),
    ),
    ("subscribers_subscriber", "DELETE FROM subscribers_subscriber WHERE is_theirs(address)"),
    ("newsletter_outboxmail", "DELETE FROM newsletter_outboxmail WHERE is_theirs(recipient)"),
    ("django_session", "DELETE FROM django_session"),
)
_ONE_ADDRESS = {"address", "recipient", "email", "sender_address", "reply_to"}
"""Columns that hold an address and no words, which are compared and not searched. The team's are the team's."""

WORDS: tuple[tuple[type[Model], str], ...] = (
    (Issue, "state_reason"),
    (Approval, "void_reason"),
    (Transport, "paused_reason"),
    (Transport, "last_error"),
    (Alarm, "text"),
    (OutboxMail, "reply"),
    (Schedule, "last_outcome"),
)
"""Columns in which somebody, or a server, may have named a reader."""
PLACES: tuple[Callable[[int, str, datetime], None], ...] = (
    _mail_that_waits,
    _replies,
    _words,
    _activities,
    _sessions,
)
FILES: tuple[Callable[[str], list[Path]], ...] = (_caught_mails, _copies_before_upgrades)
