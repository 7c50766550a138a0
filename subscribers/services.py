"""What is done to subscriptions: every step is one transaction, by the table of states, with its consent event."""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from subscribers import addresses, conf, external_unsubscribes, localization, text_cleaning, tokens, typed_addresses
from subscribers.errors import InvalidInput, LeftBefore, NotFound, all_at_once
from subscribers.models import ConsentEvent, List, Subscriber, Subscription, Suppression
from subscribers.results import Left
from subscribers.states import SubscriptionState, sources

UNDO_FOR = timedelta(hours=1)
"""How long the page's undo works. Not longer: a forwarded issue must not bring back someone who left long ago."""

S = SubscriptionState
Kind = ConsentEvent.Kind


def text_version(text: str) -> str:
    """Names the exact words of a consent text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def subscription_of(token: str, scope: tokens.Scope) -> Subscription | None:
    """The subscription that a token of this scope names, or None. Reads only."""
    public_id = tokens.read(token, scope, keys=conf.settings().token_keys)
    if public_id is None:
        return None
    return Subscription.objects.select_related("list").filter(public_id=public_id).first()


def leave(token: str, *, now: datetime, method: str, actor: str = "") -> Left | None:
    """Take a person off the list that the token names, at once. None for a token that is not ours; twice is as once."""
    public_id = tokens.read(token, tokens.Scope.LEAVE, keys=conf.settings().token_keys)
    if public_id is None:
        return None
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().filter(public_id=public_id).first()
        if subscription is None:
            return None
        return _leave(subscription, now=now, method=method, actor=actor, token_id=tokens.fingerprint(token))


def unsubscribe(*, list_id: int, subscriber_id: int, now: datetime, actor: str, method: str = "staff") -> Left:
    """Take a person off a list on their behalf. Raises NotFound."""
    with transaction.atomic():
        subscription = (
            Subscription.objects.select_for_update().filter(list_id=list_id, subscriber_id=subscriber_id).first()
        )
        if subscription is None:
            raise NotFound(gettext("This subscriber is not on this list."))
        return _leave(subscription, now=now, method=method, actor=actor)


def undo(token: str, *, now: datetime, method: str = "page") -> bool:
    """Take a fresh leaving back. False when the token is not ours or its hour is over."""
    public_id = tokens.read(token, tokens.Scope.UNDO, keys=conf.settings().token_keys)
    if public_id is None:
        return False
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().filter(public_id=public_id).first()
        if subscription is None or not can_undo(subscription, now=now):
            return False
        # confirmed_at stays: they were on the list all along, also for an issue whose cut-off has passed.
        subscription.state = S.CONFIRMED
        subscription.unsubscribed_at = None
        subscription.save(update_fields=["state", "unsubscribed_at"])
        _record(subscription, Kind.RETURNED, now=now, method=method, token_id=tokens.fingerprint(token))
        return True


def can_undo(subscription: Subscription, *, now: datetime) -> bool:
    """True while a leaving can be taken back: within the hour, and only to a consent that was once confirmed."""
    return (
        subscription.state == S.UNSUBSCRIBED
        and subscription.confirmed_at is not None
        and subscription.unsubscribed_at is not None
        and now - subscription.unsubscribed_at <= UNDO_FOR
    )


def add(
    *,
    list_: List,
    address: str,
    name: str,
    basis: str,
    now: datetime,
    actor: str,
    method: str = "staff",
    asked_again: bool = False,
) -> Subscriber:
    """Put a person on a list, on a declared basis. Raises InvalidInput; never brings back someone who left.

    Raises LeftBefore for whoever left this list elsewhere, unless the caller knows that they have ``asked_again``.
    """
    all_at_once(lambda: typed_addresses.parse(address), lambda: basis_of_one(basis))
    basis, parsed = basis_of_one(basis), typed_addresses.parse(address)
    columns = addresses.columns(parsed, key=conf.settings().address_key)
    with transaction.atomic():
        if Suppression.objects.filter(address_index=columns["address_index"]).exists():
            raise InvalidInput(
                gettext(
                    "This address must not be mailed, so it was not added. "
                    "If its owner asks to get mail again, find the address and allow mail again first."
                ),
                field="address",
            )
        index = str(columns["address_index"])
        known = Subscription.objects.filter(list=list_, subscriber__address_index=index).exists()
        gone = [] if known or asked_again else external_unsubscribes.of(index, list_id=list_.pk)
        if gone:
            raise LeftBefore(_left_before(gone[0]), field="asked_again", file=gone[0].file, at=gone[0].at)
        subscriber = remember(columns, name=name, language=list_.language, now=now)
        subscription, created = Subscription.objects.get_or_create(
            list=list_,
            subscriber=subscriber,
            defaults={
                "state": S.CONFIRMED,
                "public_id": tokens.new_public_id(),
                "basis": basis,
                "created_at": now,
                "confirmed_at": now,
            },
        )
        if not created:
            raise InvalidInput(_already(S(subscription.state)), field="address")
        _record(subscription, Kind.ADDED, now=now, method=method, actor=actor, text=basis, language=list_.language)
        return subscriber


def _left_before(gone: external_unsubscribes.ExternalUnsubscribe) -> str:
    return gettext(
        "This person left in another program, according to “%(file)s” of %(date)s, so nobody was added. "
        "Only if they have asked for this list again since then, say so, and write below how they asked."
    ) % {"file": gone.file or "?", "date": localization.date(gone.at)}


def _already(state: SubscriptionState) -> str:
    return {
        S.CONFIRMED: gettext("This address is already on the list. Nothing was changed."),
        S.PENDING: gettext("This address was asked to confirm and has not done so yet. Nothing was changed."),
        S.UNSUBSCRIBED: gettext(
            "The owner of this address has left the list. Only they can rejoin, through the list’s form."
        ),
    }[state]


def remember(columns: dict[str, str | int], *, name: str, language: str, now: datetime) -> Subscriber:
    """The person with this address, created if unknown, locked. The same statements either way (trust threat 11)."""
    person = Subscriber(**columns, name=clean_name(name), language=language, created_at=now)
    Subscriber.objects.bulk_create([person], ignore_conflicts=True)
    return Subscriber.objects.select_for_update().get(address_index=columns["address_index"])


def suppress(address: str, *, reason: str, now: datetime, actor: str = "", method: str = "staff") -> None:
    """Never mail this address again, on any list. Known or not: what stays is a keyed hash."""
    reason = reason.strip().lower()
    if not reason or len(reason) > 24:
        raise InvalidInput(gettext("Give a reason of at most 24 characters, such as “asked”."), field="reason")
    index = index_of(address)
    with transaction.atomic():
        _, created = Suppression.objects.get_or_create(
            address_index=index, defaults={"reason": reason, "at": now, "actor": actor}
        )
        if created:
            _record_everywhere(index, Kind.SUPPRESSED, now=now, method=method, actor=actor, text=reason)


def lift(address: str, *, now: datetime, actor: str, method: str = "staff") -> bool:
    """Let an address be mailed again where its consent allows. False when it was not suppressed."""
    index = index_of(address)
    with transaction.atomic():
        deleted, _ = Suppression.objects.filter(address_index=index).delete()
        if deleted:
            _record_everywhere(index, Kind.LIFTED, now=now, method=method, actor=actor)
        return bool(deleted)


def clean_name(name: str) -> str:
    """A name on one line, without control characters, cut to what the column holds."""
    return text_cleaning.one_line(name)[:200]


LONGEST_BASIS = 300


def basis_of(text: str) -> str:
    """A declared basis of consent. Raises InvalidInput when there is none: without it nobody may be mailed (L2)."""
    return _basis(
        text,
        missing=gettext(
            "Say how these people agreed to get mail, such as “signed up at the spring fair 2026”. "
            "Without this, nobody is added."
        ),
    )


def basis_of_one(text: str) -> str:
    """What is kept of how a single person agreed, checked. Raises InvalidInput."""
    return _basis(
        text,
        missing=gettext(
            "Say how this person agreed to get mail, such as “asked by letter, 3 May 2026”. "
            "Without this, nobody is added."
        ),
    )


def _basis(text: str, *, missing: str) -> str:
    basis = text_cleaning.one_line(text)
    if not basis:
        raise InvalidInput(missing, field="basis")
    if len(basis) > LONGEST_BASIS:
        raise InvalidInput(gettext("Write at most 300 characters."), field="basis")
    return basis


def index_of(address: str) -> str:
    """The blind index of an address as typed. Raises BadAddress."""
    return addresses.index(typed_addresses.parse(address), key=conf.settings().address_key)


def _leave(subscription: Subscription, *, now: datetime, method: str, actor: str, token_id: str = "") -> Left:
    changed = subscription.state in sources(to=S.UNSUBSCRIBED)
    if changed:
        subscription.state = S.UNSUBSCRIBED
        subscription.unsubscribed_at = now
        subscription.save(update_fields=["state", "unsubscribed_at"])
        _record(subscription, Kind.UNSUBSCRIBED, now=now, method=method, actor=actor, token_id=token_id)
    # Only whoever left just now is offered the way back: a forwarded mail's link must never raise a state (threat 13).
    undoable = changed and can_undo(subscription, now=now)
    keys = conf.settings().token_keys
    return Left(
        subscription=subscription.pk,
        list_id=subscription.list_id,
        changed=changed,
        undo_token=tokens.make(bytes(subscription.public_id), tokens.Scope.UNDO, keys=keys) if undoable else "",
    )


def _record(
    subscription: Subscription,
    kind: ConsentEvent.Kind,
    *,
    now: datetime,
    method: str,
    actor: str = "",
    token_id: str = "",
    text: str = "",
    language: str = "",
) -> None:
    ConsentEvent.objects.create(
        subscriber_id=subscription.subscriber_id,
        list_id=subscription.list_id,
        kind=kind,
        at=now,
        method=method,
        actor=actor,
        token_id=token_id,
        text=text,
        text_version=text_version(text) if text else "",
        language=language,
    )


def _record_everywhere(
    index: str, kind: ConsentEvent.Kind, *, now: datetime, method: str, actor: str, text: str = ""
) -> None:
    for subscription in Subscription.objects.filter(subscriber__address_index=index):
        _record(subscription, kind, now=now, method=method, actor=actor, text=text)
