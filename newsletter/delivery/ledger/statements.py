"""The ledger's raw SQL, each statement named: what it does, on which index it walks, and why it is not Django's.

Everything is set-based: Django's ORM would read rows into Python, or spell conditions so that no index fits. ``%s`` are
parameters; ``{…}`` are filled in by the functions here and by `audience_freeze`, from literals only.
"""

from collections.abc import Collection

from newsletter.delivery.ledger.chunking import CHUNK_NUMBER

# Deliveries that are open. Index `delivery_chunk`; results by their primary key.

IS_SETTLED = """EXISTS (SELECT 1 FROM newsletter_result r
    WHERE r.issue_id = d.issue_id AND r.subscriber = d.subscriber LIMIT 1 OFFSET 0)"""
"""Whether a delivery ``d`` has a result. Looked up row by row, which OFFSET asks for: of a release that just began
PostgreSQL has no statistics, and asked to join, it reads all results for each delivery."""
OPEN_OF_FIRST_CHUNK = f"FROM newsletter_delivery d WHERE d.issue_id = %s AND d.chunk = %s AND NOT {IS_SETTLED}"
"""FROM and WHERE of the open deliveries of a first chunk: issue, number."""
OPEN_OF_RETRY_CHUNK = "FROM newsletter_result r WHERE r.issue_id = %s AND r.retry_chunk = %s AND r.state = 'deferred'"
"""FROM and WHERE of the open deliveries of a retry chunk (index `result_retry`): issue, number."""
RENDITION_OF_RESULT = """(SELECT d.rendition_id FROM newsletter_delivery d
    WHERE d.issue_id = r.issue_id AND d.subscriber = r.subscriber)"""
"""A column: which rendition the delivery of a result ``r`` gets."""
COUNT_PENDING = f"SELECT COUNT(*) FROM newsletter_delivery d WHERE d.issue_id = %s AND NOT {IS_SETTLED}"
"""How many deliveries of an issue have no result, counted row by row: what "finished" is checked against."""


def is_nothing_open(source: str) -> str:
    """Whether a chunk is done; ``source``: either of the two above."""
    return f"SELECT NOT EXISTS (SELECT 1 {source})"


# Results. Primary key (issue, subscriber).

_RESULT_COLUMNS = {
    "subscriber": "bigint",
    "state": "text",
    "tries": "smallint",
    "kind": "text",
    "code": "smallint",
    "enhanced": "text",
    "reply": "text",
    "due": "timestamptz",
    "retry_chunk": "int",
}
"""Columns of a result in the order in which a group is written, with PostgreSQL's types."""
_INSERT_RESULTS = f"INSERT INTO newsletter_result (issue_id, settled_at, {', '.join(_RESULT_COLUMNS)}) SELECT %s, %s,"
_FROM_JSON = {
    "sqlite": ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(_RESULT_COLUMNS))) + " FROM json_each(%s)",
    "postgresql": ", ".join(f"(value->>{n})::{kind}" for n, kind in enumerate(_RESULT_COLUMNS.values()))
    + " FROM jsonb_array_elements(%s::jsonb)",
}
_ELSE_CHANGE_DEFERRED = """WHERE true ON CONFLICT (issue_id, subscriber) DO UPDATE SET state = excluded.state,
    tries = excluded.tries, kind = excluded.kind, code = excluded.code, enhanced = excluded.enhanced,
    reply = excluded.reply, due = excluded.due, retry_chunk = excluded.retry_chunk, settled_at = excluded.settled_at
    WHERE newsletter_result.state = 'deferred' AND newsletter_result.retry_chunk = %s"""
UPSERT_RESULTS = {
    vendor: f"{_INSERT_RESULTS} {columns} {_ELSE_CHANGE_DEFERRED}" for vendor, columns in _FROM_JSON.items()
}
"""Write a group of results, packed as in `bulk_rows`: pending ones are inserted, deferred ones of this very retry chunk
changed, all others left alone, and not counted. Parameters: issue, moment, group, retry chunk."""

# Counts of results. Index `result_not_taken`. The term NOT (state = 'accepted') must stand there letter by letter:
# SQLite compares it with that of the index.

COUNT_UNCERTAIN = """SELECT SUM((SELECT COUNT(*) FROM newsletter_result r WHERE r.issue_id = l.issue_id
    AND NOT (r.state = 'accepted') AND r.state = 'uncertain')) FROM newsletter_release l"""
"""How many deliveries of all releases nobody knows about, release by release."""
COUNT_UNMADE = """SELECT COUNT(*) FROM newsletter_result WHERE issue_id = %s
    AND NOT (state = 'accepted') AND state = 'refused' AND kind = 'unmade'"""
"""How many mails of an issue could not be made."""
TALLY = f"""SELECT 'planned' AS what, domain_group AS number, '' AS state, SUM(size) AS n FROM newsletter_chunk
    WHERE issue_id = %s AND NOT retry GROUP BY domain_group
UNION ALL SELECT 'done', domain_group, '', SUM(size) FROM newsletter_chunk
    WHERE issue_id = %s AND NOT retry AND state = 'done' GROUP BY domain_group
UNION ALL SELECT 'again', domain_group, '', SUM(size) FROM newsletter_chunk
    WHERE issue_id = %s AND retry AND state = 'waiting' GROUP BY domain_group
UNION ALL SELECT 'begun', domain_group, '', SUM(n) FROM (SELECT c.domain_group,
    (SELECT COUNT(*) FROM newsletter_delivery d
        WHERE d.issue_id = c.issue_id AND d.chunk = c.number AND {IS_SETTLED}) AS n
    FROM newsletter_chunk c
    WHERE c.issue_id = %s AND NOT c.retry AND NOT (c.state = 'done') AND c.token > 0) AS begun GROUP BY domain_group
UNION ALL SELECT 'state', 0, state, COUNT(*) FROM newsletter_result
    WHERE issue_id = %s AND NOT (state = 'accepted') GROUP BY state"""
"""The sums of a release (`tally`), the issue five times. One statement, so one snapshot: no row is counted twice or not
at all because a chunk ended meanwhile. Deliveries of begun chunks are counted chunk by chunk: asked to join them,
PostgreSQL reads all deliveries, as if most chunks were begun."""

# Leases. Index `chunk_open`, which done chunks leave; NOT done is said for its sake.

FENCE = "issue_id = %s AND number = %s AND token = %s AND state = 'held'"
"""The chunk's row while the lease is ours: issue, number, token."""
_CLAIMABLE = """FROM newsletter_chunk c
    JOIN newsletter_issue i ON i.id = c.issue_id
    JOIN newsletter_release r ON r.issue_id = c.issue_id AND r.frozen_at IS NOT NULL
    WHERE c.state = 'waiting' AND NOT (c.state = 'done')
    AND (c.not_before IS NULL OR c.not_before <= %s OR i.state = 'cancelled') AND i.state IN ({states})
    AND NOT EXISTS (SELECT 1 FROM newsletter_epoch WHERE held_at IS NOT NULL)"""
_BUT_NOT = " AND NOT (i.state IN ({sending}) AND {column} IN ({left_alone}))"
_FIRST_CLAIMABLE = "SELECT c.issue_id, c.number {source} ORDER BY c.not_before ASC NULLS LAST, c.issue_id, c.number"
_LEASE = """UPDATE newsletter_chunk
    SET state = 'held', owner = %s, host = %s, token = token + 1, beat = 0, "window" = %s
    WHERE (issue_id, number) = (SELECT issue_id, number FROM chosen)
    RETURNING issue_id, number, retry, token, domain_group"""
CLAIM = {
    "sqlite": f"WITH chosen AS ({_FIRST_CLAIMABLE} LIMIT 1) {_LEASE}",
    # Materialised, so that it is locked once; whoever claims at the same moment gets the chunk behind it.
    "postgresql": f"WITH chosen AS MATERIALIZED ({_FIRST_CLAIMABLE} LIMIT 1 FOR UPDATE OF c SKIP LOCKED) {_LEASE}",
}
"""Lease the first chunk of ``{source}``, by database: the source's parameters, then owner, host, window. In Django's
words it took longer than all else that the database did for the chunk. A chunk that is due goes before those without a
time, so that a retry does not wait behind a whole issue."""


def claimable(*, states: int, sending: int, publications: int, domain_groups: int) -> str:
    """FROM and WHERE of the chunks that may be claimed: of a freeze that is complete, in a database without a hold.

    The numbers say how many parameters there are of each: now, states; then for publications and for domain groups that
    are left alone, if there are any: the sending states, and those.
    """
    source = _CLAIMABLE.format(states=marks(range(states)))
    for column, left_alone in (("i.publication_id", publications), ("c.domain_group", domain_groups)):
        if left_alone:
            source += _BUT_NOT.format(sending=marks(range(sending)), column=column, left_alone=marks(range(left_alone)))
    return source


def any_of(source: str) -> str:
    """Whether there is any row; a plain read, for which nobody is locked."""
    return f"SELECT EXISTS (SELECT 1 {source})"


def change_leased(changes: str) -> str:
    """Change the row of a leased chunk; no row: the lease was lost. ``changes`` first, then the fence."""
    return f"UPDATE newsletter_chunk SET {changes} WHERE {FENCE}"


def marks(values: Collection[object]) -> str:
    """A placeholder for each value."""
    return ", ".join(["%s"] * len(values))


# The freeze. Candidates come from `subscribers.api.recipients_of`, whose parameters stand first.

_CANDIDATES = "WITH candidate (subscriber, reason, domain_group) AS {form} ({statement})"
_INSERT_DELIVERIES = """INSERT INTO newsletter_delivery (issue_id, subscriber, chunk, rendition_id, not_before)
SELECT %s, subscriber, {chunk}, %s, NULL"""
_INSERT_EXCLUSIONS = "INSERT INTO newsletter_exclusion (issue_id, subscriber, reason) SELECT %s, subscriber, reason"
FREEZE_AT_ONCE = f"""{_CANDIDATES},
place AS (
    SELECT subscriber, domain_group, ROW_NUMBER() OVER (PARTITION BY domain_group) - 1 AS place
    FROM candidate WHERE reason IS NULL
),
planned AS ({_INSERT_DELIVERIES.format(chunk=CHUNK_NUMBER)} FROM place),
excluded AS ({_INSERT_EXCLUSIONS} FROM candidate WHERE reason IS NOT NULL)
SELECT COUNT(*) FROM candidate"""
"""PostgreSQL: the list is read once, in one statement, so in one snapshot: nobody falls between planned and excluded.
Parameters: the candidates', issue, rendition, issue."""
LIST_CANDIDATES = f"""CREATE TEMPORARY TABLE newsletter_freeze AS {_CANDIDATES}
SELECT subscriber, reason, CASE WHEN reason IS NULL THEN {{place}}(domain_group) END AS chunk FROM candidate"""
"""SQLite: also one statement, so one snapshot, and nothing of ours is locked for it. ``place``: a function of ours."""
COUNT_LISTED = "SELECT COALESCE(MAX(rowid), 0) FROM newsletter_freeze"
DROP_LIST = "DROP TABLE IF EXISTS temp.newsletter_freeze"
_SLICE = "newsletter_freeze WHERE rowid > %s AND rowid <= %s AND reason"
PLAN_SLICE = f"{_INSERT_DELIVERIES.format(chunk='chunk')} FROM {_SLICE} IS NULL"
"""Deliveries of a slice of the list: issue, rendition, first row (exclusive), last row."""
EXCLUDE_SLICE = f"{_INSERT_EXCLUSIONS} FROM {_SLICE} IS NOT NULL"
"""Exclusions of a slice of the list: issue, first row (exclusive), last row."""
COUNT_BY_CHUNK = "SELECT chunk, COUNT(*) FROM newsletter_delivery WHERE issue_id = %s GROUP BY chunk"
MOVE_TO_CHUNK = "UPDATE newsletter_delivery SET chunk = %s WHERE issue_id = %s AND chunk = %s"
"""Put small domains together: new number, issue, old number."""


def with_candidates(statement: str, candidates: str, *, form: str = "", place: str = "") -> str:
    """One of the two above around the candidates; ``form``: MATERIALIZED or nothing."""
    return statement.replace("{place}", place).replace("{form}", form).replace("{statement}", candidates)


def reaches_anybody(candidates: str) -> str:
    """Whether at least one candidate would get a mail."""
    return f"SELECT EXISTS (SELECT 1 FROM ({candidates}) candidate WHERE reason IS NULL)"


def clear_slice(table: str, key: str, *, size: int) -> str:
    """Delete ``size`` rows of an issue, in the order of their keys: issue, issue."""
    rows = f"SELECT {key} FROM newsletter_{table} WHERE issue_id = %s ORDER BY {key} LIMIT {size}"
    return f"DELETE FROM newsletter_{table} WHERE issue_id = %s AND {key} IN ({rows})"
