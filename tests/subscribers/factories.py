"""Lists and people for tests, complete by default; other rooms may import these."""

import os
from datetime import UTC, datetime
from itertools import count

from subscribers import addresses, conf, tokens
from subscribers.joining import confirmation
from subscribers.models import List, Subscriber, Subscription, Suppression
from subscribers.states import SubscriptionState

LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FLOOD = int(os.environ.get("FLOOD", "60"))
"""Requests of somebody who will not stop; a thousand in `make faults`."""
_numbers = count(1)


def make_list(*, name: str = "", slug: str = "", language: str = "en", consent_text: str = "", **fields: bool) -> List:
    """A list that people can join."""
    number = next(_numbers)
    return List.objects.create(
        name=name or f"Letter {number}",
        slug=slug or f"letter-{number}",
        language=language,
        consent_text=consent_text or "Yes, send me this letter by e-mail.",
        created_at=LONG_AGO,
        **fields,
    )


def make_subscriber(
    list_: List | None = None,
    address: str = "",
    *,
    state: SubscriptionState = SubscriptionState.CONFIRMED,
    name: str = "",
    basis: str = "form",
    joined_at: datetime = LONG_AGO,
    left_at: datetime | None = None,
    suppressed: bool = False,
) -> Subscriber:
    """A person, on the list when one is given."""
    key = conf.settings().address_key
    parsed = addresses.normalise(address or f"reader{next(_numbers)}@example.org")
    columns = addresses.columns(parsed, key=key)
    person, _ = Subscriber.objects.get_or_create(
        address_index=columns["address_index"], defaults={**columns, "name": name, "created_at": joined_at}
    )
    if list_ is not None:
        left = left_at or joined_at if state == SubscriptionState.UNSUBSCRIBED else None
        Subscription.objects.create(
            list=list_,
            subscriber=person,
            state=state,
            public_id=tokens.new_public_id(),
            basis="" if state == SubscriptionState.PENDING else basis,
            created_at=joined_at,
            confirmed_at=None if state == SubscriptionState.PENDING else joined_at,
            unsubscribed_at=left,
        )
    if suppressed:
        Suppression.objects.create(address_index=person.address_index, reason="asked", at=joined_at)
    return person


def leave_token(person: Subscriber, list_: List) -> str:
    """The token that the person's mails from this list carry."""
    return token_of(person, list_, tokens.Scope.LEAVE)


def token_of(person: Subscriber, list_: List, scope: tokens.Scope) -> str:
    """A token of any scope for a person's subscription."""
    subscription = Subscription.objects.get(subscriber=person, list=list_)
    public_id, keys = bytes(subscription.public_id), conf.settings().token_keys
    if scope is tokens.Scope.CONFIRM:
        return tokens.make_confirmation(public_id, confirmation.number_of(subscription), keys=keys)
    return tokens.make(public_id, scope, keys=keys)


def state_of(person: Subscriber, list_: List) -> str:
    """Where the person stands on the list now."""
    return Subscription.objects.values_list("state", flat=True).get(subscriber=person, list=list_)
