"""A worker killed at random instants loses nothing, doubles nothing, and is honest about the rest (trust K1 to K6)."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from newsletter.delivery.ledger import audience_freeze, queries
from newsletter.delivery.models import Delivery, Release
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import ScriptedServer
from tests.faults import scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(3000)]

READERS = 2_000
KILLS_AN_ISSUE = 10
AT_EACH_PHASE = 5
"""Kills at each phase in one round; ten rounds are the fifty of the pass bar."""


def test_workers_killed_at_random_instants_send_everything_once(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, kills: int
) -> None:
    """K6, I1 to I7: issue after issue, by the server's own record; doubts are the open dots, row by row."""
    people = readers.join(READERS)
    for left in readers.join(20, domain="gone.example"):
        readers.leave(left, now=readers.now)
    under_fire = hunt()
    killed = released = 0
    while killed < kills:
        issue = newsroom.approved_issue(list_id=readers.list_id, now=readers.now, number=released + 2)
        under_fire.turn_to(issue)
        planned = scenarios.freeze(issue, readers, people)
        released += 1
        for _ in range(min(KILLS_AN_ISSUE, kills - killed)):
            more = under_fire.chance.randint(0, 2 * READERS // (KILLS_AN_ISSUE + 2))
            under_fire.kill_at_random(more=more, aimed=under_fire.chance.random() < 0.7)
            killed += 1
        under_fire.finish()
        scenarios.judge(under_fire, planned, doubts=under_fire.open_at_kills)
    # The pass bar: at least half of the kills hit an open dot, and a hundred readers were written to for each.
    assert under_fire.dots_hit * 2 >= kills
    assert released * READERS >= kills * 200


@pytest.mark.parametrize("verb", ["GREETING", "MAIL", "RCPT", "DATA"])
def test_killed_before_the_content_everyone_gets_it_once(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int, verb: str
) -> None:
    """K2, K3: the server has seen no message, and nobody is in doubt."""
    planned = scenarios.release(readers=readers, issue=(under_fire := hunt()).issue, count=100)
    for _ in range(rounds * AT_EACH_PHASE):
        under_fire.kill_at(verb)
        assert under_fire.owed == 0
    under_fire.finish()
    scenarios.judge(under_fire, planned, doubts=0)


def test_killed_inside_the_content_everyone_gets_it_once(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int
) -> None:
    """K3: the kernel sends what the dead has left it, and that holds no dot."""
    big = newsroom.approved_issue(list_id=readers.list_id, now=readers.now, number=2, filler=5_000_000)
    server = ScriptedServer(offered=("PIPELINING",), window=4096, keeps=False)
    under_fire = hunt(server, issue=big, connections=1)
    planned = scenarios.release(big, readers, count=3)
    for _ in range(rounds * AT_EACH_PHASE):
        under_fire.kill_at("BLOCK")
        assert not any(copy.whole for copy in under_fire.sink.copies)
    under_fire.finish()
    scenarios.judge(under_fire, planned, doubts=0)


@pytest.mark.parametrize("answered", [False, True], ids=["before the answer", "before the answer is read"])
def test_killed_after_the_dot_exactly_these_are_in_doubt(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int, answered: bool
) -> None:
    """K4, K5: the attempt was on disk before the dot; whatever was not read is not believed."""
    under_fire = hunt()
    times = rounds * AT_EACH_PHASE
    planned = scenarios.release(under_fire.issue, readers, count=100 + times * under_fire.connections)
    for _ in range(times):
        under_fire.kill_at("DOT", let_go=answered)
    handed_over = {copy.recipient for copy in under_fire.sink.copies if copy.whole}
    under_fire.finish()
    scenarios.judge(under_fire, planned, doubts=under_fire.open_at_kills)
    assert len(handed_over) >= times
    # A record whose dot had not left yet when the kill came is a doubt as well.
    assert handed_over <= {planned[one] for one, row in under_fire.rows().items() if row.state == "uncertain"}


def test_killed_between_the_answer_and_our_commit_the_journal_knows(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int
) -> None:
    """K5: what was read is accepted, although nothing of it had been committed."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=100 + 50 * rounds * AT_EACH_PHASE)
    for _ in range(rounds * AT_EACH_PHASE):
        scenarios.kill_before_the_commit(under_fire)
    under_fire.finish()
    # Besides these, one message a connection was on its way.
    scenarios.judge(under_fire, planned, doubts=under_fire.open_at_kills)


def test_told_to_stop_at_random_instants_nobody_is_in_doubt(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int
) -> None:
    """K6: on SIGTERM what is in flight ends, and the process with it, within 30 s."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: under_fire.chance.uniform(0, 0.2))
    planned = scenarios.release(under_fire.issue, readers, count=300)
    for _ in range(2 * rounds):
        goal = len(under_fire.sink.copies) + under_fire.chance.randint(0, 30)
        with under_fire.worker() as worker:
            under_fire.until_or_over(lambda goal=goal: len(under_fire.sink.copies) >= goal, worker)
            worker.stop()
    under_fire.sink.script(DOT=None)
    under_fire.finish()
    scenarios.judge(under_fire, planned, doubts=0)


def test_of_two_workers_one_is_killed_again_and_again(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int
) -> None:
    """K6, P1, I5: the other goes on meanwhile, takes over what is left, and neither sends anything twice."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=1_500)
    with under_fire.worker() as survivor:
        for _ in range(3 * rounds):
            under_fire.kill_beside(more=under_fire.chance.randint(0, 500 // rounds))
        survivor.stop()
    under_fire.finish()
    scenarios.judge(under_fire, planned, doubts=under_fire.open_at_kills)


def test_a_freeze_killed_at_random_instants_is_all_or_nothing(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, issue: Issue, rounds: int
) -> None:
    """K1: the rerun gives the same set, and nothing is seen or sent before it is whole."""
    for number in range(rounds):
        one = issue if not number else newsroom.approved_issue(list_id=readers.list_id, now=readers.now, number=number)
        readers.join(5_000 if not number else 10)
        planned = dict(readers.addresses)
        under_fire = hunt(issue=one)
        for _ in range(AT_EACH_PHASE):
            under_fire.kill_freezing(longest=0.3)
            if not Release.objects.filter(pk=one.pk, frozen_at__isnull=False).exists():
                assert queries.ledger(one.pk)["planned"] == 0
        audience_freeze.freeze(one.pk, by="staff:2", now=datetime.now(UTC))
        assert set(Delivery.objects.filter(issue_id=one.pk).values_list("subscriber", flat=True)) == set(planned)
        assert newsroom.assert_balanced(one) == {"pending": len(planned)}
