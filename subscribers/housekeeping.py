"""What is forgotten by itself: unanswered wishes to join, counts of past hours, imports that nobody came back to."""

from datetime import datetime

from django.db import transaction

from subscribers import erasing
from subscribers.imports import importing
from subscribers.joining import confirmation, request_limits
from subscribers.models import ConsentEvent, Subscriber, Subscription
from subscribers.states import SubscriptionState

_AT_ONCE = 500


def purge(*, now: datetime) -> int:
    """Forget who did not answer within the life of a confirmation; how many. Small transactions, repeatable."""
    erasing.finish()
    erasing.leave_no_trace()
    request_limits.forget_expired(now=now)
    importing.forget_old_uploads(before=now - confirmation.LIFE)
    unanswered = Subscription.objects.filter(
        state=SubscriptionState.PENDING, created_at__lt=now - confirmation.LIFE
    ).order_by("pk")
    total = 0
    while some := list(unanswered.values_list("pk", "subscriber_id", "list_id")[:_AT_ONCE]):
        total += _forget(some)
    return total


def _forget(some: list[tuple[int, int, int]]) -> int:
    ids = [pk for pk, _, _ in some]
    with transaction.atomic():
        # The state is asked again: someone may have confirmed in between.
        Subscription.objects.filter(pk__in=ids, state=SubscriptionState.PENDING).delete()
        kept = set(Subscription.objects.filter(pk__in=ids).values_list("pk", flat=True))
        gone = [row for row in some if row[0] not in kept]
        # People who are on no list at all any more; whom staff put here by name of another list stays.
        Subscriber.objects.filter(pk__in=[person for _, person, _ in gone], subscriptions__isnull=True).delete()
        for _, person, list_id in gone:
            ConsentEvent.objects.filter(
                subscriber_id=person, list_id=list_id, kind=ConsentEvent.Kind.REQUESTED
            ).delete()
        return len(gone)
