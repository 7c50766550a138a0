"""What the newsletter keeps of a person beside `subscribers`: forgotten when they are erased there.

A room that may hold a reader's address gets its line in `PLACES`. The ledger holds numbers only; journals hold numbers
and replies that `scrub` has been over; the log is scrubbed as it is written.
"""

import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import TextField
from django.db.models.functions import Cast

from newsletter import conf
from newsletter.delivery import outbox, scrub
from newsletter.delivery.models import Attempt, Release, Result
from newsletter.mailbox.store import Mailbox
from newsletter.staff.models import AuditEntry

_log = logging.getLogger(__name__)


def forget(subscriber: int, address: str, now: datetime) -> None:
    """Called by `subscribers` (`SUBSCRIBERS["ALSO_FORGETS"]`), in the transaction that erases this person."""
    for place in PLACES:
        place(subscriber, address, now)


def _mail_that_waits(_subscriber: int, address: str, now: datetime) -> None:
    outbox.forget(address, now=now)


def _replies(subscriber: int, address: str, _now: datetime) -> None:
    """What is written today holds no address; rows of earlier versions may."""
    issues = list(Release.objects.values_list("pk", flat=True))
    for model in (Result, Attempt):
        for row in model.objects.filter(issue_id__in=issues, subscriber=subscriber).exclude(reply=""):
            said = scrub.addresses(row.reply, of=address)
            if said != row.reply:
                model.objects.filter(pk=row.pk).update(reply=said)


def _activities(_subscriber: int, address: str, _now: datetime) -> None:
    """Reasons that somebody typed."""
    written = AuditEntry.objects.annotate(written=Cast("detail", TextField()))
    for entry in written.filter(written__icontains=json.dumps(address)[1:-1]):
        entry.detail = _scrubbed(entry.detail, address)
        entry.save(update_fields=["detail"])


def _scrubbed(value: Any, address: str) -> Any:
    if isinstance(value, dict):
        return {_scrubbed(key, address): _scrubbed(one, address) for key, one in value.items()}
    if isinstance(value, list):
        return [_scrubbed(one, address) for one in value]
    return scrub.without(address, value) if isinstance(value, str) else value


def _stored(text: str, address: str) -> str:
    """A value of a column, JSON or not."""
    try:
        value = json.loads(text) if text[:1] in {"{", "["} else text
    except ValueError:
        value = text
    scrubbed = _scrubbed(value, address)
    return scrubbed if isinstance(scrubbed, str) else json.dumps(scrubbed)


def _sessions(_subscriber: int, address: str, _now: datetime) -> None:
    """Of somebody who typed it where the staff signs in."""
    for session in Session.objects.iterator():
        if address.lower() in str(session.get_decoded()).lower():
            session.delete()


def _caught_mails(_subscriber: int, address: str, _now: datetime) -> None:
    if folder := conf.config().mailbox_dir:
        Mailbox(folder).forget(address)


def _copies_before_upgrades(_subscriber: int, address: str, _now: datetime) -> None:
    """The copies that `newsletter upgrade` made. Backups that the operator makes are the operator's to look after."""
    for copy in (conf.config().data_dir / "backups").glob("*.sqlite3"):
        try:
            with closing(sqlite3.connect(copy)) as database, database:
                _forget_in_copy(database, address)
        except sqlite3.Error as error:
            _log.warning("somebody who was erased may still be in %s (%s): delete it", copy.name, error)


def _forget_in_copy(database: sqlite3.Connection, address: str) -> None:
    """Whatever its version: rows of this person go, other words lose the address; and nobody is signed in by it."""
    database.execute("PRAGMA secure_delete=ON")
    theirs = "SELECT id FROM subscribers_subscriber WHERE lower(address) = lower(?)"
    database.execute(f"DELETE FROM subscribers_subscription WHERE subscriber_id IN ({theirs})", [address])  # noqa: S608
    database.execute("DELETE FROM subscribers_subscriber WHERE lower(address) = lower(?)", [address])
    database.execute("DELETE FROM newsletter_outboxmail WHERE lower(recipient) = lower(?)", [address])
    database.execute("DELETE FROM django_session")
    database.create_function("without", 1, lambda text: _stored(text, address), deterministic=True)
    columns = database.execute(
        "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    ).fetchall()
    domain = address.rpartition("@")[2].lower()
    for table, column in columns:
        database.execute(
            f'UPDATE "{table}" SET "{column}" = without("{column}") '  # noqa: S608
            f'WHERE typeof("{column}") = \'text\' AND instr(lower("{column}"), ?)',
            [domain],
        )


PLACES: tuple[Callable[[int, str, datetime], None], ...] = (
    _mail_that_waits,
    _replies,
    _activities,
    _sessions,
    _caught_mails,
    _copies_before_upgrades,
)
