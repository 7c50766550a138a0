"""Readers by the ten thousand, put into the tables set by set: distinct addresses, names and ways out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import Max

from subscribers import addresses, api, conf, tokens
from subscribers.models import Subscriber, Subscription
from subscribers.states import SubscriptionState

AT_ONCE = 20_000
BASIS = "Asked in writing, for a measurement"
BIG = ("big-one", "big-one", "big-one", "big-one", "big-one", "big-one", "big-one", "big-two", "big-two", "big-three")
"""Of twenty readers, seven, two and one are at three large providers; the others at sixty small domains."""


def fill(*, name: str, count: int, now: datetime) -> int:
    """A new list with that many confirmed readers; its id."""
    list_id = api.create_list(name=name, slug=name, now=now).id
    first = (Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    numbers = iter(range(first, first + count))
    with _in_haste():
        while part := list(islice(numbers, AT_ONCE)):
            with transaction.atomic():
                _insert(Subscriber._meta.db_table, _PERSON, _people(part, now))
                _insert(Subscription._meta.db_table, _PLACE, _places(part, list_id, now))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in (Subscriber._meta.db_table, Subscription._meta.db_table):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"  # noqa: S608
                )
        cursor.execute("ANALYZE")
    return list_id


@contextmanager
def _in_haste() -> Iterator[None]:
    """Readers need not survive a power cut, nor be written in a cache of 8 MB; then all is as it was."""
    kept: dict[str, object] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET synchronous_commit = off")
        else:
            for name, hasty in (("synchronous", 0), ("cache_size", -400_000)):
                cursor.execute(f"PRAGMA {name}")
                kept[name] = cursor.fetchone()[0]
                cursor.execute(f"PRAGMA {name} = {hasty}")
        try:
            yield
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("RESET synchronous_commit")
            for name, usual in kept.items():
                cursor.execute(f"PRAGMA {name} = {usual}")


_PERSON = ("id", addresses.COLUMN, "address_index", "domain_group", "name", "language", "created_at")
_PLACE = (
    *("subscriber_id", "list_id", "state", "public_id", "basis"),
    *("created_at", "confirmed_at", "confirmations_sent"),
)


def _people(numbers: Sequence[int], now: datetime) -> Iterator[tuple[object, ...]]:
    key = conf.settings().address_key
    for number in numbers:
        place = number % 20
        domain = BIG[place] if place < len(BIG) else f"small-{number // 20 % 60}"
        columns = addresses.columns(addresses.normalise(f"reader{number}@{domain}.example"), key=key)
        yield (number, *(columns[one] for one in _PERSON[1:4]), f"Reader {number}", "", now)


def _places(numbers: Sequence[int], list_id: int, now: datetime) -> Iterator[tuple[object, ...]]:
    for number in numbers:
        yield (number, list_id, SubscriptionState.CONFIRMED.value, tokens.new_public_id(), BASIS, now, now, 0)


def _insert(table: str, columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> None:
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", cast(Any, list(rows)))  # noqa: S608
