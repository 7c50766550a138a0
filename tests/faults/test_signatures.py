"""DKIM keys that break, come back and are rotated while an issue goes out: signed, or not at all (fault X1)."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from newsletter import conf
from newsletter.delivery.control import release_actions
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.ledger import leases
from newsletter.delivery.models import DkimDomain, DkimKey
from newsletter.issues.models import Issue
from tests import verifiers
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import ScriptedServer
from tests.faults import scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]

DOMAIN = "harbour.example"
SLOWLY = 0.004
"""Seconds for each answer: a chunk's worth of time to do something meanwhile."""


def _now() -> datetime:
    return datetime.now(UTC)


def _create(**options: bool) -> list[DkimKey]:
    return signing_keys.create(DOMAIN, message_key=conf.config().message_key, by="test", now=_now(), **options)


def _slow_server() -> ScriptedServer:
    """It keeps every message, for the verifier."""
    return ScriptedServer({"DOT": SLOWLY}, offered=("PIPELINING", "8BITMIME"))


def _accepted(hunt: Hunt) -> list[set[str]]:
    """For each message that the server took: whose signatures hold."""
    known = {record.name: record.text for record in map(signing_keys.record_of, signing_keys.keys_of(DOMAIN))}
    blocks = [block.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.") for _, block in hunt.sink.server.accepted]
    return verifiers.dkimpy(blocks, known)


@pytest.mark.parametrize("damage", ["damaged", "gone"])
def test_keys_that_break_meanwhile_pause_the_issue_and_nothing_leaves_unsigned(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, damage: str
) -> None:
    """X1: it says which domain and what to do; with the keys back, the rest arrives, and all of it is signed."""
    under_fire = hunt(_slow_server())
    keys = _create()
    whole = {key.pk: bytes(key.private) for key in keys}
    planned = scenarios.release(under_fire.issue, readers, count=1_200)
    sink = under_fire.sink
    with under_fire.worker() as worker:
        under_fire.until(lambda: len(sink.copies) > 50, worker)
        if damage == "damaged":
            DkimKey.objects.update(private=b"damaged")
        else:
            DkimKey.objects.all().delete()
        under_fire.until(lambda: Issue.objects.get(pk=under_fire.issue.pk).state == "paused", worker)
        under_fire.until(lambda: not leases.leased(), worker)  # one may have been read meanwhile, and pause it again
        why = Issue.objects.get(pk=under_fire.issue.pk).state_reason
        assert DOMAIN in why
        assert "newsletter dkim" in why
        assert DkimDomain.objects.filter(domain=DOMAIN).exists()
        if damage == "gone":
            DkimKey.objects.bulk_create(keys)
        for number, private in whole.items():
            DkimKey.objects.filter(pk=number).update(private=private)
        assert len(sink.copies) < len(planned), "it paused too late to prove anything"
        release_actions.resume(under_fire.issue.pk, by="staff:1", now=_now())
        under_fire.to_the_end(worker)
    scenarios.judge(under_fire, planned, doubts=0)
    accepted = _accepted(under_fire)
    assert len(accepted) == len(planned)
    assert {frozenset(one) for one in accepted} == {frozenset(key.selector for key in keys)}


def test_keys_that_are_rotated_meanwhile_leave_every_signature_valid(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """X1: some leave under the old keys and some under the new ones, both ways whole, and both are accepted."""
    under_fire = hunt(_slow_server())
    old = _create()
    planned = scenarios.release(under_fire.issue, readers, count=1_200)
    sink = under_fire.sink
    with under_fire.worker() as worker:
        under_fire.until(lambda: len(sink.copies) > 50, worker)
        new = _create(rotate=True)
        DkimKey.objects.filter(pk__in=[key.pk for key in new]).update(active_from=_now())
        under_fire.to_the_end(worker)
    scenarios.judge(under_fire, planned, doubts=0)
    accepted = _accepted(under_fire)
    assert len(accepted) == len(planned)
    assert {frozenset(one) for one in accepted} == {
        frozenset(key.selector for key in old),
        frozenset(key.selector for key in new),
    }
