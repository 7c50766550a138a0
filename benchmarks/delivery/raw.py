"""The ledger's set-based steps beside the bare SQL that does nothing else. Runs inside an installation."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from newsletter import pipeline
from newsletter.issues.models import Approval
from subscribers import api as subscribers

GROUP = 250
"""Results of one settle."""
_SELECT_ALONE = """WITH c (subscriber, reason, domain_group) AS ({statement})
INSERT INTO bare_delivery (issue_id, subscriber, chunk, rendition_id, not_before)
SELECT %s, c.subscriber, 1, %s, NULL FROM c WHERE c.reason IS NULL"""
COPIES = {"newsletter_delivery": "bare_delivery", "newsletter_result": "bare_result"}


def freeze_pair(issue: int, *, plain_first: bool, by: str) -> dict[str, float]:
    """Seconds of a release, and of the same SELECT into an identical table; candidates of the release."""
    _make_copies()
    now = datetime.now(UTC)
    candidates: list[int] = []

    def ours() -> None:
        candidates.append(pipeline.release(issue, by=by, now=now).candidates)

    def bare() -> None:
        approval = Approval.objects.get(issue_id=issue)
        statement = subscribers.recipients_of(approval.audience, cut_off=now)
        values: list[Any] = [*statement.params, issue, approval.renditions.get().pk]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SELECT_ALONE.format(statement=statement.sql), values)

    return {**_timed(ours, bare, plain_first=plain_first), "candidates": candidates[0]}


def settle_pair(issue: int, *, rows: int, plain_first: bool) -> dict[str, float]:
    """Seconds of settling that many deliveries in groups, and of bare INSERTs of the same rows, a commit a group."""
    from newsletter.delivery.ledger import leases, results, settlements
    from newsletter.delivery.states import DeliveryState

    _make_copies()
    now = datetime.now(UTC)
    groups: list[tuple[Any, list[Any]]] = []
    taken = 0
    while taken < rows:
        lease = leases.claim(owner="benchmark", host="benchmark", now=now, states=leases.SENDING)
        if lease is None or lease.issue != issue:
            raise LookupError("there is nothing to settle")
        accepted = [
            settlements.Settlement(
                subscriber=row.subscriber, state=DeliveryState.ACCEPTED, tries=1, code=250, enhanced="2.0.0", reply="ok"
            )
            for row in results.open_deliveries(lease)
        ]
        groups += [(lease, accepted[at : at + GROUP]) for at in range(0, len(accepted), GROUP)]
        taken += len(accepted)

    def ours() -> None:
        for lease, group in groups:
            results.settle(lease, group, now=now)

    def bare() -> None:
        for _, group in groups:
            _insert_bare([(issue, one.subscriber, one.state.value, 1, "", 250, "2.0.0", "ok", now) for one in group])

    return {**_timed(ours, bare, plain_first=plain_first), "rows": taken}


def _insert_bare(rows: Sequence[tuple[Any, ...]]) -> None:
    head = "INSERT INTO bare_result (issue_id, subscriber, state, tries, kind, code, enhanced, reply, settled_at)"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            kinds = ("int", "bigint", "text", "smallint", "text", "smallint", "text", "text", "timestamptz")
            lists = ", ".join(f"%s::{kind}[]" for kind in kinds)
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(f"{head} SELECT * FROM unnest({lists})", columns)  # noqa: S608
        else:
            adapt = connection.ops.adapt_datetimefield_value
            ready = [(*row[:-1], adapt(row[-1])) for row in rows]
            cursor.executemany(f"{head} VALUES ({', '.join(['%s'] * 9)})", ready)


def _timed(ours: Callable[[], None], bare: Callable[[], None], *, plain_first: bool) -> dict[str, float]:
    taken = {}
    for name, work in (("bare", bare), ("ours", ours)) if plain_first else (("ours", ours), ("bare", bare)):
        _settle_down()
        began = time.monotonic()
        work()
        taken[name] = time.monotonic() - began
    return taken


def _settle_down() -> None:
    """What the last one left to be written is not the next one's to pay for."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _make_copies() -> None:
    """Tables with the same columns, keys and indexes; they grow with ours, a release each."""
    there = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table, copy in COPIES.items():
            if copy in there:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)")
                continue
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL", [table])
            for name, sql in cursor.fetchall():
                mine = sql.replace(f'"{table}"', f'"{copy}"')
                cursor.execute(mine if name == table else mine.replace(f'"{name}"', f'"bare_{name}"'))
