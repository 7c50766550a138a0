"""The freeze: who gets an issue is written down once, with who does not and why, before anything is sent."""

import itertools
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count

from newsletter import conf
from newsletter.delivery import alarms, clock, doorbell, events
from newsletter.delivery.ledger import chunking, journal, statements
from newsletter.delivery.models import Chunk, Delivery, Exclusion, Release
from newsletter.errors import NotAllowed, UserError, words_of
from newsletter.issues import queries as issue_queries
from newsletter.issues import services as issues
from newsletter.issues.edition import WEB
from newsletter.issues.models import Approval, Issue
from newsletter.issues.states import RELEASED, IssueState
from newsletter.translatable import Quantity, in_a_row
from newsletter.translatable import Translatable as _
from subscribers import api as subscribers

SLICE, LARGEST_SLICE = 5_000, 40_000
"""Rows of the first write transaction on SQLite, and of the largest."""
BRISK, SLOW = 0.04, 0.08
"""Seconds: after a slice that took less than `BRISK` the next is larger, after more than `SLOW` smaller. Both are well
under 200 ms, so that no unsubscribe waits longer."""


class FreezeFailed(UserError, RuntimeError):
    """The sums of a freeze are off. Nothing was sent, and nothing will be."""


def freeze(issue_id: int, *, by: str, now: datetime) -> Release:
    """Freeze an approved issue's audience and plan its deliveries; workers begin when it is complete.

    All or nothing: a freeze that was cut short gives the same set when it is called again, bound to its first cut-off.
    Releasing twice, or by two schedulers at once, is a single release, which the second caller gets as far as it is.
    Raises NotAllowed, NotFound, FreezeFailed.
    """
    issue = issue_queries.get_issue(issue_id)
    if IssueState(issue.state) not in RELEASED:
        _begin(issue, by=by, now=now)
    if not Release.objects.filter(pk=issue_id).exists():
        raise NotAllowed(
            _(
                "Issue %(number)s %(state)s: it cannot be released.",
                number=Quantity(issue.number),
                state=issues.in_words(issue.state),
            )
        )
    _carry_out(issue_id, now=now)
    return Release.objects.get(pk=issue_id)


def resume_cut_short(*, now: datetime) -> int:
    """Begin again every freeze whose process died; how many were completed."""
    done = 0
    for issue_id in list(Issue.objects.filter(state=IssueState.FREEZING).order_by("pk").values_list("pk", flat=True)):
        try:
            done += _carry_out(issue_id, now=now)
        except UserError as error:
            events.say("release.failed", level=logging.ERROR, issue=issue_id, why=str(error))
            alarms.raise_alarm(key=f"freeze:{issue_id}", text=words_of(error), now=now)
    return done


def _begin(issue: Issue, *, by: str, now: datetime) -> None:
    """Take the issue into `freezing`, with its numbers still empty. Who comes second finds it there."""
    with transaction.atomic():
        # Locked: `freezing` may become `freezing` again, so the table alone would let a second freeze in.
        state = Issue.objects.select_for_update().values_list("state", flat=True).get(pk=issue.pk)
        if IssueState(state) in RELEASED:
            return
        if issue_queries.approval_in_force(issue) is None:
            raise NotAllowed(
                _(
                    "Issue %(number)s %(state)s: it has to be approved first.",
                    number=Quantity(issue.number),
                    state=issues.in_words(state),
                )
            )
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
    began = clock.boottime()
    if connection.vendor == "postgresql":
        with transaction.atomic():
            rows = Release.objects.select_for_update(skip_locked=True).filter(pk=issue_id, frozen_at__isnull=True)
            release = rows.first()
            if release is None:
                return False
            with connection.cursor() as cursor:
                candidates = _copy_all(cursor, release)
                _put_in_chunks(cursor, release)
                _publish(release, candidates, now=now, seconds=clock.boottime() - began)
    else:
        # One database file is one machine: a lock that dies with its process says who is at work.
        lock = conf.config().journal_dir / f"freeze-{issue_id}.lock"
        with journal.exclusive(lock) as mine:
            release = Release.objects.filter(pk=issue_id, frozen_at__isnull=True).first()
            if not mine or release is None:
                return False
            clear(issue_id)
            try:
                with connection.cursor() as cursor, _checkpointed_once(cursor):
                    candidates = _copy_in_slices(cursor, release)
                    _put_in_chunks(cursor, release)
                    with transaction.atomic():
                        _publish(release, candidates, now=now, seconds=clock.boottime() - began)
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


_serial = itertools.count()


def _statement(release: Release, text: str, *, form: str = "", place: str = "") -> tuple[str, list[Any]]:
    """With the audience's candidates before it; and their parameters, which come first."""
    found = subscribers.recipients_of(_approval(release).audience, cut_off=release.cut_off)
    return statements.with_candidates(text, found.sql, form=form, place=place), list(found.params)


def _approval(release: Release) -> Approval:
    approval = issue_queries.approval_in_force(release.issue)
    if approval is None:
        raise NotAllowed(
            _("Issue %(number)s is no longer approved. Nothing was sent.", number=Quantity(release.issue.number))
        )
    return approval


def _rendition(release: Release) -> int:
    """The only rendition there is, or the rendition in the newsletter's own language."""
    approval = _approval(release)
    renditions = list(approval.renditions.exclude(format=WEB).order_by("pk"))
    own = [rendition for rendition in renditions if rendition.language == release.issue.publication.language]
    if not renditions:
        raise NotAllowed(
            _("Issue %(number)s was approved without content. Nothing was sent.", number=Quantity(release.issue.number))
        )
    return int((own or renditions)[0].pk)


@contextmanager
def _checkpointed_once(cursor: CursorWrapper) -> Iterator[None]:
    """SQLite copies its log into the database at the end, and not after each slice, which takes longer than the slice.

    Passively, so that nobody waits for it. Within a transaction of a caller it is left as it is.
    """
    if connection.in_atomic_block:
        yield
        return
    cursor.execute("PRAGMA wal_autocheckpoint")
    [(usual,)] = cursor.fetchall()
    cursor.execute("PRAGMA wal_autocheckpoint = 0")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA wal_autocheckpoint = {usual}")
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _copy_all(cursor: CursorWrapper, release: Release) -> int:
    """Everybody in one statement; how many candidates there were."""
    statement, given = _statement(release, statements.FREEZE_AT_ONCE, form="MATERIALIZED")
    cursor.execute(statement, [*given, release.pk, _rendition(release), release.pk])
    return int(cursor.fetchone()[0])


def _copy_in_slices(cursor: CursorWrapper, release: Release) -> int:
    """The list at once into a temporary table, then a slice of it after the other; how many candidates there were."""
    rendition, placed = _rendition(release), chunking.Places()
    # A new name each time: SQLite does not let a function be redefined while any statement is half read.
    place = f"newsletter_place_{next(_serial)}"
    connection.ensure_connection()
    connection.connection.create_function(place, 1, placed.take)
    statement, given = _statement(release, statements.LIST_CANDIDATES, place=place)
    cursor.execute(statements.DROP_LIST)
    cursor.execute(statement, given)
    cursor.execute(statements.COUNT_LISTED)
    candidates = int(cursor.fetchone()[0])
    start, size = 0, SLICE
    while start < candidates:
        began, end = clock.boottime(), start + size
        with transaction.atomic():
            cursor.execute(statements.PLAN_SLICE, [release.pk, rendition, start, end])
            cursor.execute(statements.EXCLUDE_SLICE, [release.pk, start, end])
        start, size = end, next_slice(size, took=clock.boottime() - began)
    cursor.execute(statements.DROP_LIST)
    return candidates


def _put_in_chunks(cursor: CursorWrapper, release: Release) -> None:
    """Rows for the chunks that the deliveries name; small domains share theirs."""
    cursor.execute(statements.COUNT_BY_CHUNK, [release.pk])
    chunks = chunking.chunks(cursor.fetchall())
    with transaction.atomic():
        for chunk in chunks:
            for part in chunk.parts[1:]:
                cursor.execute(statements.MOVE_TO_CHUNK, [chunk.number, release.pk, part])
    for start in range(0, len(chunks), SLICE):
        Chunk.objects.bulk_create(
            [
                Chunk(issue_id=release.pk, number=chunk.number, domain_group=chunk.domain_group, size=chunk.size)
                for chunk in chunks[start : start + SLICE]
            ]
        )


def next_slice(size: int, *, took: float) -> int:
    """How many rows come next, after a slice of ``size`` that took so many seconds."""
    if took > SLOW:
        return max(size // 2, 1)
    return max(min(size * 2, LARGEST_SLICE), size) if took < BRISK else size


def reaches_anybody(rule: Mapping[str, Any], *, now: datetime) -> bool:
    """True when a freeze of this audience would plan at least one delivery."""
    found = subscribers.recipients_of(rule, cut_off=now)
    with connection.cursor() as cursor:
        params: list[Any] = list(found.params)
        cursor.execute(statements.reaches_anybody(found.sql), params)
        return bool(cursor.fetchone()[0])


def clear(issue_id: int) -> None:
    """Take away what a freeze that did not come to its end has left, a slice at a time."""
    for table, key in (("chunk", "number"), ("delivery", "subscriber"), ("exclusion", "subscriber")):
        statement = statements.clear_slice(table, key, size=SLICE)
        while True:
            with connection.cursor() as cursor:
                cursor.execute(statement, [issue_id, issue_id])
                if not cursor.rowcount:
                    break


def _publish(release: Release, candidates: int, *, now: datetime, seconds: float) -> None:
    """The last commit: check the sums, then let workers see it. Raises FreezeFailed, NotAllowed when cancelled."""
    by = release.released_by
    # First, so that an issue that was cancelled meanwhile says so; a wrong sum rolls the move back.
    issues.move(release.pk, IssueState.SENDING, now=now, by=by)
    planned = Delivery.objects.filter(issue_id=release.pk).count()
    reasons = Exclusion.objects.filter(issue_id=release.pk).order_by("reason").values_list("reason")
    excluded = dict(reasons.annotate(n=Count("*")))
    in_chunks = sum(Chunk.objects.filter(issue_id=release.pk).values_list("size", flat=True))
    if candidates != planned + sum(excluded.values()) or in_chunks != planned:
        raise FreezeFailed(
            _(
                "The numbers of issue %(number)s do not add up: %(candidates)s candidates, %(planned)s planned, "
                "%(value)s excluded, %(in_chunks)s in batches. Nothing was sent; release it again.",
                number=Quantity(release.issue.number),
                candidates=Quantity(candidates),
                planned=Quantity(planned),
                value=Quantity(sum(excluded.values())),
                in_chunks=Quantity(in_chunks),
            )
        )
    Release.objects.filter(pk=release.pk).update(
        candidates=candidates, planned=planned, excluded=excluded, frozen_at=now, freeze_seconds=seconds
    )
    if not planned:
        reason = _("Nobody could be written to: the list is empty.")
        if excluded:
            reason = _("Nobody could be written to: %(excluded)s.", excluded=_in_words(excluded))
        issues.move(release.pk, IssueState.FINISHED, now=now, by=by, reason=reason)
        Release.objects.filter(pk=release.pk).update(finished_at=now)
    doorbell.ring()


_WHY = {
    "pending": _("not confirmed yet"),
    "unsubscribed": _("unsubscribed"),
    "suppressed": _("not to be mailed"),
    "no-consent": _("without consent on record"),
    "joined-later": _("joined too late"),
    "erased": _("erased"),
}


def _in_words(excluded: dict[str, int]) -> str:
    counts = sorted(excluded.items())
    return in_a_row(_("%(n)s %(why)s", n=Quantity(count), why=_WHY.get(reason, reason)) for reason, count in counts)
