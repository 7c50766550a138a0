"""The connection test against a scripted server: what each step came to, in which words, and that it always ends."""

import base64
import ssl

import pytest
import trustme

from newsletter.delivery.carrier import Phase
from newsletter.delivery.smtp import probe
from newsletter.delivery.smtp.probe import Outcome
from newsletter.delivery.smtp.settings import Auth, Tls, TransportSettings
from tests.delivery.scripted_smtp import Do, ScriptedServer
from tests.delivery.smtp_help import running_in_a_thread

DONE, SKIPPED, FAILED, NOT_REACHED = Outcome.DONE, Outcome.SKIPPED, Outcome.FAILED, Outcome.NOT_REACHED


def ask(
    server: ScriptedServer,
    *,
    tls: Tls = "none",
    user: str = "",
    auth: Auth = "auto",
    seconds: float = 20,
    context: ssl.SSLContext | None = None,
) -> probe.Report:
    with running_in_a_thread(server):
        settings = TransportSettings(
            host="localhost", port=server.port, tls=tls, user=user, password="secret" if user else "", auth=auth
        )
        return probe.run(settings, ehlo_name="news.example.org", seconds=seconds, context=context)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def certificate(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize("implicit", [False, True])
def test_all_is_well(authority: trustme.CA, trusting: ssl.SSLContext, implicit: bool) -> None:
    server = ScriptedServer(
        offered=("AUTH PLAIN", "SIZE 1000"), context=certificate(authority, "localhost"), implicit=implicit
    )
    report = ask(server, tls="implicit" if implicit else "starttls", user="desk", context=trusting)
    assert report.ok, report
    assert {outcome for _, outcome in report.steps} == {DONE}
    assert report.tls_version.startswith("TLSv1.")
    assert report.mechanism == "PLAIN"
    assert {"AUTH PLAIN", "SIZE 1000"} <= set(report.capabilities)
    assert server.sessions[0].verbs()[-1] == "QUIT"
    assert "MAIL" not in server.sessions[0].verbs()


def test_what_was_not_asked_for_is_not_said_to_work() -> None:
    report = ask(ScriptedServer())
    assert report.ok
    assert dict(report.steps) == {
        Phase.CONNECT: DONE,
        Phase.EHLO: DONE,
        Phase.STARTTLS: SKIPPED,
        Phase.AUTH: SKIPPED,
    }


def test_nobody_listens(free_tcp_port: int) -> None:
    settings = TransportSettings(host="127.0.0.1", port=free_tcp_port)
    report = probe.run(settings, ehlo_name="news.example.org")
    assert not report.ok
    assert not report.permanent
    assert [outcome for _, outcome in report.steps] == [FAILED, NOT_REACHED, NOT_REACHED, NOT_REACHED]


@pytest.fixture
def free_tcp_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_a_name_that_leads_nowhere_is_not_for_ever() -> None:
    """N1: a resolver that fails is tried again by itself."""
    settings = TransportSettings(host="mail.invalid", port=587)
    report = probe.run(settings, ehlo_name="news.example.org")
    assert report.phase is Phase.CONNECT
    assert not report.permanent
    assert "cannot be reached" in report.problem


def test_no_encryption_and_a_wrong_name_need_a_person(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    """T1."""
    missing = ask(ScriptedServer(offered=("AUTH PLAIN",)), tls="starttls", user="desk")
    wrong = ask(
        ScriptedServer(context=certificate(authority, "mail.example.org")),
        tls="starttls",
        user="desk",
        context=trusting,
    )
    for report, word in ((missing, "STARTTLS"), (wrong, "certificate")):
        assert report.permanent
        assert word in report.problem
        assert dict(report.steps)[Phase.STARTTLS] is FAILED
        assert dict(report.steps)[Phase.AUTH] is NOT_REACHED


def test_a_wrong_password_is_said_and_not_repeated() -> None:
    """X2."""
    report = ask(ScriptedServer({"AUTH": b"535 5.7.8 no: secret\r\n"}, offered=("AUTH PLAIN",)), user="desk")
    assert report.permanent
    assert dict(report.steps)[Phase.AUTH] is FAILED
    assert "535" in report.problem
    assert "secret" not in report.problem


@pytest.mark.parametrize(
    ("script", "phase"),
    [({"GREETING": Do.HANG}, Phase.EHLO), ({"EHLO": Do.HANG}, Phase.EHLO), ({"AUTH": Do.HANG}, Phase.AUTH)],
)
def test_a_silent_server_does_not_hold_the_page(script: dict[str, Do], phase: Phase) -> None:
    report = ask(ScriptedServer(script, offered=("AUTH PLAIN",)), user="desk", seconds=3)
    assert "no answer" in report.problem
    assert dict(report.steps)[phase] is FAILED


def test_a_server_that_does_not_answer_the_good_bye_works_all_the_same() -> None:
    report = ask(ScriptedServer({"QUIT": Do.DROP}))
    assert report.ok


# XOAUTH2: the mechanism is asked for by name, never guessed.


def test_a_token_is_sent_as_google_and_microsoft_take_it() -> None:
    server = ScriptedServer(offered=("AUTH PLAIN XOAUTH2",))
    report = ask(server, user="dësk@example.org", auth="xoauth2")
    assert report.ok, report
    assert report.mechanism == "XOAUTH2"
    token = base64.b64encode("user=dësk@example.org\x01auth=Bearer secret\x01\x01".encode())
    assert b"AUTH XOAUTH2 " + token + b"\r\n" in server.sessions[0].commands


def test_a_token_that_is_refused_is_answered_by_an_empty_line_and_needs_a_person() -> None:
    reason = base64.b64encode(b'{"status":"401","schemes":"bearer"}')
    server = ScriptedServer(
        {"XOAUTH2": b"334 " + reason + b"\r\n", "AUTH": b"535 5.7.8 token expired\r\n"}, offered=("AUTH XOAUTH2",)
    )
    report = ask(server, user="desk", auth="xoauth2")
    assert report.permanent
    assert dict(report.steps)[Phase.AUTH] is FAILED
    assert server.sessions[0].commands[2] == b"\r\n"
    assert "QUIT" not in server.sessions[0].verbs()


def test_a_password_never_passes_for_a_token_nor_a_token_for_a_password() -> None:
    only_tokens, only_passwords = ScriptedServer(offered=("AUTH XOAUTH2",)), ScriptedServer(offered=("AUTH PLAIN",))
    for report, server in (
        (ask(only_tokens, user="desk"), only_tokens),
        (ask(only_passwords, user="desk", auth="xoauth2"), only_passwords),
    ):
        assert report.permanent
        assert "AUTH" not in server.sessions[0].verbs()


@pytest.mark.parametrize("auth", ["plain", "login", "cram-md5"])
def test_the_mechanism_that_is_asked_for_is_the_one_that_is_used(auth: Auth) -> None:
    report = ask(ScriptedServer(offered=("AUTH PLAIN LOGIN CRAM-MD5",)), user="desk", auth=auth)
    assert report.mechanism == auth.upper()
