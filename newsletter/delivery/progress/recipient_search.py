"""Who got it, who did not, and why: the recipients of a release by what became of them, a page or a stream at a time.

By key, never by counting off; what no index helps with is looked for in windows, so that no page waits for a million
rows: it answers with what it found and where it stopped.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from newsletter.delivery.ledger.queries import RecipientRow
from newsletter.delivery.models import Delivery
from newsletter.delivery.progress import statements
from newsletter.delivery.states import DeliveryState

D = DeliveryState
NOT_TAKEN = (D.REFUSED, D.UNCERTAIN, D.DEFERRED, D.EXPIRED, D.WITHDRAWN)
"""In the order in which they ask for attention; those that still wait for their first try are not among them."""
FAILED = (D.REFUSED, D.UNCERTAIN, D.EXPIRED)
"""States of recipients to whom a person may send the issue again."""
WINDOW = 4_000
"""Rows that are looked at in a query."""
BUDGET = 40_000
"""Rows that are looked at for a page before it answers with what it has."""

Keep = Callable[[Sequence[int]], set[int]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for."""

    states: Sequence[DeliveryState] = ()
    """Empty: every state."""
    code: str = ""
    """A basic code such as 550, or an enhanced code such as 5.7.1, or the beginning of either."""
    kind: str = ""
    """The `classification.Kind` of the last reply; empty: any."""
    keep: Keep | None = None
    """Which of some subscribers are wanted: how a caller asks for a domain, which this room does not know."""

    @property
    def by_index(self) -> bool:
        """True when the index of what was not taken leads to them."""
        return bool(self.states) and set(self.states) <= set(NOT_TAKEN)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some of those that were looked for, in subscriber order."""

    rows: Sequence[RecipientRow]
    after: int | None
    """Where to go on; None when everything has been looked at."""


def page(issue_id: int, wanted: Wanted, *, after: int = 0, limit: int = 50) -> Page:
    """The next ``limit`` of them, or fewer when ``BUDGET`` rows were looked at."""
    rows: list[RecipientRow] = []
    size, looked_at = limit + 1, 0
    while looked_at < BUDGET:
        window = _window(issue_id, wanted, after=after, size=size)
        rows += window.rows
        if len(rows) > limit:
            return Page(rows=rows[:limit], after=rows[limit - 1].subscriber)
        if window.size < size:
            return Page(rows=rows, after=None)
        after, looked_at = window.last, looked_at + window.size
        size = min(size * 5, WINDOW)
    return Page(rows=rows, after=after)


def has_failed(issue_id: int) -> bool:
    """There may be somebody to whom it can be sent again."""
    found = page(issue_id, Wanted(states=FAILED), limit=1)
    return bool(found.rows) or found.after is not None


def stream(issue_id: int, wanted: Wanted) -> Iterator[Sequence[RecipientRow]]:
    """All of them, some thousand at a time; no transaction stays open between two portions."""
    after = 0
    while True:
        window = _window(issue_id, wanted, after=after, size=WINDOW)
        if window.rows:
            yield window.rows
        if window.size < WINDOW:
            return
        after = window.last


def of_subscriber(issue_id: int, subscriber: int) -> RecipientRow | None:
    """What became of a delivery; None when this person was not to get the issue."""
    if not Delivery.objects.filter(issue_id=issue_id, subscriber=subscriber).exists():
        return None
    return _window(issue_id, Wanted(), after=subscriber - 1, size=1).rows[0]


@dataclass(frozen=True, slots=True)
class _Window:
    rows: Sequence[RecipientRow]
    """The wanted among the rows that were looked at."""
    size: int
    """How many were looked at."""
    last: int
    """The last of them."""


def _window(issue_id: int, wanted: Wanted, *, after: int, size: int) -> _Window:
    """The next ``size`` rows in subscriber order that may be among those looked for, and which of them are."""
    with connection.cursor() as cursor:
        if wanted.by_index:
            near: list[int] = []
            for state in wanted.states:
                cursor.execute(statements.NEXT_IN_STATE, [issue_id, state.value, after, size])
                near += [row[0] for row in cursor.fetchall()]
            near = sorted(near)[:size]
        else:
            cursor.execute(statements.NEXT, [issue_id, after, size])
            near = [row[0] for row in cursor.fetchall()]
        if not near:
            return _Window((), 0, after)
        # Those that the index leads to lie far apart, the others side by side.
        among = statements.listed(near) if wanted.by_index else statements.between(near[0], near[-1])
        statement, values = statements.recipients(
            among, states=[state.value for state in wanted.states], code=wanted.code, kind=wanted.kind
        )
        cursor.execute(statement, [issue_id, *values])
        rows = [_row(*row) for row in cursor.fetchall()]
    if wanted.keep is not None and rows:
        kept = wanted.keep([row.subscriber for row in rows])
        rows = [row for row in rows if row.subscriber in kept]
    return _Window(rows, len(near), near[-1])


def _row(
    subscriber: int,
    state: str | None,
    tries: int | None,
    kind: str | None,
    code: int | None,
    enhanced: str | None,
    reply: str | None,
    due: datetime | None,
    not_before: datetime | None,
    settled_at: datetime | None,
) -> RecipientRow:
    return RecipientRow(
        subscriber=subscriber,
        state=DeliveryState(state) if state else D.PENDING,
        tries=tries or 0,
        kind=kind or "",
        code=code,
        enhanced=enhanced or "",
        reply=reply or "",
        due=_aware(not_before or due),
        settled_at=_aware(settled_at),
    )


def _aware(at: datetime | None) -> datetime | None:
    """SQLite's values come without their zone, which is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
