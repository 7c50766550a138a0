"""S7: encryption that is taken away in the middle of a release moves no mail to a server that has none.

The server without encryption bears a name that only the workers' resolver knows, since this machine needs none.
"""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from newsletter import conf
from newsletter.delivery.models import Alarm, OutboxMail, Transport
from newsletter.delivery.outbox import mail_queue
from newsletter.delivery.servers import server_health, server_settings, stored_servers
from newsletter.delivery.states import Role
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import Copy, Do, ScriptedServer, Step
from tests.faults import oracle, scenarios
from tests.faults.hunt import Hunt
from tests.faults.sink import Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]

SECURE = "smtp://desk:secret@127.0.0.1:{port}"
OFFERED = ("AUTH PLAIN LOGIN", "PIPELINING", "8BITMIME")
RELAY = "relay.harbour.example"
CHIEF = "chief@example.org"
QUIET = 4.0
"""Seconds in which a worker that may send has sent something."""

Spoil = Callable[[ScriptedServer, trustme.CA], None]


def _stripped(server: ScriptedServer, _authority: trustme.CA) -> None:
    """STARTTLS is gone from what it offers, and a password is asked for in clear."""
    server.context = None


def _refused(server: ScriptedServer, _authority: trustme.CA) -> None:
    server.script(STARTTLS=b"454 4.7.0 TLS not available due to a temporary reason\r\n")


def _slipped(server: ScriptedServer, _authority: trustme.CA) -> None:
    """Whoever is between us writes ahead what is to pass for the encrypted answers to EHLO and AUTH."""
    server.slipped = b"250-mail.example.org\r\n250 AUTH PLAIN\r\n235 2.7.0 welcome\r\n"


def _forged(server: ScriptedServer, _authority: trustme.CA) -> None:
    """Another one's certificate for the right name."""
    server.context = _context(trustme.CA(), "127.0.0.1")


def _misnamed(server: ScriptedServer, authority: trustme.CA) -> None:
    server.context = _context(authority, "mail.elsewhere.example")


def _babbled(server: ScriptedServer, _authority: trustme.CA) -> None:
    """It says that it encrypts, and goes on in clear."""
    server.script(STARTTLS=(b"220 2.0.0 go ahead\r\n", b"250 AUTH PLAIN\r\n" * 20, Do.DROP))


WAYS: list[Spoil] = [_stripped, _refused, _slipped, _forged, _misnamed, _babbled]
A_PERSON_DECIDES = {_stripped, _forged, _misnamed}
"""The others may be over by themselves, and are told of when they are not."""


def _context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def relay() -> Iterator[Sink]:
    """A server without encryption in a network of our own, accepted by its name, for when no other works."""
    with Sink(ScriptedServer(offered=("PIPELINING", "8BITMIME"))) as sink:
        Transport.objects.create(
            name="relay", host=RELAY, port=sink.port, tls="none", clear_accepted=RELAY, role=Role.FALLBACK
        )
        yield sink


def _under_fire(hunt: Callable[..., Hunt], server: ScriptedServer, trusted: Path) -> Hunt:
    under_fire = hunt(server, url=SECURE, authority=trusted)
    (under_fire.data_dir / "addresses").write_text("127.0.0.1")
    return under_fire


def _half_way(server: ScriptedServer, *, of: int, act: Callable[[], None]) -> Callable[..., Step | None]:
    """From the middle on each connection ends after its mail, and whoever comes again meets the server as it is now."""

    def dot(*_: object) -> Step | None:
        if len(server.copies) < of // 2:
            return None
        act()
        return (b"250 2.0.0 taken\r\n", Do.DROP)

    return dot


def _in_clear(server: ScriptedServer) -> set[str]:
    """What was ever asked of it on a connection that stayed unencrypted."""
    return {verb for session in server.sessions if not session.secure for verb in session.verbs()}


@pytest.mark.parametrize("spoil", WAYS)
def test_mail_waits_rather_than_going_by_a_server_without_encryption(
    hunt: Callable[..., Hunt],
    readers: newsroom.Readers,
    authority: trustme.CA,
    context: ssl.SSLContext,
    trusted: Path,
    relay: Sink,
    spoil: Spoil,
) -> None:
    """S7, T1: nothing and nobody's password travels in clear, people are told, and then everybody gets theirs once."""
    server = ScriptedServer(offered=OFFERED, context=context, password="secret")
    under_fire = _under_fire(hunt, server, trusted)
    planned = scenarios.release(under_fire.issue, readers, count=60)
    under_fire.sink.script(DOT=_half_way(server, of=60, act=lambda: spoil(server, authority)))
    with under_fire.worker(host=RELAY) as worker:
        under_fire.until(lambda: under_fire.carrier_settings_of != "", worker)
        _single_mail()
        relay.wait(lambda: bool(relay.server.sessions), seconds=QUIET)
        worker.stop()
    under_fire.sink.drain()
    assert under_fire.carrier_settings_of == ("paused" if spoil in A_PERSON_DECIDES else "sleeps")
    assert not relay.server.sessions, "the fallback without encryption was asked"
    assert _in_clear(server) <= {"EHLO", "STARTTLS", "QUIT"}
    assert 30 <= len(server.copies) < 60
    assert not under_fire.is_over
    assert OutboxMail.objects.get().state == OutboxMail.State.WAITING
    alarms = set(Alarm.objects.filter(settled_at=None).values_list("key", flat=True))
    assert alarms == ({"transport:default"} if spoil in A_PERSON_DECIDES else set())
    server.context, server.slipped = context, b""
    under_fire.sink.script(DOT=None, STARTTLS=None)
    if spoil in A_PERSON_DECIDES:
        server_health.resume(stored_servers.DEFAULT, by="staff:1", now=_now())
    under_fire.jump(under_fire.jumped + scenarios.AGAIN)
    with under_fire.worker(host=RELAY) as worker:
        under_fire.to_the_end(worker, seconds=90)
    assert not relay.server.sessions
    _judge(under_fire, server.copies, planned)
    assert all(server.sessions[copy.session].secure for copy in server.copies)
    assert "secret" not in under_fire.log_text()


def _single_mail() -> None:
    message = b"Subject: Your sign-in link\r\n\r\nhttps://news.harbour.example/\r\n"
    mail_queue.enqueue(kind="sign-in", recipient=CHIEF, message=message, now=_now())


def _judge(under_fire: Hunt, copies: list[Copy], planned: dict[int, str]) -> None:
    mine = [copy for copy in copies if copy.recipient != CHIEF]
    oracle.judge(
        under_fire.issue,
        mine,
        planned=planned,
        doubts_allowed=0,
        journals=under_fire.journals,
        log=under_fire.log,
    )


@pytest.mark.parametrize("spoil", [_stripped, _slipped])
def test_mail_goes_by_another_encrypted_server_where_there_is_one(
    hunt: Callable[..., Hunt],
    readers: newsroom.Readers,
    authority: trustme.CA,
    context: ssl.SSLContext,
    trusted: Path,
    relay: Sink,
    spoil: Spoil,
) -> None:
    """S7: the fallback that is encrypted takes over, the other is not asked."""
    server = ScriptedServer(offered=OFFERED, context=context, password="secret")
    under_fire = _under_fire(hunt, server, trusted)
    planned = scenarios.release(under_fire.issue, readers, count=60)
    under_fire.sink.script(DOT=_half_way(server, of=60, act=lambda: spoil(server, authority)))
    with Sink(ScriptedServer(offered=("PIPELINING",), context=context)) as spare:
        Transport.objects.create(name="spare", host="127.0.0.1", port=spare.port, role=Role.FALLBACK)
        with under_fire.worker(host=RELAY) as worker:
            under_fire.to_the_end(worker, seconds=60)
        spare.drain()
        assert not relay.server.sessions
        assert spare.copies
        assert _in_clear(spare.server) <= {"EHLO", "STARTTLS", "QUIT"}
        _judge(under_fire, [*server.copies, *spare.copies], planned)


def test_a_server_of_before_sends_on_with_an_alarm_until_somebody_decides(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """S7: after an upgrade nothing stops; whoever puts the alarm away has decided nothing, whoever accepts it has."""
    under_fire = hunt(url="")
    (under_fire.data_dir / "addresses").write_text("127.0.0.1")
    Transport.objects.create(name="old", host=RELAY, port=under_fire.sink.port, tls="none", clear_before=RELAY)
    planned = scenarios.release(under_fire.issue, readers, count=60)
    with under_fire.worker(host=RELAY) as worker:
        under_fire.to_the_end(worker)
    scenarios.judge(under_fire, planned, doubts=0)
    alarm = Alarm.objects.get(settled_at=None)
    assert RELAY in alarm.text
    Alarm.objects.update(settled_at=_now())
    with under_fire.worker(host=RELAY) as worker:
        under_fire.until(lambda: Alarm.objects.filter(settled_at=None).exists(), worker)
        worker.stop()
    stored = server_settings.settings_of(Transport.objects.get())
    accepted = replace(stored, clear_accepted=RELAY)
    server_settings.edit("old", settings=accepted, config=conf.config(), by="staff:1", now=_now())
    assert not Alarm.objects.filter(settled_at=None).exists()
