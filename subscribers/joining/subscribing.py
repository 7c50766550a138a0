"""The public way onto a list: somebody asks, a mail asks back, the person confirms. It never lowers a state."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from subscribers import addresses, branding, conf, providers, services, tokens
from subscribers.joining import confirmation, form_requests, request_limits
from subscribers.joining.confirmation import Decision, Mail
from subscribers.joining.form_requests import FormRequest
from subscribers.models import ConsentEvent, List, Subscriber, Subscription, Suppression
from subscribers.results import Letterhead
from subscribers.states import SubscriptionState, sources

S = SubscriptionState
Kind = ConsentEvent.Kind


def ask(list_: List, request: FormRequest, *, now: datetime) -> None:
    """Send the one mail that is due for this wish, if any. Tells nobody which: the page answers all alike."""
    with transaction.atomic():
        if form_requests.is_welcome(request, purpose="join", now=now) and list_.open_to_join:
            _answer(list_, request, now=now)


def confirm(token: str, *, form_url: str, now: datetime) -> bool:
    """Put the person on the list: they pressed the button below the consent text. False when the link is not open."""
    named = tokens.read_confirmation(token, keys=conf.settings().token_keys)
    if named is None:
        return False
    with transaction.atomic():
        subscription = (
            Subscription.objects.select_for_update(of=("self",))
            .select_related("list", "subscriber")
            .filter(public_id=named.public_id)
            .first()
        )
        if subscription is None or not can_confirm(subscription, named.sending, now=now):
            return False
        if subscription.state not in sources(to=S.CONFIRMED):
            return True  # pressed twice
        subscription.state = S.CONFIRMED
        subscription.basis = "form"
        subscription.confirmed_at = now
        subscription.unsubscribed_at = None
        subscription.confirmations_sent = 0
        subscription.save(
            update_fields=["state", "basis", "confirmed_at", "unsubscribed_at", "confirmations_sent"],
        )
        head = branding.of(subscription.list)
        _evidence(subscription, Kind.CONFIRMED, head, now=now, form_url=form_url, token_id=tokens.fingerprint(token))
        return True


def asked_by(token: str) -> tuple[Subscription, int] | None:
    """The subscription that a confirmation link names, and the sending that it came with. Reads only."""
    named = tokens.read_confirmation(token, keys=conf.settings().token_keys)
    if named is None:
        return None
    subscription = Subscription.objects.select_related("list").filter(public_id=named.public_id).first()
    return (subscription, named.sending) if subscription else None


def can_confirm(subscription: Subscription, sending: int, *, now: datetime) -> bool:
    """True while the link of this sending works: until a newer link is mailed. After confirming it keeps saying so."""
    if sending != confirmation.number_of(subscription):
        return False
    index = subscription.subscriber.address_index
    if Suppression.objects.filter(address_index=index).exists():
        return False
    if subscription.state == S.CONFIRMED:
        return subscription.confirmation_sent_at is not None
    until = confirmation.open_until(subscription)
    return until is not None and now <= until


def _answer(list_: List, request: FormRequest, *, now: datetime) -> None:
    """The same statements for known and unknown people (trust threat 11): what is not due is done and taken back."""
    columns = addresses.columns(request.address, key=conf.settings().address_key)
    may_get_one = _may_get_one(list_, request, now=now)
    with transaction.atomic():
        suppressed = Suppression.objects.filter(address_index=columns["address_index"]).exists()
        person = services.remember(columns, name="", language=list_.language, now=now)
        subscription, last = _subscription(list_, person, now=now)
        standing = confirmation.Standing(
            state=S(subscription.state),
            suppressed=suppressed,
            asked_at=subscription.created_at,
            sent=subscription.confirmations_sent,
            sent_here_at=subscription.confirmation_sent_at,
            sent_anywhere_at=last,
        )
        decision = confirmation.decide(standing, now=now)
        if not may_get_one:
            decision = Decision(Mail.NONE)
        if decision.afresh and subscription.state == S.PENDING:
            subscription.created_at = now
        subscription.confirmations_sent = 1 if decision.afresh else subscription.confirmations_sent + 1
        subscription.confirmation_sent_at = now
        subscription.save(update_fields=["created_at", "confirmations_sent", "confirmation_sent_at"])
        head = branding.of(list_)
        _evidence(subscription, Kind.REQUESTED, head, now=now, form_url=request.form_url)
        message = confirmation.message(subscription, decision.mail, head, now=now)
        if decision.mail is Mail.NONE:
            # As much work as a mail into the outbox, and nothing of it stays: not even a suppressed person's address.
            message.message().as_bytes()
            _evidence(subscription, Kind.REQUESTED, head, now=now, form_url=request.form_url)
            transaction.set_rollback(True)
        else:
            message.send()


def _may_get_one(list_: List, request: FormRequest, *, now: datetime) -> bool:
    """Whether the mailbox was asked for today, by whatever spelling, or thrice this week; its domain often, too.

    Who asks for one address can read the mail to another that is counted with it. So a wish is counted before anything
    is known of its address: as if it were a newcomer's, whose every wish that passes brings a mail.
    """
    mailbox = providers.mailbox(request.address, key=conf.settings().address_key)
    with transaction.atomic():
        first = request_limits.first_use(f"confirmation|{mailbox}", until=now + confirmation.APART, now=now)
        counted = [
            (confirmation.TO_MAILBOX, f"{list_.pk}|{mailbox}"),
            *confirmation.to_domain_of(request.address.domain),
        ]
        # Each is raised, whichever is passed: it costs the same.
        few = [request_limits.take(limit, whom, now=now) for limit, whom in counted]
        passes = first and all(few)
        # What is above a limit uses up nothing of the others.
        transaction.set_rollback(not passes)
    return passes


def _subscription(list_: List, person: Subscriber, *, now: datetime) -> tuple[Subscription, datetime | None]:
    """The person's place on the list, pending if it is new, and when this address last got a mail of this kind."""
    new = Subscription(list=list_, subscriber=person, state=S.PENDING, public_id=tokens.new_public_id(), created_at=now)
    Subscription.objects.bulk_create([new], ignore_conflicts=True)
    last = Subscription.objects.filter(subscriber=person).aggregate(last=Max("confirmation_sent_at"))["last"]
    subscription = Subscription.objects.select_for_update().get(list=list_, subscriber=person)
    subscription.list, subscription.subscriber = list_, person
    return subscription, last


def _evidence(
    subscription: Subscription,
    kind: ConsentEvent.Kind,
    head: Letterhead,
    *,
    now: datetime,
    form_url: str,
    token_id: str = "",
) -> None:
    """The proof of consent: the exact words that were on the page, and where (trust L1)."""
    consent = branding.consent_of(subscription.list, head)
    ConsentEvent.objects.create(
        subscriber_id=subscription.subscriber_id,
        list_id=subscription.list_id,
        kind=kind,
        at=now,
        text=consent.text,
        text_version=services.text_version(consent.text),
        language=consent.language,
        method="form",
        form_url=form_url[:500],
        token_id=token_id,
    )
