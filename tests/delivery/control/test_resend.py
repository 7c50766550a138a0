"""Sending again to those who failed, by kind: nobody who got it, nobody who left, every sum right."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.control import release_actions, resend
from newsletter.delivery.control.release_actions import Doubt
from newsletter.delivery.ledger import audience_freeze, queries
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.models import Attempt, Chunk, Release, Result
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier, accept
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues.models import Issue
from newsletter.management.cli import deliveries
from newsletter.staff.models import AuditEntry
from tests.delivery import lines, newsroom
from tests.delivery.lines import Line

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]
ANSWERS = (lines.says(552, "5.2.2"), lines.says(550, "5.1.1"), lines.says(550, "5.7.1"), lines.lost, accept)
RUNNER = CliRunner()


def state(issue: Issue) -> str:
    return str(queries.ledger(issue.pk)["state"])


@pytest.fixture
def people(readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime) -> list[int]:
    """Ten readers of a finished issue: two each full, unknown, refused by policy, in doubt, accepted."""
    people = readers.join(10)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def answer(message: Message) -> Reply:
        return ANSWERS[people.index(message.key) // 2](message)

    newsroom.work_off(hire(Line(answer=answer)), now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "refused": 6, "uncertain": 2}
    return people


def test_everybody_who_failed_is_counted_by_what_failed(people: list[int], issue: Issue) -> None:
    found = resend.failed(issue.pk)
    assert found.counts == {"recipient": 2, "full": 2, "policy": 2, "uncertain": 2}
    assert (found.accepted, found.withdrawn, found.deferred) == (2, 0, 0)
    assert found.chosen(["full", "uncertain", "expired"]) == 4


def test_only_the_chosen_kind_gets_it_again_and_the_issue_finishes_once_more(
    people: list[int], issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    later = now + timedelta(hours=3)
    assert state(issue) == "finished"

    assert resend.resend(issue.pk, choices=["full"], by="staff:1", now=later) == 2

    assert state(issue) == "sending"
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "deferred": 2, "refused": 4, "uncertain": 2}
    newsroom.work_off(hire(carrier), now=later + timedelta(minutes=1))
    assert sorted(message.key for message in carrier.sent) == people[:2]
    assert newsroom.assert_balanced(issue) == {"accepted": 4, "refused": 4, "uncertain": 2}
    assert state(issue) == "finished"
    entry = AuditEntry.objects.get(action="issue.resend")
    assert (entry.actor, entry.detail) == ("staff:1", {"count": 2, "kinds": ["full"]})


def test_an_issue_that_is_sent_again_can_be_paused_and_cancelled(
    people: list[int], issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """P2: a finished issue goes back to sending by the table, so every button works again."""
    resend.resend(issue.pk, choices=["full", "policy"], by="staff:1", now=now)
    release_actions.pause(issue.pk, by="staff:1", now=now)
    worker = hire(carrier)
    newsroom.work_off(worker, now=now + timedelta(minutes=1))
    assert carrier.sent == []
    release_actions.cancel(issue.pk, by="staff:1", now=now)
    newsroom.work_off(worker, now=now + timedelta(minutes=1))
    assert carrier.sent == []
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "refused": 2, "uncertain": 2, "withdrawn": 4}
    with pytest.raises(NotAllowed):
        resend.resend(issue.pk, choices=["recipient"], by="staff:1", now=now)


def test_a_finished_issue_is_not_resumed_by_a_button(people: list[int], issue: Issue, now: datetime) -> None:
    """P2: back to sending only with somebody to send it to."""
    with pytest.raises(NotAllowed):
        release_actions.resume(issue.pk, by="staff:1", now=now)
    assert state(issue) == "finished"
    assert resend.resend(issue.pk, choices=["size"], by="staff:1", now=now) == 0
    assert state(issue) == "finished"


def test_consent_is_asked_again(
    people: list[int],
    readers: newsroom.Readers,
    issue: Issue,
    carrier: MemoryCarrier,
    hire: Hire,
    now: datetime,
) -> None:
    """I3: who left meanwhile gets nothing; an unknown address is not written to any more (D4)."""
    readers.leave(people[0], now=now)
    assert resend.resend(issue.pk, choices=["full", "recipient"], by="staff:1", now=now) == 4
    newsroom.work_off(hire(carrier), now=now + timedelta(minutes=1))
    assert [message.key for message in carrier.sent] == [people[1]]
    assert newsroom.assert_balanced(issue) == {"accepted": 3, "refused": 2, "uncertain": 2, "withdrawn": 3}


def test_a_refusal_by_policy_is_judged_afresh(people: list[int], issue: Issue, hire: Hire, now: datetime) -> None:
    """B4: if it is still refused, the issue pauses again and nobody is marked."""
    resend.resend(issue.pk, choices=["policy"], by="staff:1", now=now)
    line = Line(answer=lines.says(550, "5.7.1", phase=Phase.DOT))
    newsroom.work_off(hire(line), now=now + timedelta(minutes=1))
    assert state(issue) == "paused"
    assert newsroom.assert_balanced(issue)["deferred"] >= 1


def test_what_came_too_late_gets_another_useful_life(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    people = readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    late = now + timedelta(days=9)
    worker = hire(carrier)
    newsroom.work_off(worker, now=late)
    assert newsroom.assert_balanced(issue) == {"expired": 3}
    assert resend.failed(issue.pk).counts == {"expired": 3}
    assert resend.resend(issue.pk, choices=["expired"], by="staff:1", now=late) == 3
    newsroom.work_off(worker, now=late + timedelta(minutes=1))
    assert sorted(message.key for message in carrier.sent) == people
    assert newsroom.assert_balanced(issue) == {"accepted": 3}


def test_each_domain_keeps_chunks_of_its_own(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """So that limits for a domain hold for what is sent again as well."""
    for domain in ("big.example", "large.example"):
        readers.join(150, domain=domain)
    readers.join(5, domain="small.example")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=lines.says(552, "5.2.2"))), now=now)
    assert resend.resend(issue.pk, choices=["full"], by="staff:1", now=now) == 305
    sizes = Chunk.objects.filter(retry=True).order_by("size").values_list("size", flat=True)
    assert list(sizes) == [5, 150, 150]
    assert Chunk.objects.filter(retry=True).values("domain_group").distinct().count() == 3


def test_a_domain_that_defers_everybody_gets_them_back_in_portions(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B1: the page says when, too."""
    people = readers.join(1_500, domain="big.example")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    # A full disk; a server that asked for less would be written to more slowly than this test waits.
    newsroom.work_off(hire(Line(answer=lines.says(452, "4.3.1"))), now=now)
    assert newsroom.assert_balanced(issue) == {"deferred": 1_500}
    due = Chunk.objects.filter(retry=True).order_by("not_before").values_list("not_before", "size")
    assert list(due) == [(now + timedelta(minutes=5 + n), CHUNK_SIZE) for n in range(3)]
    shown = recipient_search.page(issue.pk, recipient_search.Wanted(), after=people[-2])
    assert shown.rows[0].due == now + timedelta(minutes=7)


def test_a_choice_that_is_none_changes_nothing(people: list[int], issue: Issue, now: datetime) -> None:
    for choices in ([], ["everyone"]):
        with pytest.raises(InvalidInput):
            resend.resend(issue.pk, choices=choices, by="staff:1", now=now)
    assert state(issue) == "finished"


def test_an_issue_that_was_never_sent_is_not_sent_again(issue: Issue, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        resend.resend(issue.pk, choices=["full"], by="staff:1", now=now)


def test_leaving_doubts_alone_keeps_them_doubts(people: list[int], issue: Issue, now: datetime) -> None:
    """B6: never twice; they are never counted as accepted."""
    assert release_actions.resolve_uncertain(issue.pk, Doubt.NEVER_TWICE, by="staff:1", now=now) == 2
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "refused": 6, "uncertain": 2}
    assert not any(alarm.key.startswith("uncertain") for alarm in release_actions.alarms.standing())


def test_an_issue_has_its_own_care(readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime) -> None:
    """B1, B6: useful life and the policy for doubts, each its own, before the release and while it is sent."""
    release_actions.set_care(issue.pk, useful_life_hours=6, uncertain_policy="again", by="staff:1", now=now)
    readers.join(2)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    assert Release.objects.get().expires_at == now + timedelta(hours=6)
    release_actions.set_care(issue.pk, useful_life_hours=2, uncertain_policy="again", by="staff:1", now=now)
    assert Release.objects.get().expires_at == now + timedelta(hours=2)
    worker = hire(Line(answer=lines.lost))
    newsroom.work_off(worker, now=now)
    assert newsroom.assert_balanced(issue) == {"deferred": 2}
    assert set(Attempt.objects.values_list("kind", flat=True)) == {"network"}
    newsroom.work_off(worker, now=now + timedelta(hours=3))
    assert newsroom.assert_balanced(issue) == {"expired": 2}
    with pytest.raises(InvalidInput):
        release_actions.set_care(issue.pk, useful_life_hours=121, uncertain_policy="", by="staff:1", now=now)
    with pytest.raises(InvalidInput):
        release_actions.set_care(issue.pk, useful_life_hours=None, uncertain_policy="maybe", by="staff:1", now=now)


def test_the_command_counts_first_and_then_does_it(people: list[int], issue: Issue) -> None:
    def call(*words: str) -> dict[str, object]:
        done = RUNNER.invoke(deliveries.app, [*words, "--json"])
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    counted = call("resend", str(issue.pk), "--dry-run")
    assert counted["kinds"] == {"recipient": 2, "full": 2, "policy": 2, "uncertain": 2}
    assert counted["not_written_to"] == {"accepted": 2, "withdrawn": 0}
    one = call("resend", str(issue.pk), "--kind", "full", "--kind", "policy", "--dry-run")
    assert (one["kinds"], one["count"]) == ({"full": 2, "policy": 2}, 4)
    assert Result.objects.filter(state="deferred").count() == 0
    assert call("resend", str(issue.pk), "--kind", "full")["count"] == 2
    assert Result.objects.filter(state="deferred").count() == 2
    assert call("doubts", str(issue.pk), "never-twice")["count"] == 2
    cared = call("care", str(issue.pk), "--useful-life", "12", "--uncertain", "again")
    assert (cared["useful_life_hours"], cared["uncertain_policy"]) == (12, "again")
    assert call("care", str(issue.pk), "--useful-life", "0", "--uncertain", "newsletter")["useful_life_hours"] is None


@pytest.mark.parametrize(
    ("words", "code"),
    [(("resend", "{}"), 1), (("resend", "{}", "--kind", "everyone"), 1), (("resend", "9999", "--kind", "full"), 1),
     (("doubts", "{}", "perhaps"), 2), (("resend",), 2), (("care", "{}", "--useful-life", "500"), 1)],
)  # fmt: skip
def test_what_cannot_be_done_ends_with_its_reason(
    people: list[int], issue: Issue, words: tuple[str, ...], code: int
) -> None:
    done = RUNNER.invoke(deliveries.app, [word.format(issue.pk) for word in words])
    assert done.exit_code == code
    assert done.output
    assert "reader" not in done.output
