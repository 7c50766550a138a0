"""The freeze: who gets an issue is written down once, with who does not and why, before anything is sent."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter import conf
from newsletter.delivery import alarms, claims, events, journal
from newsletter.delivery.models import Chunk, Delivery, Release
from newsletter.delivery.placing import OWN_GROUP, Places
from newsletter.delivery.queues import local
from newsletter.delivery.settle import CHUNK_SIZE
from newsletter.errors import NewsletterError, NotAllowed
from newsletter.issues import queries as issue_queries
from newsletter.issues import services as issues
from newsletter.issues.models import Approval, Issue
from newsletter.issues.states import RELEASED, IssueState
from subscribers import api as subscribers

SLICE, LARGEST_SLICE = 5_000, 40_000
"""Rows of the first write transaction on SQLite, and of the largest."""
BRISK, SLOW = 0.04, 0.08
"""Seconds: a slice that took less is followed by a larger one, one that took more by a smaller one. Both are well under
200 ms, so that no unsubscribe waits longer."""


class FreezeFailed(NewsletterError):
    """The sums of a freeze are off. Nothing was sent, and nothing will be."""


def freeze(issue_id: int, *, by: str, now: datetime) -> Release:
    """Freeze an approved issue's audience and plan its deliveries; workers begin when it is complete.

    All or nothing: one that was cut short gives the same set when it is called again, bound to its first cut-off.
    Releasing twice, or by two schedulers at once, is one release: who comes second gets it at once, as far as it is.
    Raises NotAllowed, NotFound, FreezeFailed.
    """
    issue = issue_queries.get_issue(issue_id)
    if IssueState(issue.state) not in RELEASED:
        _begin(issue, by=by, now=now)
    if not Release.objects.filter(pk=issue_id).exists():
        raise NotAllowed(f"Issue {issue.number} {issues.in_words(issue.state)}: it cannot be released.")
    _carry_out(issue_id, now=now)
    return Release.objects.get(pk=issue_id)


def resume_cut_short(*, now: datetime) -> int:
    """Begin again every freeze whose process died; how many were completed."""
    done = 0
    for issue_id in list(Issue.objects.filter(state=IssueState.FREEZING).order_by("pk").values_list("pk", flat=True)):
        try:
            done += _carry_out(issue_id, now=now)
        except NewsletterError as error:
            events.say("release.failed", level=logging.ERROR, issue=issue_id, why=str(error))
            alarms.raise_alarm(key=f"freeze:{issue_id}", text=str(error), now=now)
    return done


def _begin(issue: Issue, *, by: str, now: datetime) -> None:
    """Take the issue into `freezing`, with its numbers still empty. Who comes second finds it there."""
    with transaction.atomic():
        # Locked: `freezing` may become `freezing` again, so the table alone would let a second one in.
        state = Issue.objects.select_for_update().values_list("state", flat=True).get(pk=issue.pk)
        if IssueState(state) in RELEASED:
            return
        if issue_queries.approval_in_force(issue) is None:
            raise NotAllowed(f"Issue {issue.number} {issues.in_words(state)}: it has to be approved first.")
        issues.move(issue.pk, IssueState.FREEZING, now=now, by=by)
        Release.objects.create(
            issue=issue,
            cut_off=now,
            started_at=now,
            released_by=by,
            expires_at=now + issue.useful_life,
        )


def _carry_out(issue_id: int, *, now: datetime) -> bool:
    """The freeze itself, by one process at a time; True when this call completed it."""
    began = claims.boottime()
    if connection.vendor == "postgresql":
        with transaction.atomic():
            rows = Release.objects.select_for_update(skip_locked=True).filter(pk=issue_id, frozen_at__isnull=True)
            release = rows.first()
            if release is None:
                return False
            with _candidates(release, _LIST) as cursor:
                _copy_all(cursor, release)
                _publish(cursor, release, now=now, seconds=claims.boottime() - began)
    else:
        # One database file is one machine: a lock that dies with its process says who is at work.
        lock = conf.config().journal_dir / f"freeze-{issue_id}.lock"
        with journal.exclusive(lock) as mine:
            release = Release.objects.filter(pk=issue_id, frozen_at__isnull=True).first()
            if not mine or release is None:
                return False
            clear(issue_id)
            try:
                places = Places()
                with _counted_by(places), _candidates(release, _LIST_WITH_PLACES) as cursor:
                    _copy_in_slices(cursor, release, places)
                    with transaction.atomic():
                        _publish(cursor, release, now=now, seconds=claims.boottime() - began)
            except NotAllowed:  # cancelled meanwhile
                clear(issue_id)
                raise
    done = Release.objects.get(pk=issue_id)
    events.say(
        "release.frozen",
        issue=issue_id,
        candidates=done.candidates,
        planned=done.planned,
        excluded=done.candidates - done.planned,
        seconds=done.freeze_seconds,
    )
    return True


_LIST = f"""CREATE TEMPORARY TABLE newsletter_freeze AS
WITH candidate (subscriber, reason, domain_group) AS MATERIALIZED ({{statement}}),
sized AS (
    SELECT subscriber, CASE WHEN COUNT(*) OVER (PARTITION BY domain_group) >= {OWN_GROUP} THEN domain_group ELSE 0 END
    AS domain_group FROM candidate WHERE reason IS NULL
),
placed AS (
    SELECT subscriber, domain_group,
    (ROW_NUMBER() OVER (PARTITION BY domain_group ORDER BY subscriber) - 1) / {CHUNK_SIZE} AS turn FROM sized
)
SELECT subscriber, NULL AS reason, domain_group, DENSE_RANK() OVER (ORDER BY turn, domain_group) AS chunk FROM placed
UNION ALL SELECT subscriber, reason, 0, 0 FROM candidate WHERE reason IS NOT NULL"""
"""The list is read once, in one statement, so in one snapshot: nobody falls between planned and excluded.

Chunks take turns through the domain groups, so that no provider has all of the first ones."""

_LIST_WITH_PLACES = """CREATE TEMPORARY TABLE newsletter_freeze AS
WITH candidate (subscriber, reason, domain_group) AS ({statement})
SELECT subscriber, reason, newsletter_place(reason, domain_group) AS place FROM candidate"""
"""The same on SQLite, but for the sorting: also one statement, so one snapshot."""

_DELIVERIES = """INSERT INTO newsletter_delivery (issue_id, subscriber, chunk, rendition_id, not_before)
SELECT %s, subscriber, chunk, %s, NULL FROM {source} WHERE reason IS NULL"""
_EXCLUSIONS = """INSERT INTO newsletter_exclusion (issue_id, subscriber, reason)
SELECT %s, subscriber, reason FROM newsletter_freeze WHERE reason IS NOT NULL"""
_CHUNKS = """INSERT INTO newsletter_chunk
(issue_id, number, retry, domain_group, size, state, not_before, owner, host, token, beat, "window")
SELECT %s, chunk, %s, MIN(domain_group), {size}, 'waiting', NULL, '', '', 0, 0, 0
FROM {source}"""
_PLACED = "newsletter_freeze CROSS JOIN newsletter_place ON newsletter_place.place = newsletter_freeze.place"
_SLICE = "AND newsletter_freeze.rowid > %s AND newsletter_freeze.rowid <= %s"


@contextmanager
def _counted_by(places: Places) -> Iterator[None]:
    """SQLite asks ``places`` for each candidate's place."""
    connection.ensure_connection()
    database = connection.connection
    database.create_function("newsletter_place", 2, places.take)
    try:
        yield
    finally:
        database.create_function("newsletter_place", 2, None)


@contextmanager
def _candidates(release: Release, form: str) -> Iterator[CursorWrapper]:
    """The candidates, each with its reason, or its chunk or place, in a temporary table: ours are not locked for it."""
    approval = _approval(release)
    statement = subscribers.recipients_of(approval.audience, cut_off=release.cut_off)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS newsletter_freeze")
        parameters: Any = statement.params
        cursor.execute(form.format(statement=statement.sql), parameters)
        yield cursor
        cursor.execute("DROP TABLE newsletter_freeze")


def _approval(release: Release) -> Approval:
    approval = issue_queries.approval_in_force(release.issue)
    if approval is None:
        raise NotAllowed(f"Issue {release.issue.number} has no approval in force any more. Nothing was sent.")
    return approval


def _rendition(release: Release) -> int:
    """The one rendition there is, or that in the newsletter's own language."""
    approval = _approval(release)
    renditions = list(approval.renditions.order_by("pk"))
    own = [one for one in renditions if one.language == release.issue.publication.language]
    if not renditions:
        raise NotAllowed(f"Issue {release.issue.number} was approved without content. Nothing was sent.")
    return int((own or renditions)[0].pk)


def _copy_all(cursor: CursorWrapper, release: Release) -> None:
    cursor.execute(_DELIVERIES.format(source="newsletter_freeze"), [release.pk, _rendition(release)])
    cursor.execute(_EXCLUSIONS, [release.pk])
    chunks = _CHUNKS.format(size="COUNT(*)", source="newsletter_freeze WHERE reason IS NULL")
    cursor.execute(f"{chunks} GROUP BY chunk", [release.pk, False])


def _copy_in_slices(cursor: CursorWrapper, release: Release, places: Places) -> None:
    rendition, chunks = _rendition(release), _number(cursor, places)
    deliveries = f"{_DELIVERIES.format(source=_PLACED)} {_SLICE}"
    cursor.execute("SELECT COALESCE(MAX(rowid), 0) FROM newsletter_freeze")
    rows = cursor.fetchone()[0]
    start, size = 0, SLICE
    while start < rows:
        began, end = claims.boottime(), start + size
        with transaction.atomic():
            cursor.execute(deliveries, [release.pk, rendition, start, end])
            cursor.execute(f"{_EXCLUSIONS} {_SLICE}", [release.pk, start, end])
        start, size = end, next_slice(size, took=claims.boottime() - began)
    for start in range(0, chunks, SLICE):
        with transaction.atomic():
            statement = _CHUNKS.format(size="MIN(size)", source="newsletter_place")
            part = "WHERE chunk > %s AND chunk <= %s GROUP BY chunk"
            cursor.execute(f"{statement} {part}", [release.pk, False, start, start + SLICE])
    cursor.execute("DROP TABLE temp.newsletter_place")


def next_slice(size: int, *, took: float) -> int:
    """How many rows come next, after a slice of ``size`` that took so many seconds."""
    if took > SLOW:
        return max(size // 2, 1)
    return max(min(size * 2, LARGEST_SLICE), size) if took < BRISK else size


def _number(cursor: CursorWrapper, places: Places) -> int:
    """Give each place the number of its chunk, in a temporary table; how many chunks there are."""
    chunks = places.chunks()
    cursor.execute("DROP TABLE IF EXISTS temp.newsletter_place")
    columns = "place INTEGER PRIMARY KEY, chunk INTEGER, domain_group INTEGER, size INTEGER"
    cursor.execute(f"CREATE TEMPORARY TABLE newsletter_place ({columns})")
    rows = [
        (place, number, chunk.domain_group, chunk.size)
        for number, chunk in enumerate(chunks, start=1)
        for place in chunk.places
    ]
    with transaction.atomic():
        cursor.executemany("INSERT INTO newsletter_place VALUES (%s, %s, %s, %s)", rows)
    return len(chunks)


def clear(issue_id: int) -> None:
    """Take away what a freeze that did not come to its end has left, a slice at a time."""
    for table, key in (("chunk", "number"), ("delivery", "subscriber"), ("exclusion", "subscriber")):
        some = f"SELECT {key} FROM newsletter_{table} WHERE issue_id = %s ORDER BY {key} LIMIT {SLICE}"
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"DELETE FROM newsletter_{table} WHERE issue_id = %s AND {key} IN ({some})", [issue_id, issue_id]
                )
                if not cursor.rowcount:
                    break


def _publish(cursor: CursorWrapper, release: Release, *, now: datetime, seconds: float) -> None:
    """The last commit: check the sums, then let workers see it. Raises FreezeFailed, NotAllowed when cancelled."""
    by = release.released_by
    # First of all, so that one that was cancelled meanwhile says so; a wrong sum takes it back.
    issues.move(release.pk, IssueState.SENDING, now=now, by=by)
    cursor.execute("SELECT COUNT(*) FROM newsletter_freeze")
    candidates = cursor.fetchone()[0]
    planned = Delivery.objects.filter(issue_id=release.pk).count()
    cursor.execute(
        "SELECT reason, COUNT(*) FROM newsletter_exclusion WHERE issue_id = %s GROUP BY reason ORDER BY reason",
        [release.pk],
    )
    excluded = dict(cursor.fetchall())
    in_chunks = sum(Chunk.objects.filter(issue_id=release.pk).values_list("size", flat=True))
    if candidates != planned + sum(excluded.values()) or in_chunks != planned:
        raise FreezeFailed(
            f"The sums of issue {release.issue.number} are off: {candidates} candidates, {planned} planned, "
            f"{sum(excluded.values())} excluded, {in_chunks} in chunks. Nothing was sent; release it again."
        )
    Release.objects.filter(pk=release.pk).update(
        candidates=candidates, planned=planned, excluded=excluded, frozen_at=now, freeze_seconds=seconds
    )
    if not planned:
        reason = "Nobody could be written to: " + (_in_words(excluded) if excluded else "the list is empty.")
        issues.move(release.pk, IssueState.FINISHED, now=now, by=by, reason=reason)
        Release.objects.filter(pk=release.pk).update(finished_at=now)
    local.ring()


def _in_words(excluded: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(excluded.items())) + "."
