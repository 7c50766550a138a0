"""Audience rules: who is a candidate, who may be written to, and the last look before each mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from subscribers import addresses, conf, tokens
from subscribers.errors import InvalidInput
from subscribers.results import Recipient, Statement
from subscribers.states import Exclusion, SubscriptionState

# The reasons that hold at any moment, the gravest first: one person has one reason.
_STANDING = f"""WHEN x.id IS NOT NULL THEN '{Exclusion.SUPPRESSED}'
         WHEN s.state = '{SubscriptionState.UNSUBSCRIBED}' THEN '{Exclusion.UNSUBSCRIBED}'
         WHEN s.state <> '{SubscriptionState.CONFIRMED}' THEN '{Exclusion.PENDING}'"""
_NO_CONSENT = f"WHEN s.basis = '' THEN '{Exclusion.NO_CONSENT}'"
_PEOPLE = """FROM subscribers_subscription s
    JOIN subscribers_subscriber p ON p.id = s.subscriber_id
    LEFT JOIN subscribers_suppression x ON x.address_index = p.address_index"""

_CANDIDATES = f"""SELECT s.subscriber_id AS subscriber,
    CASE {_STANDING}
         WHEN s.confirmed_at > %s THEN '{Exclusion.JOINED_LATER}'
         {_NO_CONSENT}
    END AS reason,
    p.domain_group AS domain_group
    {_PEOPLE}
    WHERE s.list_id = %s"""

_BARRED = f"CASE {_STANDING} {_NO_CONSENT} END"

_AT_ONCE = 1_000
"""Ids in one query: far below SQLite's limit of variables."""


def of_list(list_id: int) -> dict[str, Any]:
    """The rule "everyone on this list"."""
    return {"list": list_id}


def list_of(audience: Mapping[str, Any]) -> int:
    """The list that a rule names. Raises InvalidInput for a rule that we do not know: guessing would mail people."""
    list_id = audience.get("list")
    if set(audience) != {"list"} or isinstance(list_id, bool) or not isinstance(list_id, int):
        raise InvalidInput("This audience rule is not known here. Choose a list for the newsletter again.")
    return list_id


def statement(audience: Mapping[str, Any], *, cut_off: datetime) -> Statement:
    """See `subscribers.api.recipients_of`."""
    if cut_off.tzinfo is None:
        raise ValueError("cut_off must be aware")
    list_id = list_of(audience)
    # In the text or native form in which this database keeps a time, since the statement runs outside the ORM.
    at = connection.ops.adapt_datetimefield_value(cut_off)
    return Statement(sql=_CANDIDATES, params=(at, list_id))


def recipients(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, Recipient]:
    """See `subscribers.api.recipients`."""
    keys = conf.settings().token_keys
    columns = f"s.subscriber_id, p.{addresses.COLUMN}, p.name, s.public_id, {_BARRED}"
    return {
        subscriber: Recipient(
            subscriber=subscriber,
            address=addresses.opened(address),
            name=name,
            token=tokens.make(bytes(public_id), tokens.Scope.LEAVE, keys=keys),
            barred=barred,
        )
        for subscriber, address, name, public_id, barred in _rows(columns, audience, ids)
    }


def may_receive(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, str | None]:
    """See `subscribers.api.may_receive`."""
    found: dict[int, str | None] = dict(_rows(f"s.subscriber_id, {_BARRED}", audience, ids))
    return {subscriber: found.get(subscriber, Exclusion.ERASED.value) for subscriber in ids}


def _rows(columns: str, audience: Mapping[str, Any], ids: Sequence[int]) -> list[tuple[Any, ...]]:
    list_id = list_of(audience)
    rows: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            marks = ", ".join(["%s"] * len(some))
            where = f"WHERE s.list_id = %s AND s.subscriber_id IN ({marks})"
            cursor.execute(f"SELECT {columns} {_PEOPLE} {where}", [list_id, *some])
            rows += cursor.fetchall()
    return rows
