"""What people set and ask about times: a publication's cadence, and when an issue is expected to go out."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from django.db import transaction

from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.scheduling import cadence, due
from newsletter.scheduling.models import Schedule
from newsletter.staff import services as staff

MOST_SLOTS_SHOWN = 50


def set_cadence(publication: Publication, *, rule: str, by: str, now: datetime) -> Publication:
    """Set when the publication goes out, in its own time zone; an empty rule ends it. Raises InvalidInput."""
    clean = cadence.check(rule) if rule.strip() else ""
    with transaction.atomic():
        row = Publication.objects.select_for_update().get(pk=publication.pk)
        if row.cadence != clean:
            row.cadence = clean
            row.save(update_fields=["cadence"])
            staff.record(
                actor=by,
                action="publication.cadence",
                subject=f"publication:{row.pk}",
                now=now,
                detail={"rule": clean, "time_zone": row.time_zone},
            )
        due.keep_up_cadence(row, now=now)
    return row


def next_slots(publication: Publication, *, now: datetime, count: int = 1) -> list[datetime]:
    """The next slots of the publication's cadence, in its zone; none without a cadence."""
    if not publication.cadence:
        return []
    zone = issues.zone_of(publication.time_zone)
    found: list[datetime] = []
    after = now
    for _ in range(min(count, MOST_SLOTS_SHOWN)):
        after = cadence.next_after(publication.cadence, zone=zone, after=after)
        found.append(after.astimezone(zone))
    return found


def next_slot(issue: Issue, *, now: datetime) -> datetime | None:
    """The slot that would send the issue: the next slot that no issue approved before it takes; None: no cadence."""
    before = queries.approved_before(issue)
    slots = next_slots(issue.publication, now=now, count=before + 1)
    return slots[before] if len(slots) > before else None


def expected_at(issue: Issue, *, now: datetime) -> datetime | None:
    """When the issue is expected to go out: its own time, else its publication's next free slot; None: by hand."""
    return issue.send_at or next_slot(issue, now=now)


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Something that goes out by itself, or by hand."""

    publication: Publication
    issue: Issue | None
    """None: nothing is approved for this slot yet."""
    at: datetime | None
    """None: by hand."""


def coming(*, now: datetime) -> list[Coming]:
    """What goes out next, in order of time; last what a user has to send.

    Each slot of a cadence sends one issue: the oldest approved issue without a time of its own, then the next.
    """
    found: list[Coming] = []
    waiting: dict[int, list[Issue]] = {}
    for issue in queries.approved_or_scheduled():
        if issue.send_at is not None:
            found.append(Coming(publication=issue.publication, issue=issue, at=issue.send_at))
        else:
            waiting.setdefault(issue.publication_id, []).append(issue)
    for publication in queries.publications():
        theirs = waiting.get(publication.pk, [])
        slots = next_slots(publication, now=now, count=len(theirs) or 1)
        found += [
            Coming(publication=publication, issue=issue, at=at)
            for issue, at in zip_longest(theirs, slots)
            if issue is not None or at is not None
        ]
    return sorted(found, key=lambda item: (item.at is None, item.at or now))


def schedule_of(publication: Publication) -> Schedule | None:
    """The row of the publication's cadence: its next slot and what was done for the last."""
    return Schedule.objects.filter(publication=publication, issue__isnull=True).first()
