"""The words on screen for the states and reasons that rooms keep (design §1)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.states import DeliveryState
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
