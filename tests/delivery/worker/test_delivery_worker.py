"""A release from the freeze to the last result, with everything that may come between."""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.conf import Config
from newsletter.delivery.carrier import Message, Phase, Reply, TransportUnavailable
from newsletter.delivery.control import release_actions
from newsletter.delivery.control.release_actions import Doubt
from newsletter.delivery.ledger import audience_freeze, queries
from newsletter.delivery.models import Alarm, Attempt, Chunk, Release, ReleaseSample, Result, Transport
from newsletter.delivery.servers import server_health
from newsletter.delivery.servers.carrier_registry import SingleCarrier
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier, accept
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.errors import NotAllowed
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from subscribers import api as subscribers
from subscribers.models import Subscriber, Subscription
from tests.delivery import lines, newsroom
from tests.delivery.lines import Line

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]


def state(issue: Issue) -> str:
    return str(queries.ledger(issue.pk)["state"])


def test_every_reader_gets_one_mail_and_the_issue_is_finished(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """I1, I2: planned = accepted, one message each, and then the issue is over."""
    people = readers.join(1_203)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    newsroom.work_off(hire(carrier), now=now)

    assert sorted(message.key for message in carrier.sent) == people
    assert {message.recipient for message in carrier.sent} == set(readers.addresses.values())
    assert newsroom.assert_balanced(issue) == {"accepted": 1_203}
    assert state(issue) == "finished"
    assert Release.objects.get().finished_at == now
    assert not Attempt.objects.exists()


def test_who_left_or_was_erased_after_the_freeze_is_withdrawn(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """I3, P3: consent is asked again at the claim; an erased person leaves the sums right."""
    stays, left, barred, erased = readers.join(4)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    readers.leave(left, now=now)
    subscribers.suppress(readers.addresses[barred], reason="complaint", now=now)
    subscribers.erase(erased, now=now, actor="test")

    newsroom.work_off(hire(carrier), now=now)

    assert [message.key for message in carrier.sent] == [stays]
    reasons = dict(Result.objects.filter(state="withdrawn").values_list("subscriber", "reply"))
    assert reasons == {left: "unsubscribed", barred: "suppressed", erased: "erased"}
    assert newsroom.assert_balanced(issue) == {"accepted": 1, "withdrawn": 3}
    assert state(issue) == "finished"


def test_whoever_is_handed_over_is_among_those_that_the_chunks_row_authorises(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """Design §3, point 6: counted as whoever takes over counts them, those who left before the claim too."""
    people = readers.join(200)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    for one in people[:50] + people[100:120]:
        readers.leave(one, now=now)
    beyond: list[int] = []

    def answer(message: Message) -> Reply:
        newsroom.elsewhere(lambda: look(message.key))
        return accept(message)

    def look(reader: int) -> None:
        [window] = Chunk.objects.filter(state="held").values_list("window", flat=True)
        told = set(Result.objects.values_list("subscriber", flat=True))
        if reader not in [one for one in people if one not in told][:window]:
            beyond.append(reader)

    newsroom.work_off(hire(MemoryCarrier(answer=answer)), now=now)

    assert beyond == []
    assert newsroom.assert_balanced(issue) == {"accepted": 130, "withdrawn": 70}


def test_who_leaves_while_their_chunk_is_being_sent_gets_nothing_a_second_later(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """U6: a held chunk looks at consent all the time."""
    people = readers.join(4)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def leave(message: Message) -> None:
        if message.key == people[1]:
            newsroom.elsewhere(lambda: readers.leave(people[3], now=now))

    line = Line(before=leave, pause=0.6)
    newsroom.work_off(hire(line), now=now)

    assert line.keys == people[:3]
    assert newsroom.assert_balanced(issue) == {"accepted": 3, "withdrawn": 1}


def test_consent_that_cannot_be_read_in_time_stops_the_mail_and_not_the_reader(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """U6: what nobody could look at for a second is not written; it goes when it was looked at again."""
    people = readers.join(6)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    stalled = []

    def stall(message: Message) -> None:
        if message.key == people[2] and not stalled:
            stalled.append(True)
            time.sleep(1.2)  # the whole event loop stands still, the look at consent with it

    line = Line(before=stall)
    newsroom.work_off(hire(line), now=now)

    assert sorted(line.keys) == people
    assert line.keys[:2] == people[:2]
    assert newsroom.assert_balanced(issue) == {"accepted": 6}


def test_a_pause_lets_what_is_in_flight_end_and_a_resume_sends_the_rest(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P2: nobody twice, nobody forgotten."""
    people = readers.join(5)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def pause(message: Message) -> None:
        if message.key == people[1]:
            newsroom.elsewhere(lambda: release_actions.pause(issue.pk, by="staff:1", now=now, reason="A typo"))

    line = Line(after_dot=pause, pause=0.5)
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    assert line.keys == people[:2]
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "pending": 3}
    assert state(issue) == "paused"

    release_actions.resume(issue.pk, by="staff:1", now=now)
    newsroom.work_off(worker, now=now)
    assert line.keys == people
    assert state(issue) == "finished"


def test_a_cancelled_issue_withdraws_everyone_who_was_not_written_to(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P2: unheld chunks at once, the held one by its worker."""
    people = readers.join(700)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def cancel(message: Message) -> None:
        if message.key == people[2]:
            newsroom.elsewhere(lambda: release_actions.cancel(issue.pk, by="staff:1", now=now))
            time.sleep(1.0)

    line = Line(after_dot=cancel)
    newsroom.work_off(hire(line), now=now)

    assert line.keys == people[:3]
    assert newsroom.assert_balanced(issue) == {"accepted": 3, "withdrawn": 697}
    assert set(Result.objects.filter(state="withdrawn").values_list("reply", flat=True)) == {"cancelled"}
    assert state(issue) == "cancelled"
    assert Release.objects.get().finished_at == now
    with pytest.raises(NotAllowed):
        release_actions.resume(issue.pk, by="staff:1", now=now)


def test_what_a_cancel_left_undone_the_worker_settles(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    readers.join(30)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    Transport.objects.create(name="default", paused_at=now, paused_reason="no way out")
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.CANCELLED)
    newsroom.work_off(hire(carrier), now=now)
    assert newsroom.assert_balanced(issue) == {"withdrawn": 30}
    assert carrier.sent == []


def test_a_deferred_one_is_tried_again_when_it_is_due_with_the_same_message(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B1, F8: same bytes on the next try."""
    (person,) = readers.join(1)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=lines.says(452, "4.2.2"))
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    assert newsroom.assert_balanced(issue) == {"deferred": 1}
    assert state(issue) == "sending"

    newsroom.work_off(worker, now=now + timedelta(minutes=4))
    assert line.keys == [person]

    line.answer = lines.accept
    newsroom.work_off(worker, now=now + timedelta(minutes=6))
    assert line.dots[0] == line.dots[1]
    assert newsroom.assert_balanced(issue) == {"accepted": 1}
    assert [attempt.state for attempt in queries.attempts(issue.pk, person)] == ["deferred", "accepted"]
    assert state(issue) == "finished"


def test_what_is_past_its_useful_life_is_not_sent_any_more(
    readers: newsroom.Readers, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """B1: expiry, of what was deferred and of what was never tried."""
    readers.join(3)
    issue = newsroom.approved_issue(list_id=readers.list_id, now=now, life_hours=1)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(carrier), now=now + timedelta(hours=1))
    assert newsroom.assert_balanced(issue) == {"expired": 3}
    assert carrier.sent == []
    assert state(issue) == "finished"


def test_a_server_that_refuses_our_mail_pauses_the_issue_and_nobody_is_marked(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B4: 5.7.x to MAIL or DATA."""
    readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=lines.says(550, "5.7.1", phase=Phase.DOT), pause=0.4)
    worker = hire(line)
    newsroom.work_off(worker, now=now)

    issue.refresh_from_db()
    assert issue.state == "paused"
    assert "550 5.7.1 that is how it is" in issue.state_reason
    assert Alarm.objects.get(settled_at=None).key == f"paused:{issue.pk}"
    assert "refused" not in newsroom.assert_balanced(issue)

    line.answer = lines.accept
    release_actions.resume(issue.pk, by="staff:1", now=now)
    newsroom.work_off(worker, now=now + timedelta(minutes=10))
    assert newsroom.assert_balanced(issue) == {"accepted": 3}
    assert not Alarm.objects.filter(settled_at=None).exists()


@pytest.mark.parametrize("poisoned", [0, 2, 4])
def test_one_address_that_cannot_be_mailed_stops_nobody_else(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime, poisoned: int
) -> None:
    """Threat 6: at the first position, in the middle, at the last."""
    people = readers.join(5)
    Subscriber.objects.filter(pk=people[poisoned]).update(address="no address at all")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(carrier), now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 4, "refused": 1}
    refused = Result.objects.get(state="refused")
    assert (refused.subscriber, refused.enhanced) == (people[poisoned], "5.1.3")
    assert refused.reply


def test_what_a_provider_says_before_it_looked_at_anybody_pauses_too(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """A2: a 421 to MAIL costs nobody a try, and its words still reach a person."""
    readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def refuse(message: Message) -> Reply:
        text = "4.7.28 Gmail has detected an unusual rate of mail. - gsmtp"
        return Reply(message.key, DeliveryState.DEFERRED, Phase.MAIL, 421, "4.7.28", text, counts_as_try=False)

    newsroom.work_off(hire(Line(answer=refuse)), now=now)
    issue.refresh_from_db()
    assert issue.state == "paused"
    assert issue.state_reason.startswith("Gmail gets too much mail from us")
    assert newsroom.assert_balanced(issue) == {"pending": 3}


def poison(people: list[int]) -> None:
    """Their link out would be too long for a header: a mail without it is not made."""
    for one in people:
        Subscription.objects.filter(subscriber_id=one).update(public_id=b"%0300d" % one)


def test_a_mail_that_cannot_be_made_fails_with_its_reason_and_the_others_go_out(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """R1: a handful, of however few."""
    people = readers.join(12)
    poison(people[:5])
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(carrier), now=now)
    assert [message.key for message in carrier.sent] == people[5:]
    assert newsroom.assert_balanced(issue) == {"accepted": 7, "refused": 5}
    told = set(Result.objects.filter(state="refused").values_list("kind", "code", "tries"))
    assert told == {("unmade", None, 0)}
    assert all(Result.objects.filter(state="refused").values_list("reply", flat=True))


@pytest.mark.parametrize(("readers_in_all", "broken"), [(60, 6), (1_500, 51)])
def test_more_than_a_few_of_them_pause_the_issue_and_whoever_goes_on_gets_the_rest_out(
    readers: newsroom.Readers,
    issue: Issue,
    carrier: MemoryCarrier,
    hire: Hire,
    now: datetime,
    readers_in_all: int,
    broken: int,
) -> None:
    """R1: more than one in a hundred, or fifty in all, over however many chunks; once."""
    people = readers.join(readers_in_all)
    bad = people[:: readers_in_all // broken][:broken]
    poison(bad)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    worker = hire(carrier)
    newsroom.work_off(worker, now=now)
    issue.refresh_from_db()
    assert issue.state == "paused"
    assert "could not be made" in issue.state_reason
    assert Alarm.objects.filter(settled_at__isnull=True).count() == 1
    assert newsroom.assert_balanced(issue)["pending"] > 0

    release_actions.resume(issue.pk, by="staff:1", now=now)
    newsroom.work_off(worker, now=now)
    assert sorted(message.key for message in carrier.sent) == sorted(set(people) - set(bad))
    assert newsroom.assert_balanced(issue) == {"accepted": readers_in_all - broken, "refused": broken}
    assert state(issue) == "finished"


def test_mails_that_could_not_be_made_count_over_all_workers_and_chunks(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """R1: three in the first chunk of one worker are a handful, and three more in another worker's are not."""
    first, second = readers.join(200, domain="a.example"), readers.join(200, domain="b.example")
    poison([*first[:3], *second[:3]])
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    assert hire(carrier).work_once(now)
    assert newsroom.assert_balanced(issue) == {"accepted": 197, "pending": 200, "refused": 3}
    assert hire(carrier).work_once(now)
    issue.refresh_from_db()
    assert issue.state == "paused"
    assert newsroom.assert_balanced(issue)["refused"] == 5  # nobody is marked for the last of them
    assert Release.objects.get().brakes == ["unmade"]


def test_content_that_cannot_become_a_mail_pauses_the_issue_with_the_reason(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    readers.join(2)
    approval = issue.approvals.get()
    approval.sender["address"] = "nonsense"
    approval.save()
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(carrier), now=now)
    issue.refresh_from_db()
    assert issue.state == "paused"
    assert issue.state_reason.startswith("Its mails cannot be made")
    assert newsroom.assert_balanced(issue) == {"pending": 2}


def test_an_issue_that_cannot_be_read_is_paused_and_others_go_out(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """I5: one stuck issue stops no other."""
    people = readers.join(2)
    other = newsroom.approved_issue(list_id=readers.list_id, now=now)
    for one in (issue, other):
        audience_freeze.freeze(one.pk, by="staff:1", now=now)
    issue.approvals.update(sender={"unheard": "of"})
    newsroom.work_off(hire(carrier), now=now)
    assert state(issue) == "paused"
    assert newsroom.assert_balanced(issue) == {"pending": 2}
    assert [message.key for message in carrier.sent] == people
    assert state(other) == "finished"


def test_a_wrong_password_pauses_the_way_out_once_and_a_new_start_tries_it(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, config: Config, now: datetime
) -> None:
    """X2: one alarm, no delivery penalised, and the set is complete afterwards."""
    readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    carrier.down = lines.wrong_password()
    worker = hire(carrier)
    newsroom.work_off(worker, now=now)
    newsroom.work_off(worker, now=now + timedelta(days=1))
    assert newsroom.assert_balanced(issue) == {"pending": 3}
    assert list(Alarm.objects.values_list("key", "settled_at")) == [("transport:default", None)]
    assert queries.open_work().transport_paused == "The mail server refused the password."

    carrier.down = None
    stop = threading.Event()
    threading.Timer(2.0, stop.set).start()
    Worker(config, SingleCarrier(carrier), clock=lambda: now).run(stop)
    assert newsroom.assert_balanced(issue) == {"accepted": 3}
    assert Alarm.objects.get().settled_at is not None


def test_a_password_revoked_in_the_middle_pauses_once_and_then_everybody_gets_it(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """X2: one alert, nobody marked, nobody's try counted; then a complete set."""
    people = readers.join(40)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def revoke(message: Message) -> None:
        if message.key == people[20] and len(line.dots) == 20:
            raise lines.wrong_password()

    line = Line(before=revoke)
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    assert len(line.dots) == 20
    assert newsroom.assert_balanced(issue) == {"accepted": 20, "pending": 20}
    assert [alarm.key for alarm in Alarm.objects.filter(settled_at__isnull=True)] == ["transport:default"]

    line.before = lines.nothing
    assert server_health.resume("default", by="staff:1", now=now)
    newsroom.work_off(worker, now=now)
    assert line.keys == people
    assert newsroom.assert_balanced(issue) == {"accepted": 40}
    assert not Alarm.objects.filter(settled_at__isnull=True).exists()


def test_a_server_that_is_away_is_left_alone_longer_each_time_and_costs_no_try(
    readers: newsroom.Readers, issue: Issue, carrier: MemoryCarrier, hire: Hire, now: datetime
) -> None:
    """B3."""
    readers.join(2)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    carrier.down = TransportUnavailable("It cannot be reached.", phase=Phase.CONNECT)
    worker = hire(carrier)
    sleeps = []
    moment = now
    for _ in range(3):
        newsroom.work_off(worker, now=moment)
        until = Transport.objects.get().sleeping_until
        assert until is not None
        sleeps.append(until - moment)
        moment = until
    assert sleeps == sorted(set(sleeps))
    assert newsroom.assert_balanced(issue) == {"pending": 2}

    carrier.down = None
    newsroom.work_off(worker, now=moment)
    assert newsroom.assert_balanced(issue) == {"accepted": 2}
    assert Transport.objects.get().sleeping_until is None


def test_a_server_that_closes_is_left_alone_and_the_rest_goes_later(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B3: 421."""
    people = readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=lines.says(421, "4.7.0", phase=Phase.MAIL))
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    assert line.keys == people[:1]
    assert Transport.objects.get().sleeping_until is not None
    line.answer = lines.accept
    newsroom.work_off(worker, now=now + timedelta(hours=1))
    assert newsroom.assert_balanced(issue) == {"accepted": 3}


def test_a_lost_answer_is_in_doubt_and_never_silently_sent_again(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B6: held for a person, who may have it sent again with the same Message-ID."""
    people = readers.join(3)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=lambda m: lines.lost(m) if m.key == people[1] else lines.accept(m))
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    newsroom.work_off(worker, now=now + timedelta(days=2))
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "uncertain": 1}
    assert state(issue) == "finished"
    assert Alarm.objects.get().key == f"uncertain:{issue.pk}"

    line.answer = lines.accept
    assert release_actions.resolve_uncertain(issue.pk, Doubt.AGAIN, by="staff:1", now=now) == 1
    assert newsroom.assert_balanced(issue) == {"accepted": 2, "deferred": 1}
    newsroom.work_off(worker, now=now + timedelta(minutes=1))
    assert line.dots[1] == line.dots[-1]
    assert newsroom.assert_balanced(issue) == {"accepted": 3}
    assert Alarm.objects.get().settled_at == now


def test_a_person_may_know_that_a_doubtful_one_was_taken(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    readers.join(2)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(Line(answer=lines.lost)), now=now)
    assert release_actions.resolve_uncertain(issue.pk, Doubt.ACCEPTED, by="staff:1", now=now) == 2
    assert newsroom.assert_balanced(issue) == {"accepted": 2}


def test_the_policy_again_sends_doubtful_ones_once_more_by_itself(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B6: same Message-ID, and the history keeps the doubt."""
    (person,) = readers.join(1)
    Publication.objects.update(uncertain_policy="again")
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    line = Line(answer=lines.lost)
    worker = hire(line)
    newsroom.work_off(worker, now=now)
    assert newsroom.assert_balanced(issue) == {"deferred": 1}
    line.answer = lines.accept
    newsroom.work_off(worker, now=now + timedelta(minutes=7))
    assert line.dots[0] == line.dots[1]
    assert [attempt.state for attempt in queries.attempts(issue.pk, person)] == ["uncertain", "accepted"]


def test_two_workers_share_the_work_and_nobody_gets_it_twice(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """P1, I2."""
    people = readers.join(3_200)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    carriers = [MemoryCarrier(), MemoryCarrier()]
    workers = [hire(one) for one in carriers]
    threads = [threading.Thread(target=newsroom.work_off, args=[one], kwargs={"now": now}) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newsroom.work_off(workers[0], now=now)
    sent = [message.key for one in carriers for message in one.sent]
    assert sorted(sent) == people
    assert newsroom.assert_balanced(issue) == {"accepted": 3_200}
    assert state(issue) == "finished"


def test_a_worker_that_is_told_to_stop_gives_its_chunk_back(
    readers: newsroom.Readers, issue: Issue, hire: Hire, config: object, now: datetime
) -> None:
    """K6: SIGTERM ends what is in flight, settles it, and loses nothing."""
    people = readers.join(50)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    stop = threading.Event()

    def tell(message: Message) -> None:
        if message.key == people[3]:
            stop.set()

    line = Line(after_dot=tell, pause=0.05)
    seconds = itertools.count()

    def later() -> datetime:
        """Each look is a second later: the last sample must not fall into the second of the first."""
        return now + timedelta(seconds=next(seconds))

    carrier: Any = line  # stands in for one, without its connections
    Worker(config, SingleCarrier(carrier), clock=later).run(stop)

    assert 4 <= len(line.dots) < 50
    counts = newsroom.assert_balanced(issue)
    assert counts["accepted"] == len(line.dots)
    assert ReleaseSample.objects.latest("at").accepted == len(line.dots), "the chart shows it at its own time"
    assert not Chunk.objects.filter(state="held").exists()
    newsroom.work_off(hire(line), now=now)
    assert sorted(line.keys) == people


def test_a_freeze_cut_short_is_completed_by_a_worker(
    readers: newsroom.Readers,
    issue: Issue,
    carrier: MemoryCarrier,
    hire: Hire,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """K1, I7: no hand is needed."""
    people = readers.join(3)
    with monkeypatch.context() as broken:
        broken.setattr(audience_freeze, "_publish", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    newsroom.work_off(hire(carrier), now=now)
    assert [message.key for message in carrier.sent] == people
    assert state(issue) == "finished"
