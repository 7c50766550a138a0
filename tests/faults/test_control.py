"""People, clocks, neighbours and the machine itself interfering with a release (faults C1, P1 to P3, R1, R2, N1).

C2 and C3 are held by `tests/scheduling/test_cadence.py` and `test_due.py`.
"""

import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime

import pytest

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import Chunk, Exclusion, Release
from newsletter.errors import UserError
from newsletter.issues import editing
from newsletter.issues.models import Issue
from subscribers import api as subscribers
from subscribers.models import Subscriber
from tests.delivery import newsroom
from tests.faults import oracle, scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]

DAY = 86_400.0


def _now() -> datetime:
    return datetime.now(UTC)


def test_clocks_that_jump_send_nothing_twice_and_forget_nobody(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """C1: a day ahead, a day back, a step in the middle of a lease; leases do not go by the time of day."""
    under_fire = hunt(connections=2)
    under_fire.sink.script(DOT=lambda *_: 0.01)
    planned = scenarios.release(under_fire.issue, readers, count=300)
    with under_fire.worker() as one, under_fire.worker() as two:
        for turn in range(3):
            goal = (turn + 1) * 90
            under_fire.until_or_over(lambda goal=goal: len(under_fire.sink.copies) >= goal, one)
            under_fire.jump((DAY, -DAY, under_fire.chance.uniform(-5, 5))[turn % 3])
        under_fire.jump(0)
        under_fire.until(lambda: under_fire.is_over, one, seconds=120)
        one.stop()
        two.stop()
    under_fire.sink.drain()
    scenarios.judge(under_fire, planned, doubts=0)


def test_two_schedulers_and_workers_that_fall_asleep_send_everything_once(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """P1: two release at once, it is one release; whoever wakes up after its lease can neither send nor write."""
    under_fire = hunt(lease_seconds=1, connections=2)
    under_fire.sink.script(DOT=lambda *_: under_fire.chance.uniform(0, 0.02))
    people = readers.join(1_200)
    with ExitStack() as stack:
        workers = [stack.enter_context(under_fire.worker()) for _ in range(8)]
        for scheduler in [under_fire.hire("freezer"), under_fire.hire("freezer")]:
            assert scheduler.wait(30) == 0
        planned = {one: readers.addresses[one] for one in people}
        naps = 0
        while not under_fire.is_over and naps < 6:
            sleeper = under_fire.chance.choice(workers)
            sleeper.signal(signal.SIGSTOP)
            time.sleep(under_fire.chance.choice([0.05, 1.5]))  # shorter or longer than its lease
            sleeper.signal(signal.SIGCONT)
            naps += 1
        under_fire.until(lambda: under_fire.is_over, seconds=120)
        for worker in workers:
            worker.stop()
    under_fire.sink.drain()
    # Not by the journals: who woke up late has told what it heard, and then it is no doubt any more.
    scenarios.judge(under_fire, planned, doubts=naps * under_fire.connections)


@pytest.mark.parametrize("cancels", [False, True], ids=["sent to the end", "cancelled"])
def test_whatever_people_press_there_is_one_release(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, cancels: bool
) -> None:
    """P2: pause, resume, release once more and edit, at random; an edit after the start is refused."""
    under_fire = hunt()
    issue = under_fire.issue
    under_fire.sink.script(DOT=lambda *_: 0.01)
    planned = scenarios.release(issue, readers, count=300)
    acts: list[Callable[[], object]] = [
        lambda: release_actions.pause(issue.pk, by="staff:1", now=_now()),
        lambda: release_actions.resume(issue.pk, by="staff:1", now=_now()),
        lambda: audience_freeze.freeze(issue.pk, by="staff:2", now=_now()),
        lambda: _edit(issue),
    ]
    with under_fire.worker() as worker:
        for _ in range(10):
            with suppress(UserError):
                under_fire.chance.choice(acts)()
            time.sleep(under_fire.chance.uniform(0, 0.1))
        with suppress(UserError):
            (release_actions.cancel if cancels else release_actions.resume)(issue.pk, by="staff:1", now=_now())
        under_fire.to_the_end(worker, seconds=60)
    scenarios.judge(under_fire, planned, doubts=0)
    assert set(scenarios.states(under_fire)) <= {"accepted", *(["withdrawn"] if cancels else [])}
    assert Release.objects.count() == 1
    assert Issue.objects.get(pk=issue.pk).subject == "The tide turns"


def _edit(issue: Issue) -> None:
    editing.edit_issue(Issue.objects.get(pk=issue.pk), by="staff:1", now=_now(), subject="Another tide")
    raise AssertionError("an issue on its way was edited")


def test_people_who_come_and_go_meanwhile(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """P3, I3: who joins is not in it; who leaves, is barred or erased in time gets nothing; the sums still balance."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: 0.01)
    planned = scenarios.release(under_fire.issue, readers, count=300)
    left: dict[str, float] = {}
    acts: list[Callable[[int], object]] = [
        lambda one: readers.leave(one, now=_now()),
        lambda one: subscribers.suppress(planned[one], reason="complaint", now=_now()),
        lambda one: subscribers.erase(one, now=_now(), actor="staff:1"),
    ]
    with under_fire.worker() as worker:
        for one in under_fire.chance.sample(sorted(planned), 30):
            under_fire.chance.choice(acts)(one)
            left[planned[one]] = time.monotonic() + scenarios.CONSENT
            readers.join(1, at=_now())
            time.sleep(under_fire.chance.uniform(0, 0.05))
        under_fire.to_the_end(worker, seconds=60)
    oracle.judge(
        under_fire.issue,
        under_fire.sink.copies,
        planned=planned,
        doubts_allowed=0,
        journals=under_fire.journals,
        log=under_fire.log,
        left=left,
    )
    assert Exclusion.objects.filter(issue_id=under_fire.issue.pk).count() == 20


@pytest.mark.parametrize("place", [0, 30, -1], ids=["first", "in the middle", "last"])
def test_a_poisoned_reader_stops_nobody_else(hunt: Callable[..., Hunt], readers: newsroom.Readers, place: int) -> None:
    """R1, threat 6: that row fails with its reason; everyone else gets it."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=60)
    poisoned = list(planned)[place]
    Subscriber.objects.filter(pk=poisoned).update(address="no address at all")
    under_fire.finish()
    scenarios.judge(under_fire, planned, doubts=0)
    rows = under_fire.rows()
    assert (rows[poisoned].state, rows[poisoned].enhanced) == ("refused", "5.1.3")
    assert rows[poisoned].reply
    assert scenarios.states(under_fire) == {"accepted": 59, "refused": 1}


def test_a_machine_that_opens_no_more_files_costs_no_mail(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """R2: it cannot connect, waits at the cost of no try, and goes on by itself once there is room."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: 0.005)
    planned = scenarios.release(under_fire.issue, readers, count=200)
    goal = under_fire.chance.randint(0, 100)
    with under_fire.worker() as worker:
        under_fire.until_or_over(lambda: len(under_fire.sink.copies) >= goal, worker)
        usual = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (4, usual[1]))
        under_fire.sink.cut()
        under_fire.until(lambda: under_fire.carrier_settings_of == "sleeps", worker)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, usual)
        under_fire.until(lambda: not scenarios.waiting(under_fire), worker, seconds=120)
        worker.stop()
    under_fire.sink.drain()
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=under_fire.connections)


def test_a_machine_that_gives_no_more_memory_costs_no_mail(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """R2: as after a kill, whatever it was that failed: a thread, a connection, a message."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=400)
    suffered = 0
    for most in (5, 60, 60, 60):  # the first has too little: with enough it would be done, and nothing left to suffer
        room = under_fire.parent.bytes + under_fire.chance.randint(1, most) * 1_000_000
        with under_fire.worker(limits={"RLIMIT_AS": room}) as worker:
            under_fire.sink.wait(lambda: worker.is_gone or under_fire.is_over, seconds=1, often=0.05)
            suffered += worker.is_gone or not under_fire.is_over
            if not worker.is_gone:
                under_fire.kill(worker)
    under_fire.sink.drain()
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=4 * under_fire.connections)
    assert suffered


HOST = "mail.harbour.example"


@pytest.mark.parametrize("trouble", ["no answer", "moved", "black hole beside it"])
def test_a_name_service_in_trouble_costs_nobody_a_try(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, trouble: str
) -> None:
    """N1: no address, an old one, or one that swallows everything: it waits, or takes the other, and all get it."""
    under_fire = hunt(url=f"smtp://{HOST}:{{port}}?tls=none", scale=0.02)
    addresses = under_fire.data_dir / "addresses"
    planned = scenarios.release(under_fire.issue, readers, count=40)
    with _black_hole(under_fire.sink.port) as nowhere:
        addresses.write_text(
            {"no answer": "", "moved": nowhere, "black hole beside it": f"{nowhere} 127.0.0.1"}[trouble]
        )
        with under_fire.worker(host=HOST) as worker:
            if trouble != "black hole beside it":
                under_fire.until(lambda: under_fire.carrier_settings_of == "sleeps", worker)
                assert not under_fire.rows()
                addresses.write_text("127.0.0.1")
            under_fire.to_the_end(worker, seconds=60)
    scenarios.judge(under_fire, planned, doubts=0)
    assert {row.tries for row in under_fire.rows().values()} == {1}


@contextmanager
def _black_hole(port: int) -> Iterator[str]:
    """An address of this machine where whoever knocks hears nothing: its queue is full, and nobody takes from it."""
    with socket.create_server(("127.0.0.2", port), backlog=0), ExitStack() as stack:
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", port))
        yield "127.0.0.2"


def test_every_chunk_is_given_back(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """K6: after a stop nobody holds anything, so that the next worker begins at once."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: 0.01)
    scenarios.release(under_fire.issue, readers, count=300)
    with under_fire.worker() as worker:
        under_fire.until(lambda: len(under_fire.sink.copies) > 20, worker)
        worker.stop()
    assert not Chunk.objects.filter(state="held").exists()
    assert 0 < len(under_fire.sink.copies) < 300
