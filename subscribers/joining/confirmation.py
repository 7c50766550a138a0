"""Double opt-in: which mail an address gets when somebody asks to join with it, and the mail itself."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from subscribers import addresses, conf, localization, providers, tokens
from subscribers.joining import mails
from subscribers.joining.request_limits import HOUR, Counted, Limit
from subscribers.models import Subscription
from subscribers.results import Letterhead
from subscribers.states import SubscriptionState

LIFE = timedelta(days=7)
"""A person who was asked and did not answer is forgotten after this (trust L1)."""

APART = timedelta(hours=24)
"""Between two mails to one address, whatever list they are about (trust threat 10)."""

MOST = 3
"""Mails in all to somebody who does not answer (trust threat 10)."""

TO_MAILBOX = Limit("mailbox", MOST, LIFE)
"""Mails by mailbox: to the many addresses that tags and dots make of an address, about a list."""

TO_DOMAIN = Limit("domain-hour", 30, HOUR)
"""All addresses of a domain may be one person's. No more than an hour: whoever uses it up shuts out its people."""

SELDOM = timedelta(days=30)
"""Between two mails that nobody needs: "you are on the list already", or to whoever left and did not answer thrice."""

S = SubscriptionState


class Mail(StrEnum):
    """What is mailed."""

    CONFIRM = "confirm"
    ALREADY = "already"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a wish to join."""

    mail: Mail
    afresh: bool = False
    """The earlier wish is too old: this wish begins anew."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the decision depends on."""

    state: SubscriptionState
    suppressed: bool
    asked_at: datetime
    """When the pending subscription began."""
    sent: int
    """Confirmation mails since then."""
    sent_here_at: datetime | None
    sent_anywhere_at: datetime | None
    """The last mail of this kind to this address, on any list."""


def decide(standing: Standing, *, now: datetime) -> Decision:
    """Which mail is due. Pure; the answer that the form shows does not depend on it (trust threat 11)."""
    nothing = Decision(Mail.NONE)
    last = standing.sent_anywhere_at
    if standing.suppressed or (last is not None and now - last < APART):
        return nothing
    here = standing.sent_here_at
    seldom = here is None or now - here >= SELDOM
    if standing.state == S.CONFIRMED:
        return Decision(Mail.ALREADY) if seldom else nothing
    if standing.state == S.UNSUBSCRIBED:
        return Decision(Mail.CONFIRM, afresh=seldom) if seldom or standing.sent < MOST else nothing
    if now - standing.asked_at > LIFE:
        return Decision(Mail.CONFIRM, afresh=True)
    # In the last day of its life a mail would carry a link that dies at once; then purging would also hide that it
    # was sent, and the next wish could mail again within a day.
    dying = standing.sent > 0 and now - standing.asked_at > LIFE - APART
    return nothing if dying or standing.sent >= MOST else Decision(Mail.CONFIRM)


def to_domain_of(domain: str) -> list[Counted]:
    """The limit of mails to a domain; none at a large provider."""
    owned = providers.owned(domain)
    return [(TO_DOMAIN, owned)] if owned else []


def open_until(subscription: Subscription) -> datetime | None:
    """Until when the confirmation link works; None when no such mail is out."""
    sent_at, left_at = subscription.confirmation_sent_at, subscription.unsubscribed_at
    if sent_at is None:
        return None
    if subscription.state == S.PENDING:
        return subscription.created_at + LIFE
    if subscription.state == S.UNSUBSCRIBED and left_at is not None and sent_at > left_at:
        # Only a mail that was asked for after leaving brings anyone back; an older mail lying about must not.
        return sent_at + LIFE
    return None


def number_of(subscription: Subscription) -> int:
    """Names the last sending, so that the links of those before it work no more: the time it was sent, in ms.

    Not how many there were: that begins anew with each wish, and an old letter's number would come again.
    """
    sent_at = subscription.confirmation_sent_at
    return 0 if sent_at is None else (sent_at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def message(subscription: Subscription, mail: Mail, head: Letterhead, *, now: datetime) -> EmailMultiAlternatives:
    """The mail, under the newsletter's name and in its language."""
    list_, keys, base_url = subscription.list, conf.settings().token_keys, conf.settings().base_url
    public_id = bytes(subscription.public_id)
    confirm = tokens.make_confirmation(public_id, number_of(subscription), keys=keys)
    leave = tokens.make(public_id, tokens.Scope.LEAVE, keys=keys)
    context = {
        "confirm_url": base_url + reverse("confirm", args=[confirm, list_.slug]),
        "leave_url": base_url + reverse("unsubscribe", args=[leave]),
        "days": _days_left(subscription, localization.page_language(head.language), now=now),
    }
    name = "already" if mail is Mail.ALREADY else "confirm"
    return mails.write(name, head, context, to=addresses.of(subscription.subscriber))


def _days_left(subscription: Subscription, language: str, *, now: datetime) -> dict[str, object]:
    """The whole days that the link works, as a number and as people write it."""
    until = open_until(subscription) or now + LIFE
    days = max(1, (until - now).days)
    return {"number": days, "text": localization.digits(days, language=language)}
