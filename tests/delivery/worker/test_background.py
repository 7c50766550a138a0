"""What goes on beside the chunks: a silent server keeps neither the others nor a stop waiting."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from newsletter.conf import Config
from newsletter.delivery.control import restore_guard
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import OutboxMail, Release, Transport
from newsletter.delivery.outbox import mail_queue
from newsletter.delivery.ratelimit import token_bucket
from newsletter.delivery.servers import server_health
from newsletter.delivery.servers.carrier_registry import CarrierRegistry
from newsletter.delivery.worker import send_loop
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import Do, ScriptedServer, Session
from tests.delivery.smtp_help import running_in_a_thread

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 10.0
"""Seconds; far less than a silent server is waited for."""


def row(name: str, server: ScriptedServer, **given: object) -> Transport:
    values = {"host": "127.0.0.1", "port": server.port, "tls": "none", "max_connections": 5, **given}
    return Transport.objects.create(name=name, **values)


def until(done: Callable[[], bool], *, within: float = SOON) -> None:
    end = time.monotonic() + within
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)  # others work meanwhile; nobody can ring for this


@contextmanager
def at_work(config: Config, now: datetime) -> Iterator[threading.Event]:
    """A worker for as long as the block lasts; it must end soon after it was told to."""
    stop = threading.Event()
    worker = threading.Thread(
        target=Worker(config, CarrierRegistry(config), clock=lambda: now).run, args=(stop,), daemon=True
    )
    worker.start()
    try:
        yield stop
    finally:
        stop.set()
        worker.join(SOON)
    assert not worker.is_alive()


def test_a_single_mail_whose_dot_was_written_has_its_answer_before_the_worker_ends(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    """K6: also one that went beside an issue, which another worker would call uncertain."""
    readers.join(300)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    met = threading.Event()

    def slow(_: Session, recipient: str) -> float:
        if recipient != "editor@example.net":
            return 0.05
        met.set()
        return 1.5

    server = ScriptedServer({"DOT": slow})
    with running_in_a_thread(server):
        row("only", server)
        with at_work(config, now):
            until(lambda: len(server.copies) >= 3)
            mail = mail_queue.enqueue(
                kind="sign-in", recipient="editor@example.net", message=b"Subject: Sign in\r\n\r\nHello.\r\n", now=now
            )
            assert met.wait(SOON)
    mail.refresh_from_db()
    assert mail.state == OutboxMail.State.ACCEPTED
    assert len(server.copies) < 300, "the issue was not over yet: nothing was shown"


def test_no_single_mail_is_begun_with_once_the_worker_was_told_to_stop(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K6: it would have its own time to end, after that of the issue."""
    readers.join(5)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    monkeypatch.setattr(send_loop, "DRAIN", 2.0)
    server = ScriptedServer({"DOT": Do.HOLD})
    with running_in_a_thread(server):
        row("only", server)
        with at_work(config, now) as stop:
            until(lambda: server.held["DOT"] > 0)
            stop.set()
            time.sleep(0.5)  # the worker has seen that by then, and waits for answers
            mail = mail_queue.enqueue(
                kind="sign-in", recipient="editor@example.net", message=b"Subject: Sign in\r\n\r\nHello.\r\n", now=now
            )
    mail.refresh_from_db()
    assert mail.state == OutboxMail.State.WAITING


def test_a_server_that_was_corrected_while_the_old_one_was_probed_is_not_stopped(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    """What the old password brings is told of the server as it was."""
    readers.join(20)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    old, new = ScriptedServer({"GREETING": (4.0, b"554 Go away.\r\n")}), ScriptedServer()
    with ExitStack() as stack:
        for server in (old, new):
            stack.enter_context(running_in_a_thread(server))
        one = row("only", old, sleeping_until=now - timedelta(seconds=1), failures=1)
        with at_work(config, now):
            until(lambda: bool(old.sessions))
            Transport.objects.filter(pk=one.pk).update(port=new.port, version=one.version + 1, **server_health.RESUMED)
            until(lambda: Release.objects.filter(finished_at__isnull=False).exists())
            assert old.connections == 1, "the old one has not spoken yet"
            until(lambda: old.connections == 0)
            time.sleep(0.5)  # so that what it said can be heard
    one.refresh_from_db()
    assert (one.sleeping_until, one.paused_at, one.failures) == (None, None, 0)


def test_a_server_that_is_probed_and_says_nothing_keeps_nobody_waiting(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime
) -> None:
    readers.join(20)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    well, silent = ScriptedServer(), ScriptedServer({"GREETING": Do.HOLD})
    with ExitStack() as stack:
        for server in (well, silent):
            stack.enter_context(running_in_a_thread(server))
        row("well", well)
        row("silent", silent, sleeping_until=now - timedelta(seconds=1), failures=1)
        with at_work(config, now):
            until(lambda: silent.held["GREETING"] > 0)
            until(lambda: len(well.accepted) == 20)
    assert newsroom.assert_balanced(issue)["accepted"] == 20


def test_what_a_broken_off_stretch_had_in_flight_takes_up_no_room_in_the_next(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B7: else nothing more would ever go to this group of domains from here."""
    readers.join(2 * token_bucket.FIRST_CONNECTIONS)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    monkeypatch.setattr(send_loop, "DRAIN", 0.2)
    held: set[str] = set()

    def first_ones(_: Session, recipient: str) -> Do | None:
        if len(held) == token_bucket.FIRST_CONNECTIONS and recipient not in held:
            return None
        held.add(recipient)
        return Do.HOLD

    look, broken = restore_guard.look, threading.Event()

    def breaks_once() -> object:
        if len(held) == token_bucket.FIRST_CONNECTIONS and not broken.is_set():
            broken.set()
            raise OperationalError("the database is away")
        return look()

    monkeypatch.setattr(restore_guard, "look", breaks_once)
    # Without PIPELINING no envelope follows whose message would give its room back.
    server = ScriptedServer({"DOT": first_ones}, offered=("8BITMIME",))
    with running_in_a_thread(server):
        row("only", server, max_connections=10)
        with at_work(config, now):
            until(broken.is_set)
            until(lambda: len(server.accepted) == token_bucket.FIRST_CONNECTIONS)
