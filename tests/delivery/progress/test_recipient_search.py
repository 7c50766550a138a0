"""Who got it, who did not, and why."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.ledger import audience_freeze, leases, results
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.progress.recipient_search import Wanted
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db

STATES = (
    (D.ACCEPTED, 250, "2.0.0", ""),
    (D.REFUSED, 550, "5.1.1", "recipient"),
    (D.DEFERRED, 451, "4.7.1", "greylisted"),
    (D.UNCERTAIN, None, "", "network"),
    (D.PENDING, None, "", ""),
    (D.REFUSED, 554, "5.7.1", "policy"),
)


@pytest.fixture
def people(readers: newsroom.Readers, issue: Issue, now: datetime) -> list[int]:
    """120 readers whose states take turns."""
    people = readers.join(120)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    lease = leases.claim(owner="w", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    group = []
    for n, person in enumerate(people):
        state, code, enhanced, kind = STATES[n % len(STATES)]
        if state is not D.PENDING:
            due = now + timedelta(minutes=5) if state is D.DEFERRED else None
            group.append(
                Settlement(
                    subscriber=person,
                    state=state,
                    tries=1,
                    kind=kind,
                    code=code,
                    enhanced=enhanced,
                    due=due,
                    phase="rcpt",
                    tried=state,
                )
            )
    assert results.settle(lease, group, now=now)
    return people


def all_of(issue: Issue, wanted: Wanted, *, limit: int = 7) -> list[int]:
    """Page by page."""
    found: list[int] = []
    after = 0
    for _ in range(100):
        page = recipient_search.page(issue.pk, wanted, after=after, limit=limit)
        assert len(page.rows) <= limit
        found += [row.subscriber for row in page.rows]
        if page.after is None:
            return found
        assert page.after > after
        after = page.after
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("window", [3, 50, 4_000])
@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(), {0, 1, 2, 3, 4, 5}),
        (Wanted(states=[D.REFUSED]), {1, 5}),
        (Wanted(states=recipient_search.NOT_TAKEN), {1, 2, 3, 5}),
        (Wanted(states=[D.ACCEPTED]), {0}),
        (Wanted(states=[D.PENDING, D.DEFERRED]), {2, 4}),
        (Wanted(states=[D.EXPIRED]), set()),
        (Wanted(code="550"), {1}),
        (Wanted(code="5."), {1, 5}),
        (Wanted(states=recipient_search.NOT_TAKEN, code="4.7.1"), {2}),
        (Wanted(code="55"), set()),
        (Wanted(kind="policy"), {5}),
        (Wanted(states=[D.REFUSED], kind="greylisted"), set()),
        (Wanted(states=recipient_search.NOT_TAKEN, kind="greylisted", code="451"), {2}),
    ],
)
def test_pages_and_the_stream_hold_exactly_those_that_were_looked_for(
    wanted: Wanted, places: set[int], window: int, people: list[int], issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipient_search, "WINDOW", window)
    right = [person for n, person in enumerate(people) if n % len(STATES) in places]
    assert all_of(issue, wanted) == right
    streamed = [row.subscriber for rows in recipient_search.stream(issue.pk, wanted) for row in rows]
    assert streamed == right


def test_a_caller_may_keep_some_only(people: list[int], issue: Issue) -> None:
    even = Wanted(states=[D.REFUSED], keep=lambda ids: {one for one in ids if one % 2 == 0})
    right = [person for n, person in enumerate(people) if n % len(STATES) in {1, 5} and person % 2 == 0]
    assert all_of(issue, even) == right


def test_a_page_answers_with_what_it_has_when_it_looked_at_enough(
    people: list[int], issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipient_search, "WINDOW", 10)
    monkeypatch.setattr(recipient_search, "BUDGET", 20)
    page = recipient_search.page(issue.pk, Wanted(code="999"), limit=5)
    assert page.rows == []
    assert page.after is not None
    assert page.after < people[-1]
    assert all_of(issue, Wanted(code="999")) == []


def test_a_page_of_many_asks_as_often_as_a_page_of_few(people: list[int], issue: Issue) -> None:
    for wanted, most in (
        (Wanted(), 2),
        (Wanted(states=recipient_search.NOT_TAKEN), len(recipient_search.NOT_TAKEN) + 1),
    ):
        with CaptureQueriesContext(connection) as captured:
            recipient_search.page(issue.pk, wanted, limit=20)
        assert len(captured) == most


def test_one_delivery_is_found_by_its_key(people: list[int], issue: Issue, now: datetime) -> None:
    row = recipient_search.of_subscriber(issue.pk, people[2])
    assert row is not None
    assert (row.state, row.code, row.enhanced, row.tries) == (D.DEFERRED, 451, "4.7.1", 1)
    assert (row.due, row.settled_at) == (now + timedelta(minutes=5), now)
    pending = recipient_search.of_subscriber(issue.pk, people[4])
    assert pending is not None
    assert (pending.state, pending.settled_at) == (D.PENDING, None)
    assert recipient_search.of_subscriber(issue.pk, people[-1] + 1) is None
