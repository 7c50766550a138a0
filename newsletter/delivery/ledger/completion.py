"""An issue ends when nothing in it is open and every sum is right; never before, never with a wrong sum."""

import logging
from datetime import datetime

from django.db import transaction

from newsletter.delivery import alarms, events
from newsletter.delivery.ledger import hard_bounces, queries, retry_chunks, tally
from newsletter.delivery.models import Chunk, Release
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.errors import NotAllowed
from newsletter.issues import services as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.translatable import Plural
from newsletter.translatable import Translatable as _

ACTOR = "worker"


def finish(issue_id: int, *, now: datetime) -> bool:
    """End the issue if it is over; True when this call ended it."""
    release = Release.objects.filter(pk=issue_id, frozen_at__isnull=False, finished_at__isnull=True).first()
    if release is None or _has_open_chunk(issue_id):
        return False
    # Counted before the transaction: nothing changes any more in an issue without open chunks, but doubts.
    wrong = queries.out_of_balance(issue_id) or _still_open(issue_id)
    if wrong:
        events.say("release.unbalanced", level=logging.ERROR, issue=issue_id, why=wrong)
        text = _(
            "The sums of issue %(issue)s are off, so it is not shown as sent: %(wrong)s Nothing more goes out.",
            issue=issue_id,
            wrong=wrong,
        )
        alarms.raise_alarm(key=f"sums:{issue_id}", text=text, now=now)
        return False
    hard_bounces.set_aside(issue_id, now=now)
    return _end(issue_id, now=now)


def sweep(*, now: datetime) -> int:
    """End every issue that is over but not ended: whoever should have, was killed. How many."""
    unfinished = Release.objects.filter(frozen_at__isnull=False, finished_at__isnull=True).order_by("pk")
    return sum(finish(issue_id, now=now) for issue_id in list(unfinished.values_list("pk", flat=True)))


def _has_open_chunk(issue_id: int) -> bool:
    return Chunk.objects.filter(issue_id=issue_id).exclude(state=ChunkState.DONE).exists()


def _still_open(issue_id: int) -> str:
    counts = queries.counted(issue_id)
    pending, deferred = counts[DeliveryState.PENDING.value], counts.get(DeliveryState.DEFERRED.value, 0)
    return f"{pending} pending and {deferred} deferred belong to no chunk." if pending or deferred else ""


def _end(issue_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        # Who makes a new chunk locks the release as well: none can come between.
        retry_chunks.lock_release(issue_id)
        release = Release.objects.filter(pk=issue_id, finished_at__isnull=True)
        if _has_open_chunk(issue_id) or not release.update(finished_at=now):
            return False
        # Locked, so that somebody who pauses or resumes it in this instant comes before or after, and not between.
        issue = Issue.objects.select_for_update().get(pk=issue_id)
        if issue.state in {IssueState.SENDING, IssueState.PAUSED}:
            issues.move(issue_id, IssueState.FINISHED, now=now, by=ACTOR)
        elif issue.state not in {IssueState.CANCELLED, IssueState.FINISHED}:
            raise NotAllowed(
                _(
                    "Issue %(issue_id)s is %(state)s: it cannot end. Nothing was changed.",
                    issue_id=issue_id,
                    state=issue.state,
                )
            )
    # Counted after the commit: on SQLite a count of a large issue would keep everyone else from writing.
    counts = {state.value: n for state, n in tally.take(issue_id).counts.items() if n}
    events.say("release.finished", issue=issue_id, **counts)
    doubts = counts.get(DeliveryState.UNCERTAIN.value, 0)
    if doubts:
        text = Plural(
            "Of “%(issue)s”, it is not known whether %(n)s mail was taken: the connection broke at the last moment. "
            "It was not sent again. Decide on the issue’s page, or let the mail server’s log tell: %(command)s",
            "Of “%(issue)s”, it is not known whether %(n)s mails were taken: the connection broke at the last moment. "
            "They were not sent again. Decide on the issue’s page, or let the mail server’s log tell: %(command)s",
            n=doubts,
            issue=issue,
            command="newsletter deliveries reconcile",
        )
        alarms.raise_alarm(key=f"uncertain:{issue_id}", text=text, now=now, publication=issue.publication_id)
    return True
