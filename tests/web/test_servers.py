"""The pages of the mail servers: adding, changing, testing, pausing, removing; and what the front page says."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from newsletter.conf import config
from newsletter.delivery import alarms
from newsletter.delivery.models import Alarm, Transport
from newsletter.delivery.servers import carrier_registry, server_alarms, server_health
from newsletter.staff.models import AuditEntry, User
from tests.delivery.scripted_smtp import ScriptedServer
from tests.delivery.smtp_help import running_in_a_thread
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]

FORM = {
    "name": "relay-2",
    "host": "mail.example.org",
    "port": "",
    "tls": "starttls",
    "auth": "auto",
    "user": "desk",
    "password": "correct horse",
    "max_connections": "4",
    "messages_per_connection": "50",
    "seconds_per_connection": "200",
    "max_bytes": "0",
    "enabled": "on",
    "role": "fallback",
    "weight": "3",
    "serves": "all",
}


@pytest.fixture
def client(signed_in: SignedIn, admin: User) -> Client:
    return signed_in(admin)


def text_of(answer: object) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())  # type: ignore[attr-defined]


def test_a_server_is_added_and_changed_and_its_password_is_never_shown(client: Client, newsroom: Newsroom) -> None:
    answer = client.post("/settings/servers/new/", FORM)
    assert answer.headers["Location"] == "/settings/servers/relay-2/"
    row = Transport.objects.get(name="relay-2")
    assert (row.port, row.role, row.weight, row.max_connections) == (587, "fallback", 3, 4)
    assert carrier_registry.password_of(row, config()) == "correct horse"
    for path in ("/settings/servers/", "/settings/servers/relay-2/", "/settings/", "/activity/"):
        assert "correct horse" not in client.get(path).content.decode()

    publication = str(newsroom.publication.pk)
    changed = {**FORM, "password": "", "weight": "5", "serves": "some", "publication": [publication]}
    assert client.post("/settings/servers/relay-2/", changed).status_code == 302
    row.refresh_from_db()
    assert (row.weight, row.serves_all, row.publications.get()) == (5, False, newsroom.publication)
    assert carrier_registry.password_of(row, config()) == "correct horse"
    page = client.get("/settings/servers/relay-2/").content.decode()
    assert re.search(rf'name="publication" value="{publication}"[^>]* checked', page)
    assert newsroom.publication.name in client.get("/settings/servers/").content.decode()


def test_what_is_refused_comes_back_with_its_words_and_without_the_password(client: Client) -> None:
    answer = client.post("/settings/servers/new/", {**FORM, "weight": "0", "host": "mail.example.org"})
    assert answer.status_code == 422
    assert 'id="weight-error"' in text_of(answer)
    assert 'value="mail.example.org"' in text_of(answer)
    assert "correct horse" not in text_of(answer)
    answer = client.post("/settings/servers/new/", {**FORM, "serves": "some"})
    assert 'id="serves-error"' in text_of(answer)
    assert not Transport.objects.exists()


def test_a_new_host_asks_for_the_password_again(client: Client) -> None:
    client.post("/settings/servers/new/", FORM)
    answer = client.post("/settings/servers/relay-2/", {**FORM, "host": "evil.example", "password": ""})
    assert answer.status_code == 422
    assert "Type the password again" in text_of(answer)
    assert Transport.objects.get().host == "mail.example.org"


def test_a_connection_is_tested_step_by_step_with_and_without_scripts(client: Client, newsroom: Newsroom) -> None:
    server = ScriptedServer(offered=("SIZE 12345",))
    with running_in_a_thread(server):
        Transport.objects.update(port=server.port)
        page = client.post("/settings/servers/relay/test/")
        part = client.post("/settings/servers/relay/test/", headers={"HX-Request": "true"})
    for answer in (page, part):
        assert "It works. Nothing was sent." in text_of(answer)
        assert "SIZE 12345" in text_of(answer)
        assert "Not asked for" in text_of(answer)
    assert text_of(page).startswith("<!DOCTYPE")
    assert "<html" not in text_of(part)
    assert not any({"MAIL", "DATA"} & set(session.verbs()) for session in server.sessions)

    assert "Ready" in text_of(client.get("/settings/servers/"))
    failed = text_of(client.post("/settings/servers/relay/test/", headers={"HX-Request": "true"}))
    assert "cannot be reached" in failed
    assert "Not reached" in failed
    assert "Failing" in failed, "its line in the list comes along"
    page = text_of(client.get("/settings/servers/"))
    assert "Failing" in page
    assert "Ready" not in page
    assert "Nothing is being sent." in page


def test_a_password_that_cannot_be_read_is_said_and_not_a_broken_page(client: Client) -> None:
    """X1."""
    client.post("/settings/servers/new/", FORM)
    Transport.objects.update(secret=b"\x01damaged")
    assert "cannot be read with the keys" in text_of(client.post("/settings/servers/relay-2/test/"))


def test_pausing_resuming_and_their_words(client: Client, newsroom: Newsroom) -> None:
    client.post("/settings/servers/relay/pause/")
    assert "Paused" in text_of(client.get("/settings/servers/"))
    assert "Nothing is being sent." in text_of(client.get("/settings/servers/"))
    assert "Someone paused every mail server." in text_of(client.get("/"))
    client.post("/settings/servers/relay/resume/")
    assert Transport.objects.get().paused_at is None
    assert [entry.action for entry in AuditEntry.objects.filter(subject="transport:relay").order_by("pk")] == [
        "transport.pause",
        "transport.resume",
    ]
    Transport.objects.update(sleeping_until=timezone.now() + timedelta(minutes=3), last_error="It said 421.")
    page = text_of(client.get("/settings/servers/"))
    assert "Failing" in page
    assert "It said 421." in page
    assert "Try it again" in page


def test_removing_asks_once_and_never_takes_the_only_one(client: Client, newsroom: Newsroom) -> None:
    assert "Remove this mail server?" in text_of(client.get("/settings/servers/relay/remove/"))
    refused = client.post("/settings/servers/relay/remove/", follow=True)
    assert "This is the only mail server in use" in text_of(refused)
    client.post("/settings/servers/new/", FORM)
    client.post("/settings/servers/relay/remove/")
    assert Transport.objects.get().name == "relay-2"


def test_a_server_that_stopped_by_itself_is_said_once_on_the_front_page_and_an_editor_may_try_it_again(
    signed_in: SignedIn, editor: User, newsroom: Newsroom
) -> None:
    """X2: one alert."""
    client = signed_in(editor)
    server_health.failed(newsroom.server.pk, reason="Wrong password.", permanent=True, chance=0, now=timezone.now())
    page = text_of(client.get("/"))
    assert page.count("Wrong password.") == 1
    assert "Nothing is being sent." in page
    Transport.objects.create(name="spare", host="mail.example.org")
    assert "The mail server “relay” is paused; the others keep sending." in text_of(client.get("/"))

    client.post("/transport/", {"name": "relay"})
    assert Transport.objects.get(name="relay").paused_at is None
    assert Alarm.objects.get().settled_at is not None
    server_health.pause("spare", by="staff:1", now=timezone.now())
    client.post("/transport/", {"name": "spare"})
    assert Transport.objects.get(name="spare").paused_at is not None, "what an admin paused an editor does not resume"


def test_a_newsletter_that_no_server_carries_is_named(client: Client, newsroom: Newsroom) -> None:
    Transport.objects.update(serves_all=False)
    assert f"No server sends “{newsroom.publication.name}”" in text_of(client.get("/settings/servers/"))


def test_an_installation_without_servers_says_what_to_do(client: Client) -> None:
    for path in ("/settings/", "/settings/servers/"):
        assert "NEWSLETTER_SMTP_URL" in text_of(client.get(path))
    assert client.get("/settings/servers/nothing/").status_code == 404


def test_a_warning_about_a_server_is_not_put_away_but_leads_to_where_it_is_decided(
    client: Client, signed_in: SignedIn, editor: User
) -> None:
    """S7: it ends with its cause; put away, it came again within minutes."""
    now = timezone.now()
    Transport.objects.create(name="old", host="10.20.30.40", port=25, tls="none", clear_before="10.20.30.40")
    server_alarms.tell_undecided(now=now)
    alarms.raise_alarm(key="uncertain:7", text="It is not known whether 3 mails were taken.", now=now)
    page = text_of(client.get("/"))
    assert re.findall(r'name="key" value="([^"]*)"', page) == ["uncertain:7"]
    assert 'href="/settings/servers/old/"' in page
    page = text_of(signed_in(editor).get("/"))
    assert re.findall(r'name="key" value="([^"]*)"', page) == ["uncertain:7"]
    assert "/settings/servers/old/" not in page
    assert "Ask an administrator." in page
    for key in ("transport-clear:old", "uncertain:7"):
        client.post("/alarms/", {"key": key})
    assert [alarm.key for alarm in alarms.standing()] == ["transport-clear:old"]


@pytest.mark.parametrize(("before", "said"), [("", "nothing is sent through it"), ("10.20.30.40", "travels without")])
def test_the_list_calls_no_server_ready_whose_encryption_is_undecided(client: Client, before: str, said: str) -> None:
    """X4"""
    Transport.objects.create(name="relay", host="10.20.30.40", port=25, tls="none", clear_before=before)
    for path in ("/settings/servers/", "/settings/servers/relay/", "/settings/"):
        page = text_of(client.get(path))
        assert "Not encrypted" in page
        assert said in page
        assert "Ready" not in page
