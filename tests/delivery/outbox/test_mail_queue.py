"""Single mails: written in the caller's transaction, sent later, never twice in silence."""

import asyncio
import dataclasses
import email
import email.policy
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery.carrier import Message, MessageStream, Phase, Reply, TransportUnavailable
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.message.recipient import Undeliverable
from newsletter.delivery.models import DkimKey, OutboxMail
from newsletter.delivery.outbox import mail_queue, mail_sender
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput
from tests import verifiers

pytestmark = pytest.mark.django_db
State = OutboxMail.State
BODY = b"Subject: Sign in\r\n\r\nhttps://news.example.org/in/secret-code\r\n"


@pytest.fixture
def config() -> Config:
    return dataclasses.replace(conf.config(), lease_seconds=60.0, mail_from="Newsletter <newsletter@example.org>")


def put(now: datetime, *, kind: str = "sign-in", recipient: str = "jane@example.com") -> OutboxMail:
    return mail_queue.enqueue(kind=kind, recipient=recipient, message=BODY, now=now)


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A worker's own loop, in its own thread."""
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    try:
        yield running
    finally:
        running.call_soon_threadsafe(running.stop)
        thread.join()
        running.close()


def work(carrier: Any, config: Config, now: datetime, *, worker_id: str = "w1", **more: Any) -> int:
    with running_loop() as loop:

        def submit(coroutine: Coroutine[Any, Any, None]) -> Future[None]:
            return asyncio.run_coroutine_threadsafe(coroutine, loop)

        return mail_queue.work_once(carrier=carrier, config=config, now=now, worker_id=worker_id, submit=submit, **more)


def says(
    state: DeliveryState, *, phase: Phase = Phase.DOT, code: int | None = 250, **more: Any
) -> Callable[[Message], Reply]:
    values = {"enhanced": "", "text": "so it was said"} | more
    return lambda message: Reply(key=message.key, state=state, phase=phase, code=code, **values)


class Dies(Exception):
    """Stands for a process that is killed."""


class Killed(MemoryCarrier):
    """Dies before the dot, or right after it was recorded and before any reply."""

    def __init__(self, *, at_dot: bool) -> None:
        super().__init__()
        self._at_dot = at_dot

    async def deliver(self, stream: MessageStream) -> None:
        handed = stream.take()
        assert handed is not None
        message, gate = handed
        if self._at_dot:
            assert gate.before_dot(message)
        raise Dies


# Sending.


def test_a_mail_is_sent_once_and_nothing_of_it_stays(config: Config, now: datetime) -> None:
    row = put(now)
    carrier = MemoryCarrier()
    assert work(carrier, config, now) == 1
    assert work(carrier, config, now + timedelta(minutes=5)) == 0
    (message,) = carrier.sent
    assert (message.sender, message.recipient, message.data) == ("newsletter@example.org", "jane@example.com", BODY)
    assert not carrier.closed, "it is the worker’s, who may need it for the next"
    row.refresh_from_db()
    assert (row.state, row.tries, row.recipient, row.sender, bytes(row.message)) == (State.ACCEPTED, 1, "", "", b"")
    assert row.settled_at is not None


def test_a_mail_of_a_domain_with_keys_leaves_signed_or_waits_and_says_why(config: Config, now: datetime) -> None:
    """U5, X1: a key that cannot be read stops this mail alone."""
    signing_keys.create("example.org", message_key=config.message_key, by="test", now=now)
    body = b"From: Newsletter <newsletter@example.org>\r\n" + BODY
    mail_queue.enqueue(kind="sign-in", recipient="jane@example.com", message=body, now=now)
    row = mail_queue.enqueue(
        kind="test",
        recipient="joe@example.com",
        message=b"From: Desk <desk@lost.example>\r\nSubject: x\r\n\r\nHello\r\n",
        now=now,
    )
    signing_keys.create("lost.example", message_key=config.message_key, by="test", now=now)
    DkimKey.objects.filter(domain="lost.example").update(private=b"damaged")
    carrier = MemoryCarrier()
    assert work(carrier, config, now) == 1
    (message,) = carrier.sent
    known = {record.name: record.text for record in map(signing_keys.record_of, signing_keys.keys_of("example.org"))}
    (accepted,) = verifiers.opendkim([message.data], known)
    assert len(accepted) == 2
    assert message.data.endswith(body)
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.WAITING, 0)
    assert "lost.example" in row.reply


def test_the_envelope_sender_may_be_given(config: Config, now: datetime) -> None:
    mail_queue.enqueue(kind="test", recipient="jane@example.com", message=BODY, sender="news@example.org", now=now)
    carrier = MemoryCarrier()
    work(carrier, config, now)
    assert carrier.sent[0].sender == "news@example.org"


def test_a_local_part_beyond_ascii_asks_for_smtputf8(config: Config, now: datetime) -> None:
    """T3, T4."""
    put(now, recipient="jörg@bücher.example")
    carrier = MemoryCarrier()
    work(carrier, config, now)
    assert (carrier.sent[0].recipient, carrier.sent[0].smtputf8) == ("jörg@xn--bcher-kva.example", True)


def test_a_refused_one_is_settled_and_cleared(config: Config, now: datetime) -> None:
    row = put(now)
    work(MemoryCarrier(answer=says(DeliveryState.REFUSED, phase=Phase.RCPT, code=550)), config, now)
    row.refresh_from_db()
    assert (row.state, row.code, row.recipient) == (State.REFUSED, 550, "")


def test_a_deferred_one_is_tried_again_later_and_later(config: Config, now: datetime) -> None:
    """B1, in a person's time: 1, 5, 15 minutes, 1 hour …"""
    row = put(now, kind="confirmation")
    carrier = MemoryCarrier(answer=says(DeliveryState.DEFERRED, phase=Phase.RCPT, code=450))
    at, waits = now, []
    for _ in range(4):
        assert work(carrier, config, at) == 1
        row.refresh_from_db()
        assert row.state == State.WAITING
        assert work(carrier, config, row.due - timedelta(seconds=1)) == 0
        waits.append(round((row.due - at).total_seconds() / 60))
        at = row.due
    assert waits == [1, 5, 15, 60]
    assert row.tries == 4
    accepting = MemoryCarrier()
    assert work(accepting, config, at) == 1
    assert accepting.sent[0].data == BODY


def test_a_try_that_costs_none_is_made_again_soon(config: Config, now: datetime) -> None:
    """B3: 421 to MAIL."""
    row = put(now)
    answer = says(DeliveryState.DEFERRED, phase=Phase.MAIL, code=421, counts_as_try=False)
    work(MemoryCarrier(answer=answer), config, now)
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.WAITING, 0)


@pytest.mark.parametrize(("code", "enhanced"), [(530, ""), (550, "5.7.1")])
def test_trouble_with_us_is_no_refusal_of_the_reader(config: Config, now: datetime, code: int, enhanced: str) -> None:
    """B4: the server wants something of us, so the mail waits while somebody mends it."""
    row = put(now)
    answer = says(DeliveryState.REFUSED, phase=Phase.MAIL, code=code, enhanced=enhanced)
    work(MemoryCarrier(answer=answer), config, now)
    row.refresh_from_db()
    assert (row.state, row.recipient) == (State.WAITING, "jane@example.com")


def test_while_the_transport_is_down_all_wait_at_the_cost_of_no_try(config: Config, now: datetime) -> None:
    rows = [put(now), put(now)]
    carrier = MemoryCarrier()
    carrier.down = TransportUnavailable("The mail server refused the password.", phase=Phase.AUTH, permanent=True)
    with pytest.raises(TransportUnavailable):
        work(carrier, config, now)
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.tries, row.reply) == (State.WAITING, 0, "The mail server refused the password.")
        assert row.due > now


@pytest.mark.parametrize(
    ("kind", "life"),
    [
        ("sign-in", timedelta(minutes=15)),
        ("confirmation", timedelta(hours=48)),
        ("invitation", timedelta(days=7)),
        ("alert", timedelta(hours=24)),
        ("notice", timedelta(hours=24)),
    ],
)
def test_a_mail_past_its_use_is_not_sent(config: Config, now: datetime, kind: str, life: timedelta) -> None:
    row = put(now, kind=kind)
    assert row.expires_at == now + life
    carrier = MemoryCarrier()
    assert work(carrier, config, now + life) == 0
    assert carrier.sent == []
    row.refresh_from_db()
    assert (row.state, row.recipient, bytes(row.message)) == (State.EXPIRED, "", b"")


# Crashes and rivals.


def test_a_crash_before_the_dot_costs_only_the_lease(config: Config, now: datetime) -> None:
    """K2, K3."""
    row = put(now)
    with pytest.raises(Dies):
        work(Killed(at_dot=False), config, now)
    row.refresh_from_db()
    # Python still ran; a killed process would have left this:
    OutboxMail.objects.update(state=State.HELD, due=now + timedelta(seconds=60), owner="w1")
    carrier = MemoryCarrier()
    assert work(carrier, config, now + timedelta(seconds=59), worker_id="w2") == 0
    assert work(carrier, config, now + timedelta(seconds=61), worker_id="w2") == 1
    assert len(carrier.sent) == 1


def test_a_crash_after_the_dot_is_uncertain_and_never_sent_again(config: Config, now: datetime) -> None:
    """K4, B6: the mark was in the database before the dot was written."""
    row = put(now, kind="invitation")
    with pytest.raises(Dies):
        work(Killed(at_dot=True), config, now)
    row.refresh_from_db()
    assert (row.state, row.at_dot) == (State.HELD, True)
    carrier = MemoryCarrier()
    for minutes in (0.5, 2, 60, 600):
        work(carrier, config, now + timedelta(minutes=minutes), worker_id="w2")
    assert carrier.sent == []
    row.refresh_from_db()
    assert (row.state, row.recipient, bytes(row.message)) == (State.UNCERTAIN, "", b"")


def test_an_uncertain_reply_is_settled_as_such(config: Config, now: datetime) -> None:
    """B6."""
    row = put(now)
    work(MemoryCarrier(answer=says(DeliveryState.UNCERTAIN, code=None)), config, now)
    row.refresh_from_db()
    assert row.state == State.UNCERTAIN


class Slow(MemoryCarrier):
    """Lets a rival act between the claim and the dot, or between the dot and the reply."""

    def __init__(self, *, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._before, self._after = before, after
        self.allowed: bool | None = None

    async def deliver(self, stream: MessageStream) -> None:
        handed = stream.take()
        assert handed is not None
        message, gate = handed
        desk: Any = gate._gate  # type: ignore[attr-defined]
        if self._before:
            desk._ask(lambda: bool(self._before and self._before()))
        self.allowed = gate.before_dot(message)
        if not self.allowed:
            return
        self.sent.append(message)
        if self._after:
            desk._ask(lambda: bool(self._after and self._after()))
        gate.after_reply(message, says(DeliveryState.ACCEPTED)(message))


def test_who_lost_the_claim_may_not_write_the_dot(config: Config, now: datetime) -> None:
    """P1: whatever the clocks say, one of two holders sends."""
    put(now)
    rival = MemoryCarrier()

    def take_over() -> None:
        held = mail_sender.claim  # what another worker does, an hour ahead of us
        mail_sender.take_back(now + timedelta(hours=1))
        (mail,) = held(now=now + timedelta(hours=1), worker_id="w2", lease=timedelta(seconds=60))
        rival.sent.append(mail)

    slow = Slow(before=take_over)
    assert work(slow, config, now) == 0
    assert slow.allowed is False
    assert slow.sent == []
    assert len(rival.sent) == 1
    assert OutboxMail.objects.get().owner == "w2"


def test_who_heard_the_answer_corrects_who_only_guessed(config: Config, now: datetime) -> None:
    """A rival with a fast clock calls it uncertain; the holder's 250 settles it."""
    row = put(now, kind="invitation")
    slow = Slow(after=lambda: mail_sender.take_back(now + timedelta(hours=1)))
    assert work(slow, config, now) == 1
    row.refresh_from_db()
    assert row.state == State.ACCEPTED


def test_a_long_wait_for_the_answer_keeps_the_claim_alive(config: Config, now: datetime) -> None:
    """T6: the dot may take ten minutes, the lease is shorter."""
    put(now, kind="invitation")
    short = dataclasses.replace(config, lease_seconds=0.06)

    class Waiting(MemoryCarrier):
        async def deliver(self, stream: MessageStream) -> None:
            await asyncio.sleep(0.2)
            await super().deliver(stream)

    assert work(Waiting(), short, now) == 1
    row = OutboxMail.objects.get()
    assert row.state == State.ACCEPTED
    assert row.beat > 0


def test_what_the_carrier_did_not_start_waits_again(config: Config, now: datetime) -> None:
    class Lazy(MemoryCarrier):
        async def deliver(self, stream: MessageStream) -> None:
            """Nothing."""

    row = put(now)
    assert work(Lazy(), config, now) == 0
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.WAITING, 0)
    assert now < row.due <= now + timedelta(minutes=2)


def test_a_worker_that_stops_does_not_wait_for_a_silent_server(
    config: Config, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K6: it may drain for a while; what has no answer by then is not guessed."""
    monkeypatch.setattr(mail_sender, "DRAIN", 0.05)
    monkeypatch.setattr(mail_sender, "LOOK_UP", 0.02)
    stop = threading.Event()

    class Silent(MemoryCarrier):
        async def deliver(self, stream: MessageStream) -> None:
            handed = stream.take()
            assert handed is not None
            assert handed[1].before_dot(handed[0])
            stop.set()
            assert stream.take() is None
            await asyncio.Event().wait()

    rows = [put(now), put(now)]
    assert work(Silent(), config, now, is_stopping=stop.is_set) == 0
    for row, state in zip(rows, (State.HELD, State.WAITING), strict=True):
        row.refresh_from_db()
        assert row.state == state


# Writing.


def test_a_mail_is_gone_with_the_transaction_that_wrote_it(now: datetime) -> None:
    with transaction.atomic():
        put(now)
        transaction.set_rollback(True)
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("recipient", ["", "jane", "jane@", "a b@example.com", "a@example.com\r\nBcc: x@y.example"])
def test_a_recipient_must_be_an_address(now: datetime, recipient: str) -> None:
    with pytest.raises(InvalidInput):
        put(now, recipient=recipient)


def test_a_kind_is_a_word(now: datetime) -> None:
    with pytest.raises(InvalidInput):
        put(now, kind="Sign In")


def read(row: OutboxMail) -> Any:
    return email.message_from_bytes(bytes(row.message), policy=email.policy.default)


def test_django_mail_lands_in_the_outbox_and_is_not_sent() -> None:
    """Threat 11: nothing leaves inside a request. U7: no list headers."""
    django_mail.get_connection("newsletter.delivery.outbox.django_backend.EmailBackend").send_messages(
        [
            EmailMultiAlternatives(
                "Confirm – bestätigen",
                "Hello\nhttps://news.example.org/c/abc/",
                "The Desk <desk@example.org>",
                ["Jane Doe <jane@example.com>"],
                reply_to=["help@example.org"],
                headers={"X-Newsletter-Kind": "confirmation"},
                alternatives=[("<p>Hello</p>", "text/html")],
            )
        ]
    )
    (row,) = OutboxMail.objects.all()
    assert (row.kind, row.recipient, row.sender, row.state) == (
        "confirmation",
        "jane@example.com",
        "desk@example.org",
        State.WAITING,
    )
    mail = read(row)
    assert str(mail["From"]) == "The Desk <desk@example.org>"
    assert str(mail["To"]) == "Jane Doe <jane@example.com>"
    assert str(mail["Reply-To"]) == "help@example.org"
    assert mail["Subject"] == "Confirm – bestätigen"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not [name for name in mail if name.startswith(("List-", "X-"))]


def backend(*mails: EmailMessage, fail_silently: bool = False) -> int:
    connection = django_mail.get_connection(
        "newsletter.delivery.outbox.django_backend.EmailBackend", fail_silently=fail_silently
    )
    return connection.send_messages(mails) or 0


def test_each_recipient_gets_a_message_of_their_own() -> None:
    """Threat 23, B9: To, Cc and Bcc alike."""
    assert backend(EmailMessage("x", "y", None, ["a@example.com"], bcc=["b@example.com"], cc=["c@example.com"])) == 1
    rows = list(OutboxMail.objects.all())
    assert sorted(row.recipient for row in rows) == ["a@example.com", "b@example.com", "c@example.com"]
    for row in rows:
        assert str(read(row)["To"]) == row.recipient
        assert bytes(row.message).count(b"@example.com") == 1


def test_html_alone_gets_a_text_beside_it() -> None:
    """F6."""
    mail = EmailMessage("x", "<p>Hello <b>you</b></p>", None, ["a@example.com"])
    mail.content_subtype = "html"
    backend(mail)
    sent = read(OutboxMail.objects.get())
    assert sent.get_body(("plain",)).get_content().strip() == "Hello you"


def test_what_cannot_be_mailed_is_said_and_nothing_is_half_written() -> None:
    with_file = EmailMessage("x", "y", None, ["a@example.com"], attachments=[("a.txt", "a", "text/plain")])
    broken = EmailMessage("x", "y", None, ["a@example.com", "nobody"])
    injected = EmailMessage("x\r\nBcc: z@example.com", "y", None, ["a@example.com"])
    for mail in (with_file, broken, injected):
        with pytest.raises((InvalidInput, Undeliverable)):
            backend(mail)
        assert backend(mail, fail_silently=True) == 0
    assert not OutboxMail.objects.exists()


def test_no_body_and_no_address_is_logged(config: Config, now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    """I6: a body may hold a sign-in link."""
    caplog.set_level("DEBUG")
    put(now)
    work(MemoryCarrier(), config, now)
    put(now, recipient="joe@example.com")
    work(MemoryCarrier(answer=says(DeliveryState.REFUSED, code=550)), config, now)
    assert "secret-code" not in caplog.text
    assert "@example.com" not in caplog.text
