"""What people, and the worker, do with a release: pause, resume, cancel, decide on doubts."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from newsletter.delivery import alarms, audience, claims, epoch, events, finish, journal, settle
from newsletter.delivery.alarms import raise_alarm, settle_alarm
from newsletter.delivery.claims import Lease
from newsletter.delivery.models import Attempt, Chunk, Release, Result
from newsletter.delivery.plan import CANCELLED, untried
from newsletter.delivery.queues import local
from newsletter.delivery.settle import Settlement
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.errors import NotAllowed
from newsletter.issues import services as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff

__all__ = [
    "Doubt",
    "cancel",
    "pause",
    "pause_if_sending",
    "raise_alarm",
    "resolve_uncertain",
    "resume",
    "settle_alarm",
]

INLINE_CHUNKS = 40
"""How many chunks `cancel` settles itself; the workers do the rest, so that no page waits for a million rows."""


class Doubt(StrEnum):
    """What a person decides about deliveries of which nobody knows whether they were taken."""

    AGAIN = "again"
    """Send them again, with the same Message-ID; some readers may get it twice."""
    ACCEPTED = "accepted"
    """They were taken: somebody looked it up."""


def pause(issue_id: int, *, by: str, now: datetime, reason: str = "") -> Issue:
    """Hold an issue that is being sent; what is in flight ends, nothing new starts. Raises NotAllowed, NotFound."""
    issue = issues.move(issue_id, IssueState.PAUSED, now=now, by=by, reason=reason)
    events.say("release.paused", issue=issue_id, why=reason or None)
    return issue


def pause_if_sending(issue_id: int, *, now: datetime, reason: str) -> bool:
    """As `pause`, by the worker, with an alarm; False when somebody had moved it already."""
    try:
        with transaction.atomic():
            issue = pause(issue_id, by=finish.ACTOR, now=now, reason=reason)
            text = f"“{issue}” is paused. {reason}"
            alarms.raise_alarm(key=f"paused:{issue_id}", text=text, now=now, publication=issue.publication_id)
    except NotAllowed:
        return False
    return True


def resume(issue_id: int, *, by: str, now: datetime) -> Issue:
    """Go on with a paused issue. Raises NotAllowed, NotFound."""
    with transaction.atomic():
        issue = issues.move(issue_id, IssueState.SENDING, now=now, by=by)
        alarms.settle_alarm(key=f"paused:{issue_id}", now=now)
        local.ring()
    events.say("release.resumed", issue=issue_id)
    return issue


def cancel(issue_id: int, *, by: str, now: datetime, reason: str = "") -> Issue:
    """Send nothing more of it. Who was not written to is withdrawn; a chunk that a worker holds, it settles itself.

    Raises NotAllowed, NotFound. Before a release this only moves the issue.
    """
    with transaction.atomic():
        issue = issues.move(issue_id, IssueState.CANCELLED, now=now, by=by, reason=reason)
        alarms.settle_alarm(key=f"paused:{issue_id}", now=now)
        local.ring()
    events.say("release.cancelled", issue=issue_id)
    if Release.objects.filter(pk=issue_id, frozen_at__isnull=True).exists():
        audience.clear(issue_id)
        return issue
    if epoch.is_held():  # what this database takes for unsent may have been sent: whoever ends the hold settles it
        return issue
    waiting = Chunk.objects.filter(issue_id=issue_id, state=ChunkState.WAITING).order_by("number")
    for number in list(waiting.values_list("number", flat=True)[:INLINE_CHUNKS]):
        _withdraw_chunk(issue_id, number, now=now)
    finish.finish(issue_id, now=now)
    return issue


def _withdraw_chunk(issue_id: int, number: int, *, now: datetime) -> None:
    # One transaction: a process that dies here leaves the chunk waiting, for a worker to settle.
    with transaction.atomic():
        lease = claims.claim_one(issue=issue_id, number=number, owner=f"cancel:{issue_id}", host=journal.boot_id())
        if lease is None:
            return
        withdraw_all(lease, now=now)
        claims.put_back(lease, state=ChunkState.DONE, not_before=None)


def withdraw_all(lease: Lease, *, now: datetime) -> None:
    """Settle everything open in a held chunk of a cancelled issue."""
    rows = settle.open_rows(lease)
    group = [untried(row, DeliveryState.WITHDRAWN, reason=CANCELLED) for row in rows]
    settle.settle(lease, group, now=now)


def resolve_uncertain(issue_id: int, choice: Doubt, *, by: str, now: datetime) -> int:
    """Settle what nobody knows, as a person decided; how many deliveries that were. Raises NotAllowed."""
    release = Release.objects.filter(pk=issue_id, frozen_at__isnull=False).first()
    if release is None:
        raise NotAllowed("This issue has not been sent, so nothing is in doubt.")
    state = Issue.objects.values_list("state", flat=True).get(pk=issue_id)
    if choice is Doubt.AGAIN and (state == IssueState.CANCELLED or release.expires_at <= now):
        raise NotAllowed("This issue is cancelled, or too old to be sent again. Nothing was changed.")
    settled = 0
    while group := _doubtful(issue_id, now=now):
        if choice is Doubt.AGAIN:
            done = settle.again(issue_id, group, was=DeliveryState.UNCERTAIN, now=now)
        else:
            done = _believe(issue_id, group, by=by, now=now)
        settled += done
        if not done:
            break
    staff.record(
        actor=by, action=f"issue.doubt-{choice.value}", subject=f"issue:{issue_id}", now=now, detail={"count": settled}
    )
    alarms.settle_alarm(key=f"uncertain:{issue_id}", now=now)
    local.ring()
    return settled


def _doubtful(issue_id: int, *, now: datetime) -> list[Settlement]:
    rows = Result.objects.filter(issue_id=issue_id, state=DeliveryState.UNCERTAIN).order_by("subscriber")
    return [
        Settlement(subscriber=row.subscriber, state=DeliveryState.DEFERRED, tries=row.tries, due=now)
        for row in rows[: settle.CHUNK_SIZE]
    ]


def _believe(issue_id: int, group: list[Settlement], *, by: str, now: datetime) -> int:
    ids = [one.subscriber for one in group]
    with transaction.atomic():
        Attempt.objects.bulk_create(
            Attempt(
                issue_id=issue_id,
                subscriber=one,
                at=now,
                phase="dot",
                state=DeliveryState.ACCEPTED,
                reply=f"decided by {by}",
            )
            for one in ids
        )
        doubts = Result.objects.filter(issue_id=issue_id, subscriber__in=ids, state=DeliveryState.UNCERTAIN)
        return doubts.update(state=DeliveryState.ACCEPTED, settled_at=now, reply="Settled by a person.")
