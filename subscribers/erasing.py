"""Forgets a person wherever their address may lie: `PLACES` is the whole list of what is kept here.

A new table, file or log that may hold an address gets its line there; what other rooms keep is theirs to name
(`SUBSCRIBERS["ALSO_FORGETS"]`). Keyed hashes stay: they tell nobody who it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Model, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext

from subscribers import addresses, conf, staging
from subscribers.errors import NotFound
from subscribers.models import ConsentEvent, ImportRun, Subscriber, Subscription, Suppression

HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Erased:
    """Who is forgotten."""

    id: int
    address: str
    index: str
    now: datetime


def erase(subscriber_id: int, *, now: datetime, actor: str, keep_away: bool) -> None:
    """Forget a person. Raises NotFound.

    With ``keep_away`` a keyed hash stays, so that no import brings them back. The events of their consent stay as
    numbers without a person: nothing in them names anyone.
    """
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None:
            raise NotFound(gettext("This subscriber is no longer on record."))
        index = subscriber.address_index
        if keep_away:
            Suppression.objects.get_or_create(
                address_index=index, defaults={"reason": "erased", "at": now, "actor": actor}
            )
        who = Erased(subscriber_id, addresses.of(subscriber), index, now)
        for place in PLACES:
            place(who)
        ConsentEvent.objects.create(
            subscriber_id=subscriber_id,
            list_id=0,
            kind=ConsentEvent.Kind.ERASED,
            at=now,
            method="staff",
            actor=actor,
        )
    leave_no_trace()


def _the_person(who: Erased) -> None:
    """Address, name and subscriptions. The events stay, as numbers without a person."""
    Subscriber.objects.filter(pk=who.id).delete()


def _what_the_staff_wrote(who: Erased) -> None:
    """How this person had asked for it, in somebody's own words, which may name them in any way."""
    ConsentEvent.objects.filter(subscriber_id=who.id, kind=ConsentEvent.Kind.ADDED).update(text="", text_version="")


def _words_about_others(who: Erased) -> None:
    """Such as “asked together with …”, and the name of a file."""
    columns: list[tuple[type[Model], str]] = [
        (ConsentEvent, "text"),
        (Subscription, "basis"),
        (ImportRun, "basis"),
        (ImportRun, "file_name"),
    ]
    for model, column in columns:
        for pk, text in model._default_manager.filter(**{f"{column}__icontains": who.address}).values_list(
            "pk", column
        ):
            model._default_manager.filter(pk=pk).update(**{column: without(who.address, text)})


def _answers_about_files(who: Erased) -> None:
    """A column's title is a person's address where a file has no titles."""
    told = ImportRun.objects.annotate(told=Cast("counts", TextField()))
    for run in told.filter(told__icontains=who.address):
        run.counts = {**run.counts, "answers": {}}
        run.save(update_fields=["counts"])


def _files_of_imports(who: Erased) -> None:
    """What waits to be imported, the reports of rows that were not, here and beside the files they came from."""
    staging.forget(who.address, index=who.index)


def _other_rooms(who: Erased) -> None:
    """Mail that waits, replies of servers, the log of activities: whatever is kept outside."""
    conf.settings().also_forgets(who.id, who.address, who.now)


PLACES: tuple[Callable[[Erased], None], ...] = (
    _the_person,
    _what_the_staff_wrote,
    _words_about_others,
    _answers_about_files,
    _files_of_imports,
    _other_rooms,
)


def without(address: str, text: str) -> str:
    """The text with an ellipsis for the address, in whatever case it was written."""
    low, found = text.lower(), address.lower()
    while (at := low.find(found)) >= 0:
        text, low = text[:at] + HIDDEN + text[at + len(found) :], low[:at] + HIDDEN + low[at + len(found) :]
    return text


def leave_no_trace() -> None:
    """SQLite overwrites what it deletes, but not what waits beside its file: that is written back and cut off.

    Where somebody reads just now it stays until the next time; this is done daily, too.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute("PRAGMA busy_timeout=1000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout={patience}")
