"""How a release goes: counts without counting, samples, rate, chart, and what servers said."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze, chunking, completion, leases, queries, results, tally
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.models import Release, ReleaseSample
from newsletter.delivery.progress import reply_summary, samples
from newsletter.delivery.progress.samples import EVERY, FRESH, Point
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db

Settle = Callable[..., None]


@pytest.fixture
def people(readers: newsroom.Readers, issue: Issue, now: datetime) -> list[int]:
    """Readers at a big provider and elsewhere, frozen."""
    people = readers.join(60, domain="gmail.com") + readers.join(60, domain="yahoo.com") + readers.join(40)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    return people


@pytest.fixture
def becomes(issue: Issue) -> Settle:
    """Settles the next ``count`` open deliveries of the first waiting chunk, and gives the chunk back."""

    def do(state: D, count: int, *, at: datetime, code: int | None = None, reply: str = "") -> None:
        lease = leases.claim(owner="w", host="h", now=at, states=leases.SENDING)
        assert lease is not None
        group = [
            Settlement(
                subscriber=row.subscriber,
                state=state,
                tries=row.tries + 1,
                due=at + timedelta(minutes=5) if state is D.DEFERRED else None,
                phase="rcpt",
                tried=state,
                code=code,
                reply=reply,
            )
            for row in results.open_deliveries(lease)[:count]
        ]
        assert len(group) == count
        assert results.settle(lease, group, now=at)
        assert results.close(lease, now=at, not_before=None) is not None

    return do


def counts_of(issue: Issue) -> dict[str, int]:
    return {state: n for state, n in queries.counted(issue.pk).items() if n}


def test_the_tally_is_what_the_rows_say(people: list[int], issue: Issue, now: datetime, becomes: Settle) -> None:
    """I1: through begun and ended chunks, retries, doubts settled by a person, and a cancel."""

    def agree() -> None:
        found = tally.take(issue.pk)
        assert {state.value: n for state, n in found.counts.items() if n} == counts_of(issue)
        assert sum(found.counts.values()) == found.planned == len(people)
        assert sum(group.planned for group in found.groups) == len(people)
        assert sum(group.settled for group in found.groups) == len(people) - found.counts[D.PENDING]

    agree()
    becomes(D.ACCEPTED, 7, at=now)
    agree()
    becomes(D.DEFERRED, 5, at=now)
    becomes(D.REFUSED, 3, at=now)
    becomes(D.UNCERTAIN, 2, at=now)
    agree()
    later = now + timedelta(minutes=7)
    becomes(D.ACCEPTED, 4, at=later)  # of the retries, which go first
    agree()
    release_actions.resolve_uncertain(issue.pk, release_actions.Doubt.AGAIN, by="staff:1", now=later)
    agree()
    release_actions.cancel(issue.pk, by="staff:1", now=later)
    agree()
    assert completion.finish(issue.pk, now=later) is False, "the cancel ended it"


def test_small_domains_are_counted_together(people: list[int], issue: Issue) -> None:
    assert {group.number: group.planned for group in tally.take(issue.pk).groups} == {0: 160}


def test_a_big_provider_has_a_line_of_its_own(readers: newsroom.Readers, issue: Issue, now: datetime) -> None:
    readers.join(chunking.OWN_GROUP, domain="gmail.com")
    readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    assert {group.number: group.planned for group in tally.take(issue.pk).groups} == {0: 3, 1: chunking.OWN_GROUP}


def test_a_sample_is_one_row_however_many_workers_take_it(
    people: list[int], issue: Issue, now: datetime, becomes: Settle
) -> None:
    assert samples.sample(now=now) == 1
    assert samples.sample(now=now + timedelta(seconds=1)) == 0, "another worker was faster"
    assert samples.sample(now=now + timedelta(seconds=EVERY)) == 0, "nothing changed"
    becomes(D.ACCEPTED, 3, at=now)
    assert samples.sample(now=now + timedelta(seconds=2 * EVERY)) == 1
    becomes(D.ACCEPTED, 4, at=now)
    assert samples.sample(now=now + timedelta(seconds=2 * EVERY + 1)) == 0
    assert samples.sample(now=now + timedelta(seconds=2 * EVERY + 1), is_last=True) == 1, "nobody comes after it"
    rows = ReleaseSample.objects.order_by("at").values_list("accepted", "pending")
    assert list(rows) == [(0, 160), (3, 157), (7, 153)]
    release_actions.pause(issue.pk, by="staff:1", now=now)
    assert samples.sample(now=now + timedelta(minutes=9)) == 0, "a paused release has no pace"


def test_old_samples_are_thinned(people: list[int], issue: Issue, now: datetime) -> None:
    def row(at: datetime, accepted: int) -> ReleaseSample:
        zero = dict.fromkeys(("deferred", "refused", "uncertain", "withdrawn", "expired"), 0)
        return ReleaseSample(issue_id=issue.pk, at=at, accepted=accepted, pending=160 - accepted, **zero)

    start = now - timedelta(minutes=17)
    ReleaseSample.objects.bulk_create([row(start + timedelta(seconds=5 * n), n) for n in range(100)])
    samples.sample(now=now)
    kept = list(ReleaseSample.objects.order_by("at").values_list("at", flat=True))
    fine = [at for at in kept if at >= now - timedelta(minutes=15)]
    coarse = [at for at in kept if at < now - timedelta(minutes=15)]
    assert len(coarse) == 2, "one a minute"
    assert len(fine) == 77, "all of the last quarter of an hour, and the one just taken"


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release counts as one too long to be counted at each look."""
    monkeypatch.setattr(samples, "COUNTED", 100)


@pytest.mark.usefixtures("long")
def test_a_page_reads_the_last_sample_of_a_long_release_and_counts_only_when_there_is_none(
    people: list[int], issue: Issue, now: datetime, becomes: Settle
) -> None:
    samples.sample(now=now)
    becomes(D.ACCEPTED, 3, at=now)
    with CaptureQueriesContext(connection) as captured:
        fresh = samples.look(issue.pk, now=now + FRESH)
    assert fresh is not None
    assert fresh.now.accepted == 0
    assert not any("newsletter_result" in query["sql"] for query in captured.captured_queries)
    stale = samples.look(issue.pk, now=now + FRESH + timedelta(seconds=1))
    assert stale is not None
    assert (stale.now.accepted, stale.settled, stale.planned) == (3, 3, 160)
    assert [group.planned for group in fresh.groups] == [group.planned for group in stale.groups]


def test_a_short_release_is_counted_at_each_look_so_that_the_page_is_of_one_moment(
    people: list[int], issue: Issue, now: datetime, becomes: Settle
) -> None:
    samples.sample(now=now)
    becomes(D.ACCEPTED, 3, at=now)
    becomes(D.REFUSED, 1, at=now, code=550, reply="no")
    replies = reply_summary.last(issue.pk, limit=5)
    far = samples.look(issue.pk, now=now + timedelta(seconds=1))
    assert far is not None
    assert (far.now.accepted, far.now.counts[D.REFUSED], far.now.pending) == (3, 1, 156)
    assert reply_summary.known(replies, far.now.counts) == replies


@pytest.mark.usefixtures("long")
def test_no_reply_is_told_that_the_counts_beside_it_do_not_know_of(
    people: list[int], issue: Issue, now: datetime, becomes: Settle
) -> None:
    samples.sample(now=now)
    becomes(D.REFUSED, 1, at=now, code=550, reply="no")
    becomes(D.DEFERRED, 1, at=now, code=450, reply="later")
    replies = reply_summary.last(issue.pk, limit=5)
    far = samples.look(issue.pk, now=now + timedelta(seconds=1))
    assert far is not None
    assert far.now.pending == 160, "as the sample says"
    assert reply_summary.known(replies, far.now.counts) == []
    again = {**far.now.counts, D.PENDING: 100, D.ACCEPTED: 60}
    assert [one.state for one in reply_summary.known(replies, again)] == [D.DEFERRED], "it may have been taken since"


def test_an_issue_that_is_not_frozen_has_no_progress(issue: Issue, now: datetime) -> None:
    assert samples.look(issue.pk, now=now) is None


@pytest.mark.usefixtures("long")
def test_rate_and_end_follow_from_what_was_taken(
    people: list[int], issue: Issue, now: datetime, becomes: Settle
) -> None:
    for step in range(13):  # a minute, two mails every five seconds
        samples.sample(now=now + timedelta(seconds=5 * step))
        becomes(D.ACCEPTED, 2, at=now)
    at = now + timedelta(seconds=60)
    far = samples.look(issue.pk, now=at)
    assert far is not None
    assert far.rate_short == pytest.approx(0.4)
    assert far.rate_long == pytest.approx(0.4)
    assert far.eta is not None
    assert (far.eta - at).total_seconds() == pytest.approx((160 - 24) / 0.4)
    idle = samples.look(issue.pk, now=at + timedelta(seconds=90))
    assert idle is not None
    assert idle.rate_short < 0.2


def test_a_release_that_has_ended_has_no_pace_and_its_true_end(
    readers: newsroom.Readers, issue: Issue, now: datetime, becomes: Settle
) -> None:
    readers.join(4)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    samples.sample(now=now)
    becomes(D.ACCEPTED, 4, at=now)
    assert completion.finish(issue.pk, now=now + timedelta(seconds=8))
    far = samples.look(issue.pk, now=now + timedelta(days=30))
    assert far is not None
    assert (far.rate_short, far.rate_long, far.eta) == (0.0, 0.0, None)
    assert far.now.accepted == 4
    assert far.points[-1].at == now + timedelta(seconds=8)


def point(at: datetime, accepted: int) -> Point:
    return Point(at=at, counts={**dict.fromkeys(D, 0), D.ACCEPTED: accepted})


def test_a_chart_holds_everything_that_was_taken(now: datetime) -> None:
    points = [point(now + timedelta(seconds=5 * n), 10 * n) for n in range(200)]
    drawn = samples.intervals(points)
    assert sum(one.accepted for one in drawn) == 1990
    assert len(drawn) <= samples.BARS
    assert {one.end - one.start for one in drawn} == {timedelta(seconds=30)}
    assert drawn[0].start == points[0].at
    assert drawn[-1].end >= points[-1].at
    gap = [point(now, 0), point(now + timedelta(hours=3), 5)]
    assert [one.accepted for one in samples.intervals(gap)][-1] == 5
    assert samples.intervals([]) == []
    assert [one.accepted for one in samples.intervals([point(now, 3)])] == [0]


def test_replies_are_grouped_and_name_nobody(
    people: list[int], issue: Issue, now: datetime, becomes: Settle, readers: newsroom.Readers
) -> None:
    """I6: what a server says of one reader is counted with what it says of others."""
    becomes(D.ACCEPTED, 5, at=now, code=250, reply="ok")
    for n in range(3):
        reply = f"5.1.1 <{readers.addresses[people[n]]}>: unknown here ({n}F3A77B2C{n})"
        becomes(D.REFUSED, 1, at=now, code=550, reply=reply)
    becomes(D.UNCERTAIN, 1, at=now, reply="the connection broke")
    first, second = reply_summary.last(issue.pk, limit=5)
    assert (first.count, first.codes, first.text) == (3, "550", "…: unknown here (…)")
    assert (second.count, second.state) == (1, D.UNCERTAIN)
    assert [one.count for one in reply_summary.reasons(issue.pk, limit=5)] == [3, 1]
    assert reply_summary.last(issue.pk + 1, limit=5) == []
    assert Release.objects.filter(pk=issue.pk + 1).exists() is False
    assert reply_summary.reasons(issue.pk + 1, limit=5) == []


def test_the_next_tries_are_told_with_their_times(
    people: list[int], issue: Issue, now: datetime, becomes: Settle
) -> None:
    becomes(D.DEFERRED, 4, at=now)
    becomes(D.DEFERRED, 2, at=now + timedelta(minutes=2))
    assert tally.next_tries(issue.pk, limit=5) == [
        (now + timedelta(minutes=5), 4),
        (now + timedelta(minutes=7), 2),
    ]
    work = tally.chunks(issue.pk)
    assert (work.waiting, work.retries, work.held, work.workers) == (3, 2, 0, 0)


def test_an_issue_is_being_sent_until_everybody_was_tried_once() -> None:
    counts = {**dict.fromkeys(D, 0), D.ACCEPTED: 5, D.DEFERRED: 3}
    assert samples.standing(IssueState.SENDING, {**counts, D.PENDING: 1}).again == 0
    assert samples.standing(IssueState.SENDING, counts).again == 3
    assert samples.standing(IssueState.PAUSED, counts).again == 0, "nothing is tried while it is paused"
    assert samples.standing(IssueState.FINISHED, {**counts, D.DEFERRED: 0}).again == 0
