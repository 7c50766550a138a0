"""One stretch of sending by itself: real chunks, real threads, a carrier in memory (K6, U6, B7)."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.conf import Config
from newsletter.delivery import clock
from newsletter.delivery.carrier import Message, Phase, Reply, TransportUnavailable
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.models import Chunk
from newsletter.delivery.ratelimit.refill import Refiller
from newsletter.delivery.servers.carrier_registry import CarrierRegistry, SingleCarrier
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier, accept
from newsletter.delivery.worker import send_loop
from newsletter.delivery.worker.chunk_claimer import ChunkClaimer
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.send_loop import SendLoop
from newsletter.delivery.worker.threads import Threads
from newsletter.delivery.worker.worker_journals import WorkerJournals
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import ScriptedServer
from tests.delivery.servers.test_several_servers import row
from tests.delivery.smtp_help import running_in_a_thread

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., SendLoop]


@pytest.fixture
def run(config: Config, now: datetime, tmp_path: Path) -> Iterator[Run]:
    """Runs a send loop to its end; ``between`` is called with it after each round."""
    threads = Threads()
    told_to_stop: list[bool] = []

    def run(
        carrier: MemoryCarrier | None = None,
        *,
        registry: CarrierRegistry | None = None,
        most_chunks: int | None = None,
        between: Callable[[SendLoop], None] = lambda _: None,
        stop: list[bool] = told_to_stop,
    ) -> SendLoop:
        context = WorkerContext(
            config=config,
            threads=threads,
            clock=lambda: now,
            boottime=clock.boottime,
            chance=lambda: 0.5,
            is_stopping=lambda: bool(stop),
        )

        async def work() -> SendLoop:
            carriers = registry or SingleCarrier(carrier or MemoryCarrier())
            selector = CarrierSelector(
                carriers, db=threads.db, clock=lambda: now, boottime=clock.boottime, chance=lambda: 0.5
            )
            await selector.refresh()
            journals = WorkerJournals(tmp_path / "journals", later=asyncio.get_running_loop().call_soon)

            async def refresh() -> None:
                await selector.refresh()

            loop = SendLoop(
                context,
                selector,
                Refiller(threads.limits),
                claimer=ChunkClaimer(context, selector, journals=journals, refresh=refresh),
                window=send_loop.FIRST_WINDOW,
            )

            async def after_each_round() -> None:
                between(loop)

            try:
                await loop.run(most_chunks=most_chunks, between=after_each_round)
            finally:
                journals.close()
                await selector.close()
            return loop

        return asyncio.run(work())

    yield run
    threads.close()


@pytest.fixture
def frozen(readers: newsroom.Readers, issue: Issue, now: datetime) -> list[int]:
    """Twelve hundred readers at one domain, which are three chunks."""
    people = readers.join(1_200)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    return people


def test_it_ends_when_no_chunk_waits_and_everything_is_settled(
    run: Run, carrier: MemoryCarrier, frozen: list[int], issue: Issue
) -> None:
    loop = run(carrier)
    assert sorted(message.key for message in carrier.sent) == frozen
    assert (loop.claimed, loop.issues, loop.keys(), loop.journals()) == (3, {issue.pk}, frozenset(), set())
    assert newsroom.assert_balanced(issue) == {"accepted": 1_200}


def test_a_server_with_many_connections_is_given_a_window_for_each(
    run: Run, config: Config, frozen: list[int], issue: Issue
) -> None:
    """Its connections would else wait for each other's answers: four each for NEWSLETTER_SMTP_CONNECTIONS alone."""
    with running_in_a_thread(server := ScriptedServer()):
        row("relay", port=server.port, max_connections=30)
        windows: list[int] = []
        run(registry=CarrierRegistry(config), between=lambda loop: windows.append(loop.window))
    assert min(windows) >= 4 * 30
    assert server.accepted


def test_it_claims_no_more_chunks_than_it_may(run: Run, carrier: MemoryCarrier, frozen: list[int]) -> None:
    assert run(carrier, most_chunks=1).claimed == 1
    assert len(carrier.sent) == CHUNK_SIZE


@pytest.mark.parametrize(("ahead", "most"), [(send_loop.AHEAD, 1), (501, 2), (1_200, 3)])
def test_another_chunk_is_claimed_while_fewer_messages_wait_than_it_says(
    ahead: int, most: int, run: Run, carrier: MemoryCarrier, frozen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connections never stand still for a claim, and no chunk is leased long before its turn."""
    monkeypatch.setattr(send_loop, "AHEAD", ahead)
    leased_at_first: list[int] = []
    run(carrier, between=lambda loop: leased_at_first.append(len(loop.keys())))
    # The first round has handed over no more than a window of the first chunk.
    assert leased_at_first[0] == most


def test_a_fast_server_widens_the_window_and_it_never_exceeds_a_chunk(
    run: Run, carrier: MemoryCarrier, frozen: list[int]
) -> None:
    """Rule 6."""
    widths: set[int] = set()
    loop = run(carrier, between=lambda loop: widths.add(loop.window))
    assert send_loop.FIRST_WINDOW < loop.window <= 500
    assert max(widths) <= 500


def test_a_server_that_is_away_gives_every_chunk_back_without_a_try(
    run: Run, carrier: MemoryCarrier, frozen: list[int], issue: Issue
) -> None:
    carrier.down = TransportUnavailable("The mail server is away.", phase=Phase.CONNECT)
    loop = run(carrier)
    assert loop.keys() == frozenset()
    assert not carrier.sent
    assert newsroom.assert_balanced(issue) == {"pending": 1_200}


def test_a_hold_of_the_database_stops_the_start_of_messages_and_settles_what_was_answered(
    run: Run, carrier: MemoryCarrier, frozen: list[int], issue: Issue
) -> None:
    """DB4."""
    loop = run(carrier, between=SendLoop.hold)
    assert loop.keys() == frozenset()
    counts = newsroom.assert_balanced(issue)
    assert counts["accepted"] == len(carrier.sent) < 1_200


def test_an_error_of_a_carrier_that_is_no_lost_server_ends_the_loop_and_leaves_the_lease(
    run: Run, frozen: list[int]
) -> None:
    """For `control.takeover`: nothing is guessed."""

    def broken(message: Message) -> Reply:
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        run(MemoryCarrier(answer=broken))
    assert Chunk.objects.exclude(owner="").exists()


def test_a_stop_lets_answers_come_and_gives_the_chunks_back(run: Run, frozen: list[int], issue: Issue) -> None:
    """K6."""
    stop: list[bool] = []

    def answer(message: Message) -> Reply:
        stop.append(True)
        return accept(message)

    carrier = MemoryCarrier(answer=answer)
    loop = run(carrier, stop=stop)
    assert loop.keys() == frozenset()
    counts = newsroom.assert_balanced(issue)
    assert counts["accepted"] == len(carrier.sent)
    assert counts["accepted"] + counts.get("pending", 0) == 1_200
