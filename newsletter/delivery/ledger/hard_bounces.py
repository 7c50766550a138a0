"""Addresses that a server said nobody has are not written to again, on any list (trust D4).

Whether to believe it is judged by the whole issue, so it waits until every mail of it was tried once. It does not wait
for the last retry: a full mailbox keeps an issue open for days, and the next issue would go to dead addresses again.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from newsletter.delivery.carrier import Phase
from newsletter.delivery.ledger import thresholds
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.models import Attempt, Chunk, Release, Result
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.issues import queries as issues
from subscribers import api as subscribers

ACTOR = "worker"
REASON = "bounced"
UNKNOWN = "5.1.1"
LIFTED = "lifted"
"""A kind of `subscribers.results.Evidence`."""
A_FEW = 5
"""Dead addresses that any list may have; above this, their share must be below the publication's threshold."""


BATCH = 100
"""Chunks of attempts looked at in a round of housekeeping: deliveries are settled between two rounds."""


class Rounds:
    """A worker's reading of the attempts of issues that are not over; remembers how far it read in each."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        """Issue to the last `Attempt` that was looked at."""

    def look(self, *, now: datetime) -> int:
        """Set aside some more of each issue whose mails were all tried once; how many."""
        unfinished = Release.objects.filter(frozen_at__isnull=False, finished_at__isnull=True).order_by("pk")
        ids = list(unfinished.values_list("pk", flat=True))
        self._seen = {issue_id: seen for issue_id, seen in self._seen.items() if issue_id in ids}
        return sum(self._some_of(issue_id, now=now) for issue_id in ids if _all_tried(issue_id))

    def _some_of(self, issue_id: int, *, now: datetime) -> int:
        new = _told_unknown(issue_id).filter(pk__gt=self._seen.get(issue_id, 0)).order_by("pk")
        rows = list(new.values_list("pk", "subscriber", "at")[:BATCH])
        if not rows:
            return 0
        done = _set_aside(issue_id, {subscriber: at for _, subscriber, at in rows}, now=now)
        self._seen[issue_id] = rows[-1][0]
        return done


def set_aside(issue_id: int, *, now: datetime) -> int:
    """Suppress those of this issue to whom a server said 5.1.1 at once; how many. May be called again."""
    return _set_aside(issue_id, dict(_told_unknown(issue_id).order_by("pk").values_list("subscriber", "at")), now=now)


def _told_unknown(issue_id: int) -> QuerySet[Attempt]:
    return Attempt.objects.filter(
        issue_id=issue_id, phase=Phase.RCPT, state=DeliveryState.REFUSED, kind=Kind.RECIPIENT, enhanced=UNKNOWN
    )


def _all_tried(issue_id: int) -> bool:
    return not Chunk.objects.filter(issue_id=issue_id, retry=False).exclude(state=ChunkState.DONE).exists()


def _set_aside(issue_id: int, told: Mapping[int, datetime], *, now: datetime) -> int:
    """``told``: subscriber to the time at which a server said that nobody has the address.

    Nobody is, where so many were refused that the server, or our way to it, is likelier to be wrong than the list.
    """
    people = sorted(told)
    release = Release.objects.select_related("issue__publication").get(pk=issue_id)
    approval = issues.approval_in_force(release.issue)
    # Of the whole issue, not only of these.
    gone = _told_unknown(issue_id).order_by().values("subscriber").distinct().count()
    if approval is None or thresholds.REFUSED in release.brakes or not _is_plausible(release, gone):
        return 0
    done = 0
    for start in range(0, len(people), CHUNK_SIZE):
        some = people[start : start + CHUNK_SIZE]
        # Not those who got it when it was sent again.
        refused = Result.objects.filter(issue_id=issue_id, subscriber__in=some, state=DeliveryState.REFUSED)
        ids = sorted(refused.values_list("subscriber", flat=True))
        for person in subscribers.recipients(approval.audience, ids).values():
            if person.barred is None and not _was_lifted(person.subscriber, since=told[person.subscriber]):
                subscribers.suppress(person.address, reason=REASON, now=now, actor=ACTOR)
                done += 1
    return done


def _was_lifted(subscriber: int, *, since: datetime) -> bool:
    """Somebody on the team has let the address be mailed again, and knows better than the server did."""
    return any(entry.kind == LIFTED and entry.at >= since for entry in subscribers.evidence_of(subscriber))


def _is_plausible(release: Release, gone: int) -> bool:
    limit = release.issue.publication.refusal_limit or thresholds.BrakeThresholds().refused
    return gone <= A_FEW or 100 * gone < limit * release.planned
