"""Factories for tests of the ledger: readers on a list, and issues approved for them."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connections

from newsletter.delivery.ledger import queries
from newsletter.delivery.models import Delivery, Result
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Approval, Issue, Publication, Rendition
from newsletter.issues.states import IssueState
from newsletter.rendering.results import Rendered
from subscribers import addresses, api, conf, tokens
from subscribers.models import Subscriber, Subscription
from subscribers.states import SubscriptionState
from tests.tokens import TOKENS


@dataclass(kw_only=True)
class Readers:
    """A list and its people."""

    list_id: int
    now: datetime
    addresses: dict[int, str] = field(default_factory=dict)

    @classmethod
    def make(cls, *, now: datetime) -> "Readers":
        summary = api.create_list(name=f"Readers {secrets.token_hex(4)}", now=now)
        return cls(list_id=summary.id, now=now)

    def join(self, count: int, *, domain: str = "example.org", at: datetime | None = None) -> list[int]:
        """That many confirmed readers."""
        start, when = len(self.addresses), at or self.now
        wanted = [f"reader{start + n}@{domain}" for n in range(count)]
        key = conf.settings().address_key
        people = Subscriber.objects.bulk_create(
            Subscriber(**addresses.columns(addresses.normalise(one), key=key), created_at=when) for one in wanted
        )
        Subscription.objects.bulk_create(
            Subscription(
                subscriber=person,
                list_id=self.list_id,
                state=SubscriptionState.CONFIRMED,
                public_id=tokens.new_public_id(),
                basis="asked in writing",
                created_at=when,
                confirmed_at=when,
            )
            for person in people
        )
        self.addresses.update(zip([person.pk for person in people], wanted, strict=True))
        return [person.pk for person in people]

    def join_one(self, address: str, *, at: datetime | None = None) -> int:
        person = api.add(self.list_id, address, basis="asked in writing", now=at or self.now, actor="test")
        self.addresses[person] = address
        return person

    def leave(self, subscriber: int, *, now: datetime) -> None:
        api.unsubscribe(self.list_id, self.addresses[subscriber], now=now, actor="test")


def approved_issue(*, list_id: int, now: datetime, number: int = 1, life_hours: int = 96, filler: int = 0) -> Issue:
    """An issue that somebody approved, with one small rendition, or one that is ``filler`` bytes longer."""
    slug = f"harbour-{secrets.token_hex(4)}"
    publication = Publication.objects.create(
        name="The Harbour Letter",
        slug=slug,
        list_id=list_id,
        sender_name="The Harbour",
        sender_address="news@harbour.example",
        postal_address="1 Quay Street",
        reason="You joined.",
        useful_life_hours=life_hours,
        created_at=now,
    )
    issue = Issue.objects.create(
        publication=publication,
        number=number,
        public_id=secrets.token_hex(16),
        subject="The tide turns",
        state=IssueState.APPROVED,
        created_at=now,
        updated_at=now,
    )
    link = TOKENS.unsubscribe_url
    rendered = Rendered(
        language="en",
        token_key=TOKENS.key,
        subject="The tide turns",
        html=f'<p>The tide turns. <a href="{link}">Leave</a></p>',
        text=f"The tide turns.\n\nLeave: {link}\n" + "The tide goes out. The tide comes in.\n" * (filler // 38),
    )
    rendition = Rendition.objects.create(
        issue=issue,
        language="en",
        digest=rendered.digest,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        token_key=rendered.token_key,
        created_at=now,
    )
    approval = Approval.objects.create(
        issue=issue,
        approved_by="staff:1",
        approved_at=now,
        digest="0" * 64,
        entries=[],
        sender={
            "name": "The Harbour",
            "address": "news@harbour.example",
            "reply_to": "",
            "list_name": "The Harbour Letter",
            "list_id": f"{slug}.harbour.example",
            "bounce_domain": "harbour.example",
        },
        audience=api.audience_of_list(list_id),
    )
    approval.renditions.add(rendition)
    return issue


def state_of(issue: Issue, subscriber: int) -> DeliveryState:
    """What the ledger says about one delivery."""
    if not Delivery.objects.filter(issue_id=issue.pk, subscriber=subscriber).exists():
        raise AssertionError(f"{subscriber} has no delivery")
    result = Result.objects.filter(issue_id=issue.pk, subscriber=subscriber).first()
    return DeliveryState(result.state) if result else DeliveryState.PENDING


def work_off(worker: Worker, *, now: datetime, rounds: int = 1_000) -> int:
    """Work until nothing is left to do at that time; how many rounds it took."""
    for number in range(rounds):
        if not worker.work_once(now):
            return number
    raise AssertionError("there is always something left to do")


def assert_balanced(issue: Issue) -> dict[str, int]:
    """I1: every sum is right; the counts."""
    assert queries.out_of_balance(issue.pk) == ""
    sums = queries.ledger(issue.pk)
    counts = {state.value: int(str(sums[state.value])) for state in DeliveryState}
    assert sum(counts.values()) == sums["planned"]
    excluded = sums["excluded"]
    assert isinstance(excluded, dict)
    assert sums["candidates"] == int(str(sums["planned"])) + sum(excluded.values())
    return {state: count for state, count in counts.items() if count}


def elsewhere(work: Callable[[], object]) -> None:
    """Do it in a thread, as another process would, and wait."""

    def do() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=do)
    thread.start()
    thread.join()
