"""`newsletter transports`, as typed, and what the doctor says of each server."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from newsletter import conf
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import carrier_registry, stored_servers
from newsletter.issues.models import Publication
from newsletter.management.cli import transports
from newsletter.management.doctor import mail_servers
from tests.delivery.scripted_smtp import ScriptedServer
from tests.delivery.smtp_help import running_in_a_thread
from tests.delivery.unreachable import LeadsTo
from tests.terminal import typed

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse"


def run(*words: str, stdin: str = "", **env: str) -> Result:
    return CliRunner().invoke(transports.app, list(words), input=stdin, env=env)


def told(*words: str, **env: str) -> Any:
    result = run(*words, "--json", **env)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def password() -> str:
    return carrier_registry.password_of(Transport.objects.get(), conf.config())


@pytest.fixture
def relay() -> Transport:
    return Transport.objects.create(name="relay", host="mail.example.org", port=587)


def test_adding_changing_pausing_and_listing(now: datetime) -> None:
    Publication.objects.create(
        name="x", slug="morning", list_id=1, sender_name="x", sender_address="x@example.org", created_at=now
    )
    added = told(
        *("add", "relay", "--host", "mail.example.org", "--user", "desk", "--password-from", "env:RELAY_PASSWORD"),
        *("--role", "overflow", "--weight", "3", "--for", "morning", "--connections", "4"),
        RELAY_PASSWORD=PASSWORD,
    )
    assert added["server"] == "mail.example.org:587"
    assert (added["role"], added["weight"], added["for"], added["max_connections"]) == ("overflow", 3, "morning", 4)
    assert PASSWORD not in json.dumps(added)
    assert told("list") == [added]

    changed = told("edit", "relay", "--tls", "implicit", "--for", "all")
    assert (changed["server"], changed["for"], changed["weight"]) == ("mail.example.org:465", "all", 3)
    assert password() == PASSWORD
    paused = told("pause", "relay", "--reason", "moving house")
    assert (paused["state"], paused["why"]) == ("paused", "moving house")
    assert "moving house" in run("list").stdout
    assert told("resume", "relay")["state"] == "untried"


@pytest.mark.parametrize(
    ("source", "stdin"), [("stdin", f"{PASSWORD}\n"), ("prompt", f"{PASSWORD}\n"), (None, f"{PASSWORD}\n")]
)
def test_a_password_comes_from_a_prompt_or_from_stdin_and_is_not_echoed(source: str | None, stdin: str) -> None:
    more = ["--password-from", source] if source else []
    result = run("add", "relay", "--host", "mail.example.org", "--user", "desk", *more, stdin=stdin)
    assert result.exit_code == 0, result.output
    assert password() == PASSWORD
    assert PASSWORD not in result.output


@pytest.mark.parametrize("source", ["correct horse", "env:", "env:NOT_SET_ANYWHERE"])
def test_a_password_is_no_argument(source: str) -> None:
    result = run("add", "relay", "--host", "mail.example.org", "--user", "desk", "--password-from", source)
    assert result.exit_code == 2
    assert not Transport.objects.exists()


def test_what_cannot_be_is_refused_with_words(relay: Transport) -> None:
    for words in (
        ("add", "relay", "--host", "mail.example.org"),
        ("add", "other", "--host", "mail example"),
        ("edit", "relay", "--role", "spare"),
        ("edit", "relay", "--for", "nothing"),
        ("edit", "nobody", "--weight", "2"),
        ("pause", "nobody"),
        ("remove", "relay", "--yes"),
        ("test", "nobody"),
        ("test",),
    ):
        result = run(*words)
        assert result.exit_code == 1, words
        assert result.stderr.startswith("Error: "), words
    assert run("edit", "default", "--host", "mail.example.org").exit_code == 2
    assert Transport.objects.get() == relay


def test_removing_asks_once(relay: Transport) -> None:
    Transport.objects.create(name="spare", host="mail.example.org")
    assert typed(transports.app, "remove", "relay", answer="n\n").exit_code == 1
    for words in (("remove", "relay"), ("remove", "relay", "--json")):
        refused = run(*words, stdin="y\n")
        assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
        assert "--yes" in refused.stderr
    assert Transport.objects.count() == 2
    assert typed(transports.app, "remove", "relay", answer="y\n").exit_code == 0
    assert Transport.objects.get().name == "spare"


def test_a_test_tells_each_step_and_exits_by_it(relay: Transport) -> None:
    server = ScriptedServer(offered=("SIZE 1000",))
    with running_in_a_thread(server):
        Transport.objects.update(host="127.0.0.1", port=server.port, tls="none")
        found = told("test", "relay")
        assert run("test", "relay").exit_code == 0
    assert found["ok"]
    assert found["steps"] == {"connect": "done", "ehlo": "done", "starttls": "skipped", "auth": "skipped"}
    assert found["capabilities"] == ["SIZE 1000"]
    assert "MAIL" not in server.sessions[0].verbs()
    gone = run("test", "relay", "--json")
    assert gone.exit_code == 1
    assert json.loads(gone.stdout)["steps"]["connect"] == "failed"


def test_the_doctor_checks_each_server_in_use(relay: Transport, now: datetime) -> None:
    server = ScriptedServer()
    with running_in_a_thread(server):
        Transport.objects.update(host="127.0.0.1", port=server.port, tls="none")
        Transport.objects.create(name="away", host="127.0.0.1", port=9, tls="none")
        Transport.objects.create(name="off", host="127.0.0.1", port=9, tls="none", enabled=False)
        Transport.objects.create(name="held", host="127.0.0.1", port=server.port, tls="none", paused_at=now)
        found = {one.name: one for one in mail_servers.check(conf.config(), ask_database=True)}
    assert set(found) == {"Mail server relay", "Mail server away", "Mail server held"}
    assert found["Mail server relay"].health == "ok"
    assert found["Mail server away"].health == "failed"
    assert "the settings of “away”" in found["Mail server away"].text
    assert "newsletter transports resume held" in found["Mail server held"].text


def test_the_doctor_says_that_a_password_cannot_be_read(now: datetime) -> None:
    """X1."""
    run("add", "relay", "--host", "mail.example.org", "--user", "desk", "--password-from", "stdin", stdin="x\n")
    (found,) = mail_servers.check(replace(conf.config(), message_key=bytes(32)), ask_database=True)
    assert found.health == "failed"
    assert "messages.key" in found.text


def test_the_doctor_names_a_newsletter_that_no_server_carries(relay: Transport, now: datetime) -> None:
    made = [
        Publication.objects.create(
            name=name, slug=name, list_id=1, sender_name="x", sender_address="x@example.org", created_at=now
        )
        for name in ("one", "two")
    ]
    Transport.objects.update(host="127.0.0.1", port=9, tls="none", serves_all=False)
    relay.publications.set(made[:1])
    texts = [one.text for one in mail_servers.check(conf.config(), ask_database=True)]
    assert "“two”" in texts[-1]
    assert "“one”" not in texts[-1]


def test_a_server_without_encryption_is_refused_on_the_internet_and_accepted_by_name_in_our_own_network() -> None:
    """S7"""
    refused = run("add", "relay", "--host", "9.9.9.9", "--tls", "none", "--accept-clear", "9.9.9.9")
    assert refused.exit_code == 1
    assert "on the internet" in refused.output
    refused = run("add", "relay", "--host", "10.20.30.40", "--tls", "none")
    assert refused.exit_code == 1
    assert "without encryption" in refused.output
    assert not Transport.objects.exists()
    added = told("add", "relay", "--host", "10.20.30.40", "--tls", "none", "--accept-clear", "10.20.30.40")
    assert added["clear_accepted"] == "10.20.30.40"
    assert run("edit", "relay", "--host", "9.9.9.9").exit_code == 1
    assert Transport.objects.get().host == "10.20.30.40"


@pytest.mark.parametrize("known", [False, True], ids=["before a worker ran", "afterwards"])
@pytest.mark.parametrize("host", ["10.20.30.40", "9.9.9.9"])
def test_the_doctor_says_of_a_server_without_encryption_that_somebody_must_decide(
    host: str, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """S7: it can be reached, and nobody's firewall is to blame."""

    async def connect(_loop: Any, protocol: Callable[[], asyncio.Protocol], *_: Any, **__: Any) -> None:
        protocol().connection_made(LeadsTo(host))

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    config = replace(conf.config(), smtp_url=f"smtp://{host}:25?tls=none")
    if known:
        stored_servers.follow_url(config)
    (found,) = mail_servers.check(config, ask_database=True)
    assert found.health == "failed"
    assert "cannot be reached" not in found.text
    assert "Ask for TLS in NEWSLETTER_SMTP_URL" in found.text
    accept = f"newsletter transports edit default --accept-clear {host}"
    assert (accept in found.text) is (host == "10.20.30.40"), "over the internet nobody can accept it"


def test_the_list_says_what_is_undecided() -> None:
    """X4"""
    Transport.objects.create(name="relay", host="10.20.30.40", tls="none")
    (row,) = told("list")
    assert "without encryption" in row["why"]
