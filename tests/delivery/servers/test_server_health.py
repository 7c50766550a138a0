"""How mail servers fail, rest, come back and wait for people; who is in a publication's snapshot."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from typer.testing import CliRunner

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery.ledger import queries
from newsletter.delivery.models import Alarm, Transport
from newsletter.delivery.progress import metrics as gauges
from newsletter.delivery.replies import retry_policy
from newsletter.delivery.servers import routing, server_health, server_state, stored_servers
from newsletter.delivery.states import Role
from newsletter.errors import NotFound
from newsletter.issues.models import Publication
from newsletter.management.cli import transports as commands
from newsletter.project import metrics
from newsletter.staff.models import AuditEntry
from newsletter.web import watching, words

pytestmark = pytest.mark.django_db

SOME_TIME = datetime(2026, 11, 26, tzinfo=UTC)
URL = "smtp://desk:secret@mail.example.org?tls=starttls"


def server(name: str = "relay", **given: object) -> Transport:
    values = {"host": "mail.example.org", **given}
    return Transport.objects.create(name=name, **values)


def publication(slug: str, now: datetime) -> Publication:
    return Publication.objects.create(
        name=slug, slug=slug, list_id=1, sender_name="x", sender_address="x@example.org", created_at=now
    )


def fail(row: Transport, *, now: datetime, permanent: bool = False, probe: bool = False) -> timedelta | None:
    return server_health.failed(row.pk, reason="It is away.", permanent=permanent, chance=0.0, now=now, probe=probe)


def due(*, now: datetime) -> list[int]:
    return server_health.probes_due(now=now, among=set(Transport.objects.values_list("pk", flat=True)))


def usable() -> list[int]:
    return routing.choose(server_state.snapshot(None))


def test_a_server_that_failed_sleeps_is_probed_and_comes_back_by_itself(now: datetime) -> None:
    """B3, N1: nobody has to press anything."""
    row = server()
    assert usable() == [row.pk]
    nap = fail(row, now=now)
    assert nap == retry_policy.nap(1, chance=0.0)
    assert usable() == []
    assert due(now=now) == []

    later = now + nap
    assert usable() == [], "it must be probed first"
    assert due(now=later) == [row.pk]
    server_health.passed(row.pk)
    assert usable() == [row.pk]


def test_naps_grow_until_mail_is_taken_and_not_by_a_probe_alone(now: datetime) -> None:
    row = server()
    naps = []
    for _ in range(4):
        nap = fail(row, now=now)
        assert nap is not None
        naps.append(nap)
        now += nap
        assert due(now=now) == [row.pk]
        server_health.passed(row.pk)
    assert naps == [retry_policy.nap(n, chance=0.0) for n in (1, 2, 3, 4)]
    server_health.worked(row.pk, now=now)
    assert fail(row, now=now) == naps[0]


def test_a_probe_that_fails_lets_it_sleep_longer(now: datetime) -> None:
    row = server()
    first = fail(row, now=now)
    assert first is not None
    now += first
    assert due(now=now) == [row.pk]
    assert fail(row, now=now, probe=True) == retry_policy.nap(2, chance=0.0)
    assert due(now=now + timedelta(seconds=1)) == []


def test_a_prober_that_died_is_replaced_after_a_minute(now: datetime) -> None:
    row = server()
    now += fail(row, now=now) or timedelta()
    assert due(now=now) == [row.pk]
    assert due(now=now) == []
    assert due(now=now + server_health.PROBE_WITHIN) == [row.pk]


def test_many_connections_that_report_one_failure_count_once(now: datetime) -> None:
    row = server()
    assert [fail(row, now=now) is None for _ in range(10)] == [False] + [True] * 9
    row.refresh_from_db()
    assert row.failures == 1


def test_who_cannot_probe_a_server_does_not_keep_others_from_it(now: datetime) -> None:
    row = server(sleeping_until=now)
    assert server_health.probes_due(now=now, among=set()) == []
    assert due(now=now) == [row.pk]


@pytest.mark.django_db(transaction=True)
def test_of_all_workers_only_one_probes(now: datetime) -> None:
    row = server(sleeping_until=now)
    together = threading.Barrier(4)

    def ask(_number: int) -> list[int]:
        try:
            together.wait(timeout=10)
            return due(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(ask, range(4)))
    assert sorted(got) == [[], [], [], [row.pk]]


def test_a_wrong_password_pauses_once_with_one_alarm_until_a_person_resumes(now: datetime) -> None:
    """X2."""
    row = server()
    for _ in range(3):
        assert fail(row, now=now, permanent=True) is None
    assert usable() == []
    assert due(now=now + timedelta(days=30)) == []
    assert Alarm.objects.get().settled_at is None
    assert [one.name for one in server_health.stopped()] == ["relay"]
    assert queries.open_work().transport_paused == "It is away."

    assert server_health.resume("relay", by="staff:1", now=now)
    assert not server_health.resume("relay", by="staff:1", now=now)
    assert usable() == [row.pk]
    assert Alarm.objects.get().settled_at == now
    assert list(AuditEntry.objects.values_list("action", "subject")) == [("transport.resume", "transport:relay")]


def test_a_server_that_stays_away_is_told_once_and_the_alarm_ends_with_the_first_mail(now: datetime) -> None:
    row = server()
    for _ in range(server_health.TELL_AFTER + 2):
        now += fail(row, now=now) or timedelta()
    assert Alarm.objects.get().text == (
        "The mail server “relay” does not work. It is away. It is tried again by itself; mail waits."
    )
    server_health.worked(row.pk, now=now)
    assert Alarm.objects.get().settled_at == now
    assert usable() == [row.pk]


def test_the_alarm_of_a_server_says_that_mail_waits_only_while_no_other_takes_it(now: datetime) -> None:
    mine = publication("mine", now)
    publication("other", now)
    other, row = server("default", serves_all=True), server("relay2")
    for _ in range(server_health.TELL_AFTER):
        now += fail(row, now=now) or timedelta()
        row.refresh_from_db()
    assert Alarm.objects.get().text == (
        "The mail server “relay2” does not work. It is away. It is tried again by itself. Other servers send meanwhile."
    )

    def told() -> str:
        nonlocal now
        now += fail(row, now=now) or timedelta()
        row.refresh_from_db()
        return Alarm.objects.get(key="transport-away:relay2", settled_at=None).text.rpartition(" away. ")[2]

    Transport.objects.filter(pk=other.pk).update(serves_all=False)
    other.publications.set([mine])
    assert "Newsletters that only it sends wait" in told()
    Transport.objects.filter(pk=row.pk).update(serves_all=False)
    row.publications.set([mine])
    assert "Other servers send meanwhile." in told()
    Transport.objects.filter(pk=other.pk).update(sleeping_until=now)
    assert told() == "It is tried again by itself; mail waits."


def test_a_person_may_pause_and_nothing_but_a_person_resumes(now: datetime) -> None:
    row = server()
    server_health.pause("relay", by="staff:1", now=now, reason="moving house")
    server_health.worked(row.pk, now=now)
    assert usable() == []
    assert server_health.stopped() == []
    assert server_state.state(Transport.objects.get()) == "paused"
    with pytest.raises(NotFound):
        server_health.pause("nobody", by="staff:1", now=now)


def test_a_snapshot_holds_the_servers_of_a_publication_and_no_other(now: datetime) -> None:
    mine, other = publication("mine", now), publication("other", now)
    everyone = server("everyone", weight=3)
    named = server("named", serves_all=False, role=Role.FALLBACK)
    named.publications.set([mine])
    server("off", enabled=False)
    server("empty", host="")

    found = {one.id: one for one in server_state.snapshot(mine.pk, at_limit={named.pk})}
    assert set(found) == {everyone.pk, named.pk}
    assert (found[everyone.pk].weight, found[named.pk].role) == (3, Role.FALLBACK)
    assert (found[everyone.pk].at_limit, found[named.pk].at_limit) == (False, True)
    assert [one.id for one in server_state.snapshot(other.pk)] == [everyone.pk]
    assert [one.id for one in server_state.snapshot(None)] == [everyone.pk]
    everyone.delete()
    assert [one.id for one in server_state.snapshot(other.pk)] == []
    assert [one.id for one in server_state.snapshot(None)] == [named.pk], "sign-in mails always find a way"


def test_work_goes_on_is_not_said_to_stand_still_while_another_server_works(now: datetime) -> None:
    row, _ = server("one"), server("two")
    fail(row, now=now, permanent=True)
    assert queries.open_work().transport_paused == ""
    fail(Transport.objects.get(name="two"), now=now)
    assert queries.open_work().sleeping_until == now + retry_policy.nap(1, chance=0.0)
    fail(Transport.objects.get(name="two"), now=now, permanent=True)
    assert queries.open_work().transport_paused == "It is away. It is away."


def test_the_default_one_follows_the_url_and_leaves_with_it(now: datetime) -> None:
    with_url = replace(conf.config(), smtp_url=URL, smtp_connections=7)
    without = replace(conf.config(), smtp_url=None)
    assert stored_servers.every(without) == []
    assert [(row.name, row.host, row.pk) for row in stored_servers.every(with_url)] == [
        ("default", "mail.example.org", None)
    ]
    stored_servers.follow_url(without)
    assert not Transport.objects.exists()
    stored_servers.follow_url(with_url)
    row = Transport.objects.get()
    assert (row.host, row.port, row.user, bytes(row.secret)) == ("mail.example.org", 587, "desk", b"")
    assert usable() == [row.pk]
    stored_servers.follow_url(without)
    assert usable() == []
    assert server_state.state(stored_servers.get("default", without)) == "unset"


def test_a_url_that_cannot_be_used_is_told_in_words_without_its_password() -> None:
    bad = replace(conf.config(), smtp_url="smtp://desk:se/cret@mail.example.org")
    (row,) = stored_servers.every(bad)
    assert server_state.state(row) == "unset"
    assert "NEWSLETTER_SMTP_URL" in row.last_error
    assert "cret" not in row.last_error


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "untried"),
        ({"last_ok_at": SOME_TIME}, "works"),
        ({"enabled": False, "paused_at": SOME_TIME}, "disabled"),
        ({"sleeping_until": SOME_TIME, "last_ok_at": SOME_TIME}, "sleeping"),
    ],
)
def test_its_state_in_a_word(change: dict[str, object], expected: str) -> None:
    assert server_state.state(Transport(host="mail.example.org", **change)) == expected


def test_what_is_said_of_a_server_that_was_removed_changes_nothing(now: datetime) -> None:
    server_health.worked(99, now=now)
    server_health.passed(99)
    assert server_health.failed(99, reason="x", permanent=True, chance=0, now=now) is None
    assert not Transport.objects.exists()
    assert not Alarm.objects.exists()


PAST, FUTURE = SOME_TIME - timedelta(minutes=5), SOME_TIME + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("given", "state", "metric"),
    [
        ({}, "untried", "ok"),
        ({"last_ok_at": PAST}, "works", "ok"),
        ({"last_ok_at": PAST, "sleeping_until": FUTURE}, "sleeping", "sleeping"),
        # However long it has slept: it gets nothing before a probe has found it well.
        ({"last_ok_at": PAST, "sleeping_until": PAST}, "sleeping", "sleeping"),
        ({"paused_at": PAST, "sleeping_until": PAST}, "paused", "paused"),
        ({"enabled": False, "paused_at": PAST}, "disabled", "disabled"),
        ({"host": ""}, "unset", "unset"),
    ],
)
def test_routes_pages_metrics_and_commands_say_the_same_of_a_server(
    given: dict[str, object], state: str, metric: str, config: Config
) -> None:
    row = server(**given)
    assert server_state.state(row) == state
    assert usable() == ([row.pk] if metric == "ok" else []), "what is called ok gets mail, and nothing else does"
    (read,) = gauges.read(now=SOME_TIME, journal_dir=config.journal_dir).transports
    assert read == ("relay", state)
    assert metrics.state_of(read[1]) == metric
    page = watching.server(row, now=SOME_TIME)
    assert page.word == words.TRANSPORT[server_health.State(state)]
    assert (page.word.label in {"Works", "Ready"}) is (metric == "ok")
    command = CliRunner().invoke(commands.app, ["list", "--json"])
    assert json.loads(command.stdout)[-1]["state"] == state


def test_a_failed_test_ends_ready_until_a_probe_finds_it_well(config: Config, now: datetime) -> None:
    row = server()
    server_health.tested("relay", problem="It refused the connection.", config=config, now=now)
    row.refresh_from_db()
    assert (server_state.state(row), row.last_error) == ("sleeping", "It refused the connection.")
    assert usable() == []
    assert Alarm.objects.count() == 0
    later = now + retry_policy.nap(1, chance=0.0)
    assert due(now=later) == [row.pk]
    server_health.passed(row.pk)
    assert usable() == [row.pk]


def test_a_test_that_goes_well_brings_a_failing_server_back_and_no_paused_one(config: Config, now: datetime) -> None:
    row = server()
    fail(row, now=now)
    server_health.tested("relay", problem="", config=config, now=now)
    assert usable() == [row.pk]
    server_health.pause("relay", by="staff:1", now=now)
    for problem in ("", "It is away."):
        server_health.tested("relay", problem=problem, config=config, now=now)
        assert server_state.state(Transport.objects.get()) == "paused"


def test_a_server_that_is_at_work_is_not_stopped_by_a_test_that_failed(config: Config, now: datetime) -> None:
    """It may have no connection to spare, for the very reason that it is at work."""
    row = server()
    server_health.worked(row.pk, now=now)
    server_health.tested("relay", problem="421 too many connections", config=config, now=now + timedelta(seconds=40))
    assert usable() == [row.pk]
    server_health.tested("relay", problem="It is away.", config=config, now=now + timedelta(hours=1))
    assert usable() == []


def test_a_primary_that_lost_its_encryption_hands_nothing_to_a_clear_fallback(now: datetime) -> None:
    """S7: mail waits, and staff is told."""
    row = server(tls="starttls")
    spare = server("spare", host="10.20.30.40", tls="none", role=Role.FALLBACK)
    encrypted = server("third", host="third.example.org", role=Role.FALLBACK, enabled=False)
    assert usable() == [row.pk]
    fail(row, now=now, permanent=True)
    assert usable() == []
    fail(spare, now=now)
    assert usable() == []
    Transport.objects.filter(pk=encrypted.pk).update(enabled=True)
    assert usable() == [encrypted.pk]


def test_what_is_said_of_a_server_knows_that_a_clear_one_does_not_take_its_place(now: datetime) -> None:
    """S7, X4: mail waits, and every page says so."""
    row = server(tls="starttls")
    server("spare", host="10.20.30.40", tls="none", role=Role.FALLBACK)
    assert not queries.open_work().transport_paused
    for _ in range(server_health.TELL_AFTER):
        now += fail(row, now=now) or timedelta()
        row.refresh_from_db()
    assert Alarm.objects.get().text.endswith("It is tried again by itself; mail waits.")
    assert queries.open_work().sleeping_until == row.sleeping_until
    fail(row, now=now, permanent=True)
    assert queries.open_work().transport_paused == "It is away."
