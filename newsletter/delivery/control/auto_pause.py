"""The brakes of running releases: a look every few seconds at how much of each is refused (trust A5)."""

from datetime import datetime

from django.db.models import Count, Q

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import thresholds
from newsletter.delivery.ledger.thresholds import BrakeThresholds, Counts
from newsletter.delivery.models import Attempt, Release, Result
from newsletter.delivery.states import DeliveryState
from newsletter.issues.states import IssueState


class Brakes:
    """One worker's look at them. It remembers how many were accepted, so that a long ledger is seldom counted."""

    def __init__(self) -> None:
        self._accepted: dict[int, int] = {}
        """Issue to the accepted at the last count; there can only be more by now."""

    def check_all(self, *, now: datetime) -> int:
        """Look at every issue that is being sent; how many were paused."""
        sending = Release.objects.filter(frozen_at__isnull=False, issue__state=IssueState.SENDING).order_by("pk")
        ids = list(sending.values_list("pk", flat=True))
        self._accepted = {issue_id: n for issue_id, n in self._accepted.items() if issue_id in ids}
        return sum(self.check(issue_id, now=now) for issue_id in ids)

    def check(self, issue_id: int, *, now: datetime) -> bool:
        """Pause the issue when too many were refused; True when this call did. Once: who goes on has decided."""
        release = Release.objects.select_related("issue__publication").filter(pk=issue_id).first()
        if release is None or thresholds.REFUSED in release.brakes:
            return False
        limits = BrakeThresholds(refused=release.issue.publication.refusal_limit)
        # Attempts are few; the ledger may hold a million results.
        refused = Attempt.objects.filter(issue_id=issue_id, state=DeliveryState.REFUSED).count()
        if not thresholds.may_be_over(
            refused=refused, accepted_at_least=self._accepted.get(issue_id, 0), limits=limits
        ):
            return False
        counts = _counts(issue_id)
        self._accepted[issue_id] = counts.accepted
        return apply(issue_id, counts=counts, limits=limits, now=now)


def apply(issue_id: int, *, counts: Counts, limits: BrakeThresholds, now: datetime) -> bool:
    """Do what the counts ask for, each limit once for a release; True when it was paused."""
    asked = thresholds.reached(counts, limits)
    if not asked.pause:
        return False
    return release_actions.pause_if_sending(issue_id, now=now, reason=asked.pause, brake=asked.brake)


def _counts(issue_id: int) -> Counts:
    rows = Result.objects.filter(issue_id=issue_id)
    numbers = rows.aggregate(
        accepted=Count("subscriber", filter=Q(state=DeliveryState.ACCEPTED)),
        refused=Count("subscriber", filter=Q(state=DeliveryState.REFUSED, code__isnull=False)),
    )
    return Counts(accepted=numbers["accepted"], refused=numbers["refused"])
