"""What people, and the worker, do with a release: pause, resume, cancel, decide on doubts."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from newsletter.delivery import alarms, doorbell, events
from newsletter.delivery.alarms import raise_alarm, settle_alarm
from newsletter.delivery.control import restore_guard
from newsletter.delivery.ledger import audience_freeze, completion, journal, leases, results, retry_chunks
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.release_plan import CANCELLED, untried
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.models import Attempt, Chunk, Release, Result
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.errors import NotAllowed
from newsletter.issues import services as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.translatable import Translatable as _

__all__ = [
    "Doubt",
    "believe",
    "cancel",
    "due_again",
    "pause",
    "pause_if_sending",
    "raise_alarm",
    "resolve_uncertain",
    "resume",
    "set_care",
    "settle_alarm",
]

INLINE_CHUNKS = 40
"""How many chunks `cancel` settles itself; the workers do the rest, so that no page waits for a million rows."""


class Doubt(StrEnum):
    """What a person decides about deliveries of which nobody knows whether they were taken."""

    NEVER_TWICE = "never-twice"
    """Leave them: nobody gets it twice, and some may not get it at all."""
    AGAIN = "again"
    """At least once: send them again, with the same Message-ID; some may get it twice."""
    ACCEPTED = "accepted"
    """Count them as accepted: somebody looked it up."""


def pause(issue_id: int, *, by: str, now: datetime, reason: str = "") -> Issue:
    """Hold an issue that is being sent; what is in flight ends, nothing new starts. Raises NotAllowed, NotFound."""
    issue = issues.move(issue_id, IssueState.PAUSED, now=now, by=by, reason=reason)
    events.say("release.paused", issue=issue_id, why=reason or None)
    return issue


def pause_if_sending(issue_id: int, *, now: datetime, reason: str, brake: str = "") -> bool:
    """Pause for the worker, with an alarm; False when somebody had moved it already.

    ``brake``: the limit that asks for it, remembered, so that it does so once: who goes on has decided.
    """
    try:
        with transaction.atomic():
            retry_chunks.lock_release(issue_id)
            brakes = Release.objects.values_list("brakes", flat=True).filter(pk=issue_id).first() or []
            if brake in brakes:
                return False
            issue = pause(issue_id, by=completion.ACTOR, now=now, reason=reason)
            if brake:
                Release.objects.filter(pk=issue_id).update(brakes=[*brakes, brake])
            text = _("“%(issue)s” is paused. %(reason)s", issue=issue, reason=reason)
            alarms.raise_alarm(key=f"paused:{issue_id}", text=text, now=now, publication=issue.publication_id)
    except NotAllowed:
        return False
    return True


def resume(issue_id: int, *, by: str, now: datetime) -> Issue:
    """Go on with a paused issue. Raises NotAllowed, NotFound."""
    with transaction.atomic():
        # A finished issue goes on only by sending again to somebody.
        issue = issues.move(issue_id, IssueState.SENDING, now=now, by=by, only_from=IssueState.PAUSED)
        alarms.settle_alarm(key=f"paused:{issue_id}", now=now)
        doorbell.ring()
    events.say("release.resumed", issue=issue_id)
    return issue


def cancel(issue_id: int, *, by: str, now: datetime, reason: str = "") -> Issue:
    """Send nothing more of it. Who was not written to is withdrawn; a chunk that a worker holds, it settles itself.

    Raises NotAllowed, NotFound. Before a release this only moves the issue.
    """
    with transaction.atomic():
        issue = issues.move(issue_id, IssueState.CANCELLED, now=now, by=by, reason=reason)
        alarms.settle_alarm(key=f"paused:{issue_id}", now=now)
        doorbell.ring()
    events.say("release.cancelled", issue=issue_id)
    if Release.objects.filter(pk=issue_id, frozen_at__isnull=True).exists():
        audience_freeze.clear(issue_id)
        return issue
    if (
        restore_guard.is_held()
    ):  # what this database takes for unsent may have been sent: whoever ends the hold settles it
        return issue
    waiting = Chunk.objects.filter(issue_id=issue_id, state=ChunkState.WAITING).order_by("number")
    for number in list(waiting.values_list("number", flat=True)[:INLINE_CHUNKS]):
        _withdraw_chunk(issue_id, number, now=now)
    completion.finish(issue_id, now=now)
    return issue


def _withdraw_chunk(issue_id: int, number: int, *, now: datetime) -> None:
    # One transaction: a process that dies here leaves the chunk waiting, for a worker to settle.
    with transaction.atomic():
        lease = leases.claim_one(issue=issue_id, number=number, owner=f"cancel:{issue_id}", host=journal.boot_id())
        if lease is None:
            return
        withdraw_all(lease, now=now)
        leases.put_back(lease, state=ChunkState.DONE, not_before=None)


def withdraw_all(lease: Lease, *, now: datetime) -> None:
    """Settle everything open in a held chunk of a cancelled issue."""
    rows = results.open_deliveries(lease)
    group = [untried(row, DeliveryState.WITHDRAWN, reason=CANCELLED) for row in rows]
    results.settle(lease, group, now=now)


def resolve_uncertain(issue_id: int, choice: Doubt, *, by: str, now: datetime) -> int:
    """Settle what nobody knows, as a person decided; how many deliveries that were. Raises NotAllowed."""
    release = _frozen(issue_id, "This issue has not been sent, so nothing is in doubt.")
    state = Issue.objects.values_list("state", flat=True).get(pk=issue_id)
    if choice is Doubt.AGAIN and (state == IssueState.CANCELLED or release.expires_at <= now):
        raise NotAllowed(_("This issue is cancelled, or too old to be sent again. Nothing was changed."))
    doubts = Result.objects.filter(issue_id=issue_id, state=DeliveryState.UNCERTAIN)
    count = doubts.count() if choice is Doubt.NEVER_TWICE else 0
    after = 0
    while choice is not Doubt.NEVER_TWICE:
        some = doubts.filter(subscriber__gt=after).order_by("subscriber")
        ids = list(some.values_list("subscriber", flat=True)[:CHUNK_SIZE])
        if not ids:
            break
        after = ids[-1]
        if choice is Doubt.AGAIN:
            count += due_again(issue_id, ids, was=DeliveryState.UNCERTAIN, by=by, now=now)
        else:
            count += believe(issue_id, ids, attempt=f"decided by {by}", reply="Settled by a person.", now=now)
    staff.record(
        actor=by, action=f"issue.doubt-{choice.value}", subject=f"issue:{issue_id}", now=now, detail={"count": count}
    )
    alarms.settle_alarm(key=f"uncertain:{issue_id}", now=now)
    doorbell.ring()
    return count


def due_again(issue_id: int, ids: Sequence[int], *, was: DeliveryState, by: str, now: datetime) -> int:
    """Make these deliveries due once more, at most a chunk of them; how many still were as they ``was``.

    A finished issue is being sent again from then on, so that it can be paused and cancelled.
    """
    group = [Settlement(subscriber=subscriber, state=DeliveryState.DEFERRED, tries=0, due=now) for subscriber in ids]
    with transaction.atomic():
        count = results.make_due_again(issue_id, group, was=was, now=now)
        state = Issue.objects.values_list("state", flat=True).get(pk=issue_id)
        if count and state == IssueState.FINISHED:
            issues.move(issue_id, IssueState.SENDING, now=now, by=by, reason=_("Some are sent again."))
        if count:
            doorbell.ring()
    return count


def believe(issue_id: int, ids: Sequence[int], *, attempt: str, reply: str, now: datetime) -> int:
    """Settle doubtful ones as accepted, because somebody or something saw it; how many were still in doubt."""
    with transaction.atomic():
        retry_chunks.lock_release(issue_id)
        doubts = Result.objects.filter(issue_id=issue_id, subscriber__in=ids, state=DeliveryState.UNCERTAIN)
        still = list(doubts.values_list("subscriber", flat=True))
        Attempt.objects.bulk_create(
            Attempt(
                issue_id=issue_id,
                subscriber=subscriber,
                at=now,
                phase="dot",
                state=DeliveryState.ACCEPTED,
                reply=attempt,
            )
            for subscriber in still
        )
        return doubts.update(state=DeliveryState.ACCEPTED, kind="", settled_at=now, reply=reply)


def set_care(issue_id: int, *, useful_life_hours: int | None, uncertain_policy: str, by: str, now: datetime) -> Issue:
    """How long the issue is worth being tried, and what to do about doubts; before its release or after.

    None and "" mean: as the publication has it. Raises InvalidInput, NotFound.
    """
    with transaction.atomic():
        retry_chunks.lock_release(issue_id)  # before the issue's row, as everybody does
        before = Issue.objects.values_list("useful_life_hours", flat=True).filter(pk=issue_id).first()
        issue = issues.set_care(
            issue_id, useful_life_hours=useful_life_hours, uncertain_policy=uncertain_policy, by=by, now=now
        )
        # Untouched where the hours are: sending again may have given it a longer life.
        changed = issue.useful_life_hours != before
        for release in Release.objects.filter(pk=issue_id) if changed else ():
            Release.objects.filter(pk=issue_id).update(expires_at=release.started_at + issue.useful_life)
    return issue


def _frozen(issue_id: int, otherwise: str) -> Release:
    release = Release.objects.select_related("issue__publication").filter(pk=issue_id, frozen_at__isnull=False).first()
    if release is None:
        raise NotAllowed(otherwise)
    return release
