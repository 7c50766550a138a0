"""Faults as stories: each plays one out on a release and lets the judge decide; whole engines pass, mutants do not."""

import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import Chunk, Delivery
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import Do
from tests.faults import oracle, worker
from tests.faults.hunt import Hunt

AGAIN = 20 * 60
"""Seconds after which a first retry is due (trust B1, B2)."""
CONSENT = 1.0
"""Seconds after an unsubscribe from which no content may begin (trust U6)."""


def release(issue: Issue, readers: newsroom.Readers, *, count: int, gone: int = 20) -> dict[int, str]:
    """To that many, with others who must not get it; the planned ones' addresses."""
    planned = readers.join(count)
    for left in readers.join(gone, domain="gone.example"):
        readers.leave(left, now=readers.now)
    return freeze(issue, readers, planned)


def freeze(issue: Issue, readers: newsroom.Readers, planned: list[int]) -> dict[int, str]:
    audience_freeze.freeze(issue.pk, by="staff:1", now=datetime.now(UTC))
    return {subscriber: readers.addresses[subscriber] for subscriber in planned}


def judge(hunt: Hunt, planned: dict[int, str], *, doubts: int, journals: bool = True, over: bool = True) -> int:
    return oracle.judge(
        hunt.issue,
        hunt.sink.copies,
        planned=planned,
        doubts_allowed=doubts,
        journals=hunt.journals if journals else None,
        log=hunt.log,
        over=over,
    )


def killed_while_the_server_owes_an_answer(hunt: Hunt, readers: newsroom.Readers) -> None:
    """K4: these are in doubt, and nobody else."""
    planned = release(hunt.issue, readers, count=300)
    hunt.kill_at_random(more=100, aimed=True)
    owed = hunt.owed
    hunt.finish()
    assert owed
    judge(hunt, planned, doubts=owed)


def killed_with_one_left_behind(hunt: Hunt, readers: newsroom.Readers) -> None:
    """K3: the server is slow with one of the first, many after it are settled: it is not forgotten."""
    planned = release(hunt.issue, readers, count=100)
    slow = next(iter(planned.values()))
    hunt.sink.script(RCPT=lambda _, recipient: Do.HOLD if recipient == slow else None)
    with hunt.worker() as one:
        hunt.until(lambda: len(hunt.rows()) > 50, one)
        hunt.kill(one)
    hunt.sink.script(RCPT=None)
    hunt.finish()
    judge(hunt, planned, doubts=hunt.open_at_kills)


def killed_and_its_journal_lost(hunt: Hunt, readers: newsroom.Readers) -> None:
    """K5: what was not settled may have been sent, all of it; nothing of it is sent again."""
    planned = release(hunt.issue, readers, count=300)
    hunt.kill_at_random(more=100, aimed=True)
    shutil.rmtree(hunt.journals)
    hunt.finish()
    judge(hunt, planned, doubts=300, journals=False)


def kill_before_the_commit(hunt: Hunt) -> None:
    """K5: the worker has read answers, and is kept from committing any of them when it is killed."""
    before = worker.answered(hunt.journals, hunt.issue.pk)
    hunt.sink.script(DOT=Do.HOLD)
    with hunt.worker() as one:
        hunt.until(lambda: hunt.sink.server.held["DOT"] > 0, one)
        with nobody_writes(hunt.issue):
            hunt.sink.script(DOT=None)
            hunt.sink.let_go()
            hunt.until(lambda: worker.answered(hunt.journals, hunt.issue.pk) >= before + 10, one)
            hunt.kill(one)


@contextmanager
def nobody_writes(issue: Issue) -> Iterator[None]:
    """Every commit of a worker waits for the end of the block."""
    with transaction.atomic():
        # On SQLite that is the whole database; on PostgreSQL every settle first locks its chunk.
        list(Chunk.objects.select_for_update().filter(issue_id=issue.pk).values_list("number"))
        yield


def stopped_before_the_content(hunt: Hunt, readers: newsroom.Readers) -> None:
    """P1: a worker that sleeps past its lease, and wakes up with an open door before it, writes no content."""
    planned = release(hunt.issue, readers, count=60)
    hunt.sink.script(DATA=Do.HOLD)
    with hunt.worker() as sleeper:
        hunt.until(lambda: hunt.sink.server.held["DATA"] > 0, sleeper)
        sleeper.signal(signal.SIGSTOP)
        hunt.sink.script(DATA=None)
        with hunt.worker() as other:
            hunt.until(lambda: hunt.is_over, other, seconds=60)
            hunt.sink.let_go()
            time.sleep(0.2)  # its 354 lies before the sleeper
            sleeper.signal(signal.SIGCONT)
            sleeper.stop()
            other.stop()
    hunt.sink.drain()
    judge(hunt, planned, doubts=0)


def stopped_after_the_dot(hunt: Hunt, readers: newsroom.Readers) -> None:
    """P1: the other calls its messages doubtful; the woken one hears the answer, tells it, and does nothing else."""
    planned = release(hunt.issue, readers, count=60)
    hunt.sink.script(DOT=Do.HOLD)
    with hunt.worker() as sleeper:
        # As many as one group of domains may have: nothing is between the journal and its dot any more.
        hunt.until(lambda: hunt.sink.server.held["DOT"] >= hunt.connections * 3 // 4, sleeper)
        sleeper.signal(signal.SIGSTOP)
        hunt.sink.script(DOT=None)
        with hunt.worker() as other:
            hunt.until(lambda: hunt.is_over, other, seconds=60)
            hunt.sink.let_go()
            sleeper.signal(signal.SIGCONT)
            sleeper.stop()
            other.stop()
    hunt.sink.drain()
    judge(hunt, planned, doubts=0)


def left_after_the_release(hunt: Hunt, readers: newsroom.Readers) -> None:
    """I3, P3: who left between release and claim gets nothing; nor who leaves while the chunk is being sent."""
    planned = release(hunt.issue, readers, count=60)
    early, late = list(planned)[:5], list(planned)[-5:]
    moments = {}
    for subscriber in early:
        readers.leave(subscriber, now=datetime.now(UTC))
        moments[planned[subscriber]] = time.monotonic()
    hunt.sink.script(DOT=lambda session, _: Do.HOLD if session.copies == 1 else None)
    with hunt.worker() as one:
        hunt.until(lambda: hunt.sink.server.held["DOT"] > 0, one)
        for subscriber in late:
            readers.leave(subscriber, now=datetime.now(UTC))
            moments[planned[subscriber]] = time.monotonic() + CONSENT
        time.sleep(CONSENT)
        hunt.sink.script(DOT=None)  # a connection that begins only now is not held
        hunt.sink.let_go()
        one.stop()
    hunt.finish()
    oracle.judge(hunt.issue, hunt.sink.copies, planned=planned, doubts_allowed=0, journals=hunt.journals, left=moments)


def greylisted(hunt: Hunt, readers: newsroom.Readers) -> None:
    """B2, S7: everyone is told to come back, comes back once it is time, and gets it once."""
    planned = release(hunt.issue, readers, count=40)
    hunt.sink.script(RCPT=[b"450 4.7.1 greylisted, come back\r\n"] * 40)
    with hunt.worker() as one:
        hunt.until(lambda: [row.state for row in hunt.rows().values()].count("deferred") == 40, one)
        one.stop()
    hunt.jump(AGAIN)
    hunt.finish()
    judge(hunt, planned, doubts=0)


@contextmanager
def elsewhere(database: Path | str) -> Iterator[None]:
    """This test, and the workers it hires, use that database until the end of the block."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(database)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def states(hunt: Hunt) -> Counter[str]:
    """How many deliveries there are of each state; those of which nothing is known yet are left out."""
    return Counter(str(row.state) for row in hunt.rows().values())


def go_on(hunt: Hunt) -> None:
    """Time passes, the server is itself again, and a worker that nobody disturbs ends it."""
    hunt.jump(hunt.jumped + AGAIN)
    hunt.finish()


def waiting(hunt: Hunt) -> int:
    """How many have not been tried yet."""
    return Delivery.objects.filter(issue_id=hunt.issue.pk).count() - len(hunt.rows())
