"""A worker with several mail servers: shares by weight, a fallback that takes over, a primary that comes back."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newsletter.conf import Config
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import Chunk, Result, Transport
from newsletter.delivery.servers import routing
from newsletter.delivery.servers.carrier_registry import CarrierRegistry
from newsletter.delivery.states import Role
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import ScriptedServer
from tests.delivery.smtp_help import running_in_a_thread

pytestmark = pytest.mark.django_db(transaction=True)


def row(name: str, *, port: int, **given: object) -> Transport:
    values = {"host": "127.0.0.1", "tls": "none", "max_connections": 3, **given}
    return Transport.objects.create(name=name, port=port, **values)


def send(config: Config, *, now: datetime) -> None:
    with Worker(config, CarrierRegistry(config), chance=lambda: 0.5) as worker:
        newsroom.work_off(worker, now=now)


def test_two_primaries_share_by_weight_though_one_is_slower(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    readers.join(400)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    fast, slow = ScriptedServer(), ScriptedServer({"DOT": 0.01})
    with running_in_a_thread(fast), running_in_a_thread(slow):
        row("fast", port=fast.port, weight=1)
        row("slow", port=slow.port, weight=3)
        send(config, now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 400}
    by_fast, by_slow = len(fast.accepted), len(slow.accepted)
    assert by_fast + by_slow == 400
    assert by_fast <= by_slow / 3 + routing.AHEAD + 1
    assert by_slow <= by_fast * 3 + routing.AHEAD + 1


def test_a_fallback_takes_over_at_the_cost_of_no_try_and_the_primary_comes_back_by_itself(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    """B3, N1."""
    readers.join(20)
    later = newsroom.approved_issue(list_id=readers.list_id, now=now)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    primary, fallback = ScriptedServer(), ScriptedServer()
    with ExitStack() as stack:
        stack.enter_context(running_in_a_thread(fallback))
        away = row("primary", port=9)
        row("fallback", port=fallback.port, role=Role.FALLBACK)
        send(config, now=now)
        assert newsroom.assert_balanced(issue) == {"accepted": 20}
        assert len(fallback.accepted) == 20
        assert set(Result.objects.values_list("tries", flat=True)) <= {1}
        away.refresh_from_db()
        assert away.sleeping_until is not None

        stack.enter_context(running_in_a_thread(primary))
        Transport.objects.filter(pk=away.pk).update(port=primary.port)
        now += timedelta(minutes=10)
        send(config, now=now)  # nothing is due but the probe
        audience_freeze.freeze(later.pk, by="staff:1", now=now)
        send(config, now=now)
        assert newsroom.assert_balanced(later) == {"accepted": 20}
        assert (len(primary.accepted), len(fallback.accepted)) == (20, 20)
    away.refresh_from_db()
    assert (away.sleeping_until, away.failures) == (None, 0)


def test_a_publication_goes_by_its_own_server_only(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    readers.join(20)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    mine, other = ScriptedServer(), ScriptedServer()
    with running_in_a_thread(mine), running_in_a_thread(other):
        row("mine", port=mine.port, serves_all=False).publications.set([issue.publication])
        row("other", port=other.port, serves_all=False)
        send(replace(config, smtp_url=None), now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 20}
    assert (len(mine.accepted), len(other.accepted)) == (20, 0)


def test_a_worker_without_a_server_holds_nothing_and_takes_up_one_that_is_added(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    readers.join(20)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    server = ScriptedServer()
    with Worker(config, CarrierRegistry(config), chance=lambda: 0.5) as worker, running_in_a_thread(server):
        newsroom.work_off(worker, now=now)
        assert newsroom.assert_balanced(issue) == {"pending": 20}
        assert set(Chunk.objects.values_list("state", flat=True)) == {"waiting"}
        row("late", port=server.port)
        newsroom.work_off(worker, now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 20}
