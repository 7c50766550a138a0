"""Compares the mailbox with the ledger: a mail for each planned reader, none for anybody else, each well made."""

from collections import Counter
from dataclasses import dataclass

from newsletter.delivery.ledger import queries
from newsletter.delivery.models import Delivery
from newsletter.issues.models import Issue
from newsletter.issues.queries import approval_in_force
from newsletter.mailbox.store import Mail, Mailbox
from subscribers import api as subscribers

LEAST_ACCEPTED = 200
LEAST_EXCLUDED = 30


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the mailbox holds beside what the ledger says; counts of mails and of addresses."""

    messages: int
    recipients: int
    missing: int
    twice: int
    strangers: int
    malformed: int
    ledger: dict[str, object]

    @property
    def ok(self) -> bool:
        sums = {name: value for name, value in self.ledger.items() if isinstance(value, int)}
        excluded = self.ledger["excluded"]
        left_out = sum(excluded.values()) if isinstance(excluded, dict) else 0
        return (
            self.ledger["state"] == "finished"
            and sums["planned"] == sums["accepted"] == self.recipients >= LEAST_ACCEPTED
            and left_out >= LEAST_EXCLUDED
            and sums["candidates"] == sums["planned"] + left_out
            and not (self.missing or self.twice or self.strangers or self.malformed)
        )

    def as_json(self) -> dict[str, object]:
        """The ledger's sums, then what the mailbox says of them."""
        mailbox = {
            "messages": self.messages,
            "recipients": self.recipients,
            "missing": self.missing,
            "twice": self.twice,
            "strangers": self.strangers,
            "malformed": self.malformed,
        }
        return {**self.ledger, "mailbox": mailbox, "ok": self.ok}


def compare(issue: Issue, mailbox: Mailbox) -> Comparison:
    """Compare every mail in the mailbox with the issue's planned deliveries."""
    planned = _planned_addresses(issue)
    mails = [mailbox.get(caught.id) for caught in mailbox.list()]
    got = Counter(recipient for mail in mails for recipient in mail.caught.recipients)
    return Comparison(
        messages=len(mails),
        recipients=len(got),
        missing=len(planned - set(got)),
        twice=sum(1 for count in got.values() if count > 1),
        strangers=len(set(got) - planned),
        malformed=sum(1 for mail in mails if not well_made(mail)),
        ledger=queries.ledger(issue.pk),
    )


def well_made(mail: Mail) -> bool:
    """One recipient, named in To; multipart/alternative with the text first (trust F6, B9)."""
    message = mail.message
    kinds = [part.get_content_type() for part in message.iter_parts()] if message.is_multipart() else []
    to = message.get("To", "")
    return (
        message.get_content_type() == "multipart/alternative"
        and kinds == ["text/plain", "text/html"]
        and len(mail.caught.recipients) == 1
        and mail.caught.recipients[0] in to
        and "List-Unsubscribe" in message
    )


def _planned_addresses(issue: Issue) -> set[str]:
    ids = list(Delivery.objects.filter(issue=issue).values_list("subscriber", flat=True))
    approval = approval_in_force(issue)
    if approval is None:
        return set()
    found = subscribers.recipients(approval.audience, ids)
    return {person.address for person in found.values()}
