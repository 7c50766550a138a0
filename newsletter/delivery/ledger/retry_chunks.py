"""Where deferred deliveries wait: chunks with a moment before which nobody claims them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, Max, Sum

from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.settlements import LedgerBroken, Settlement
from newsletter.delivery.models import Chunk, Release
from newsletter.delivery.replies import retry_policy
from newsletter.delivery.states import ChunkState


def lock_release(issue: int) -> None:
    """Numbers of new chunks, and the end of an issue, are decided one transaction at a time."""
    list(Release.objects.select_for_update().filter(pk=issue).values_list("pk"))


def place(lease: Lease, deferred: Sequence[Settlement], *, now: datetime) -> dict[int, int]:
    """Put each deferred delivery into a retry chunk that waits for the same minute, or into a new chunk.

    Returns the number of the chunk by subscriber.
    """
    if not deferred:
        return {}
    lock_release(lease.issue)
    here = Chunk.objects.filter(issue_id=lease.issue, number=lease.number)
    domain_group = here.values_list("domain_group", flat=True).first() or 0
    by_minute: dict[datetime, list[int]] = {}
    for settlement in deferred:
        if settlement.due is None:
            raise LedgerBroken("deferred without a time", issue=lease.issue, chunk=lease.number)
        by_minute.setdefault(retry_policy.whole_step(settlement.due), []).append(settlement.subscriber)
    places: dict[int, int] = {}
    for due, people in sorted(by_minute.items()):
        for start in range(0, len(people), CHUNK_SIZE):
            some = people[start : start + CHUNK_SIZE]
            later = _step_with_room(lease.issue, due=due, now=now, domain_group=domain_group, size=len(some))
            number = _retry_chunk(lease.issue, due=later, domain_group=domain_group, size=len(some))
            places.update(dict.fromkeys(some, number))
    return places


def _step_with_room(issue: int, *, due: datetime, now: datetime, domain_group: int, size: int) -> datetime:
    """A large domain comes back a chunk at a time; small domains, which share chunks, need not wait for each other."""
    if not domain_group or due <= now + retry_policy.STEP:
        return due
    later = Chunk.objects.filter(issue_id=issue, retry=True, domain_group=domain_group, not_before__gte=due)
    taken = dict(later.order_by("not_before").values_list("not_before").annotate(n=Sum("size")))
    return retry_policy.step_with_room(due, now=now, taken=taken, room=CHUNK_SIZE, wanted=size)


def _retry_chunk(issue: int, *, due: datetime, domain_group: int, size: int) -> int:
    retries = Chunk.objects.filter(issue_id=issue, retry=True, state=ChunkState.WAITING)
    fits = retries.filter(not_before=due, domain_group=domain_group, size__lte=CHUNK_SIZE - size)
    # A chunk that is being claimed this very moment is passed by: to wait for its row could be a deadlock.
    number = fits.select_for_update(skip_locked=True).order_by("number").values_list("number", flat=True).first()
    if number is not None:
        retries.filter(number=number).update(size=F("size") + size)
        return int(number)
    last = Chunk.objects.filter(issue_id=issue).aggregate(last=Max("number"))["last"] or 0
    Chunk.objects.create(
        issue_id=issue, number=last + 1, retry=True, domain_group=domain_group, size=size, not_before=due
    )
    return int(last) + 1
