"""Addresses that a server said nobody has are not written to again, on any list (trust D4)."""

from datetime import datetime

from newsletter.delivery import safety
from newsletter.delivery.carriers import Phase
from newsletter.delivery.models import Attempt, Release, Result
from newsletter.delivery.settle import CHUNK_SIZE
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.verdicts import Kind
from newsletter.issues import queries as issues
from subscribers import api as subscribers

ACTOR = "worker"
REASON = "bounced"
UNKNOWN = "5.1.1"
A_FEW = 5
"""So many may be gone of however small a list; where it is more, the share must be below the publication's limit."""


def set_aside(issue_id: int, *, now: datetime) -> int:
    """Suppress those of this issue to whom a server said 5.1.1 at once; how many. May be called again.

    Nobody is, where so many were refused that the server, or our way to it, is likelier to be wrong than the list.
    """
    release = Release.objects.select_related("issue__publication").get(pk=issue_id)
    approval = issues.approval_in_force(release.issue)
    said = Attempt.objects.filter(
        issue_id=issue_id, phase=Phase.RCPT, state=DeliveryState.REFUSED, kind=Kind.RECIPIENT, enhanced=UNKNOWN
    )
    people = sorted(set(said.order_by("pk").values_list("subscriber", flat=True)))
    if approval is None or safety.REFUSED in release.brakes or not _is_plausible(release, len(people)):
        return 0
    done = 0
    for start in range(0, len(people), CHUNK_SIZE):
        some = people[start : start + CHUNK_SIZE]
        # Not those who got it when it was sent again.
        refused = Result.objects.filter(issue_id=issue_id, subscriber__in=some, state=DeliveryState.REFUSED)
        ids = sorted(refused.values_list("subscriber", flat=True))
        for person in subscribers.recipients(approval.audience, ids).values():
            if person.barred is None:
                subscribers.suppress(person.address, reason=REASON, now=now, actor=ACTOR)
                done += 1
    return done


def _is_plausible(release: Release, gone: int) -> bool:
    limit = release.issue.publication.refusal_limit or safety.Limits().refused
    return gone <= A_FEW or 100 * gone < limit * release.planned
