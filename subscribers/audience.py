"""Audience rules: who is a candidate, who may be written to, and the last look before each mail."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext

from subscribers import addresses, conf, sql, tokens
from subscribers.errors import InvalidInput
from subscribers.results import Recipient, Statement
from subscribers.states import Exclusion


def of_list(list_id: int) -> dict[str, Any]:
    """The rule "everyone on this list"."""
    return {"list": list_id}


def list_of(audience: Mapping[str, Any]) -> int:
    """The list that a rule names. Raises InvalidInput for a rule that we do not know: guessing would mail people."""
    list_id = audience.get("list")
    if set(audience) != {"list"} or isinstance(list_id, bool) or not isinstance(list_id, int):
        raise InvalidInput(gettext("It is not clear who should get this. Choose the newsletter’s list again."))
    return list_id


def statement(audience: Mapping[str, Any], *, cut_off: datetime) -> Statement:
    """See `subscribers.api.recipients_of`."""
    if cut_off.tzinfo is None:
        raise ValueError("cut_off must be aware")
    list_id = list_of(audience)
    # In the text or native form in which this database keeps a time, since the statement runs outside the ORM.
    at = connection.ops.adapt_datetimefield_value(cut_off)
    return Statement(sql=sql.CANDIDATES, params=(at, list_id))


def recipients(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, Recipient]:
    """See `subscribers.api.recipients`."""
    keys = conf.settings().token_keys
    return {
        subscriber: Recipient(
            subscriber=subscriber,
            address=addresses.opened(address),
            name=name,
            token=tokens.make(bytes.fromhex(public_id), tokens.Scope.LEAVE, keys=keys),
            barred=barred,
        )
        for subscriber, address, name, public_id, barred in _rows(
            sql.recipients(connection.vendor, address_column=addresses.COLUMN), audience, ids
        )
    }


def may_receive(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, str | None]:
    """See `subscribers.api.may_receive`."""
    wanted = dict.fromkeys(ids)
    if not wanted:
        return {}
    # Nearly always all of them may, and a count is cheaper than rows.
    with connection.cursor() as cursor:
        statement, among = sql.count_willing(connection.vendor), sql.id_array(connection.vendor, list(wanted))
        cursor.execute(statement, [list_of(audience), among])
        if cursor.fetchone()[0] == len(wanted):
            return wanted
    found: dict[int, str | None] = dict(_rows(sql.reasons(connection.vendor), audience, ids))
    return {subscriber: found.get(subscriber, Exclusion.ERASED.value) for subscriber in ids}


def _rows(statement: str, audience: Mapping[str, Any], ids: Sequence[int]) -> list[Any]:
    """The rows of a statement about those among the ids who were ever on the list."""
    list_id = list_of(audience)
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [list_id, sql.id_array(connection.vendor, ids)])
        rows: list[Any] = cursor.fetchall()
        return json.loads(rows[0][0]) if connection.vendor == "sqlite" else rows
