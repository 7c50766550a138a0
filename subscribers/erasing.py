"""Forgets a person wherever their address may lie: `PLACES` and `FILES` are the whole list of what is kept here.

A new table, file or log that may hold an address gets its line there; what other rooms keep is theirs to name
(`SUBSCRIBERS["ALSO_FORGETS"]`, `SUBSCRIBERS["ALSO_FORGETS_FILES"]`). Keyed hashes stay: they tell nobody who it was.

A file cannot be rolled back: files come after the commit. Who is to be forgotten in them is noted before it, so that
whatever ends the process in between, the next erasure or the next day does the rest.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Model, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext

from subscribers import address_redaction, addresses, conf, erasure_journal, sql
from subscribers.erasure_journal import Erased
from subscribers.errors import NotFound
from subscribers.imports.staging import forgetting
from subscribers.models import ConsentEvent, ImportRun, Subscriber, Subscription, Suppression

_log = logging.getLogger(__name__)

WORDS: tuple[tuple[type[Model], str], ...] = (
    (Subscriber, "name"),
    (Subscription, "basis"),
    (ConsentEvent, "text"),
    (ConsentEvent, "form_url"),
    (ImportRun, "basis"),
    (ImportRun, "file_name"),
    (Suppression, "reason"),
)
"""Columns in which somebody may have named a person."""


def erase(subscriber_id: int, *, now: datetime, actor: str, keep_away: bool) -> tuple[str, ...]:
    """Forget a person; the files that could not be read or written, and may name them still. Raises NotFound.

    With ``keep_away`` a keyed hash stays, so that no import brings them back. The events of their consent stay as
    numbers without a person: nothing in them names anyone.
    """
    with transaction.atomic(durable=True):
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None:
            raise NotFound(gettext("This subscriber is no longer on record."))
        index = subscriber.address_index
        if keep_away:
            Suppression.objects.get_or_create(
                address_index=index, defaults={"reason": "erased", "at": now, "actor": actor}
            )
        who = Erased(subscriber_id, addresses.of(subscriber), index)
        for place in PLACES:
            place(who)
        conf.settings().also_forgets(who.id, who.address, now)
        ConsentEvent.objects.create(
            subscriber_id=subscriber_id,
            list_id=0,
            kind=ConsentEvent.Kind.ERASED,
            at=now,
            method="staff",
            actor=actor,
        )
        erasure_journal.note(who)
    kept = _forget_files(who)
    finish()
    leave_no_trace()
    return kept


def finish() -> None:
    """Forget in files who was erased when a process ended before it came to them."""
    for who in erasure_journal.pending():
        if Subscriber.objects.filter(pk=who.id).exists():
            # Their erasure was rolled back, or is not committed yet.
            continue
        _forget_files(who)


def _forget_files(who: Erased) -> tuple[str, ...]:
    """Each place, even where another fails. It may be done again: what is gone already is passed over."""
    kept = [*dict.fromkeys(str(path) for place in FILES for path in place(who))]
    for path in kept:
        _log.warning("somebody who was erased may still be named in %s", path)
    erasure_journal.done(who)
    return tuple(kept)


def _the_person(who: Erased) -> None:
    """Address, name and subscriptions. The events stay, as numbers without a person."""
    Subscriber.objects.filter(pk=who.id).delete()


def _what_the_staff_wrote(who: Erased) -> None:
    """How this person had asked for it, in somebody's own words, which may name them in any way."""
    ConsentEvent.objects.filter(subscriber_id=who.id, kind=ConsentEvent.Kind.ADDED).update(text="", text_version="")


def _words_about_others(who: Erased) -> None:
    """Such as “asked together with …”, and the name of a file."""
    for model, column in WORDS:
        rows = model._default_manager.exclude(**{column: ""})
        for needle in address_redaction.needles(who.address):
            rows = rows.filter(**{f"{column}__icontains": needle})
        for pk, text in rows.values_list("pk", column):
            if (left := address_redaction.redacted(who.address, text)) != text:
                model._default_manager.filter(pk=pk).update(**{column: left})


def _answers_about_files(who: Erased) -> None:
    """A column's title is a person's address where a file has no titles."""
    told = ImportRun.objects.annotate(told=Cast("counts", TextField()))
    for needle in address_redaction.needles(who.address):
        told = told.filter(told__icontains=needle)
    for run in told:
        if (left := address_redaction.redacted_json(who.address, run.counts)) != run.counts:
            run.counts = {**left, "answers": {}}
            run.save(update_fields=["counts"])


def _files_of_imports(who: Erased) -> Iterable[Path]:
    """What waits to be imported, the reports of rows that were not, here and beside the files they came from."""
    return forgetting.forget(who.address, index=who.index)


def _files_of_other_rooms(who: Erased) -> Iterable[Path]:
    """Whatever is kept outside."""
    return conf.settings().also_forgets_files(who.address)


PLACES: tuple[Callable[[Erased], None], ...] = (
    _the_person,
    _what_the_staff_wrote,
    _words_about_others,
    _answers_about_files,
)
"""In the transaction, as are the rows of other rooms."""
FILES: tuple[Callable[[Erased], Iterable[Path]], ...] = (_files_of_imports, _files_of_other_rooms)
"""After it; each yields what it could not read or write."""


def leave_no_trace() -> None:
    """Truncate the write-ahead log of SQLite, where erased addresses may still lie: SQLite overwrites only the file.

    While another connection reads, the log stays until the next time; housekeeping calls this every day, too.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            timeout = cursor.execute(sql.SQLITE_BUSY_TIMEOUT).fetchone()[0]
            cursor.execute(sql.set_sqlite_busy_timeout(1_000))
            cursor.execute(sql.SQLITE_TRUNCATE_WAL)
            cursor.execute(sql.set_sqlite_busy_timeout(timeout))
