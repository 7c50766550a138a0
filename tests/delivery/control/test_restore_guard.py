"""A database of yesterday, or a copy, sends nothing by itself (trust DB4, threat 5)."""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from newsletter import pipeline
from newsletter.conf import Config
from newsletter.delivery import alarms
from newsletter.delivery.carrier import Message
from newsletter.delivery.control import hold_end, journal_notes, release_actions, restore_guard
from newsletter.delivery.ledger import audience_freeze, journal, leases
from newsletter.delivery.models import Chunk, Epoch, OutboxMail, Release, Result
from newsletter.delivery.outbox import mail_queue
from newsletter.delivery.servers.carrier_registry import SingleCarrier
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.errors import NotAllowed
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.management.cli import recipients
from newsletter.management.doctor import sending
from newsletter.management.doctor.diagnosis import Health
from newsletter.scheduling import due
from newsletter.scheduling.models import Schedule
from newsletter.staff.models import AuditEntry
from tests.delivery import newsroom, yesterday
from tests.delivery.lines import Line, says
from tests.terminal import typed

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]
BODY = b"Subject: Sign in\r\n\r\nhttps://news.example.org/in/secret-code\r\n"


def put(now: datetime) -> OutboxMail:
    return mail_queue.enqueue(kind="sign-in", recipient="jane@example.com", message=BODY, now=now)


def release(issue: Issue, readers: newsroom.Readers, *, count: int, now: datetime) -> list[int]:
    people = readers.join(count)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    return people


def why() -> str:
    row = restore_guard.hold_standing()
    return row.held_why if row else ""


def sent_by(hire: Hire, now: datetime) -> list[int]:
    """What a new worker sends until it has nothing to do."""
    carrier = MemoryCarrier()
    newsroom.work_off(hire(carrier), now=now)
    return [message.key for message in carrier.sent]


# What holds.


@pytest.mark.parametrize("moment", ["before the release", "before the first claim", "between two chunks"])
def test_a_database_that_knows_less_than_the_journals_beside_it_sends_nothing(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, moment: str
) -> None:
    assert sent_by(hire, now) == []
    take_back = yesterday.remember()
    people = release(issue, readers, count=600, now=now)
    if moment == "before the first claim":
        take_back = yesterday.remember()
    first = hire(MemoryCarrier())
    first.work_once(now)
    if moment == "between two chunks":
        take_back = yesterday.remember()
    newsroom.work_off(first, now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 600}

    take_back()
    if moment == "before the release":
        # As in life: the restored database would release it again.
        hire(MemoryCarrier()).work_once(now)
        with pytest.raises(NotAllowed, match="release-hold"):
            pipeline.release(issue.pk, by="staff:1", now=now)
    assert sent_by(hire, now) == []
    assert why() == Epoch.Why.BEHIND
    assert len(people) == 600


@pytest.mark.parametrize("boot", ["this boot", "another boot"])
@pytest.mark.parametrize("end", ["it went on", "it was given back"])
def test_a_database_of_the_middle_of_a_chunk_is_behind_as_soon_as_more_of_it_was_settled(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config, boot: str, end: str
) -> None:
    """The row still says that it is held, under the very token that the journal names last."""
    people = release(issue, readers, count=200, now=now)
    found: list[Callable[[], None]] = []

    def look(_: Message) -> None:
        if not found:
            newsroom.elsewhere(remember)

    def remember() -> None:
        if Result.objects.count() > 40:
            found.append(yesterday.remember())

    worker = hire(Line(before=look, pause=0.002))
    newsroom.work_off(worker, now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 200}
    if end == "it went on":
        _forget("close", config.journal_dir)
    found[0]()
    assert Chunk.objects.get().state == "held"
    if boot == "another boot":
        Chunk.objects.update(host="another boot")

    assert sent_by(hire, now) == []
    assert why() == Epoch.Why.BEHIND
    assert len(people) == 200


def _forget(kind: str, directory: Path) -> None:
    """As if the worker had been killed before it wrote that."""
    for path in directory.glob("*.journal"):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(line for line in lines if f'["{kind}",'.encode() not in line))


def test_a_worker_that_was_killed_in_the_middle_of_a_chunk_holds_nothing(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config
) -> None:
    """The database knows all that is noted, and the journal a little more: that is an ordinary death."""
    sent_by(hire, now)
    people = release(issue, readers, count=6, now=now)
    mine = journal.Journal.create(config.journal_dir, worker_id="dead", epoch=str(Epoch.objects.get()))
    lease = leases.claim(owner="dead", host=journal.boot_id(), now=now, states=leases.SENDING)
    assert lease is not None
    mine.claimed(lease.key)
    mine.open_dot(lease.key, people[0])
    mine.close()
    assert sent_by(hire, now) == people[1:]
    assert why() == ""


def test_a_single_mail_that_was_sent_is_not_sent_by_the_database_that_forgot_it(hire: Hire, now: datetime) -> None:
    sent_by(hire, now)
    put(now)
    take_back = yesterday.remember()
    carrier = MemoryCarrier()
    worker = hire(carrier)
    newsroom.work_off(worker, now=now)
    newsroom.work_off(worker, now=now)  # its note is written by the loop
    assert len(carrier.sent) == 1

    take_back()
    assert OutboxMail.objects.get().state == OutboxMail.State.WAITING
    assert sent_by(hire, now) == []
    assert why() == Epoch.Why.BEHIND


def test_a_copy_sends_neither_issues_nor_single_mails(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """It lies elsewhere than its row says, as a dump does that was loaded somewhere, or a file that was put back."""
    sent_by(hire, now)
    release(issue, readers, count=3, now=now)
    put(now)
    Epoch.objects.update(place="where the original lies")
    assert sent_by(hire, now) == []
    assert why() == Epoch.Why.ELSEWHERE
    assert OutboxMail.objects.get().state == OutboxMail.State.WAITING


def test_a_database_from_before_it_had_an_epoch_is_behind_journals_that_know_one(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    take_back = yesterday.remember()
    release(issue, readers, count=3, now=now)
    assert len(sent_by(hire, now)) == 3
    take_back()
    assert not Epoch.objects.exists()
    sent_by(hire, now)
    assert why() == Epoch.Why.BEHIND


def test_a_worker_at_work_stops_when_another_one_holds_the_database(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    people = release(issue, readers, count=400, now=now)

    def notice(message: Message) -> None:
        if message.key == people[100]:
            newsroom.elsewhere(lambda: restore_guard.hold(Epoch.Why.BEHIND, now=now))

    line = Line(before=notice, pause=0.01)
    newsroom.work_off(hire(line), now=now)
    assert 100 <= len(line.keys) < 400
    assert newsroom.assert_balanced(issue) == {"accepted": len(line.keys), "pending": 400 - len(line.keys)}


# What does not.


def test_a_new_database_and_one_of_an_earlier_version_send_at_once(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config
) -> None:
    """Journals of an earlier version name no epoch and contradict nothing."""
    journal.Journal.create(config.journal_dir).close()
    people = release(issue, readers, count=3, now=now)
    assert sent_by(hire, now) == people
    assert why() == ""


def test_a_worker_on_another_machine_is_no_copy(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config, tmp_path: Path
) -> None:
    """One database, each with a data directory of its own."""
    people = release(issue, readers, count=600, now=now)
    first = hire(MemoryCarrier())
    first.work_once(now)
    there = MemoryCarrier()
    with Worker(dataclasses.replace(config, data_dir=tmp_path / "there"), SingleCarrier(there)) as other:
        newsroom.work_off(other, now=now)
    assert len(there.sent) == 100
    assert sent_by(hire, now) == []
    assert (why(), len(people)) == ("", 600)


def test_a_database_of_its_own_is_not_held_by_journals_of_another_one(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config
) -> None:
    sent_by(hire, now)
    other = journal.Journal.create(config.journal_dir, epoch="0123456789abcdef.7")
    other.claimed(journal.Key(issue=999, chunk=1, token=1))
    other.close()
    assert sent_by(hire, now) == []
    assert why() == ""


def test_records_go_into_the_journal_that_the_chunk_names_even_while_journals_change(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "ROLL_AT", 2_000)
    owners: dict[tuple[int, int], str] = {}
    claim = leases.claim

    def watched(**options: Any) -> leases.Lease | None:
        lease = claim(**options)
        if lease is not None:
            owners[lease.number, lease.token] = options["owner"]
        return lease

    monkeypatch.setattr(leases, "claim", watched)
    for number in range(12):
        readers.join(110, domain=f"town{number}.example")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line()), now=now)
    wrote: dict[tuple[int, int], set[str]] = defaultdict(set)
    for path in config.journal_dir.glob("*.journal"):
        for line in path.read_bytes().splitlines()[1:]:
            kind, *values = json.loads(line[9:])
            if kind in {"open", "claim"}:
                wrote[values[1], values[2]].add(path.stem)
    assert len(set(owners.values())) > 3
    assert wrote == {place: {owner} for place, owner in owners.items()}


# What people see, and can do.


@pytest.fixture
def behind(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime, config: Config, settings: Any
) -> list[int]:
    """600 and one single mail were sent, and the database forgot it; of the second chunk no journal tells."""
    settings.NEWSLETTER = config
    sent_by(hire, now)
    people = release(issue, readers, count=600, now=now)
    put(now)
    take_back = yesterday.remember()
    first = hire(Line(answer=lambda message: says(550 if message.key == people[0] else 250)(message)))
    first.work_once(now)
    kept = set(config.journal_dir.glob("*.journal"))
    newsroom.work_off(hire(MemoryCarrier()), now=now)
    for path in set(config.journal_dir.glob("*.journal")) - kept:
        path.unlink()
    take_back()
    assert sent_by(hire, now + timedelta(minutes=1)) == []
    assert why() == Epoch.Why.BEHIND
    return people


def command(*words: str) -> Any:
    result = CliRunner().invoke(recipients.app, ["release-hold", "--json", *words])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_ending_the_hold_settles_what_is_known_doubts_the_rest_and_sends_nothing_again(
    behind: list[int], readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    before = str(Epoch.objects.get())
    later = now + timedelta(minutes=5)
    written_meanwhile = put(later)

    told = command("--dry-run")
    assert newsroom.assert_balanced(issue) == {"pending": 600}
    assert (why(), told.pop("released")) == (Epoch.Why.BEHIND, False)
    done = command("--yes")
    assert done.pop("released") is True

    assert told == done
    counts = done["deliveries"][str(issue.pk)]
    assert newsroom.assert_balanced(issue) == counts
    assert (counts["accepted"], counts["refused"], counts["uncertain"]) == (499, 1, 100)
    assert done["mails"] == 1
    assert (why(), str(Epoch.objects.get()) != before) == ("", True)
    assert Issue.objects.get(pk=issue.pk).state == IssueState.FINISHED
    assert AuditEntry.objects.filter(action="delivery.release-hold").count() == 1
    assert not alarms.standing().filter(key=restore_guard.ALARM).exists()
    assert sent_by(hire, later) == [written_meanwhile.pk]
    following = newsroom.approved_issue(list_id=readers.list_id, now=now, number=2)
    audience_freeze.freeze(following.pk, by="staff:1", now=later)
    assert len(sent_by(hire, later)) == 600
    assert why() == ""


def test_a_rule_to_send_doubts_again_is_no_rule_for_a_whole_issue(
    behind: list[int], issue: Issue, hire: Hire, config: Config, now: datetime
) -> None:
    Publication.objects.update(uncertain_policy=Publication.UncertainPolicy.AGAIN)
    hold_end.end_hold(config.journal_dir, by="test", now=now + timedelta(minutes=5))
    assert newsroom.assert_balanced(issue)["uncertain"] == 100
    assert sent_by(hire, now + timedelta(hours=1)) == []


def test_who_was_at_work_when_the_hold_ends_is_shut_out(
    behind: list[int], issue: Issue, config: Config, now: datetime
) -> None:
    """A chunk that the old database shows as held goes the same way."""
    Chunk.objects.filter(issue_id=issue.pk).update(state="held", owner="gone", host="elsewhere", token=7)
    hold_end.end_hold(config.journal_dir, by="test", now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 499, "refused": 1, "uncertain": 100}
    assert set(Chunk.objects.values_list("state", flat=True)) == {"done"}


def test_a_database_of_before_the_hold_was_ended_is_behind_again(
    behind: list[int], hire: Hire, config: Config, now: datetime
) -> None:
    take_back = yesterday.remember()
    hold_end.end_hold(config.journal_dir, by="test", now=now)
    sent_by(hire, now)
    take_back()
    Epoch.objects.update(held_at=None, held_why="")
    for path in config.journal_dir.glob("*.journal"):
        if journal_notes.of(path)[0].endswith(".1"):
            path.unlink()
    assert sent_by(hire, now) == []
    assert why() == Epoch.Why.BEHIND
    assert hold_end.end_hold(config.journal_dir, by="test", now=now).why
    assert Epoch.objects.get().number == 3


def test_nothing_is_released_or_withdrawn_while_all_is_held(
    behind: list[int], readers: newsroom.Readers, issue: Issue, now: datetime
) -> None:
    following = newsroom.approved_issue(list_id=readers.list_id, now=now, number=2)
    with pytest.raises(NotAllowed, match="newsletter deliveries release-hold"):
        pipeline.release(following.pk, by="staff:1", now=now)
    Issue.objects.filter(pk=following.pk).update(state=IssueState.SCHEDULED, send_at=now)
    assert pipeline.tick(now) == []
    release_actions.cancel(issue.pk, by="staff:1", now=now)
    assert newsroom.assert_balanced(issue) == {"pending": 600}
    assert not Release.objects.filter(pk=following.pk).exists()


def test_times_that_came_before_the_hold_ended_ask_a_person(
    behind: list[int], readers: newsroom.Readers, config: Config, now: datetime
) -> None:
    """Also those that are not missed by an hour: they may have gone out, and the database has forgotten it."""
    own, slot, known, free = [
        newsroom.approved_issue(list_id=readers.list_id, now=now, number=number) for number in (2, 3, 4, 5)
    ]
    Issue.objects.filter(pk=own.pk).update(state=IssueState.SCHEDULED, send_at=now)
    Publication.objects.filter(pk=slot.publication_id).update(cadence="0 7 * * *")
    slot.publication.refresh_from_db()
    due.keep_up_cadence(slot.publication, now=now - timedelta(hours=1))
    mine = journal.Journal.create(config.journal_dir, epoch=str(Epoch.objects.get()))
    mine.claimed(journal.Key(issue=known.pk, chunk=1, token=1))
    mine.close()

    later = now + timedelta(minutes=10)
    assert hold_end.outlook(config.journal_dir, now=later).asks == [own.pk, slot.pk, known.pk]
    assert hold_end.end_hold(config.journal_dir, by="test", now=later).asks == [own.pk, slot.pk, known.pk]
    pipeline.tick(later)
    states = dict(Issue.objects.filter(pk__gte=own.pk).values_list("pk", "state"))
    assert states == {own.pk: "held", slot.pk: "held", known.pk: "held", free.pk: "approved"}
    row = Schedule.objects.get(issue__isnull=True, publication=slot.publication)
    assert row.next_at == now + timedelta(days=1)


def test_the_hold_is_told_with_the_command_that_ends_it(behind: list[int], now: datetime) -> None:
    [alarm] = alarms.standing().filter(key=restore_guard.ALARM)
    assert restore_guard.COMMAND in alarm.text
    assert sending.hold().health is Health.FAILED
    assert restore_guard.COMMAND in sending.hold().text
    alarms.settle_alarm(key=restore_guard.ALARM, now=now)
    assert sending.hold().health is Health.FAILED


def test_the_command_asks_first_and_says_what_it_would_do(behind: list[int], issue: Issue) -> None:
    unasked = CliRunner().invoke(recipients.app, ["release-hold", "--json"], input="y\n")
    assert (unasked.exit_code, unasked.stdout) == (1, "")
    assert "--yes" in unasked.stderr
    result = typed(recipients.app, "release-hold", answer="n\n")
    assert result.exit_code == 1
    assert f"Issue {issue.pk} was being sent: 499 were accepted and 1 refused" in result.output
    assert why() == Epoch.Why.BEHIND


def test_without_a_hold_there_is_nothing_to_end(hire: Hire, now: datetime) -> None:
    sent_by(hire, now)
    result = CliRunner().invoke(recipients.app, ["release-hold", "--yes"])
    assert result.exit_code == 1
    assert "Nothing is held" in result.stderr
