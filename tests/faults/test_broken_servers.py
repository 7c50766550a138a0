"""Mail servers that fall silent, drip, talk nonsense, hang up, or change under our hands (faults S2 to S8, X2).

S2 needs no network of its own: the kernel drops what arrives at the server's socket, so that nothing is even
acknowledged, which is what a cut cable looks like.
"""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from newsletter import conf
from newsletter.delivery.message import verp
from newsletter.delivery.models import Alarm, Delivery
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import Do, Drip, ScriptedServer, Session, Step
from tests.faults import scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]

SCALE = 0.005
"""Of the time-outs: five minutes become 1.5 s, the ten of the final dot 3 s."""
SECURE = "smtp://desk:secret@127.0.0.1:{port}"
OFFERED = ("AUTH PLAIN", "PIPELINING", "8BITMIME")


def by_recipient(steps: dict[str, Step]) -> Callable[[Session, str], Step | None]:
    """That step for these readers, once each."""

    def choose(_session: Session, recipient: str) -> Step | None:
        return steps.pop(recipient, None)

    return choose


def test_silence_at_any_step_delays_that_reader_alone(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """S2, T6, I5: half-open at each step; before the content it is tried again, after it nobody guesses."""
    under_fire = hunt(scale=SCALE)
    planned = scenarios.release(under_fire.issue, readers, count=40)
    rcpt, data, block, dot, *others = planned.values()
    under_fire.sink.script(
        GREETING=[Do.VANISH],
        EHLO=[None, Do.VANISH],
        MAIL=[None] * 5 + [Do.VANISH],
        RCPT=by_recipient({rcpt: Do.VANISH}),
        DATA=by_recipient({data: Do.VANISH}),
        BLOCK=by_recipient({block: Do.VANISH}),
        DOT=by_recipient({dot: Do.VANISH}),
    )
    with under_fire.worker() as worker:
        under_fire.until(lambda: len(under_fire.rows()) == 40, worker, seconds=60)
        worker.stop()
    told = {planned[one]: row.state for one, row in under_fire.rows().items()}
    assert (told[rcpt], told[data], told[block], told[dot]) == ("deferred", "deferred", "uncertain", "uncertain")
    assert [told[one] for one in others].count("accepted") >= len(others) - 1  # one more met the silence at MAIL
    assert set(under_fire.sink.server.met) >= {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "BLOCK", "DOT"}
    under_fire.sink.let_go()
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=2)


def test_a_closed_window_inside_the_content_leaves_the_dot_with_us(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """S2: a server that acknowledges and reads nothing more; it has no message, and gets it later."""
    big = newsroom.approved_issue(list_id=readers.list_id, now=readers.now, number=2, filler=5_000_000)
    under_fire = hunt(ScriptedServer({"BLOCK": [Do.HANG]}, window=4096, keeps=False), issue=big, scale=SCALE)
    planned = scenarios.release(big, readers, count=2)
    with under_fire.worker() as worker:
        under_fire.until(lambda: scenarios.states(under_fire) == {"deferred": 1, "accepted": 1}, worker, seconds=60)
        worker.stop()
    under_fire.sink.cut()
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=0)


def test_a_server_that_drips_or_dawdles_is_waited_for(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """S3: a byte each ten seconds, and nine minutes before the answer to the dot, are within what servers may take."""
    under_fire = hunt(scale=SCALE * 2)
    planned = scenarios.release(under_fire.issue, readers, count=40)
    rcpt, dot, tarpit, *_ = planned.values()
    slow = 10 * SCALE * 2
    under_fire.sink.script(
        RCPT=by_recipient({rcpt: Drip(b"250 2.1.5 ok\r\n", slow)}),
        DOT=by_recipient({dot: Drip(b"250 2.0.0 taken\r\n", slow), tarpit: 9 * 60 * SCALE * 2}),
    )
    under_fire.finish()
    assert under_fire.sink.server.met == {"RCPT": 1, "DOT": 2}
    scenarios.judge(under_fire, planned, doubts=0)
    assert scenarios.states(under_fire) == {"accepted": 40}


GARBAGE: list[Step] = [
    b"hello there\r\n",
    b"999 what\r\n",
    b"250-two\r\n251 codes\r\n",
    b"250 nul \0 inside\r\n",
    b"250 not \xff\xfe text\r\n",
    b"354 wrong class\r\n",
    b"250" + b"x" * 1_000_000 + b"\r\n",
    Do.BABBLE,
]


@pytest.mark.parametrize(("verb", "becomes"), [("RCPT", "deferred"), ("DOT", "uncertain")])
def test_nonsense_costs_that_reader_a_try_and_us_no_memory(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, verb: str, becomes: str
) -> None:
    """S4: garbage, NUL, no UTF-8, a megabyte, a reply without end, a wrong class."""
    under_fire = hunt()
    planned = scenarios.release(under_fire.issue, readers, count=40)
    victims = list(planned.values())[: len(GARBAGE)]
    under_fire.sink.script(**{verb: by_recipient(dict(zip(victims, GARBAGE, strict=True)))})
    with under_fire.worker() as worker:
        under_fire.until(lambda: len(under_fire.rows()) == 40, worker)
        assert worker.megabytes < 200
        worker.stop()
    told = {planned[one]: str(row.state) for one, row in under_fire.rows().items()}
    # After the dot a code that can be read counts, whatever its text holds.
    readable = {victims[3], victims[4]} if verb == "DOT" else set()
    assert {one for one, state in told.items() if state == becomes} == set(victims) - readable
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=len(victims) if verb == "DOT" else 0)


def test_a_250_to_data_is_believed_by_nobody(hunt: Callable[..., Hunt], readers: newsroom.Readers) -> None:
    """S4: the content would be read as commands."""
    under_fire = hunt(connections=1)
    planned = scenarios.release(under_fire.issue, readers, count=10)
    under_fire.sink.script(DATA=[b"250 fine\r\n"])
    with under_fire.worker() as worker:
        under_fire.until(lambda: scenarios.states(under_fire) == {"deferred": 1, "accepted": 9}, worker)
        worker.stop()
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=0)


@pytest.mark.parametrize("answers", [True, False], ids=["after the 250", "instead of it"])
def test_a_server_that_hangs_up_at_the_dot_half_of_the_time(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, rounds: int, answers: bool
) -> None:
    """S5: accepted is accepted, an answer that did not come is a doubt; 10,000 mails in the long form."""
    under_fire = hunt(lease_seconds=30)
    planned = scenarios.release(under_fire.issue, readers, count=1_000 * rounds if answers else 100 * rounds)
    hangs_up: Step = (b"250 2.0.0 taken\r\n", Do.DROP) if answers else Do.DROP
    under_fire.sink.script(DOT=lambda *_: hangs_up if under_fire.chance.random() < 0.5 else None)
    with under_fire.worker() as worker:
        under_fire.to_the_end(worker, seconds=600)
    dropped = under_fire.sink.server.met["DOT"]
    assert dropped * 3 > len(planned)
    doubts = scenarios.judge(under_fire, planned, doubts=dropped)
    assert doubts == dropped or answers


def test_a_certificate_that_expires_meanwhile_stops_everything_in_time(
    hunt: Callable[..., Hunt],
    readers: newsroom.Readers,
    authority: trustme.CA,
    context: ssl.SSLContext,
    trusted: Path,
) -> None:
    """S7, T1: not one more mail, nobody penalised, one alarm; a new certificate, and all get theirs."""
    expired = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_after=past).configure_cert(expired)
    _stopped_half_way(hunt, readers, context, trusted, lambda server: setattr(server, "context", expired))


def test_encryption_that_is_stripped_meanwhile_stops_everything(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, context: ssl.SSLContext, trusted: Path
) -> None:
    """S7, T1: without STARTTLS neither password nor mail leaves us."""
    _stopped_half_way(hunt, readers, context, trusted, lambda server: setattr(server, "context", None))


def test_a_password_that_is_revoked_meanwhile_stops_everything_once(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, context: ssl.SSLContext, trusted: Path
) -> None:
    """X2: pauses once, one alarm, resumes to a complete set."""
    _stopped_half_way(hunt, readers, context, trusted, lambda server: setattr(server, "password", "another"))


def _stopped_half_way(
    hunt: Callable[..., Hunt],
    readers: newsroom.Readers,
    context: ssl.SSLContext,
    trusted: Path,
    spoil: Callable[[ScriptedServer], None],
) -> None:
    server = ScriptedServer(offered=OFFERED, context=context, password="secret", keeps=False)
    under_fire = hunt(server, url=SECURE, authority=trusted)
    planned = scenarios.release(under_fire.issue, readers, count=60)
    wholes = len(planned) // 2

    def spoiled(*_: object) -> Step | None:
        # From here on each connection ends, and whoever comes again meets the server as it is now.
        if len(server.copies) >= wholes:
            spoil(server)
            return (b"250 2.0.0 taken\r\n", Do.DROP)
        return None

    under_fire.sink.script(DOT=spoiled)
    with under_fire.worker() as worker:
        under_fire.until(lambda: under_fire.carrier_settings_of == "paused", worker)
        worker.stop()
    under_fire.sink.drain()
    sent = len(under_fire.sink.copies)
    with under_fire.worker() as worker:  # it looks once more whether somebody has mended it
        under_fire.until(lambda: f"ready {worker.pid}\n" in under_fire.log_text(), worker)
        worker.stop()
    assert sent == len(under_fire.sink.copies) < len(planned)
    assert [one.key for one in Alarm.objects.filter(settled_at__isnull=True)] == ["transport:default"]
    assert all(row.tries == 1 and row.state in {"accepted", "uncertain"} for row in under_fire.rows().values())
    server.context, server.password = context, "secret"
    under_fire.sink.script(DOT=None)
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=under_fire.connections)
    assert all(server.sessions[copy.session].secure for copy in under_fire.sink.copies)
    assert not Alarm.objects.filter(key="transport:default", settled_at__isnull=True).exists()
    assert "secret" not in under_fire.log_text()


def test_what_a_server_offers_is_read_anew_on_each_connection(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """S8: SIZE, 8BITMIME, SMTPUTF8 and PIPELINING go away in the middle; only who cannot do without is refused."""
    server = ScriptedServer(offered=("SIZE 1000000", "8BITMIME", "SMTPUTF8", "PIPELINING"))
    under_fire = hunt(server, connections=1)
    planned = readers.join(40)
    foreign = readers.join_one("jörg@bücher.example")
    wide = scenarios.freeze(under_fire.issue, readers, [*planned, foreign])

    def shrinks(*_: object) -> Step | None:
        if len(server.copies) < 20:
            return None
        server.offered = ()
        under_fire.sink.server.script(DOT=None)
        return (b"250 2.0.0 taken\r\n", Do.DROP)

    under_fire.sink.script(DOT=shrinks)
    under_fire.finish()
    states = {one: str(row.state) for one, row in under_fire.rows().items()}
    assert states.pop(foreign) == "refused"
    assert set(states.values()) <= {"accepted", "uncertain"}
    scenarios.judge(under_fire, wide, doubts=1)
    after = [line for session in server.sessions[1:] for line in session.commands if line.startswith(b"MAIL")]
    assert after
    assert not any(b"SIZE" in line or b"BODY" in line or b"SMTPUTF8" in line for line in after)


def test_a_bounce_that_comes_before_our_commit_finds_its_delivery(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """S6: the relay took the mail and gives it back at once; the address it comes to leads to a row of the ledger."""
    under_fire = hunt()
    issue = under_fire.issue.pk
    planned = scenarios.release(under_fire.issue, readers, count=40)
    early = next(iter(planned))
    sink = under_fire.sink
    sink.script(DOT=lambda _, recipient: Do.HOLD if recipient == planned[early] else None)
    with under_fire.worker() as worker:
        under_fire.until(lambda: len(under_fire.rows()) == len(planned) - 1 and sink.server.held["DOT"] == 1, worker)
        bounced = {copy.recipient: copy.sender for copy in sink.copies}
        ours = verp.Verp(message_key=conf.config().message_key, domain=bounced[planned[early]].rpartition("@")[2])
        assert ours.parse(bounced[planned[early]]) == verp.BouncedDelivery(issue=issue, subscriber=early)
        assert Delivery.objects.filter(issue_id=issue, subscriber=early).exists()
        assert early not in under_fire.rows()
        sink.let_go()
        under_fire.until(lambda: under_fire.is_over, worker)
        worker.stop()
    scenarios.judge(under_fire, planned, doubts=0)
    found = {one.subscriber: reader for reader, sender in bounced.items() if (one := ours.parse(sender))}
    assert found == planned
