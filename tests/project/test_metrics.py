"""What Prometheus reads, and who may."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze, leases, results
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.models import OutboxMail
from newsletter.delivery.progress import samples
from newsletter.delivery.servers import server_health, stored_servers
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from newsletter.project import environment
from newsletter.scheduling import due
from newsletter.scheduling.models import Schedule
from tests.delivery import newsroom
from tests.delivery.conftest import config, issue, readers  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

TOKEN = "a token of thirty-two characters."
Scraped = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def installed_with(monkeypatch: pytest.MonkeyPatch, config: Config) -> Callable[..., None]:  # noqa: F811
    def do(**changes: str) -> None:
        monkeypatch.setattr(django_settings, "NEWSLETTER", replace(config, **changes))
        assert conf.config().metrics_token == changes["metrics_token"]

    return do


def scrape(client: Client, header: str = f"Bearer {TOKEN}") -> Scraped:
    answer = client.get("/metrics", headers={"authorization": header})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"newsletter_{name}", frozenset(labels.items())


def test_without_a_token_there_is_no_such_page(client: Client, installed_with: Callable[..., None]) -> None:
    installed_with(metrics_token="")
    for header in ("", "Bearer ", "Bearer x"):
        assert client.get("/metrics", headers={"authorization": header}).status_code == 404


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"]
)
def test_only_the_token_opens_it(header: str, client: Client, installed_with: Callable[..., None]) -> None:
    """Threat 14."""
    installed_with(metrics_token=TOKEN)
    answer = client.get("/metrics", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "newsletter_" not in answer.content.decode()
    assert client.post("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_a_new_installation_answers(client: Client, installed_with: Callable[..., None]) -> None:
    installed_with(metrics_token=TOKEN)
    found = scrape(client)
    assert found[key("pending")] == found[key("uncertain")] == found[key("workers")] == 0
    assert found[key("chunks", state="held")] == 0
    assert found[key("outbox_mails", state="waiting")] == 0


def test_the_numbers_are_those_of_the_ledger(
    client: Client,
    installed_with: Callable[..., None],
    config: Config,  # noqa: F811
    readers: newsroom.Readers,  # noqa: F811
    issue: Issue,  # noqa: F811
    now: datetime,
) -> None:
    installed_with(metrics_token=TOKEN)
    people = readers.join(9)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    samples.sample(now=now)
    lease = leases.claim(owner="worker-1", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    group = [Settlement(subscriber=one, state=D.ACCEPTED, tries=1, tried=D.ACCEPTED) for one in people[:4]]
    group += [Settlement(subscriber=people[4], state=D.UNCERTAIN, tries=1, tried=D.UNCERTAIN)]
    results.settle(lease, group, now=now)
    reason = "The password is wrong for reader0@example.org."
    server_health.failed(stored_servers.default_id(), reason=reason, permanent=True, now=now, chance=0.5)
    OutboxMail.objects.create(
        kind="test", recipient="me@example.org", message=b"x", due=now, expires_at=now, created_at=now
    )
    config.journal_dir.mkdir(parents=True, exist_ok=True)
    (config.journal_dir / "worker-1.journal").write_bytes(b"x" * 1234)
    found = scrape(client)
    states = {state.value: found[key("deliveries", issue=str(issue.pk), state=state.value)] for state in D}
    assert {state: n for state, n in states.items() if n} == {"accepted": 4, "uncertain": 1, "pending": 4}
    assert found[key("pending")] == 4
    assert found[key("uncertain")] == 1
    assert found[key("chunks", state="held")] == 1
    assert found[key("workers")] == 1
    assert key("accepted_per_second", issue=str(issue.pk), span="10s") in found
    assert [found[key("transport", transport="default", state=s)] for s in ("ok", "sleeping", "paused")] == [0, 0, 1]
    assert found[key("outbox_mails", state="waiting")] == 1
    assert found[key("outbox_oldest_seconds")] > 0
    assert found[key("last_freeze_seconds")] >= 0
    assert found[key("alarms")] == 1
    assert (found[key("journals")], found[key("journal_bytes")]) == (1, 1234)
    text = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "@" not in text, "I6: nobody's address"


def test_a_release_that_is_over_is_measured_no_more(
    client: Client,
    installed_with: Callable[..., None],
    readers: newsroom.Readers,  # noqa: F811
    issue: Issue,  # noqa: F811
    now: datetime,
) -> None:
    installed_with(metrics_token=TOKEN)
    readers.join(2)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    release_actions.cancel(issue.pk, by="staff:1", now=now)
    found = scrape(client)
    assert not [name for name, _ in found if name == "newsletter_deliveries"]


def test_a_slot_that_waits_is_a_lag(issue: Issue, now: datetime) -> None:  # noqa: F811
    assert due.lag(now=now) == timedelta()
    Schedule.objects.create(publication=issue.publication, issue=issue, next_at=now)
    assert due.lag(now=now - timedelta(seconds=1)) == timedelta()
    assert due.lag(now=now + timedelta(minutes=3)) == timedelta(minutes=3)
    Schedule.objects.update(next_at=None, claimed_slot=now, claimed_at=now)
    assert due.lag(now=now + timedelta(minutes=4)) == timedelta(minutes=4)


def test_a_short_token_is_refused_and_not_repeated() -> None:
    with pytest.raises(environment.BadSetting, match="E030") as refused:
        environment.read({"NEWSLETTER_METRICS_TOKEN": "hunter2"}, message_key=bytes(32))
    assert "hunter2" not in str(refused.value)
