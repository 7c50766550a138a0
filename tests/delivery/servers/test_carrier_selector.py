"""Which mail server a worker may use for which newsletter, and how many connections that gives it."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from newsletter.conf import Config
from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import Transport
from newsletter.delivery.servers.carrier_registry import CarrierRegistry, SingleCarrier
from newsletter.delivery.servers.carrier_selector import MANY, CarrierSelector
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.states import Role
from newsletter.delivery.worker.threads import Threads
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.servers.test_several_servers import row

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def with_selector(
    config: Config, story: Callable[[CarrierSelector], Coroutine[Any, Any, T]], *, now: datetime, registry: Any = None
) -> T:
    """Tells the story to a selector that has read how the servers do; the database is asked in the worker's thread."""
    threads = Threads()

    async def work() -> T:
        selector = CarrierSelector(
            registry or CarrierRegistry(config),
            db=threads.db,
            clock=lambda: now,
            boottime=asyncio.get_running_loop().time,
            chance=lambda: 0.5,
        )
        await selector.refresh()
        try:
            return await story(selector)
        finally:
            await selector.close()

    try:
        return asyncio.run(work())
    finally:
        threads.close()


@pytest.fixture
def released(readers: newsroom.Readers, issue: Issue, now: datetime) -> Issue:
    """An issue that is being sent."""
    readers.join(1)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    return issue


def test_the_most_connections_are_those_of_the_largest_server(config: Config, now: datetime) -> None:
    row("small", port=2, max_connections=2)
    row("large", port=3, max_connections=40)

    async def story(selector: CarrierSelector) -> tuple[int, list[int]]:
        return selector.most_connections, sorted(map(selector.share, selector.carriers))

    most, shares = with_selector(config, story, now=now)
    assert most == 40
    assert shares == [1, 30, 30] or shares == [1, 30], "one connection of each stays free for other domains"


def test_a_carrier_that_was_given_has_as_many_as_it_likes(config: Config, now: datetime) -> None:
    async def story(selector: CarrierSelector) -> tuple[int, int]:
        return selector.most_connections, selector.share(next(iter(selector.carriers)))

    assert with_selector(config, story, now=now, registry=SingleCarrier(MemoryCarrier())) == (0, MANY)


def test_a_fallback_is_used_only_while_the_primary_cannot_be(config: Config, released: Issue, now: datetime) -> None:
    primary, fallback = row("primary", port=2), row("fallback", port=3, role=Role.FALLBACK)
    publication = released.publication_id

    async def story(selector: CarrierSelector) -> None:
        assert selector.usable(publication) == [primary.pk]
        assert selector.may_take(primary.pk, publication)
        assert not selector.may_take(fallback.pk, publication)
        down = TransportUnavailable("away", phase=Phase.CONNECT)
        await selector.failed(primary.pk, down, carrier=selector.carriers[primary.pk])
        assert selector.usable(publication) == [fallback.pk]
        assert not selector.may_take(primary.pk, publication)
        assert selector.may_take(fallback.pk, publication)

    with_selector(config, story, now=now)


def test_who_speaks_of_a_server_as_it_was_before_an_edit_is_not_heard(
    config: Config, released: Issue, now: datetime
) -> None:
    server = row("relay", port=2)

    def edit() -> None:
        Transport.objects.update(port=3, version=2)

    async def story(selector: CarrierSelector) -> None:
        before = selector.carriers[server.pk]
        newsroom.elsewhere(edit)
        assert await selector.refresh() == [before]
        await selector.failed(server.pk, TransportUnavailable("away", phase=Phase.CONNECT), carrier=before)
        assert selector.usable(released.publication_id) == [server.pk]

    with_selector(config, story, now=now)


def test_a_newsletter_whose_servers_all_sleep_is_shut(config: Config, released: Issue, now: datetime) -> None:
    row("relay", port=2)
    Transport.objects.update(sleeping_until=now + timedelta(minutes=1))

    async def story(selector: CarrierSelector) -> tuple[set[int], list[int]]:
        return selector.shut(), selector.usable(released.publication_id)

    assert with_selector(config, story, now=now) == ({released.publication_id}, [])
