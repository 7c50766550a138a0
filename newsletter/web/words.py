"""The words on screen for the states and reasons that rooms keep (design §1)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.carriers import Phase
from newsletter.delivery.models import Epoch
from newsletter.delivery.probe import Outcome
from newsletter.delivery.routes import Role
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.transports import State
from newsletter.delivery.verdicts import Kind
from newsletter.issues.states import IssueState


@dataclass(frozen=True, kw_only=True)
class Word:
    """A label, with what it means and how loud it is."""

    label: str | Promise
    meaning: str | Promise = ""
    tone: str = ""
    """Class of a badge: good, warn, bad, accent or none."""


ISSUE: dict[str, Word] = {
    IssueState.DRAFT: Word(label=_("Draft"), meaning=_("Being written. Nothing is sent before someone approves it.")),
    IssueState.APPROVED: Word(label=_("Approved"), meaning=_("Waits for its time."), tone="accent"),
    IssueState.SCHEDULED: Word(label=_("Scheduled"), meaning=_("Goes out by itself at its time."), tone="accent"),
    IssueState.HELD: Word(label=_("On hold"), meaning=_("Waits for someone to decide."), tone="warn"),
    IssueState.FREEZING: Word(
        label=_("Being prepared"), meaning=_("The recipients are being written down."), tone="accent"
    ),
    IssueState.SENDING: Word(label=_("Being sent"), meaning=_("Mails are going to the mail server."), tone="accent"),
    IssueState.PAUSED: Word(label=_("Paused"), meaning=_("Nothing goes out until someone goes on."), tone="warn"),
    IssueState.FINISHED: Word(label=_("Finished"), meaning=_("Nothing is left to send."), tone="good"),
    IssueState.CANCELLED: Word(label=_("Cancelled"), meaning=_("Nothing more is sent.")),
}

HOLD: dict[str, Word] = {
    Epoch.Why.BEHIND: Word(label=_("This database is older than what was sent.")),
    Epoch.Why.ELSEWHERE: Word(label=_("This database is a copy, was restored, or was moved.")),
}

DELIVERY: dict[str, Word] = {
    DeliveryState.ACCEPTED: Word(
        label=_("Taken by the mail server"), meaning=_("It said yes. What happens later it may still tell us.")
    ),
    DeliveryState.PENDING: Word(label=_("Still to send"), meaning=_("Not tried yet.")),
    DeliveryState.DEFERRED: Word(
        label=_("Will be tried again"), meaning=_("The mail server said: not now."), tone="warn"
    ),
    DeliveryState.REFUSED: Word(label=_("Refused"), meaning=_("The mail server said no."), tone="bad"),
    DeliveryState.UNCERTAIN: Word(
        label=_("Not known"),
        meaning=_("The connection broke at the last moment: the mail may have been taken or not."),
        tone="warn",
    ),
    DeliveryState.WITHDRAWN: Word(
        label=_("Left before sending"), meaning=_("Left, was taken off or the issue was cancelled.")
    ),
    DeliveryState.EXPIRED: Word(
        label=_("Too late"), meaning=_("It could not be sent while it was still of use."), tone="bad"
    ),
}
"""In the order of the page: what went well first, what asks for work next."""

TRANSPORT: dict[str, Word] = {
    State.WORKS: Word(label=_("Works"), tone="good"),
    State.UNTRIED: Word(label=_("Ready"), meaning=_("Nothing has gone out by it yet.")),
    State.SLEEPING: Word(label=_("Cooling down"), tone="warn"),
    State.PAUSED: Word(label=_("Paused"), tone="bad"),
    State.DISABLED: Word(label=_("Switched off"), meaning=_("Nothing goes out by it.")),
    State.UNSET: Word(label=_("Not set"), meaning=_("NEWSLETTER_SMTP_URL names no server that can be used.")),
}

ROLE: dict[str, Word] = {
    Role.PRIMARY: Word(
        label=_("Primary"), meaning=_("Always takes part; several share the mail by their weights."), tone="accent"
    ),
    Role.OVERFLOW: Word(label=_("Overflow"), meaning=_("Helps only while every primary server is at its limit.")),
    Role.FALLBACK: Word(label=_("Fallback"), meaning=_("Takes over only while no other server can be used.")),
}

STEP: dict[str, str | Promise] = {
    Phase.CONNECT: _("Connection"),
    Phase.EHLO: _("Greeting"),
    Phase.STARTTLS: _("Encryption"),
    Phase.AUTH: _("Signing in"),
}
"""Of a connection test."""

OUTCOME: dict[str, Word] = {
    Outcome.DONE: Word(label=_("Works"), tone="good"),
    Outcome.SKIPPED: Word(label=_("Not asked for")),
    Outcome.FAILED: Word(label=_("Failed"), tone="bad"),
    Outcome.NOT_REACHED: Word(label=_("Not reached")),
}

KIND: dict[str, Word] = {
    Kind.RECIPIENT: Word(
        label=_("Nobody has this address"),
        meaning=_(
            "Unknown, moved or switched off. Sending again seldom helps; unknown ones are not written to any more."
        ),
    ),
    Kind.FULL: Word(label=_("Mailbox full"), meaning=_("There may be room again later.")),
    Kind.GREYLISTED: Word(label=_("Asked to come back"), meaning=_("The server takes no first try from anybody.")),
    Kind.THROTTLED: Word(label=_("Too fast for the server"), meaning=_("It asks for more time.")),
    Kind.POLICY: Word(
        label=_("Refused by policy"), meaning=_("For who sends or how: reputation, signatures, lists. Mend that first.")
    ),
    Kind.SIZE: Word(label=_("Too large"), meaning=_("The mail is larger than the server or mailbox allows.")),
    Kind.LOGIN: Word(label=_("Sign-in asked for"), meaning=_("The mail server wants a user and a password.")),
    Kind.NETWORK: Word(label=_("No answer"), meaning=_("Silence, or a broken connection.")),
    Kind.UNMADE: Word(label=_("Could not be made"), meaning=_("This mail could not be put together.")),
    Kind.OTHER: Word(label=_("Another reason"), meaning=_("See what the server said.")),
}
"""What replies are about, and what a person may choose to send again."""


def failed(choice: str) -> Word:
    """A choice of whom to send again: a kind, or one of two states."""
    return KIND[choice] if choice in KIND else DELIVERY[choice]


EXCLUDED: dict[str, str | Promise] = {
    "pending": _("Have not confirmed yet"),
    "unsubscribed": _("Have left"),
    "suppressed": _("Do not mail"),
    "no-consent": _("No consent on record"),
    "joined-later": _("Joined after the start"),
    "erased": _("Erased since"),
}


def excluded(reason: str) -> str:
    """Why a candidate is not written to, in words; an unknown reason says itself."""
    return str(EXCLUDED.get(reason, reason))


LIMIT_KIND: dict[str, str | Promise] = {
    "server": _("Mail server"),
    "sender": _("Sender’s domain"),
    "domain": _("Who takes the mail"),
}

LIMIT_BOUND: dict[int, str | Promise] = {
    1: _("%(bound)s a second"),
    60: _("%(bound)s a minute"),
    3_600: _("%(bound)s an hour"),
    86_400: _("%(bound)s a day"),
}

LIMIT_USE: dict[int, str | Promise] = {
    1: _("%(used)s of %(bound)s a second, over the last minute"),
    60: _("%(used)s of %(bound)s in the last minute"),
    3_600: _("%(used)s of %(bound)s in the last hour"),
    86_400: _("%(used)s of %(bound)s in the last day"),
}
"""How much of a limit is used, by the seconds of its period."""

WARM_UP: dict[str, str | Promise] = {
    "": _("None"),
    "careful": _("Careful: 50 on the first day, a quarter more each day"),
    "usual": _("Usual: 100 on the first day, half as much again each day"),
    "quick": _("Quick: 1,000 on the first day, twice as many each day"),
    "yahoo": _("Yahoo: 100 an hour on the first day, two fifths more each day"),
}
