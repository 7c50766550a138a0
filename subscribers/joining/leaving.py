"""The way out for who has no link at hand: an address that somebody typed is mailed its own links, and told nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse

from subscribers import addresses, branding, conf, tokens
from subscribers.joining import confirmation, form_requests, mails, request_limits
from subscribers.joining.form_requests import FormRequest
from subscribers.models import List, Subscriber, Subscription, Suppression
from subscribers.states import SubscriptionState


def ask(list_: List | None, request: FormRequest, *, now: datetime) -> None:
    """Mail the address its links out of every list that it is on, this list first. Tells nobody whether it did.

    At most a single such mail a day goes to an address (trust threat 10); whoever was to be left alone gets none.
    """
    with transaction.atomic():
        if form_requests.is_welcome(request, purpose="leave", now=now):
            _answer(list_, request, now=now)


def _answer(list_: List | None, request: FormRequest, *, now: datetime) -> None:
    """The same statements for known and unknown people (trust threat 11): what is not due is done and taken back."""
    index = addresses.index(request.address, key=conf.settings().address_key)
    with transaction.atomic():
        suppressed = Suppression.objects.filter(address_index=index).exists()
        fresh = request_limits.first_use(f"leave-link|{index}", until=now + confirmation.APART, now=now)
        on = Subscription.objects.select_related("list", "subscriber").order_by("list__name", "pk")
        mine = list(on.filter(subscriber__address_index=index, state=SubscriptionState.CONFIRMED))
        mine.sort(key=lambda subscription: list_ is None or subscription.list_id != list_.pk)
        message = _letter(mine or [_stand_in(list_, request)])
        if mine and fresh and not suppressed:
            message.send()
        else:
            # As much work as a mail into the outbox, and nothing of it stays.
            message.message().as_bytes()
            request_limits.first_use(f"stand-in|{index}", until=now, now=now)
            transaction.set_rollback(True)


def _letter(mine: Sequence[Subscription]) -> EmailMultiAlternatives:
    """To the address that we know, however it was typed."""
    heads, keys = branding.every(), conf.settings().token_keys
    links = [
        {
            "name": branding.of(subscription.list, heads).name,
            "url": conf.settings().base_url
            + reverse("unsubscribe", args=[tokens.make(bytes(subscription.public_id), tokens.Scope.LEAVE, keys=keys)]),
        }
        for subscription in mine
    ]
    head = branding.of(mine[0].list, heads)
    return mails.write("leave", head, {"links": links}, to=addresses.of(mine[0].subscriber), kind="leave-link")


def _stand_in(list_: List | None, request: FormRequest) -> Subscription:
    """Somebody like a reader, never stored: for them a mail is written, and thrown away."""
    person = Subscriber(**addresses.columns(request.address, key=conf.settings().address_key))
    some_list = list_ or List(name="Newsletter", language="en")
    return Subscription(list=some_list, subscriber=person, public_id=tokens.new_public_id())
