"""Audience rules: who is a candidate, who may be written to, and the last look before each mail."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext

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

_AMONG = {
    "sqlite": f"""{_PEOPLE}
    WHERE s.list_id = %s AND s.subscriber_id IN (SELECT value FROM json_each(%s))""",  # noqa: S608 - literals of this module
    # Looked up one by one, which OFFSET asks for: of a short list PostgreSQL reads all of it for each few hundred. By
    # the person alone: of a list that its statistics do not know yet it reads all of it for each person.
    "postgresql": """FROM (SELECT %s::bigint AS id) l
    CROSS JOIN unnest(%s::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM subscribers_subscription WHERE subscriber_id = wanted.id OFFSET 0) s
    CROSS JOIN LATERAL (SELECT * FROM subscribers_subscriber WHERE id = s.subscriber_id OFFSET 0) p
    LEFT JOIN subscribers_suppression x ON x.address_index = p.address_index
    WHERE s.list_id = l.id""",
}
"""Those of a list who are among the ids, however many: one parameter, see `_listed`."""


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
    return Statement(sql=_CANDIDATES, params=(at, list_id))


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
            f"s.subscriber_id, p.{addresses.COLUMN}, p.name, {_hex('s.public_id')}, {_BARRED}", audience, ids
        )
    }


def may_receive(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, str | None]:
    """See `subscribers.api.may_receive`."""
    wanted = dict.fromkeys(ids)
    if not wanted:
        return {}
    # Nearly always all of them may, and then no row need come here.
    welcome = f"SELECT COUNT(*) FILTER (WHERE {_BARRED} IS NULL) {_AMONG[connection.vendor]}"
    with connection.cursor() as cursor:
        cursor.execute(welcome, [list_of(audience), _listed(list(wanted))])
        if cursor.fetchone()[0] == len(wanted):
            return wanted
    found: dict[int, str | None] = dict(_rows(f"s.subscriber_id, {_BARRED}", audience, ids))
    return {subscriber: found.get(subscriber, Exclusion.ERASED.value) for subscriber in ids}


def _rows(columns: str, audience: Mapping[str, Any], ids: Sequence[int]) -> list[Any]:
    """These columns, which JSON can hold, of those among the ids who were ever on the list."""
    list_id = list_of(audience)
    if not ids:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # As one value: Python's sqlite3 lets go of the interpreter at each row, and a busy thread beside it
            # then takes its turn at each row.
            columns = f"json_group_array(json_array({columns}))"
        cursor.execute(f"SELECT {columns} {_AMONG[connection.vendor]}", [list_id, _listed(ids)])
        rows: list[Any] = cursor.fetchall()
        return json.loads(rows[0][0]) if connection.vendor == "sqlite" else rows


def _listed(ids: Sequence[int]) -> str:
    listed = ",".join(map(str, ids))
    return f"[{listed}]" if connection.vendor == "sqlite" else f"{{{listed}}}"


def _hex(column: str) -> str:
    return f"hex({column})" if connection.vendor == "sqlite" else f"encode({column}, 'hex')"
