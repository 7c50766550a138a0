"""What a leased chunk is loaded as: who may be written to, who is settled without a server, when nobody is (R1, U6)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsletter.conf import Config
from newsletter.delivery.carrier import Message
from newsletter.delivery.ledger import audience_freeze, journal, leases, release_plan, thresholds
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker import chunk_loader
from newsletter.delivery.worker.chunk_loader import LoadedChunk
from newsletter.issues.models import Issue, Rendition
from newsletter.issues.states import IssueState
from subscribers.models import Subscription
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db(transaction=True)

Load = Callable[..., LoadedChunk]


@pytest.fixture
def load(issue: Issue, readers: newsroom.Readers, config: Config, now: datetime, tmp_path: Path) -> Load:
    """Freezes the issue for six readers, lets something happen, claims the chunk and loads it."""

    def run(meanwhile: Callable[[list[int]], object] = lambda _: None, *, at: datetime = now) -> LoadedChunk:
        people = readers.join(6)
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
        lease = leases.claim(owner="me", host=journal.boot_id(), now=now, states=leases.SENDING, window=500)
        assert lease is not None
        meanwhile(people)
        return chunk_loader.load(lease, templates=chunk_loader.TemplateCache(config), now=at)

    return run


def settled(loaded: LoadedChunk) -> dict[int, tuple[DeliveryState, str]]:
    return {settlement.subscriber: (settlement.state, settlement.reply) for settlement in loaded.settled}


def test_everybody_who_may_be_written_to_has_a_mail_in_the_order_of_ids(load: Load) -> None:
    loaded = load()
    assert [addressee.row.subscriber for addressee in loaded.addressees] == sorted(loaded.rows)
    assert len(loaded.addressees) == 6
    mails = [loaded.message(addressee) for addressee in loaded.addressees]
    assert all(isinstance(mail, Message) for mail in mails)
    assert (loaded.settled, loaded.pause, loaded.signer) == ([], "", None)


def test_consent_is_read_once_more_and_who_left_since_the_freeze_is_withdrawn(
    load: Load, readers: newsroom.Readers, now: datetime
) -> None:
    left: list[int] = []

    def leave(people: list[int]) -> None:
        left.append(people[2])
        readers.leave(people[2], now=now)

    loaded = load(leave)
    assert settled(loaded).keys() == set(left)
    assert settled(loaded)[left[0]][0] is DeliveryState.WITHDRAWN
    assert len(loaded.addressees) == 5


@pytest.mark.parametrize(
    ("state", "settles", "why"),
    [(IssueState.CANCELLED, DeliveryState.WITHDRAWN, release_plan.CANCELLED), (IssueState.PAUSED, None, "")],
)
def test_of_a_cancelled_issue_all_are_withdrawn_and_of_a_paused_none(
    state: IssueState, settles: DeliveryState | None, why: str, load: Load, issue: Issue
) -> None:
    loaded = load(lambda _: Issue.objects.filter(pk=issue.pk).update(state=state))
    assert loaded.addressees == []
    assert list(settled(loaded).values()) == ([(settles, why)] * 6 if settles else [])


def test_past_its_useful_life_all_are_expired(load: Load, now: datetime) -> None:
    loaded = load(at=now + timedelta(days=30))
    assert loaded.addressees == []
    assert set(settled(loaded).values()) == {(DeliveryState.EXPIRED, release_plan.TOO_LATE)}


def test_without_its_rendition_the_issue_must_pause_and_nobody_is_marked(load: Load, issue: Issue) -> None:
    loaded = load(lambda _: Rendition.objects.filter(issue=issue).delete())
    assert loaded.pause
    assert (loaded.addressees, loaded.settled) == ([], [])


def test_a_mail_that_cannot_be_made_is_refused_with_its_reason_until_too_many_are(load: Load) -> None:
    """R1. The link out would be too long for a header: a mail without it is not made."""

    def poison(people: list[int]) -> None:
        for number in people:
            Subscription.objects.filter(subscriber_id=number).update(public_id=b"%0300d" % number)

    loaded = load(poison)
    made = [loaded.message(addressee) for addressee in loaded.addressees]
    reasons = {mail.state for mail in made if isinstance(mail, Settlement)}
    assert reasons <= {DeliveryState.REFUSED}
    assert made[-1] is None, "nobody is marked for the last of them"
    assert loaded.brake == thresholds.UNMADE
    assert loaded.pause
