"""Rate limits and slow providers, seen from the mail server: real workers, several of them, and its own record."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.models import RateLimit
from newsletter.delivery.servers import stored_servers
from newsletter.delivery.worker.connection_share import QUICK
from subscribers.addresses import domain_group
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import Do, Session
from tests.faults import scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]

SERVER, DOMAIN = 50, 10
"""Messages a second."""
DOMAINS = 9
WORKERS = 4
LATE = 0.03
"""Seconds by which everybody wakes up late now and then; a slot stays good for a little longer."""


@dataclass
class Stalls:
    """When the machine did not let this process run, though it wanted to."""

    seen: list[tuple[float, float]] = field(default_factory=list)
    """The moment (monotonic) at which one ended, and how long it was."""

    def watch(self, *, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (before := time.monotonic()) < end:
            time.sleep(0.01)  # by how much it oversleeps is what is measured
            late = time.monotonic() - before - 0.01
            if late > LATE:
                self.seen.append((before + 0.01 + late, late))

    @property
    def total(self) -> float:
        return sum(late for _, late in self.seen)

    def within(self, start: float, end: float) -> float:
        """The longest that ended then, or just before: what came during it was written down right after its end."""
        return max((late for at, late in self.seen if start - LATE <= at <= end), default=0.0)


def spans(moments: list[float]) -> Iterator[tuple[float, int]]:
    """Each second that begins with a message, and how many it holds."""
    for n, at in enumerate(moments):
        yield at, bisect_left(moments, at + 1.0) - n


def test_four_workers_hold_the_limits_as_the_server_sees_them(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rate_seconds: float
) -> None:
    """50 a second for the server and 10 for each domain, plus a portion: never more, and nearly all of it is used."""
    under_fire = hunt(lease_seconds=30)
    server = stored_servers.default_id()
    RateLimit.objects.create(key=f"server:{server}", per_second=SERVER)
    RateLimit.objects.create(key="domain:*", per_second=DOMAIN)
    each = max(100, int(SERVER * (rate_seconds + 4) / DOMAINS * 1.5))
    people = [one for n in range(DOMAINS) for one in readers.join(each, domain=f"domain{n}.example")]
    planned = scenarios.freeze(under_fire.issue, readers, people)
    copies = under_fire.sink.copies
    stalls = Stalls()
    with ExitStack() as stack:
        workers = [stack.enter_context(under_fire.worker()) for _ in range(WORKERS)]
        under_fire.until(lambda: bool(copies), workers[0])
        stalls.watch(seconds=rate_seconds)
        for worker in workers:
            worker.stop()
    under_fire.sink.drain()
    scenarios.judge(under_fire, planned, doubts=0, over=False)
    first = min(copy.began for copy in copies)
    moments = sorted(copy.began for copy in copies)
    by_domain = defaultdict(list)
    for copy in copies:
        by_domain[copy.recipient.rpartition("@")[2]].append(copy.began)
    assert len(by_domain) == DOMAINS
    for limit, some in [(SERVER, moments), *[(DOMAIN, sorted(one)) for one in by_domain.values()]]:
        for at, count in spans(some):
            late = stalls.within(at, at + 1.0 + LATE)
            assert count <= limit * (1 + late) + limit / 10, f"{count} in the second from {at - first:.3f}, {late=}"
    used = bisect_left(moments, first + rate_seconds)
    assert used >= 0.95 * SERVER * (rate_seconds - stalls.total), f"{used} in {rate_seconds} s, {stalls.total} stalled"


def test_connections_that_open_late_make_no_burst(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """What was granted before a connection was there is not used when it is: all of them at once would be too many."""
    under_fire, limit = hunt(lease_seconds=30, connections=10), 20
    RateLimit.objects.create(key=f"server:{stored_servers.default_id()}", per_second=limit)
    people = [one for n in range(10) for one in readers.join(6, domain=f"domain{n}.example")]
    planned = scenarios.freeze(under_fire.issue, readers, people)
    sink, stalls = under_fire.sink, Stalls()
    sink.script(GREETING=Do.HOLD)
    with under_fire.worker() as worker:
        under_fire.until(lambda: sink.server.held["GREETING"] == under_fire.connections, worker)
        sink.script(GREETING=None)
        sink.let_go()
        stalls.watch(seconds=2)
        under_fire.to_the_end(worker)
    scenarios.judge(under_fire, planned, doubts=0)
    for at, count in spans(sorted(copy.began for copy in sink.copies)):
        late = stalls.within(at, at + 1.0 + LATE)
        assert count <= limit * (1 + late) + limit / 10


@pytest.mark.parametrize(
    ("slow", "good"),
    [(50, 0), (120, 0), (700, 0), (700, 60)],
    ids=["among other small domains", "a chunk", "more than a chunk", "after a while"],
)
def test_a_slow_provider_stalls_only_itself(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, slow: int, good: int
) -> None:
    """I5, S3: a tarpit keeps some connections, never all; everyone else gets it meanwhile."""
    under_fire = hunt(lease_seconds=30)
    tarpit = readers.join(slow, domain="tarpit.example")
    # A small domain whose readers are counted among the tarpit's would wait for its chunks.
    small = [one for n in range(60) if domain_group(one := f"small{n}.example") != domain_group("tarpit.example")]
    quick = readers.join(1_500) + [one for domain in small for one in readers.join(2, domain=domain)]
    planned = scenarios.freeze(under_fire.issue, readers, tarpit + quick)
    quick_ones = {planned[one] for one in quick}
    sink, met, turned = under_fire.sink, 0, float("inf")

    def tars(_: Session, recipient: str) -> Do | float | None:
        nonlocal met, turned
        if not recipient.endswith("@tarpit.example"):
            # A worker quick enough would be done with everyone else before the tarpit can be known for one.
            return 2 * QUICK if good and 0 <= time.monotonic() - turned < 2 * QUICK else None
        met += 1
        if met <= good:
            return None
        turned = min(turned, time.monotonic())
        return Do.HOLD

    sink.script(DOT=tars)
    with under_fire.worker() as worker:
        under_fire.until(lambda: quick_ones <= {one.recipient for one in sink.copies if one.reply}, worker)
        # Also when nobody else waits any more: somebody may come.
        assert 0 < sink.server.held["DOT"] <= under_fire.connections * 3 // 4
        sink.script(DOT=None)
        sink.let_go()
        under_fire.to_the_end(worker)
    scenarios.judge(under_fire, planned, doubts=0)


def test_a_silent_provider_never_gets_the_last_connection_while_others_wait(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rate_seconds: float
) -> None:
    """I5: what stood behind its messages goes another way after three seconds, and that frees no connection for it."""
    each, under_fire = 0.05, hunt(lease_seconds=30)
    tarpit = readers.join(300, domain="tarpit.example")
    quick = readers.join(CHUNK_SIZE + int((rate_seconds + 4) / each))  # their first chunk goes before the tarpit's
    planned = scenarios.freeze(under_fire.issue, readers, tarpit + quick)
    sink, most = under_fire.sink, under_fire.connections * 3 // 4

    def tars(_: Session, recipient: str) -> Do | float | None:
        if recipient.endswith("@tarpit.example"):
            return Do.HOLD
        return each if sink.server.held["DOT"] else None

    sink.script(DOT=tars)
    with under_fire.worker() as worker:
        under_fire.until(lambda: sink.server.held["DOT"] == most, worker)
        end, taken = time.monotonic() + rate_seconds, 0
        while time.monotonic() < end:
            before, taken = taken, len(sink.copies)
            assert taken > before, "others go on all the while"
            assert not sink.wait(lambda: sink.server.held["DOT"] > most, seconds=2, often=0.01)
        sink.script(DOT=None)
        sink.let_go()
        under_fire.to_the_end(worker)
    scenarios.judge(under_fire, planned, doubts=0)
