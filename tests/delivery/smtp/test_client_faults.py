"""Every fault at every step of the dialogue, and what must be said about the message afterwards (fault S1)."""

import ssl
from collections.abc import Iterator

import pytest
import trustme

from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.states import DeliveryState
from tests.delivery.scripted_smtp import Do, Notes, ScriptedServer, Step
from tests.delivery.smtp_help import mail, play

D, R, U, A = DeliveryState.DEFERRED, DeliveryState.REFUSED, DeliveryState.UNCERTAIN, DeliveryState.ACCEPTED


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_context(authority: trustme.CA) -> Iterator[ssl.SSLContext]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


OPENING = [
    ("GREETING", b"421 4.3.2 closing\r\n", Phase.GREETING, 421, False),
    ("GREETING", b"451 4.3.0 later\r\n", Phase.GREETING, 451, False),
    ("GREETING", b"554 5.3.0 no\r\n", Phase.GREETING, 554, False),
    ("GREETING", Do.DROP, Phase.GREETING, None, False),
    ("EHLO", b"421 4.3.2 closing\r\n", Phase.EHLO, 421, False),
    ("EHLO", b"451 4.3.0 later\r\n", Phase.EHLO, 451, False),
    # HELO follows, which offers no encryption.
    ("EHLO", b"550 5.3.0 no\r\n", Phase.STARTTLS, None, True),
    ("EHLO", Do.DROP, Phase.EHLO, None, False),
    ("STARTTLS", b"421 4.3.2 closing\r\n", Phase.STARTTLS, 421, False),
    ("STARTTLS", b"454 4.7.0 later\r\n", Phase.STARTTLS, 454, False),
    ("STARTTLS", b"554 5.7.0 no\r\n", Phase.STARTTLS, 554, True),
    ("STARTTLS", Do.DROP, Phase.STARTTLS, None, False),
    ("AUTH", b"421 4.3.2 closing\r\n", Phase.AUTH, 421, False),
    ("AUTH", b"454 4.7.0 later\r\n", Phase.AUTH, 454, False),
    ("AUTH", b"535 5.7.8 no\r\n", Phase.AUTH, 535, True),
    ("AUTH", Do.DROP, Phase.AUTH, None, False),
]


@pytest.mark.parametrize(("step", "does", "phase", "code", "permanent"), OPENING)
def test_a_fault_while_opening_says_the_transport_is_down_and_touches_no_message(
    step: str,
    does: Step,
    phase: Phase,
    code: int | None,
    permanent: bool,
    server_context: ssl.SSLContext,
    client_context: ssl.SSLContext,
) -> None:
    """S1, T1: only what a person must mend is permanent; no AUTH and no MAIL leaves us unencrypted."""
    server = ScriptedServer({step: does}, offered=("AUTH PLAIN",), context=server_context)
    notes = Notes()
    with pytest.raises(TransportUnavailable) as caught:
        play(server, [mail(1), mail(2)], notes=notes, tls="starttls", user="desk", context=client_context)
    assert (caught.value.phase, caught.value.code, caught.value.permanent) == (phase, code, permanent)
    assert "secret" not in str(caught.value)
    assert notes.replies == []
    assert [verb for session in server.sessions for verb in session.verbs() if verb == "MAIL"] == []
    if phase is not Phase.AUTH:
        assert "AUTH" not in server.sessions[0].verbs()


MESSAGE = [
    # A 421 to MAIL: the server never looked at the message.
    ("MAIL", b"421 4.3.2 closing\r\n", D, Phase.MAIL, 421, False),
    ("MAIL", b"451 4.3.0 later\r\n", D, Phase.MAIL, 451, True),
    ("MAIL", b"550 5.7.1 policy\r\n", R, Phase.MAIL, 550, True),
    ("MAIL", Do.DROP, D, Phase.MAIL, None, True),
    ("RCPT", b"421 4.3.2 closing\r\n", D, Phase.RCPT, 421, True),
    ("RCPT", b"450 4.2.1 greylisted\r\n", D, Phase.RCPT, 450, True),
    ("RCPT", b"550 5.1.1 unknown\r\n", R, Phase.RCPT, 550, True),
    ("RCPT", Do.DROP, D, Phase.RCPT, None, True),
    ("DATA", b"421 4.3.2 closing\r\n", D, Phase.DATA, 421, True),
    ("DATA", b"451 4.3.0 later\r\n", D, Phase.DATA, 451, True),
    ("DATA", b"554 5.7.1 policy\r\n", R, Phase.DATA, 554, True),
    ("DATA", Do.DROP, D, Phase.DATA, None, True),
    ("DOT", b"421 4.3.2 closing\r\n", D, Phase.DOT, 421, True),
    ("DOT", b"451 4.3.0 later\r\n", D, Phase.DOT, 451, True),
    ("DOT", b"554 5.7.1 spam\r\n", R, Phase.DOT, 554, True),
    ("DOT", Do.DROP, U, Phase.DOT, None, True),
    # Small enough for one write: whether the dot arrived cannot be known.
    ("BLOCK", (0.05, Do.DROP), U, Phase.DOT, None, True),
    ("BLOCK", (0.05, Do.RESET), U, Phase.DOT, None, True),
]


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize(("step", "does", "state", "phase", "code", "counts"), MESSAGE)
def test_a_fault_inside_a_transaction_settles_that_message_alone(
    step: str, does: Step, state: DeliveryState, phase: Phase, code: int | None, counts: bool, pipelining: bool
) -> None:
    """S1, B1, B3, B4, B6: one message, one outcome; the next goes on, except after a 421."""
    offered = ("PIPELINING",) if pipelining else ()
    server = ScriptedServer({step: [does]}, offered=offered)
    notes, left = play(server, [mail(1), mail(2)])
    told = notes.by_key()
    assert (told[1].state, told[1].phase, told[1].code, told[1].counts_as_try) == (state, phase, code, counts)
    if code == 421:
        assert [message.key for message in left] == [2]
    else:
        assert told[2].state is A
        assert left == []
    assert len(server.accepted) == sum(reply.state is A for reply in notes.replies)


@pytest.mark.parametrize("does", [b"421 4.3.2 closing\r\n", b"451 4.3.0 no\r\n", b"550 5.3.0 no\r\n", Do.DROP])
def test_a_fault_at_rset_costs_a_connection_and_no_message(does: Step) -> None:
    """S1, B8: RSET only after a refused transaction; whatever it meets, the next message goes on."""
    server = ScriptedServer({"RCPT": [b"550 5.1.1 unknown\r\n"], "RSET": [does]})
    notes, left = play(server, [mail(1), mail(2)])
    assert [reply.state for reply in notes.replies] == [R, A]
    assert left == []
    assert len(server.sessions) == 2


@pytest.mark.parametrize("does", [b"421 4.3.2 closing\r\n", b"451 no\r\n", b"550 no\r\n", Do.DROP])
def test_a_fault_at_quit_changes_nothing(does: Step) -> None:
    """S1: what was answered 250 is accepted, however the server says good-bye."""
    notes, left = play(ScriptedServer({"QUIT": does}), [mail(1)])
    assert [reply.state for reply in notes.replies] == [A]
    assert left == []


BIG = b"Subject: Big\r\n\r\n" + b"x" * 70 + b"\r\n" * 2 + (b"y" * 70 + b"\r\n") * 400_000


@pytest.mark.parametrize("does", [(0.1, Do.DROP), (0.1, Do.RESET)])
def test_a_cut_while_the_dot_is_still_ours_is_deferred(does: Step) -> None:
    """S1, B6: 28 MB fit no socket buffer, so the server cannot have the whole message."""
    notes, _ = play(ScriptedServer({"BLOCK": does}), [mail(1, data=BIG)])
    (reply,) = notes.replies
    assert (reply.state, reply.phase, reply.code) == (D, Phase.BLOCK, None)
    assert ("dot", 1) not in notes.said


def test_a_reply_in_the_middle_of_the_content_ends_it() -> None:
    """S1: a server that refuses early has said why, and the rest of the content is not pushed at it."""
    server = ScriptedServer({"BLOCK": (b"552 5.3.4 too much\r\n", Do.HANG)})
    notes, _ = play(server, [mail(1, data=BIG)])
    (reply,) = notes.replies
    assert (reply.state, reply.phase, reply.code, reply.enhanced) == (R, Phase.BLOCK, 552, "5.3.4")


SURPRISES = [
    b"hello there\r\n",
    b"999 what\r\n",
    b"250-two\r\n251 codes\r\n",
    b"250 nul \0 inside\r\n",
    b"250 not \xff\xfe text\r\n",
    b"354 wrong class\r\n",
    b"120 what\r\n",
    b"250" + b"x" * 1_000_000 + b"\r\n",
    b"250-and on\r\n" * 200_000,
]


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize("surprise", SURPRISES, ids=range(len(SURPRISES)))
def test_a_surprise_closes_the_connection_and_defers(surprise: bytes, step: str, pipelining: bool) -> None:
    """S4, B8: garbage, NUL, not UTF-8, a megabyte, a reply without end, a wrong class."""
    server = ScriptedServer({step: [surprise]}, offered=("PIPELINING",) if pipelining else ())
    notes, _ = play(server, [mail(1), mail(2)])
    told = notes.by_key()
    assert (told[1].state, told[1].phase.value.upper(), told[1].code) == (D, step, None)
    assert told[2].state is A
    assert len(server.sessions) == 2
    assert len(told[1].text) <= 500


def test_a_250_to_data_is_a_surprise() -> None:
    """S4: the server that takes DATA for done would read the content as commands."""
    server = ScriptedServer({"DATA": [b"250 fine\r\n"]})
    notes, _ = play(server, [mail(1), mail(2)])
    assert [(reply.state, reply.phase) for reply in notes.replies] == [(D, Phase.DATA), (A, Phase.DOT)]
    assert len(server.accepted) == 1


@pytest.mark.parametrize(
    "surprise", [b"hello\r\n", b"354 more\r\n", b"250-a\r\n550 b\r\n", b"25", b"250" + b"x" * 200_000]
)
def test_a_surprise_after_the_dot_is_uncertain(surprise: bytes) -> None:
    """B6, S4: what it did with the message cannot be known."""
    server = ScriptedServer({"DOT": [(surprise, Do.DROP)]})
    notes, _ = play(server, [mail(1), mail(2)])
    assert [(reply.state, reply.phase) for reply in notes.replies] == [(U, Phase.DOT), (A, Phase.DOT)]


def test_a_code_with_odd_text_after_the_dot_counts() -> None:
    """S4: 250 in another charset is a 250; the connection is closed all the same."""
    server = ScriptedServer({"DOT": [b"250 angenommen f\xfcr Sie\r\n"]})
    notes, _ = play(server, [mail(1), mail(2)])
    assert [reply.state for reply in notes.replies] == [A, A]
    assert len(server.sessions) == 2


def test_a_server_that_breaks_every_connection_is_left_alone() -> None:
    """B3: three in a row, then the rest is given back untouched."""
    server = ScriptedServer({"RCPT": Do.DROP})
    notes, left = play(server, [mail(key) for key in range(1, 11)])
    assert [reply.state for reply in notes.replies] == [D, D, D]
    assert [message.key for message in left] == list(range(4, 11))


def test_a_server_that_closes_after_each_250_gets_everything_once() -> None:
    """S5: accepted is accepted, and a new connection carries on."""
    server = ScriptedServer({"DOT": (b"250 2.0.0 taken\r\n", Do.DROP)})
    notes, left = play(server, [mail(key) for key in range(1, 8)], connections=2)
    assert {reply.state for reply in notes.replies} == {A}
    assert len(notes.by_key()) == 7
    assert left == []
    assert sorted(len(session.blocks) for session in server.sessions if session.blocks) == [1] * 7
