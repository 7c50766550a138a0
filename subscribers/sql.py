"""Every statement in raw SQL of subscribers but those of the staging files of imports; Django's ORM writes the others.

Parameters stand as %s. ``vendor`` is `connection.vendor`: "sqlite" or "postgresql". What is put into a statement by
Python are literals of this module and values of enumerations, never anything from outside. Pure.
"""

from collections.abc import Sequence

from subscribers.states import Exclusion, SubscriptionState

# The reasons that hold at any moment, the gravest first: a reader has at most one reason.
_REASON_OF_STATE = f"""WHEN x.id IS NOT NULL THEN '{Exclusion.SUPPRESSED}'
         WHEN s.state = '{SubscriptionState.UNSUBSCRIBED}' THEN '{Exclusion.UNSUBSCRIBED}'
         WHEN s.state <> '{SubscriptionState.CONFIRMED}' THEN '{Exclusion.PENDING}'"""
_REASON_OF_CONSENT = f"WHEN s.basis = '' THEN '{Exclusion.NO_CONSENT}'"
_REASON_NOW = f"CASE {_REASON_OF_STATE} {_REASON_OF_CONSENT} END"

# Each subscription (s) with its subscriber (p), and with the suppression (x) of that address if there is any.
_SUBSCRIPTIONS = """FROM subscribers_subscription s
    JOIN subscribers_subscriber p ON p.id = s.subscriber_id
    LEFT JOIN subscribers_suppression x ON x.address_index = p.address_index"""

# The subscriptions of a list whose subscribers are among some ids. Parameters: the list's id, `id_array`.
_AMONG_IDS = {
    "sqlite": f"""{_SUBSCRIPTIONS}
    WHERE s.list_id = %s AND s.subscriber_id IN (SELECT value FROM json_each(%s))""",  # noqa: S608 - literals of this module
    # OFFSET 0 makes PostgreSQL look each subscriber up by id alone. Otherwise it reads all of a short list for every
    # few hundred ids, and all of a list that its statistics do not know yet for every id.
    "postgresql": """FROM (SELECT %s::bigint AS id) l
    CROSS JOIN unnest(%s::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM subscribers_subscription WHERE subscriber_id = wanted.id OFFSET 0) s
    CROSS JOIN LATERAL (SELECT * FROM subscribers_subscriber WHERE id = s.subscriber_id OFFSET 0) p
    LEFT JOIN subscribers_suppression x ON x.address_index = p.address_index
    WHERE s.list_id = l.id""",
}

CANDIDATES = f"""SELECT s.subscriber_id AS subscriber,
    CASE {_REASON_OF_STATE}
         WHEN s.confirmed_at > %s THEN '{Exclusion.JOINED_LATER}'
         {_REASON_OF_CONSENT}
    END AS reason,
    p.domain_group AS domain_group
    {_SUBSCRIPTIONS}
    WHERE s.list_id = %s"""
"""Every subscriber who was ever on a list, with the reason (an `Exclusion` value) why they get no mail, or NULL.

Parameters: the cut-off, as the database keeps a time; the list's id."""

RAISE_TALLY = """INSERT INTO subscribers_tally AS old (key, count, expires_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN old.expires_at <= %s THEN 1 ELSE old.count + 1 END,
        expires_at = CASE WHEN old.expires_at <= %s THEN excluded.expires_at ELSE old.expires_at END
    RETURNING count"""
"""Raises a count by 1, atomically among all processes, and answers with it; an expired count begins anew.

Parameters: the key, when a new count expires, now, now."""

SQLITE_BUSY_TIMEOUT = "PRAGMA busy_timeout"
"""How long this connection waits for a lock, in milliseconds."""

SQLITE_TRUNCATE_WAL = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Writes the write-ahead log back into the database's file and cuts it to nothing, unless another connection reads."""


def count_willing(vendor: str) -> str:
    """How many subscribers of a list may be mailed, among some ids. Parameters: the list's id, `id_array`."""
    return f"SELECT COUNT(*) FILTER (WHERE {_REASON_NOW} IS NULL) {_AMONG_IDS[vendor]}"


def reasons(vendor: str) -> str:
    """Subscriber and reason (NULL: may be mailed) of those among some ids. Parameters: the list's id, `id_array`."""
    return _rows(vendor, f"s.subscriber_id, {_REASON_NOW}")


def recipients(vendor: str, *, address_column: str) -> str:
    """Subscriber, address, name, public id in hex, and reason of those among some ids. Parameters as of `reasons`."""
    public_id = "hex(s.public_id)" if vendor == "sqlite" else "encode(s.public_id, 'hex')"
    return _rows(vendor, f"s.subscriber_id, p.{address_column}, p.name, {public_id}, {_REASON_NOW}")


def id_array(vendor: str, ids: Sequence[int]) -> str:
    """Ids, however many, as a single parameter: a JSON array for SQLite, an array literal for PostgreSQL."""
    listed = ",".join(map(str, ids))
    return f"[{listed}]" if vendor == "sqlite" else f"{{{listed}}}"


def set_sqlite_busy_timeout(milliseconds: int) -> str:
    """Makes this connection wait at most so long for a lock."""
    return f"PRAGMA busy_timeout={milliseconds}"


def _rows(vendor: str, columns: str) -> str:
    """On SQLite all rows come as a single JSON array: Python's sqlite3 lets go of the interpreter's lock at each row,
    and a busy thread beside it then takes its turn at each row."""
    if vendor == "sqlite":
        columns = f"json_group_array(json_array({columns}))"
    return f"SELECT {columns} {_AMONG_IDS[vendor]}"
