"""A release from the freeze to the last result, over a carrier that keeps what it is given."""

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.delivery import audience, queries
from newsletter.delivery.carriers.memory import MemoryCarrier
from newsletter.delivery.send import Worker
from newsletter.issues.models import Issue
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]


def test_every_reader_gets_one_mail_and_the_issue_is_finished(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """I1, I2: planned = accepted, one message each, and then the issue is over."""
    people = readers.join(1_203)
    audience.freeze(issue.pk, by="staff:1", now=now)

    newsroom.work_off(hire(carrier), now=now)

    assert sorted(message.key for message in carrier.sent) == people
    assert newsroom.assert_balanced(issue) == {"accepted": 1_203}
    assert queries.ledger(issue.pk)["state"] == "finished"
