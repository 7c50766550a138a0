"""The brakes of a running release: a look every few seconds at how much of it is refused (trust A5)."""

from datetime import datetime

from django.db.models import Count, Q, Sum

from newsletter.delivery import safety, services
from newsletter.delivery.models import Attempt, Chunk, Release, Result
from newsletter.delivery.safety import Counts, Limits
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.issues.states import IssueState


def check_all(*, now: datetime) -> int:
    """Look at every issue that is being sent; how many were paused."""
    sending = Release.objects.filter(frozen_at__isnull=False, issue__state=IssueState.SENDING).order_by("pk")
    return sum(check(issue_id, now=now) for issue_id in list(sending.values_list("pk", flat=True)))


def check(issue_id: int, *, now: datetime) -> bool:
    """Pause the issue when too many were refused; True when this call did. Once: who goes on has decided."""
    release = Release.objects.select_related("issue__publication").filter(pk=issue_id).first()
    if release is None or safety.REFUSED in release.brakes:
        return False
    limits = Limits(refused=release.issue.publication.refusal_limit)
    if not safety.may_be_over(
        refused=_refused_at_most(issue_id), settled_at_least=_settled_at_least(issue_id), limits=limits
    ):
        return False
    return apply(issue_id, counts=_counts(issue_id), limits=limits, now=now)


def apply(issue_id: int, *, counts: Counts, limits: Limits, now: datetime) -> bool:
    """Do what the counts ask for, each limit once for a release; True when it was paused."""
    said = safety.verdict(counts, limits)
    return bool(said.pause) and services.pause_if_sending(issue_id, now=now, reason=said.pause, brake=said.limit)


# The ledger may hold a million results: attempts are few, and chunks a thousand.


def _refused_at_most(issue_id: int) -> int:
    return Attempt.objects.filter(issue_id=issue_id, state=DeliveryState.REFUSED).count()


def _settled_at_least(issue_id: int) -> int:
    first = Chunk.objects.filter(issue_id=issue_id, retry=False, state=ChunkState.DONE)
    waiting = Chunk.objects.filter(issue_id=issue_id, retry=True).exclude(state=ChunkState.DONE)
    size = first.aggregate(n=Sum("size"))["n"] or 0
    return max(size - (waiting.aggregate(n=Sum("size"))["n"] or 0), 0)


def _counts(issue_id: int) -> Counts:
    rows = Result.objects.filter(issue_id=issue_id)
    numbers = rows.aggregate(
        accepted=Count("subscriber", filter=Q(state=DeliveryState.ACCEPTED)),
        refused=Count("subscriber", filter=Q(state=DeliveryState.REFUSED, code__isnull=False)),
    )
    return Counts(accepted=numbers["accepted"], refused=numbers["refused"])
