"""What a worker sends for a domain with DKIM keys is signed, or is not sent (trust U5, X1)."""

import os
from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.conf import Config
from newsletter.delivery.control import release_actions
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import DkimKey
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue
from tests import verifiers
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db(transaction=True)

DOMAIN = "harbour.example"


def accepted(carrier: MemoryCarrier) -> list[set[str]]:
    """By whose signatures a receiver takes each mail that was sent."""
    known = {record.name: record.text for record in map(signing_keys.record_of, signing_keys.keys_of(DOMAIN))}
    return verifiers.opendkim([message.data for message in carrier.sent], known)


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_every_mail_carries_both_signatures_and_the_same_ones_on_every_try(
    cores: int,
    readers: newsroom.Readers,
    issue: Issue,
    carrier: MemoryCarrier,
    hire: Callable[..., Worker],
    config: Config,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """U5, however many cores there are to sign on."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    people = readers.join(120)
    signing_keys.create(DOMAIN, message_key=config.message_key, by="test", now=now)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(carrier), now=now)
    assert sorted(message.key for message in carrier.sent) == people
    assert [len(one) for one in accepted(carrier)] == [2] * 120
    assert all(message.data.count(b"DKIM-Signature:") == 2 for message in carrier.sent)
    assert newsroom.assert_balanced(issue) == {"accepted": 120}


def test_a_key_that_cannot_be_read_pauses_the_issue_and_nothing_leaves_unsigned(
    readers: newsroom.Readers,
    issue: Issue,
    carrier: MemoryCarrier,
    hire: Callable[..., Worker],
    config: Config,
    now: datetime,
) -> None:
    """X1: the key is put back, somebody resumes, and all of it arrives signed."""
    readers.join(5)
    signing_keys.create(DOMAIN, message_key=config.message_key, by="test", now=now)
    whole = {key.pk: bytes(key.private) for key in DkimKey.objects.all()}
    DkimKey.objects.update(private=b"damaged")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    worker = hire(carrier)
    newsroom.work_off(worker, now=now)
    issue.refresh_from_db()
    assert (issue.state, carrier.sent) == ("paused", [])
    assert DOMAIN in issue.state_reason
    assert newsroom.assert_balanced(issue) == {"pending": 5}

    for number, private in whole.items():
        DkimKey.objects.filter(pk=number).update(private=private)
    release_actions.resume(issue.pk, by="staff:1", now=now)
    newsroom.work_off(worker, now=now)
    assert [len(one) for one in accepted(carrier)] == [2] * 5
    assert newsroom.assert_balanced(issue) == {"accepted": 5}
