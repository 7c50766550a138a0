"""A database that knows last week's tables: its plans for a list, or a release, that it has never seen."""

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.ledger import audience_freeze, leases, queries, results, tally
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from subscribers import api as subscribers
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db

MANY = 2_000
AT_MOST = 20
"""Rows that a look may touch for each that it is about: the tables it joins, and what stands between them."""
STEPS = 25
"""Of SQLite's machine, for a row."""


def rows_of(plan: dict[str, Any]) -> float:
    """Rows that one node of PostgreSQL's plan and those below it have read, kept or not."""
    per_loop = plan["Actual Rows"] + sum(n for key, n in plan.items() if key.startswith("Rows Removed by"))
    return per_loop * plan["Actual Loops"] + sum(map(rows_of, plan.get("Plans", [])))


def touched(statement: str) -> float:
    """About how many rows it reads. SQLite counts the steps of its machine, of which a row takes a few dozen."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
            found = cursor.fetchone()[0]
            return rows_of((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
        thousands = itertools.count()
        connection.connection.set_progress_handler(lambda: next(thousands) < 0, 1_000)
        try:
            cursor.execute(statement)
            cursor.fetchall()
        finally:
            connection.connection.set_progress_handler(None, 0)
        return next(thousands) * 1_000 / STEPS


def settle_all(*, now: datetime, state: D, leave: int = 0) -> None:
    """Every chunk that waits, but for the last ``leave`` of each, which stays held."""
    due = now + timedelta(hours=1) if state is D.DEFERRED else None
    while lease := leases.claim(owner="test", host="test", now=now, states=leases.SENDING):
        rows = results.open_deliveries(lease)
        group = [
            Settlement(subscriber=one.subscriber, state=state, tries=1, code=250, tried=state, due=due)
            for one in rows[: len(rows) - leave]
        ]
        if leave:
            results.settle(lease, group, now=now)
        else:
            results.close(lease, group, now=now, not_before=None)


@pytest.fixture
def unknown(readers: newsroom.Readers, issue: Issue, now: datetime) -> tuple[Issue, newsroom.Readers]:
    """A release of which half is done, to a list; nobody has analysed the tables since another list and its release."""
    readers.join(MANY)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    settle_all(now=now, state=D.ACCEPTED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    others = newsroom.Readers.make(now=now)
    others.addresses.update({-n: "" for n in range(1, MANY + 1)})  # addresses go on where the first list's end
    others.join(MANY)
    new = newsroom.approved_issue(list_id=others.list_id, now=now, number=2)
    audience_freeze.freeze(new.pk, by="staff:1", now=now)
    return new, others


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda issue, some: queries.counted(issue.pk), id="the count of pending ones"),
        pytest.param(lambda issue, some: tally.take(issue.pk), id="how far it is"),
        pytest.param(
            lambda issue, some: recipient_search.page(issue.pk, recipient_search.Wanted(), limit=500),
            id="a page of its ledger",
        ),
        pytest.param(
            lambda issue, some: subscribers.recipients(subscribers.audience_of_list(issue.publication.list_id), some),
            id="a chunk's people",
        ),
        pytest.param(
            lambda issue, some: subscribers.may_receive(
                subscribers.audience_of_list(issue.publication.list_id), [*some, 0]
            ),
            id="who may still be written to",
        ),
    ],
)
def test_no_look_reads_a_table_for_each_row(
    unknown: tuple[Issue, newsroom.Readers], now: datetime, look: Callable[[Issue, list[int]], object]
) -> None:
    """Design §4: what a mail costs does not grow with the list, also before the database has looked at it."""
    issue, others = unknown
    settle_all(now=now, state=D.ACCEPTED, leave=200)
    some = [one for one in others.addresses if one > 0][:500]
    with CaptureQueriesContext(connection) as seen:
        look(issue, some)
    for one in seen.captured_queries:
        assert touched(one["sql"]) <= AT_MOST * MANY, one["sql"][:500]


@pytest.mark.parametrize("state", [D.ACCEPTED, D.DEFERRED])
def test_a_chunk_is_read_by_itself(unknown: tuple[Issue, newsroom.Readers], now: datetime, state: D) -> None:
    """The same for what is open in a chunk, at the first try and at the next."""
    settle_all(now=now, state=state, leave=200 if state is D.ACCEPTED else 0)
    later = now + timedelta(hours=2)
    lease = leases.claim(owner="test", host="test", now=later, states=leases.SENDING)
    held = lease or leases.leased()[-1].lease
    with CaptureQueriesContext(connection) as seen:
        rows = results.open_deliveries(held)
    assert rows
    for one in seen.captured_queries:
        assert touched(one["sql"]) <= AT_MOST * CHUNK_SIZE, one["sql"][:500]
