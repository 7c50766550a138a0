"""Which times have come: rows kept in line with what they follow from, and claimed by compare-and-set (trust P1).

However many schedulers run, exactly one wins each slot. A claim left behind by a scheduler that died is taken over
after a while; the work is safe to repeat, since a release is a compare-and-set itself.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q, QuerySet

from newsletter.errors import InvalidInput
from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.scheduling import cadence, slots
from newsletter.scheduling.models import Schedule

ABANDONED_AFTER = timedelta(minutes=2)
"""A slot's work takes seconds; a claim older than this belongs to a scheduler that is gone."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One slot whose work is ours to do."""

    schedule: int
    publication: int
    slot: datetime
    claimed_at: datetime
    own_issue: int | None
    """The issue whose own time it is; None for a publication's slot."""
    settled_on: int | None
    """The issue that an earlier, cut-short try had chosen."""


def keep_up(*, now: datetime) -> None:
    """Bring every row in line with its issue's time or its publication's cadence."""
    _keep_up_issues()
    rows = {row.publication_id: row for row in Schedule.objects.filter(issue__isnull=True)}
    for publication in Publication.objects.order_by("pk"):
        row = rows.get(publication.pk)
        if publication.cadence or row is not None:
            _keep_up_cadence(publication, row, now=now)


def _keep_up_issues() -> None:
    """A row for each scheduled issue, at its time; none is to come for the others."""
    scheduled = Issue.objects.filter(state=IssueState.SCHEDULED, send_at__isnull=False).select_related("schedule")
    for issue in scheduled:
        row = getattr(issue, "schedule", None)
        if row is None:
            Schedule.objects.get_or_create(
                issue=issue, defaults={"publication_id": issue.publication_id, "next_at": issue.send_at}
            )
        elif row.next_at != issue.send_at and row.claimed_slot != issue.send_at:
            Schedule.objects.filter(pk=row.pk, next_at=row.next_at, claimed_slot=row.claimed_slot).update(
                next_at=issue.send_at
            )
    Schedule.objects.filter(issue__isnull=False, next_at__isnull=False).exclude(
        issue__state=IssueState.SCHEDULED
    ).update(next_at=None, last_outcome="No longer scheduled.")


def keep_up_cadence(publication: Publication, *, now: datetime) -> None:
    """The row of a publication's cadence; its next slot is counted anew when the rule or the zone changed."""
    row = Schedule.objects.filter(publication=publication, issue__isnull=True).first()
    _keep_up_cadence(publication, row, now=now)


def _keep_up_cadence(publication: Publication, row: Schedule | None, *, now: datetime) -> None:
    if row is not None and (row.rule, row.time_zone) == (publication.cadence, publication.time_zone):
        return
    next_at = _next(publication.cadence, publication.time_zone, now) if publication.cadence else None
    values = {"rule": publication.cadence, "time_zone": publication.time_zone, "next_at": next_at}
    if row is None:
        Schedule.objects.get_or_create(publication=publication, issue=None, defaults=values)
    else:
        Schedule.objects.filter(pk=row.pk, rule=row.rule, time_zone=row.time_zone).update(**values)


def _next(rule: str, zone: str, after: datetime) -> datetime | None:
    try:
        return cadence.next_after(rule, zone=issues.zone_of(zone), after=after)
    except InvalidInput as error:
        # Rules are checked when they are set; a rule that has become unreadable must not stop the others.
        _log.error("a cadence cannot be followed: %s", error)
        return None


def claim_due(*, now: datetime) -> Iterator[Claim]:
    """Claim what is due, one at a time as the caller gets to it: first what has come, then what was left behind."""
    for row in list(Schedule.objects.filter(next_at__lte=now, claimed_slot__isnull=True).order_by("next_at", "pk")):
        claim = _claim(row, now=now)
        if claim is not None:
            yield claim
    left_behind = Schedule.objects.filter(claimed_slot__isnull=False, claimed_at__lt=now - ABANDONED_AFTER)
    for row in list(left_behind.order_by("claimed_at", "pk")):
        took = Schedule.objects.filter(pk=row.pk, claimed_slot=row.claimed_slot, claimed_at=row.claimed_at).update(
            claimed_at=now
        )
        if took and row.claimed_slot is not None:
            yield _as_claim(row, slot=row.claimed_slot, now=now)


def _claim(row: Schedule, *, now: datetime) -> Claim | None:
    if row.next_at is None:
        return None
    slot, next_at = row.next_at, None
    if row.issue_id is None:
        zone = issues.zone_of(row.time_zone)
        next_at = _next(row.rule, row.time_zone, now)
        if next_at is not None:
            slot = cadence.latest_due(row.rule, zone=zone, first=slot, now=now, window=slots.GRACE)
    won = Schedule.objects.filter(pk=row.pk, next_at=row.next_at, claimed_slot__isnull=True).update(
        next_at=next_at, claimed_slot=slot, claimed_at=now, claimed_issue=None
    )
    return _as_claim(row, slot=slot, now=now) if won else None


def _as_claim(row: Schedule, *, slot: datetime, now: datetime) -> Claim:
    return Claim(
        schedule=row.pk,
        publication=row.publication_id,
        slot=slot,
        claimed_at=now,
        own_issue=row.issue_id,
        settled_on=row.claimed_issue,
    )


def settle_on(claim: Claim, issue_id: int) -> bool:
    """Remember which issue the slot's work is about, before anything is done to it; False when the claim was lost."""
    return bool(_claimed(claim).update(claimed_issue=issue_id))


def done(claim: Claim, *, summary: str) -> None:
    """End the claim; ``summary`` says what was done. Changes nothing when another scheduler took the claim over."""
    _claimed(claim).update(claimed_slot=None, claimed_at=None, claimed_issue=None, last_outcome=summary[:300])


def claimed(claim: Claim) -> Schedule | None:
    """The claimed row; None when another scheduler took the claim over."""
    return _claimed(claim).first()


def _claimed(claim: Claim) -> QuerySet[Schedule]:
    return Schedule.objects.filter(pk=claim.schedule, claimed_slot=claim.slot, claimed_at=claim.claimed_at)


def waiting(*, now: datetime) -> list[int]:
    """The issues that wait for a slot that has come, or whose slot's work is under way."""
    found: list[int | None] = []
    for row in _come(now).select_related("publication").order_by("pk"):
        following = queries.next_out(row.publication) if row.issue_id is None else None
        found += [row.issue_id, row.claimed_issue, following.pk if following else None]
    return [pk for pk in found if pk is not None]


def pass_over(*, now: datetime, why: str) -> int:
    """Do not do the work of slots that have come: nobody knows whether it was done. How many."""
    # Without its rule, the next slot of a cadence is counted anew.
    return _come(now).update(
        rule="", next_at=None, claimed_slot=None, claimed_at=None, claimed_issue=None, last_outcome=why[:300]
    )


def _come(now: datetime) -> QuerySet[Schedule]:
    return Schedule.objects.filter(Q(next_at__lte=now) | Q(claimed_slot__isnull=False))


def next_time(after: datetime) -> datetime | None:
    """The next instant after ``after`` at which something is due; None when nothing is to come."""
    row = Schedule.objects.filter(next_at__gt=after).aggregate(first=Min("next_at"))
    issue = Issue.objects.filter(state=IssueState.SCHEDULED, send_at__gt=after).aggregate(first=Min("send_at"))
    return min((moment for moment in (row["first"], issue["first"]) if moment is not None), default=None)


def lag(*, now: datetime) -> timedelta:
    """How long the oldest slot that has come waits for its work to be done; nothing when none does."""
    waiting = Schedule.objects.filter(next_at__lte=now, claimed_slot__isnull=True).aggregate(first=Min("next_at"))
    under_way = Schedule.objects.filter(claimed_slot__isnull=False).aggregate(first=Min("claimed_slot"))
    oldest = min((at for at in (waiting["first"], under_way["first"]) if at is not None), default=now)
    return max(now - oldest, timedelta())
