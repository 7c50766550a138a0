"""A worker that is gone: what its journal proves, and what nobody may guess."""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.conf import Config
from newsletter.delivery import alarms
from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.control import takeover
from newsletter.delivery.ledger import audience_freeze, journal, leases, release_plan, results
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.models import Chunk, Result
from newsletter.delivery.servers.carrier_registry import SingleCarrier
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.states import DeliveryState as D
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.lines import Line

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]


@dataclasses.dataclass
class Dead:
    """A worker that claimed a chunk of six and was killed."""

    people: list[int]
    lease: Lease
    journal: journal.Journal


@pytest.fixture
def dead(readers: newsroom.Readers, issue: Issue, config: Config, now: datetime) -> Dead:
    people = readers.join(6)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    mine = journal.Journal.create(config.journal_dir, worker_id="dead")
    lease = leases.claim(owner="dead", host=journal.boot_id(), now=now, states=leases.SENDING)
    assert lease is not None
    return Dead(people, lease, mine)


def said(key: int, state: D, code: int, *, counts: bool = True) -> Reply:
    return Reply(key, state, Phase.DOT, code, "", "so", counts_as_try=counts)


def states(issue: Issue, people: list[int]) -> list[str]:
    return [newsroom.state_of(issue, person).value for person in people]


def test_the_journal_of_a_killed_worker_settles_what_it_knows(
    dead: Dead, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """K3, K4, K5: reply known, dot without reply, dot taken back, refused before, never seen, nothing at all."""
    taken, doubt, void, refused, unseen, untouched = dead.people
    key = dead.lease.key
    for one in (taken, doubt, void):
        dead.journal.open_dot(key, one)
    dead.journal.reply(key, taken, said(taken, D.ACCEPTED, 250))
    dead.journal.void_dot(key, void)
    dead.journal.reply(key, refused, said(refused, D.REFUSED, 550))
    dead.journal.reply(key, unseen, said(unseen, D.DEFERRED, 421, counts=False))
    dead.journal.close()

    newsroom.work_off(hire(carrier), now=now)

    assert [message.key for message in carrier.sent] == [void, unseen, untouched]
    assert states(issue, dead.people) == ["accepted", "uncertain", "accepted", "refused", "accepted", "accepted"]
    newsroom.assert_balanced(issue)


def test_a_worker_killed_after_its_claim_has_sent_nothing(
    dead: Dead, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """K2."""
    dead.journal.close()
    newsroom.work_off(hire(carrier), now=now)
    assert [message.key for message in carrier.sent] == dead.people


def test_a_living_owner_keeps_its_chunk(
    dead: Dead, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    newsroom.work_off(hire(carrier), now=now)
    assert carrier.sent == []
    dead.journal.close()


@pytest.mark.parametrize("what", ["missing", "damaged", "another boot", "another machine"])
def test_without_a_whole_journal_of_this_boot_everything_unsettled_is_in_doubt(
    dead: Dead, issue: Issue, carrier: MemoryCarrier, config: Config, now: datetime, what: str
) -> None:
    """A missing journal is never an empty one; and the lease has to run out first."""
    settled = release_plan.Settlement(subscriber=dead.people[0], state=D.ACCEPTED, tries=1, tried=D.ACCEPTED, code=250)
    results.settle(dead.lease, [settled], now=now)
    dead.journal.close()
    path = dead.journal.path
    if what == "missing":
        path.unlink()
    elif what == "damaged":
        path.write_bytes(path.read_bytes().replace(b"newsletter", b"Newsletter"))
    elif what == "another boot":
        path.write_bytes(path.read_bytes().replace(journal.boot_id().encode(), b"0" * 36))
    else:
        Chunk.objects.update(host="another machine")
    time = [0.0]

    with Worker(config, SingleCarrier(carrier), boottime=lambda: time[0]) as worker:
        newsroom.work_off(worker, now=now)
        time[0] = config.lease_seconds - 0.01
        newsroom.work_off(worker, now=now)
        assert newsroom.assert_balanced(issue) == {"accepted": 1, "pending": 5}
        time[0] = config.lease_seconds + 1.01
        newsroom.work_off(worker, now=now)

    assert carrier.sent == []
    assert newsroom.assert_balanced(issue) == {"accepted": 1, "uncertain": 5}
    assert Result.objects.filter(state="uncertain").values_list("reply", flat=True)[0] == takeover.UNKNOWN


def test_a_worker_lost_with_its_journal_leaves_in_doubt_what_it_was_authorised_to_hand_over_and_no_more(
    dead: Dead, issue: Issue, carrier: MemoryCarrier, config: Config, now: datetime
) -> None:
    """Design §3, point 6: the window of the chunk's row, counted from what was settled last."""
    settled = release_plan.Settlement(subscriber=dead.people[0], state=D.ACCEPTED, tries=1, tried=D.ACCEPTED, code=250)
    results.settle(dead.lease, [settled], now=now, window=2)
    dead.journal.close()
    dead.journal.path.unlink()
    time = [0.0]

    with Worker(config, SingleCarrier(carrier), boottime=lambda: time[0]) as worker:
        newsroom.work_off(worker, now=now)
        time[0] = config.lease_seconds + 1.01
        newsroom.work_off(worker, now=now)

    assert [message.key for message in carrier.sent] == dead.people[3:]
    assert newsroom.assert_balanced(issue) == {"accepted": 4, "uncertain": 2}
    doubts = Result.objects.filter(state="uncertain").values_list("subscriber", flat=True)
    assert sorted(doubts) == dead.people[1:3]


def test_a_worker_that_wakes_up_after_its_lease_sends_no_dot_and_writes_no_row_but_may_tell(
    readers: newsroom.Readers, issue: Issue, config: Config, hire: Hire, now: datetime
) -> None:
    """P1: stopped between a dot and its reply, taken over, woken up."""
    people = readers.join(4)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    time = [100.0]
    others = MemoryCarrier()
    seen_by_taker: list[str] = []

    def sleep_long(message: Message) -> None:
        """The process stands still while a whole lease goes by, and another worker comes."""
        if message.key == people[1]:
            newsroom.elsewhere(take_over)

    def take_over() -> None:
        with Worker(config, SingleCarrier(others), boottime=lambda: time[0]) as taker:
            newsroom.work_off(taker, now=now)
            assert others.sent == []
            time[0] += config.lease_seconds + 1
            newsroom.work_off(taker, now=now)
            seen_by_taker.append(newsroom.state_of(issue, people[1]).value)

    sleeper = Line(after_dot=sleep_long)
    newsroom.work_off(hire(sleeper, boottime=lambda: time[0]), now=now)

    assert seen_by_taker == ["uncertain"]
    assert sleeper.keys == people[:2]
    assert sorted(message.key for message in others.sent) == people[2:]
    assert newsroom.assert_balanced(issue) == {"accepted": 4}


def test_a_worker_that_cannot_write_its_journal_sends_nothing(
    readers: newsroom.Readers,
    issue: Issue,
    carrier: MemoryCarrier,
    hire: Hire,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DB1: and resumes alone once the disk has room."""
    readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    worker = hire(carrier)
    with monkeypatch.context() as full:
        full.setattr(journal.Journal, "open_dot", lambda *_: False)
        newsroom.work_off(worker, now=now)
    assert carrier.sent == []
    assert newsroom.assert_balanced(issue) == {"pending": 3}
    newsroom.work_off(worker, now=now + timedelta(minutes=1))
    assert newsroom.assert_balanced(issue) == {"accepted": 3}
    assert not alarms.standing().exists()
