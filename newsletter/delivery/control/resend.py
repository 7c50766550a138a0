"""Sending again to those who failed, by what failed; never to anyone whose mail was accepted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from newsletter.delivery import alarms
from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import retry_chunks
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.models import Release, Result
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput, NotAllowed, NotFound
from newsletter.issues import queries as issue_queries
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.translatable import Translatable as _

EXPIRED, UNCERTAIN = DeliveryState.EXPIRED.value, DeliveryState.UNCERTAIN.value
REFUSED = tuple(kind.value for kind in Kind)
CHOICES = (*REFUSED, EXPIRED, UNCERTAIN)
"""What may be chosen: the kinds of refusals, and two states."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Everybody who failed, by what failed."""

    counts: dict[str, int]
    """A choice to how many there are; only those that are there."""
    accepted: int
    deferred: int
    """Tried again by itself, so not part of any choice."""
    withdrawn: int

    def chosen(self, choices: Collection[str]) -> int:
        return sum(self.counts.get(choice, 0) for choice in set(choices))


def failed(issue_id: int) -> Failed:
    """Whom a person may choose. Raises NotFound."""
    issue_queries.get_issue(issue_id)
    rows = Result.objects.filter(issue_id=issue_id).order_by("state", "kind")
    counts: dict[str, int] = {}
    by_state: dict[str, int] = {}
    for state, kind, n in rows.values_list("state", "kind").annotate(n=Count("*")):
        by_state[state] = by_state.get(state, 0) + n
        choice = state if state in {EXPIRED, UNCERTAIN} else (kind or Kind.OTHER.value)
        if state in {DeliveryState.REFUSED, EXPIRED, UNCERTAIN}:
            counts[choice] = counts.get(choice, 0) + n
    return Failed(
        counts={choice: counts[choice] for choice in CHOICES if choice in counts},
        accepted=by_state.get(DeliveryState.ACCEPTED, 0),
        deferred=by_state.get(DeliveryState.DEFERRED, 0),
        withdrawn=by_state.get(DeliveryState.WITHDRAWN, 0),
    )


def check(choices: Collection[str]) -> None:
    """Raises InvalidInput for what cannot be chosen, and for nothing at all."""
    unknown = sorted(set(choices) - set(CHOICES))
    if unknown:
        raise InvalidInput(
            _("“%(value)s” is not one of %(choices)s.", value=unknown[0], choices=", ".join(CHOICES)), field="kind"
        )
    if not choices:
        raise InvalidInput(_("Choose at least one kind. Nothing was sent."), field="kind")


def resend(issue_id: int, *, choices: Collection[str], by: str, now: datetime) -> int:
    """Make those of these kinds due again; how many. Consent is asked at hand-over, as always.

    An issue whose useful life is over gets another: a person says that it is still of use. A paused issue stays
    paused. Raises InvalidInput, NotAllowed, NotFound.
    """
    check(choices)
    issue = issue_queries.get_issue(issue_id)
    if not Release.objects.filter(pk=issue_id, frozen_at__isnull=False).exists():
        raise NotAllowed(_("This issue has not been sent yet, so there is nobody to send it to again."))
    if not failed(issue_id).chosen(choices):
        return 0
    with transaction.atomic():
        retry_chunks.lock_release(issue_id)
        _refuse_cancelled(issue_id)
        Release.objects.filter(pk=issue_id, expires_at__lt=now + issue.useful_life).update(
            expires_at=now + issue.useful_life
        )
    count = 0
    for choice in (choice for choice in CHOICES if choice in choices):
        count += _of_one_kind(issue_id, choice, by=by, now=now)
    if UNCERTAIN in choices:
        alarms.settle_alarm(key=f"uncertain:{issue_id}", now=now)
    detail: dict[str, object] = {"count": count, "kinds": sorted(set(choices))}
    staff.record(actor=by, action="issue.resend", subject=f"issue:{issue_id}", now=now, detail=detail)
    return count


def _of_one_kind(issue_id: int, choice: str, *, by: str, now: datetime) -> int:
    state = DeliveryState(choice) if choice in {EXPIRED, UNCERTAIN} else DeliveryState.REFUSED
    rows = Result.objects.filter(issue_id=issue_id, state=state)
    if state is DeliveryState.REFUSED:
        rows = rows.filter(kind__in=[choice, ""] if choice == Kind.OTHER else [choice])
    count = after = 0
    # By subscriber, so that whoever is refused again meanwhile is not sent a third mail.
    while True:
        some = rows.filter(subscriber__gt=after).order_by("subscriber")
        ids = list(some.values_list("subscriber", flat=True)[:CHUNK_SIZE])
        if not ids:
            return count
        after = ids[-1]
        with transaction.atomic():
            retry_chunks.lock_release(issue_id)
            _refuse_cancelled(issue_id)
            count += release_actions.due_again(issue_id, ids, was=state, by=by, now=now)


def _refuse_cancelled(issue_id: int) -> None:
    state = Issue.objects.values_list("state", flat=True).filter(pk=issue_id).first()
    if state is None:
        raise NotFound(_("There is no issue %(issue_id)s.", issue_id=issue_id))
    if state == IssueState.CANCELLED:
        raise NotAllowed(_("This issue is cancelled: nothing more of it is sent. Nobody gets it again."))
