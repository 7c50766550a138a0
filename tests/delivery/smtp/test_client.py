"""The SMTP carrier against a scripted server: encryption, sign-in, envelopes, bytes, kept connections, the gate."""

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import re
import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.carrier import Batch, Message, Phase, TransportUnavailable
from newsletter.delivery.smtp import client, connection_pool, dot_stuffing, starttls
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings
from newsletter.delivery.states import DeliveryState
from tests.delivery.scripted_smtp import Do, Notes, ScriptedServer, Step
from tests.delivery.smtp_help import carrier, hand_over, mail, play

A, D, R, U = DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REFUSED, DeliveryState.UNCERTAIN


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def certificate(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


# T1: encryption and sign-in.


@pytest.mark.parametrize("implicit", [False, True])
def test_mail_travels_encrypted(authority: trustme.CA, client_context: ssl.SSLContext, implicit: bool) -> None:
    """T1: STARTTLS or TLS from the first byte; EHLO is said again inside, and the password only there."""
    server = ScriptedServer(
        offered=("AUTH LOGIN PLAIN",), context=certificate(authority, "localhost"), implicit=implicit
    )
    notes, left = play(
        server,
        [mail(1), mail(2)],
        host="localhost",
        tls="implicit" if implicit else "starttls",
        user="desk",
        context=client_context,
    )
    assert [reply.state for reply in notes.replies] == [A, A]
    assert left == []
    (session,) = server.sessions
    opening = ["EHLO", "AUTH"] if implicit else ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert session.verbs()[: len(opening)] == opening


@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_a_big_message_arrives_whole_over_tls(authority: trustme.CA, client_context: ssl.SSLContext, size: int) -> None:
    body = b"Subject: Big\r\n\r\n" + (b"." + b"x" * 68 + b"\r\n") * (size // 71)
    server = ScriptedServer(context=certificate(authority, "127.0.0.1"))
    notes, _ = play(server, [mail(1, data=body)], tls="starttls", context=client_context)
    assert [reply.state for reply in notes.replies] == [A]
    assert server.sessions[0].blocks == [body.replace(b"\r\n.", b"\r\n..") + b".\r\n"]


def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, client_context: ssl.SSLContext) -> None:
    """T1: nothing is said to a server that cannot prove its name, and a person is told."""
    server = ScriptedServer(offered=("AUTH PLAIN",), context=certificate(authority, "mail.example.org"))
    with pytest.raises(TransportUnavailable, match="correct the host name") as caught:
        play(server, [mail()], tls="starttls", user="desk", context=client_context)
    assert caught.value.permanent
    assert server.sessions[0].verbs() == ["EHLO", "STARTTLS"]


def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    """T1: the context that is used unless a test brings its own."""
    server = ScriptedServer(context=certificate(authority, "127.0.0.1"))
    with pytest.raises(TransportUnavailable, match=r"authority is your own.*SSL_CERT_FILE"):
        play(server, [mail()], tls="starttls")


def test_tls_is_1_2_at_least() -> None:
    """T1, RFC 8314 §4.1."""
    context = starttls.strict_context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("offered", [(), ("AUTH PLAIN",)])
def test_a_server_that_lost_starttls_gets_neither_password_nor_mail(offered: tuple[str, ...]) -> None:
    """T1, S7: stripped or missing, the answer is the same."""
    server = ScriptedServer(offered=offered)
    with pytest.raises(TransportUnavailable, match="STARTTLS") as caught:
        play(server, [mail()], tls="starttls", user="desk")
    assert caught.value.permanent
    assert server.sessions[0].verbs() == ["EHLO"]


def test_what_is_slipped_in_before_encryption_is_not_believed(
    authority: trustme.CA, client_context: ssl.SSLContext
) -> None:
    """T1, RFC 3207 §6: an answer in clear must not pass for an encrypted one."""
    server = ScriptedServer(context=certificate(authority, "127.0.0.1"), slipped=b"250 AUTH PLAIN\r\n")
    with pytest.raises(TransportUnavailable, match="interfered"):
        play(server, [mail()], tls="starttls", context=client_context)
    assert "MAIL" not in server.sessions[0].verbs()


def test_a_password_is_not_sent_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """T1: tls=none with a password is for loopback only, whatever was accepted."""
    monkeypatch.setattr("newsletter.delivery.smtp.byte_stream.ByteStream.peer", "192.0.2.7")
    server = ScriptedServer(offered=("AUTH PLAIN",))
    with pytest.raises(TransportUnavailable, match="unencrypted") as caught:
        play(server, [mail()], user="desk", clear="anywhere")
    assert caught.value.permanent
    assert server.sessions[0].verbs() == ["EHLO"]


def test_plain_and_login_and_cram_md5_send_what_their_standards_say() -> None:
    """RFC 4616; the common form of LOGIN; RFC 2195."""
    said = {}
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        server = ScriptedServer(offered=(f"AUTH {mechanism}",))
        notes, _ = play(server, [mail()], user="dësk")
        assert [reply.state for reply in notes.replies] == [A]
        said[mechanism] = b"".join(server.sessions[0].commands[1:4])
    assert b"AUTH PLAIN " + base64.b64encode("\0dësk\0secret".encode()) + b"\r\n" in said["PLAIN"]
    assert said["LOGIN"].split(b"\r\n")[:3] == [
        b"AUTH LOGIN",
        base64.b64encode("dësk".encode()),
        base64.b64encode(b"secret"),
    ]
    proof = hmac.new(b"secret", b"<a@b>", hashlib.md5).hexdigest()
    assert said["CRAM-MD5"].split(b"\r\n")[1] == base64.b64encode(f"dësk {proof}".encode())


@pytest.mark.parametrize("offered", [(), ("AUTH GSSAPI",)])
def test_a_server_without_a_sign_in_that_we_know_needs_a_person(offered: tuple[str, ...]) -> None:
    with pytest.raises(TransportUnavailable, match="sign in") as caught:
        play(ScriptedServer(offered=offered), [mail()], user="desk")
    assert caught.value.permanent


def test_a_wrong_password_is_tried_once_however_many_connections_there_are() -> None:
    """S1: one refusal, not one for each pipeline: accounts get locked that way."""
    server = ScriptedServer({"AUTH": b"535 5.7.8 no\r\n"}, offered=("AUTH PLAIN",))
    with pytest.raises(TransportUnavailable) as caught:
        play(server, [mail(key) for key in range(10)], user="desk", connections=5)
    assert caught.value.permanent
    assert len(server.sessions) == 1


def test_a_closed_port_is_no_permanent_trouble() -> None:
    settings = TransportSettings(host="127.0.0.1", port=1, tls="none")
    smtp = client.SmtpCarrier(settings, ehlo_name="news.example.org")
    with pytest.raises(TransportUnavailable, match="cannot be reached") as caught:
        asyncio.run(smtp.probe())
    assert (caught.value.phase, caught.value.permanent) == (Phase.CONNECT, False)


def test_a_probe_names_what_the_server_offers() -> None:
    server = ScriptedServer(offered=("SIZE 1000", "PIPELINING"))

    async def story() -> list[str]:
        async with server.running():
            return await carrier(server).probe()

    assert asyncio.run(story()) == ["PIPELINING", "SIZE 1000"]
    assert server.sessions[0].verbs() == ["EHLO", "QUIT"]


# T7: the greeting.


def test_the_greeting_is_a_name_and_falls_back_to_helo() -> None:
    """T7: EHLO with our full name; HELO for a server that knows no EHLO."""
    server = ScriptedServer({"EHLO": b"502 5.5.1 unknown\r\n"})
    notes, _ = play(server, [mail()])
    assert server.sessions[0].commands[:2] == [b"EHLO news.example.org\r\n", b"HELO news.example.org\r\n"]
    assert [reply.state for reply in notes.replies] == [A]


# T2: bytes.

SMUGGLING = [
    b"one\n.\nMAIL FROM:<a@b.example>\r\n",
    b"one\r.\rMAIL FROM:<a@b.example>\r\n",
    b"one\n.\r\nMAIL FROM:<a@b.example>\r\n",
    b"one\r\n.\nMAIL FROM:<a@b.example>\r\n",
    b"one\r\n.\rMAIL FROM:<a@b.example>\r\n",
    b"one\r.\r\nMAIL FROM:<a@b.example>\r\n",
    b"one\r\n.\r\nMAIL FROM:<a@b.example>\r\n",
    b".\r\n",
    b"\r\r\n\n.\n",
    b"no end",
    b"ends with a return\r",
]
# What the servers of CVE-2023-51764, -51765 and -51766 took for the end of a message.
END = re.compile(rb"(?:\r\n|\r|\n)\.(?:\r\n|\r|\n)")


@pytest.mark.parametrize("body", SMUGGLING)
def test_nothing_inside_a_message_can_end_it(body: bytes) -> None:
    """T2: even a server that reads a bare CR or LF as a line end gets exactly one message."""
    server = ScriptedServer()
    notes, _ = play(server, [mail(1, data=b"Subject: x\r\n\r\n" + body), mail(2)])
    assert [reply.state for reply in notes.replies] == [A, A]
    first, second = server.sessions[0].blocks
    ends = list(END.finditer(first))
    assert len(ends) == 1
    assert ends[0].end() == len(first)
    assert first.count(b"\n") == first.count(b"\r") == first.count(b"\r\n")
    assert second.endswith(b"Good morning.\r\n.\r\n")


@pytest.mark.parametrize("body", [b".\r\n", b"..\r\n.x\r\n", b"a\r\n.\r\nb\r\n", b"a\r\n..\r\n"])
def test_dots_arrive_as_they_were(body: bytes) -> None:
    """T2: stuffed by us, taken off by the server, byte-identical."""
    data = b"Subject: x\r\n\r\n" + body
    server = ScriptedServer()
    play(server, [mail(1, data=data)])
    raw = server.sessions[0].blocks[0].removesuffix(b".\r\n")
    assert re.sub(rb"(?m)^\.", b"", raw) == data


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n."]), max_size=12).map(b"".join))
def test_wire_bytes_have_crlf_and_stuffed_dots_only(data: bytes) -> None:
    """T2, for anything."""
    out = dot_stuffing.wire_ready(data)
    assert out.endswith(b"\r\n")
    assert out.count(b"\n") == out.count(b"\r") == out.count(b"\r\n")
    assert all(not line.startswith(b".") or line.startswith(b"..") for line in out.split(b"\r\n"))
    expected = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    assert re.sub(rb"(\A|\r\n)\.\.", rb"\1.", out).removesuffix(b"\r\n") == expected.removesuffix(b"\r\n")


# T3, T4, T5: what this server cannot take.

JOERG = "jörg@xn--bcher-kva.example"


def test_without_smtputf8_only_that_recipient_fails() -> None:
    """T3: 5.6.7 at once, nothing said to the server, the others go on."""
    server = ScriptedServer(offered=("8BITMIME",))
    notes, _ = play(server, [mail(1, recipient=JOERG, smtputf8=True), mail(2)])
    told = notes.by_key()
    assert (told[1].state, told[1].enhanced, told[1].code) == (R, "5.6.7", None)
    assert told[2].state is A
    assert b"SMTPUTF8" not in b"".join(server.sessions[0].commands)
    assert b"xn--bcher" not in b"".join(server.sessions[0].commands)


def test_with_smtputf8_it_is_asked_for_that_recipient_only() -> None:
    """T3, T4: and the domain is its A-label."""
    server = ScriptedServer(offered=("8BITMIME", "SMTPUTF8"))
    notes, _ = play(server, [mail(1, recipient=JOERG, smtputf8=True), mail(2)])
    assert [reply.state for reply in notes.replies] == [A, A]
    mails = [line for line in server.sessions[0].commands if line.startswith(b"MAIL")]
    assert mails == [
        b"MAIL FROM:<b+token@bounces.example.org> BODY=8BITMIME SMTPUTF8\r\n",
        b"MAIL FROM:<b+token@bounces.example.org>\r\n",
    ]
    assert f"RCPT TO:<{JOERG}>\r\n".encode() in server.sessions[0].commands


def test_a_message_over_the_servers_size_is_not_begun() -> None:
    """T5: 5.3.4 before DATA, even before MAIL; a smaller one declares its size."""
    server = ScriptedServer(offered=("SIZE 500",))
    notes, _ = play(server, [mail(1, data=b"Subject: x\r\n\r\n" + b"y" * 600 + b"\r\n"), mail(2)])
    told = notes.by_key()
    assert (told[1].state, told[1].enhanced) == (R, "5.3.4")
    assert told[2].state is A
    assert [line for line in server.sessions[0].commands if line.startswith(b"MAIL")] == [
        b"MAIL FROM:<b+token@bounces.example.org> SIZE=33\r\n"
    ]


@pytest.mark.parametrize("size", ["", "0", "lots", "99999999999999999999"])
def test_a_size_that_limits_nothing_limits_nothing(size: str) -> None:
    """T5, RFC 1870 §4: 0 or no number is no limit."""
    notes, _ = play(ScriptedServer(offered=(f"SIZE {size}".strip(),)), [mail(1)])
    assert [reply.state for reply in notes.replies] == [A]


def test_capabilities_are_read_again_on_each_connection() -> None:
    """S8."""
    first = b"250-mail\r\n250 SMTPUTF8\r\n"
    server = ScriptedServer({"EHLO": [first, b"250 mail\r\n"], "DOT": [(b"250 ok\r\n", Do.DROP)]})
    notes, _ = play(server, [mail(1, recipient=JOERG, smtputf8=True), mail(2, recipient=JOERG, smtputf8=True)])
    assert [(reply.state, reply.enhanced) for reply in notes.replies] == [(A, ""), (R, "5.6.7")]


@pytest.mark.parametrize(
    "address", ["a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example", "<a@b.example>", "", "a\0@b.c"]
)
def test_an_address_that_would_say_more_than_itself_is_refused(address: str) -> None:
    """Threat 20, B9: nothing but an address gets between the brackets."""
    server = ScriptedServer()
    notes, _ = play(server, [dataclasses.replace(mail(1), recipient=address), mail(2)])
    assert [(reply.state, reply.enhanced) for reply in notes.replies] == [(R, "5.1.3"), (A, "2.0.0")]
    assert len([line for line in server.sessions[0].commands if line.startswith(b"RCPT")]) == 1


# B5: replies.


def test_the_whole_reply_is_kept_without_the_address_in_it() -> None:
    """B5, I6: all lines, the enhanced code preferred; servers repeat the recipient, our rows must not."""
    said = b"550-5.1.1 <reader1@example.com>: no such person\r\n550 5.1.1 see https://example.com/help\r\n"
    notes, _ = play(ScriptedServer({"RCPT": said}), [mail(1)])
    (reply,) = notes.replies
    assert (reply.code, reply.enhanced) == (550, "5.1.1")
    assert reply.text == "5.1.1 …: no such person 5.1.1 see https://example.com/help"


def test_the_basic_code_wins_a_contradiction_which_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """B5."""
    notes, _ = play(ScriptedServer({"RCPT": b"450 5.1.1 who is reader1@example.com\r\n"}), [mail(1)])
    assert [(reply.state, reply.enhanced) for reply in notes.replies] == [(D, "")]
    assert "450" in caplog.text
    assert "reader1" not in caplog.text


# B8, B9: connections.


def test_a_connection_carries_a_hundred_messages_and_one_recipient_each() -> None:
    """B8, B9."""
    server = ScriptedServer()
    notes, _ = play(server, [mail(key) for key in range(205)])
    assert {reply.state for reply in notes.replies} == {A}
    assert [len(session.blocks) for session in server.sessions] == [100, 100, 5]
    verbs = server.sessions[0].verbs()
    assert verbs == ["EHLO", *["MAIL", "RCPT", "DATA"] * 100, "QUIT"]


def test_an_old_connection_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """B8: 300 s; here, every connection is too old at once after its first message."""
    assert connection_pool.MAX_AGE == 300
    server = ScriptedServer({"DOT": 0.06})
    monkeypatch.setattr(connection_pool, "MAX_AGE", 0.05)
    notes, _ = play(server, [mail(1), mail(2)])
    assert {reply.state for reply in notes.replies} == {A}
    assert [len(session.blocks) for session in server.sessions if session.blocks] == [1, 1]
    assert server.sessions[0].verbs()[-1] == "QUIT"


def story_of_two_calls(server: ScriptedServer, notes: Notes) -> list[Message]:
    """A first message, a pause in which the server may act, a second message."""

    async def story() -> list[Message]:
        async with server.running():
            smtp = carrier(server)
            await hand_over(smtp, [mail(1)], notes)
            await asyncio.sleep(0.02)
            left = await hand_over(smtp, [mail(2)], notes)
            await smtp.close()
            return left

    return asyncio.run(story())


def test_connections_are_kept_between_calls() -> None:
    """B8."""
    server, notes = ScriptedServer(), Notes()
    assert story_of_two_calls(server, notes) == []
    assert [len(session.blocks) for session in server.sessions] == [2]


@pytest.mark.parametrize("does", [Do.DROP, b"421 4.4.2 idle for too long\r\n"])
def test_a_kept_connection_that_died_costs_nothing(does: Step) -> None:
    """B8: dead at MAIL, so once more on a fresh one, with no trace of it."""
    server, notes = ScriptedServer({"MAIL": [None, does]}), Notes()
    assert story_of_two_calls(server, notes) == []
    assert [reply.state for reply in notes.replies] == [A, A]
    assert len(server.sessions) == 2


@pytest.mark.parametrize("does", [(b"250 ok\r\n", Do.DROP), b"250 ok\r\n421 4.4.2 bye\r\n"])
def test_a_kept_connection_that_was_closed_meanwhile_is_not_tried(does: Step) -> None:
    """B8."""
    server, notes = ScriptedServer({"DOT": [does]}), Notes()
    assert story_of_two_calls(server, notes) == []
    assert [reply.state for reply in notes.replies] == [A, A]
    assert [session.verbs().count("MAIL") for session in server.sessions] == [1, 1]


def test_several_connections_share_the_work() -> None:
    """Each message once, over as many connections as were asked for."""
    server = ScriptedServer({"DOT": 0.01})
    notes, left = play(server, [mail(key) for key in range(30)], connections=5)
    assert sorted(notes.by_key()) == list(range(30))
    assert left == []
    assert len(server.sessions) == 5
    assert len(server.accepted) == 30


class _Open(Batch):
    """A stream to which something may come back, until so many replies are there."""

    def __init__(self, messages: list[Message], *, gate: Notes) -> None:
        super().__init__(messages, gate=gate, may_start=gate.may_start)
        self._notes, self._count = gate, len(messages)

    async def more(self) -> bool:
        while not self._queue and len(self._notes.replies) < self._count:
            await asyncio.sleep(0.01)
        return bool(self._queue)


def test_what_waits_behind_a_slow_answer_goes_another_way() -> None:
    """I5: its envelope was written already; nobody is in doubt, and the slow one has its answer."""
    slow = mail(1).recipient
    server = ScriptedServer(
        {"DOT": lambda _, recipient: Do.HOLD if recipient == slow else None}, offered=("PIPELINING",)
    )
    notes = Notes()

    async def story() -> None:
        async with server.running():
            smtp = carrier(server, connections=2, timeouts=Timeouts(scale=0.05))
            delivery = asyncio.create_task(smtp.deliver(_Open([mail(1), mail(2), mail(3)], gate=notes)))
            async with asyncio.timeout(20):
                while len(notes.replies) < 2:
                    await asyncio.sleep(0.01)
                assert {reply.key for reply in notes.replies} == {2, 3}
                server.let_go()
                await delivery
            await smtp.close()

    asyncio.run(story())
    assert {key: reply.state for key, reply in notes.by_key().items()} == {1: A, 2: A, 3: A}
    assert notes.said.count(("start", 3)) == 2
    assert len(server.accepted) == 3


def test_a_server_that_takes_one_connection_gets_all_over_that_one() -> None:
    """A greeting of 421 to the others ends their lanes and nothing else."""
    server = ScriptedServer({"GREETING": [None, *[b"421 4.7.0 too many\r\n"] * 20]})
    notes, left = play(server, [mail(key) for key in range(10)], connections=4)
    assert sorted(notes.by_key()) == list(range(10))
    assert left == []


# The gate.


def test_the_gate_is_asked_before_mail_before_the_dot_and_told_after() -> None:
    server = ScriptedServer()
    notes, left = play(server, [mail(1), mail(2)], notes=Notes(no_start={1}))
    assert notes.said == [("start", 1), ("start", 2), ("dot", 2), ("reply", 2)]
    assert [message.key for message in left] == [1]
    assert server.sessions[0].verbs().count("MAIL") == 1


@pytest.mark.parametrize("data", [b"", b"Subject: x\r\n\r\n" + b"y\r\n" * 50_000])
def test_a_forbidden_dot_is_never_written(data: bytes) -> None:
    """Own deadline passed: the connection is cut inside the content, so the server has no message."""
    server = ScriptedServer()
    notes, left = play(server, [mail(1, data=data), mail(2)], notes=Notes(no_dot={1}))
    assert [message.key for message in left] == [1]
    assert [reply.key for reply in notes.replies] == [2]
    assert [len(session.blocks) for session in server.sessions] == [0, 1]
    assert len(server.accepted) == 1


def test_an_error_of_the_gate_rises_and_other_messages_end_in_order() -> None:
    class Full(Notes):
        def before_dot(self, message: Message) -> bool:
            if message.key == 3:
                raise OSError(28, "no space left for the journal")
            return super().before_dot(message)

    server, notes = ScriptedServer(), Full()
    with pytest.raises(OSError, match="journal"):
        play(server, [mail(key) for key in range(1, 10)], notes=notes)
    assert sorted(notes.by_key()) == [1, 2]
    assert len(server.accepted) == 2


# T6: time.


def test_patience_is_that_of_the_standard() -> None:
    """T6, RFC 5321 §4.5.3.2: the unscaled values."""
    times = Timeouts()
    assert times.scale == 1
    named = {name: times.of(name) for name in ("greeting", "mail", "rcpt", "data_init", "block", "dot")}
    assert named == {"greeting": 300, "mail": 300, "rcpt": 300, "data_init": 120, "block": 180, "dot": 600}
    assert Timeouts(scale=0.5).of("dot") == 300


SILENT = [
    ("MAIL", Timeouts(mail=0.1), D, Phase.MAIL),
    ("RCPT", Timeouts(rcpt=0.1), D, Phase.RCPT),
    ("DATA", Timeouts(data_init=0.1), D, Phase.DATA),
    ("DOT", Timeouts(dot=0.1), U, Phase.DOT),
    ("DOT", Timeouts(scale=0.001), U, Phase.DOT),
]


@pytest.mark.parametrize(("step", "timeouts", "state", "phase"), SILENT)
def test_silence_ends_with_the_patience_of_its_phase(
    step: str, timeouts: Timeouts, state: DeliveryState, phase: Phase
) -> None:
    """T6, S2, B6: deferred before the dot, uncertain after it."""
    timeouts = dataclasses.replace(timeouts, connect=30 / timeouts.scale, ehlo=300 / timeouts.scale)
    notes, _ = play(ScriptedServer({step: [Do.HANG]}), [mail(1)], timeouts=timeouts)
    assert [(reply.state, reply.phase, reply.code) for reply in notes.replies] == [(state, phase, None)]


def test_a_server_that_stops_reading_is_given_up_with_the_dot_still_ours() -> None:
    """T6: each piece of the content has its time."""
    data = b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 400_000
    notes, _ = play(ScriptedServer({"BLOCK": Do.HANG}), [mail(1, data=data)], timeouts=Timeouts(block=0.2))
    assert [(reply.state, reply.phase) for reply in notes.replies] == [(D, Phase.BLOCK)]


@pytest.mark.parametrize(
    ("step", "timeouts", "phase"),
    [("GREETING", Timeouts(greeting=0.1), Phase.GREETING), ("EHLO", Timeouts(ehlo=0.1), Phase.EHLO)],
)
def test_silence_while_opening_means_down_for_now(step: str, timeouts: Timeouts, phase: Phase) -> None:
    """T6."""
    with pytest.raises(TransportUnavailable, match="did not answer in time") as caught:
        play(ScriptedServer({step: Do.HANG}), [mail(1)], timeouts=timeouts)
    assert (caught.value.phase, caught.value.permanent) == (phase, False)


def test_a_slow_answer_is_waited_for() -> None:
    """S3."""
    notes, _ = play(ScriptedServer({"DOT": 0.3}), [mail(1)])
    assert [reply.state for reply in notes.replies] == [A]
