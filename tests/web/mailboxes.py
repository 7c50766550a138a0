"""An issue whose mails were all tried once: some mailboxes are full, and those are tried again."""

from datetime import datetime, timedelta

from django.utils import timezone

from newsletter.delivery.ledger import audience_freeze, leases, results
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from tests.delivery import newsroom as ledger


def sent_but_for_full_mailboxes(full: int) -> Issue:
    """Twenty readers: one address is unknown, ``full`` mailboxes are full, the others took it."""
    now = timezone.now() - timedelta(minutes=5)
    readers = ledger.Readers.make(now=now - timedelta(days=30))
    people = readers.join(20)
    issue = ledger.approved_issue(list_id=readers.list_id, now=now)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    lease = leases.claim(owner="w", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    due = now + timedelta(hours=2)
    group = [_answer(person, n, full=full, due=due) for n, person in enumerate(people)]
    assert results.settle(lease, group, now=now)
    assert results.close(lease, now=now, not_before=None)
    issue.refresh_from_db()
    return issue


def _answer(person: int, n: int, *, full: int, due: datetime) -> Settlement:
    if n == 0:
        return Settlement(subscriber=person, state=D.REFUSED, tries=1, kind="recipient", code=550, reply="No such user")
    if n <= full:
        long = "4.2.2 The mailbox is over its quota, please see https://support.example.net/mail/?p=OverQuotaTemp"
        return Settlement(
            subscriber=person, state=D.DEFERRED, tries=1, kind="full", code=452, enhanced="4.2.2", reply=long,
            due=due, phase="rcpt", tried=D.DEFERRED,
        )  # fmt: skip
    return Settlement(subscriber=person, state=D.ACCEPTED, tries=1, code=250, reply="ok")
