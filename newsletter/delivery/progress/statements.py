"""The room's own SQL. Tables are the ledger's; every value is a parameter."""

from collections.abc import Sequence

from django.db import connection

Terms = tuple[str, list[str | int]]
"""A condition and the values of its parameters."""

NEXT_IN_STATE = """SELECT subscriber FROM newsletter_result
    WHERE issue_id = %s AND NOT (state = 'accepted') AND state = %s AND subscriber > %s ORDER BY subscriber LIMIT %s"""
"""The next subscribers whose delivery is in a state, by the index of what was not accepted (`result_not_taken`).

A statement for each state: SQLite takes a partial index only where its condition stands in the query, word by word.
"""

NEXT = """SELECT subscriber FROM newsletter_delivery
    WHERE issue_id = %s AND subscriber > %s ORDER BY subscriber LIMIT %s"""
"""The next subscribers of a release, whatever became of their delivery."""

# A domain with many deliveries to try again gets them back in portions: the retry chunk knows when.
_RECIPIENTS = """SELECT d.subscriber, COALESCE(r.state, 'pending'), r.tries, r.kind, r.code, r.enhanced, r.reply,
    r.due, c.not_before, r.settled_at
    FROM newsletter_delivery d LEFT JOIN {results}
    LEFT JOIN newsletter_chunk c ON c.issue_id = r.issue_id AND c.number = r.retry_chunk AND r.state = 'deferred'
    WHERE d.issue_id = %s AND d.subscriber {among}{terms} ORDER BY d.subscriber"""

_RESULTS = {
    "sqlite": "newsletter_result r ON r.issue_id = d.issue_id AND r.subscriber = d.subscriber",
    # OFFSET 0 keeps the look-up by subscriber: PostgreSQL would else read the whole table to join it.
    "postgresql": """LATERAL (SELECT * FROM newsletter_result
        WHERE issue_id = d.issue_id AND subscriber = d.subscriber OFFSET 0) r ON true""",
}


def listed(subscribers: Sequence[int]) -> Terms:
    """Among these subscribers."""
    return f"IN ({_marks(subscribers)})", list(subscribers)


def between(first: int, last: int) -> Terms:
    """From the first subscriber to the last, both included."""
    return "BETWEEN %s AND %s", [first, last]


def recipients(among: Terms, *, states: Sequence[str], code: str, kind: str) -> Terms:
    """What became of the deliveries of an issue (the first parameter) to some subscribers, in their order.

    ``states``, ``code`` and ``kind`` restrict it where they are not empty. ``code`` is a basic code or the beginning
    of an enhanced code.
    """
    place, values = among
    terms, values = "", list(values)
    if states:
        terms += f" AND COALESCE(r.state, 'pending') IN ({_marks(states)})"
        values += states
    if code:
        terms += " AND (CAST(r.code AS VARCHAR(3)) = %s OR SUBSTR(r.enhanced, 1, %s) = %s)"
        values += [code, len(code), code]
    if kind:
        terms += " AND r.kind = %s"
        values.append(kind)
    return _RECIPIENTS.format(results=_RESULTS[connection.vendor], among=place, terms=terms), values


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))
