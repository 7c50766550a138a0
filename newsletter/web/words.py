"""The words on screen for the states and reasons that rooms keep (newsletter/GLOSSARY.md)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.carrier import Phase
from newsletter.delivery.control import hold_end, takeover
from newsletter.delivery.ledger import release_plan
from newsletter.delivery.models import Epoch
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.servers.server_health import State
from newsletter.delivery.smtp.probe import Outcome
from newsletter.delivery.states import DeliveryState, Role
from newsletter.delivery.worker import leased_chunk
from newsletter.issues.states import IssueState


@dataclass(frozen=True, kw_only=True)
class Word:
    """A label, with what it means and how loud it is."""

    label: str | Promise
    meaning: str | Promise = ""
    tone: str = ""
    """Class of a badge: good, warn, bad, accent or none."""


ISSUE: dict[str, Word] = {
    IssueState.DRAFT: Word(label=_("Draft"), meaning=_("Nothing is sent until someone approves it.")),
    IssueState.APPROVED: Word(label=_("Approved"), meaning=_("Waiting for its time."), tone="accent"),
    IssueState.SCHEDULED: Word(label=_("Scheduled"), meaning=_("Goes out automatically at its time."), tone="accent"),
    IssueState.HELD: Word(label=_("On hold"), meaning=_("Waiting for someone to decide."), tone="warn"),
    IssueState.FREEZING: Word(
        label=_("Being prepared"), meaning=_("The list of recipients is being fixed."), tone="accent"
    ),
    IssueState.SENDING: Word(label=_("Being sent"), meaning=_("Mail is going to the mail server."), tone="accent"),
    IssueState.PAUSED: Word(label=_("Paused"), meaning=_("Nothing goes out until someone resumes it."), tone="warn"),
    IssueState.FINISHED: Word(label=_("Sent"), meaning=_("Nothing is left to send."), tone="good"),
    IssueState.CANCELLED: Word(label=_("Cancelled"), meaning=_("Nothing more will be sent.")),
}

HOLD: dict[str, Word] = {
    Epoch.Why.BEHIND: Word(label=_("This database is older than what was sent.")),
    Epoch.Why.ELSEWHERE: Word(label=_("This database was copied, restored or moved.")),
}

DELIVERY: dict[str, Word] = {
    DeliveryState.ACCEPTED: Word(label=_("Accepted by the mail server"), meaning=_("The mail may still bounce later.")),
    DeliveryState.PENDING: Word(label=_("Still to send"), meaning=_("Not tried yet.")),
    DeliveryState.DEFERRED: Word(
        label=_("Will be tried again"), meaning=_("The mail server said “not now”."), tone="warn"
    ),
    DeliveryState.REFUSED: Word(label=_("Refused"), meaning=_("The mail server said “no”."), tone="bad"),
    DeliveryState.UNCERTAIN: Word(
        label=_("Not known"),
        meaning=_("The connection broke at the last moment, so the mail may or may not have been accepted."),
        tone="warn",
    ),
    DeliveryState.WITHDRAWN: Word(
        label=_("Left before sending"), meaning=_("They unsubscribed or were removed, or the issue was cancelled.")
    ),
    DeliveryState.EXPIRED: Word(
        label=_("Too late"), meaning=_("It was not accepted within the time set for this issue."), tone="bad"
    ),
}
"""In the order of the page: what went well first, what asks for work next."""

TRANSPORT: dict[str, Word] = {
    State.WORKS: Word(label=_("Works"), tone="good"),
    State.UNTRIED: Word(label=_("Ready"), meaning=_("It has not sent anything yet.")),
    State.SLEEPING: Word(label=_("Failing"), tone="bad"),
    State.PAUSED: Word(label=_("Paused"), tone="bad"),
    State.DISABLED: Word(label=_("Switched off"), meaning=_("It sends nothing.")),
    State.UNSET: Word(label=_("Not set"), meaning=_("NEWSLETTER_SMTP_URL does not name a usable server.")),
}

ROLE: dict[str, Word] = {
    Role.PRIMARY: Word(
        label=_("Primary"), meaning=_("Always in use. Several share the mail by weight."), tone="accent"
    ),
    Role.OVERFLOW: Word(label=_("Overflow"), meaning=_("Used only while every primary server is at its limit.")),
    Role.FALLBACK: Word(label=_("Fallback"), meaning=_("Used only while no other server can be used.")),
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
            "Unknown, moved or switched off. Sending again rarely helps, and unknown addresses are not mailed any more."
        ),
    ),
    Kind.FULL: Word(label=_("Mailbox full"), meaning=_("There may be room later.")),
    Kind.GREYLISTED: Word(label=_("Asked to come back"), meaning=_("The server turns away every first try.")),
    Kind.THROTTLED: Word(label=_("Too fast for the server"), meaning=_("It asked us to slow down.")),
    Kind.POLICY: Word(
        label=_("Refused by policy"),
        meaning=_("Because of who sends, or how: reputation, signatures, blocklists. Fix that first."),
    ),
    Kind.SIZE: Word(label=_("Too large"), meaning=_("The mail is larger than the server or mailbox allows.")),
    Kind.LOGIN: Word(label=_("Sign-in asked for"), meaning=_("The mail server wants a user name and a password.")),
    Kind.NETWORK: Word(label=_("No answer"), meaning=_("No reply, or a broken connection.")),
    Kind.UNMADE: Word(
        label=_("Could not be created"), meaning=_("Something went wrong while this mail was being created.")
    ),
    Kind.OTHER: Word(label=_("Another reason"), meaning=_("See what the server said.")),
}
"""What replies are about, and what a person may choose to send again."""


def failed(choice: str) -> Word:
    """A choice of whom to send again: a kind, or either of two states."""
    return KIND[choice] if choice in KIND else DELIVERY[choice]


EXCLUDED: dict[str, str | Promise] = {
    "pending": _("Not confirmed yet"),
    "unsubscribed": _("Unsubscribed"),
    "suppressed": _("Do not mail"),
    "no-consent": _("No consent on record"),
    "joined-later": _("Joined after sending started"),
    "erased": _("Erased since"),
}


UNSENT: dict[str, str | Promise] = {
    release_plan.CANCELLED: _("The issue was cancelled."),
    "pending": _("They had not confirmed."),
    "unsubscribed": _("They unsubscribed."),
    "suppressed": _("The address is on “Do not mail”."),
    "no-consent": _("There is no consent on record."),
    release_plan.ERASED: _("They were erased."),
    release_plan.TOO_LATE: _("The issue’s useful life is over."),
    release_plan.UNMADE: _("This mail could not be created."),
    leased_chunk.BROKEN_OFF: _("Sending was stopped before the server answered."),
    takeover.UNKNOWN: _("The worker was lost, and with it the record of what it had handed over."),
    hold_end.UNKNOWN: _("This database was older than what was sent, or a copy. The mail may have gone out already."),
}
"""Our own reasons in the ledger, where no server said any."""


def unsent(reason: str) -> str:
    """Why a mail has the result it has, when no server said so; what is not known here says itself."""
    return str(UNSENT.get(reason) or (gettext(reason) if reason else ""))


def excluded(reason: str) -> str:
    """Why a candidate is not written to, in words; an unknown reason says itself."""
    return str(EXCLUDED.get(reason, reason))


LIMIT_KIND: dict[str, str | Promise] = {
    "server": _("Mail server"),
    "sender": _("Sender’s domain"),
    "domain": _("Recipient’s provider"),
}

LIMIT_WHICH: dict[str, str | Promise] = {
    "server": _("Write the name of the mail server, or * for all others."),
    "sender": _("Write the domain that the newsletter is sent from, such as example.org, or * for all others."),
    "domain": _("Write the provider, such as gmail, or a domain such as example.org; * stands for all others."),
}
"""What is missing where nothing is named."""

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
    "careful": _("Careful: 50 on the first day, 25% more each day"),
    "usual": _("Usual: 100 on the first day, 50% more each day"),
    "quick": _("Quick: 1,000 on the first day, twice as many each day"),
    "yahoo": _("Yahoo: 100 an hour on the first day, 40% more each day"),
}

ACTION: dict[str, str | Promise] = {
    "delivery.release-hold": _("Ended the hold"),
    "dkim.activated": _("Started signing with a DKIM key"),
    "dkim.created": _("Created DKIM keys"),
    "dkim.retired": _("Retired a DKIM key"),
    "issue.approve": _("Approved an issue"),
    "issue.approved": _("Issue: approved"),
    "issue.cancelled": _("Cancelled an issue"),
    "issue.care": _("Changed how long an issue is tried"),
    "issue.create": _("Created an issue"),
    "issue.doubt-accepted": _("Decided that doubtful mails were accepted"),
    "issue.doubt-again": _("Sent doubtful mails again"),
    "issue.doubt-never-twice": _("Decided not to send doubtful mails again"),
    "issue.draft": _("Issue: a draft again"),
    "issue.edit": _("Edited an issue"),
    "issue.finished": _("Issue: sent"),
    "issue.freezing": _("Issue: released"),
    "issue.held": _("Issue: on hold"),
    "issue.paused": _("Issue: paused"),
    "issue.recipients-export": _("Exported recipients"),
    "issue.reconcile": _("Checked doubtful mails against a log"),
    "issue.resend": _("Sent an issue again to some"),
    "issue.scheduled": _("Issue: scheduled"),
    "issue.sending": _("Issue: being sent"),
    "limits.remove": _("Removed a limit"),
    "limits.set": _("Set a limit"),
    "publication.cadence": _("Changed a newsletter’s schedule"),
    "publication.create": _("Created a newsletter"),
    "publication.edit": _("Edited a newsletter"),
    "staff.add": _("Added someone to the team"),
    "staff.admin": _("Made someone an administrator"),
    "staff.close": _("Closed an account"),
    "staff.invite": _("Invited someone"),
    "staff.link": _("Created a sign-in link"),
    "staff.open": _("Signed in with a link"),
    "staff.open-again": _("Reopened an account"),
    "staff.password": _("Set a password"),
    "staff.roles": _("Changed someone’s roles"),
    "staff.withdraw": _("Withdrew an invitation"),
    "transport.create": _("Added a mail server"),
    "transport.edit": _("Edited a mail server"),
    "transport.pause": _("Paused a mail server"),
    "transport.remove": _("Removed a mail server"),
    "transport.resume": _("Resumed a mail server"),
}


def action(code: str) -> str:
    """What somebody did, in words; what is not known here says itself."""
    return str(ACTION.get(code, code))
