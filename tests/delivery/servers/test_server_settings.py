"""Mail servers as admins set them: checks, sealed passwords, what an edit does to a pause, carriers made anew."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery import alarms
from newsletter.delivery.models import Alarm, Transport
from newsletter.delivery.servers import carrier_registry, server_alarms, server_health, server_settings, stored_servers
from newsletter.delivery.servers.server_settings import StoredSettings
from newsletter.errors import InvalidInput, NotAllowed, NotFound
from newsletter.issues.models import Publication
from newsletter.staff.models import AuditEntry

pytestmark = pytest.mark.django_db

RELAY = StoredSettings(host="mail.example.org", user="desk", password="correct horse")


@pytest.fixture
def config() -> Config:
    return conf.config()


def create(name: str, now: datetime, settings: StoredSettings = RELAY) -> Transport:
    return server_settings.create(name, settings=settings, config=conf.config(), by="staff:1", now=now)


def edit(name: str, now: datetime, **changes: object) -> Transport:
    settings = server_settings.settings_of(stored_servers.get(name, conf.config()))
    settings = replace(settings, **changes)  # type: ignore[arg-type]
    return server_settings.edit(name, settings=settings, config=conf.config(), by="staff:1", now=now)


def ways(config: Config, now: datetime) -> dict[str, carrier_registry.CarrierSettings]:
    return {way.name: way for way in carrier_registry.carrier_settings(config, now=now)}


def test_a_password_is_stored_sealed_and_reaches_only_the_carrier(config: Config, now: datetime) -> None:
    create("relay", now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM newsletter_transport")
        stored = b"".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in cursor.fetchone())
    assert b"correct horse" not in stored
    way = ways(config, now)["relay"]
    assert way.settings.password == "correct horse"
    assert "correct horse" not in repr(way)
    assert "correct horse" not in repr(server_settings.settings_of(Transport.objects.get()))
    assert server_settings.settings_of(Transport.objects.get()).password == ""


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "mail.example.org:25"}, "host"),
        ({"host": "https://mail.example.org"}, "host"),
        ({"port": 70000}, "port"),
        ({"tls": "maybe"}, "tls"),
        ({"tls": "none"}, "tls"),
        ({"auth": "guess"}, "auth"),
        ({"auth": "xoauth2", "user": "", "password": ""}, "user"),
        ({"user": ""}, "user"),
        ({"password": ""}, "password"),
        ({"user": "desk\x01auth=x"}, "user"),
        ({"password": "a\r\nb"}, "password"),
        ({"role": "spare"}, "role"),
        ({"weight": 0}, "weight"),
        ({"max_connections": 0}, "max_connections"),
        ({"messages_per_connection": 101}, "messages_per_connection"),
        ({"seconds_per_connection": 301}, "seconds_per_connection"),
        ({"max_bytes": -1}, "max_bytes"),
        ({"serves": ()}, "serves"),
        ({"serves": (999,)}, "serves"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(wrong: dict[str, object], field: str, now: datetime) -> None:
    """B8: no connection lives longer than a hundred messages or 300 seconds, whatever is typed."""
    with pytest.raises(InvalidInput) as caught:
        create("relay", now, replace(RELAY, **wrong))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert not Transport.objects.exists()


@pytest.mark.parametrize("name", ["", "default", "new", "Relay", "a b", "a--b", "x" * 61])
def test_a_name_is_plain_and_free(name: str, now: datetime) -> None:
    with pytest.raises(InvalidInput) as caught:
        create(name, now)
    assert caught.value.field == "name"


def test_a_name_is_taken_once(now: datetime) -> None:
    create("relay", now)
    with pytest.raises(InvalidInput, match="already"):
        create("relay", now)


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("implicit", 465)])
def test_an_empty_port_is_the_usual_one(tls: str, port: int, now: datetime) -> None:
    assert create("relay", now, replace(RELAY, tls=tls)).port == port


def test_clear_text_with_a_password_is_for_this_machine_only(now: datetime) -> None:
    """T1."""
    for number, host in enumerate(("localhost", "127.0.0.1", "::1")):
        create(f"here-{number}", now, replace(RELAY, host=host, tls="none"))
    create("open", now, replace(RELAY, tls="none", user="", password="", clear_accepted=RELAY.host))


def test_an_edit_keeps_the_password_and_a_new_host_or_user_asks_for_it_again(config: Config, now: datetime) -> None:
    """Whoever may edit is not shown the password at a server of their own."""
    create("relay", now)
    edit("relay", now, weight=5)
    assert ways(config, now)["relay"].settings.password == "correct horse"
    for change in ({"host": "evil.example"}, {"user": "somebody"}):
        with pytest.raises(InvalidInput) as caught:
            edit("relay", now, **change)
        assert caught.value.field == "password"
    edit("relay", now, host="mail2.example.org", password="battery staple")
    assert ways(config, now)["relay"].settings.password == "battery staple"
    assert not bytes(edit("relay", now, user="").secret)
    details = list(AuditEntry.objects.order_by("pk").values_list("action", "detail"))
    assert details[:2] == [("transport.create", {}), ("transport.edit", {"changed": ["weight"]})]
    assert "staple" not in str(details)


def test_a_row_that_was_pointed_elsewhere_behind_our_back_gives_its_password_to_nobody(
    config: Config, now: datetime
) -> None:
    """X1: that server is paused and says why; the others go on."""
    create("relay", now)
    create("spare", now)
    Transport.objects.filter(name="relay").update(host="evil.example")
    assert set(ways(config, now)) == {"spare"}
    row = Transport.objects.get(name="relay")
    assert "cannot be read" in row.paused_reason
    assert Alarm.objects.get().key == "transport:relay"


def test_with_other_keys_nothing_goes_out_unencrypted_or_unsigned_in_and_a_person_is_told(
    config: Config, now: datetime
) -> None:
    """X1."""
    create("relay", now)
    assert ways(replace(config, message_key=bytes(32)), now) == {}
    assert "messages.key" in Transport.objects.get().paused_reason
    edit("relay", now, password="correct horse")
    assert Transport.objects.get().paused_at is None
    assert ways(config, now)["relay"].settings.password == "correct horse"


def test_one_that_stopped_by_itself_is_tried_again_when_its_connection_was_corrected(now: datetime) -> None:
    """X2."""
    row = create("relay", now)
    server_health.failed(row.pk, reason="wrong password", permanent=True, chance=0, now=now)
    edit("relay", now, weight=2)
    assert Transport.objects.get().paused_at == now
    edit("relay", now, password="battery staple")
    assert Transport.objects.get().paused_at is None
    assert Alarm.objects.get().settled_at == now

    server_health.pause("relay", by="staff:1", now=now)
    edit("relay", now, password="correct horse")
    assert Transport.objects.get().paused_at == now, "a person wanted it so"


def test_of_the_default_one_only_what_its_url_does_not_say_is_changed(config: Config, now: datetime) -> None:
    with_url = replace(config, smtp_url="smtp://desk:secret@mail.example.org", smtp_connections=7)
    settings = replace(RELAY, host="elsewhere.example", weight=4, messages_per_connection=10, max_bytes=50_000)
    server_settings.edit("default", settings=settings, config=with_url, by="staff:1", now=now)
    (way,) = carrier_registry.carrier_settings(with_url, now=now)
    assert (way.settings.host, way.settings.password, way.connections) == ("mail.example.org", "secret", 7)
    assert (way.settings.messages_per_connection, way.settings.max_bytes) == (10, 50_000)
    assert bytes(Transport.objects.get().secret) == b""
    assert Transport.objects.get().weight == 4
    with pytest.raises(NotFound):
        server_settings.edit("nobody", settings=settings, config=with_url, by="staff:1", now=now)


def test_an_installation_without_stored_servers_works_as_its_url_says(config: Config, now: datetime) -> None:
    with_url = replace(config, smtp_url="smtps://mail.example.org", smtp_connections=3)
    (way,) = carrier_registry.carrier_settings(with_url, now=now)
    assert (way.name, way.settings.port, way.settings.tls, way.connections) == ("default", 465, "implicit", 3)
    assert (way.settings.messages_per_connection, way.settings.seconds_per_connection) == (100, 300)
    assert carrier_registry.carrier_settings(config, now=now) == ()


def test_the_only_server_in_use_is_not_removed(config: Config, now: datetime) -> None:
    create("relay", now)
    create("off", now, replace(RELAY, enabled=False))
    with pytest.raises(NotAllowed, match="only mail server in use"):
        server_settings.remove("relay", config=config, by="staff:1", now=now)
    server_settings.remove("off", config=config, by="staff:1", now=now)
    with_url = replace(config, smtp_url="smtp://mail.example.org")
    with pytest.raises(NotAllowed, match="NEWSLETTER_SMTP_URL"):
        server_settings.remove("default", config=with_url, by="staff:1", now=now)
    server_settings.remove("relay", config=with_url, by="staff:1", now=now)
    assert not Transport.objects.exists()


def test_a_newsletter_that_no_server_carries_is_named(config: Config, now: datetime) -> None:
    assert server_settings.unserved(config) == []
    one, two = (
        Publication.objects.create(
            name=name, slug=name, list_id=1, sender_name="x", sender_address="x@example.org", created_at=now
        )
        for name in ("one", "two")
    )
    create("relay", now, replace(RELAY, serves=(one.pk,)))
    assert server_settings.unserved(config) == [two]
    edit("relay", now, serves=None)
    assert server_settings.unserved(config) == []


def test_carriers_are_kept_until_their_row_is_edited_or_gone(config: Config, now: datetime) -> None:
    create("relay", now)
    create("spare", now)

    async def story() -> None:
        ours = carrier_registry.CarrierRegistry(conf.config())
        assert ours.renew(found[0]) == []
        before = ours.carriers
        assert ours.renew(found[0]) == []
        assert ours.carriers == before
        relay, spare = sorted(before)
        assert ours.renew(found[1]) == [before[relay], before[spare]]
        assert set(ours.carriers) == {relay}
        assert ours.carriers[relay] is not before[relay]

    found = [carrier_registry.carrier_settings(config, now=now)]
    edit("relay", now, weight=2)
    edit("spare", now, enabled=False)
    found.append(carrier_registry.carrier_settings(config, now=now))
    asyncio.run(story())


CLEAR = StoredSettings(host="10.20.30.40", tls="none")


@pytest.mark.parametrize("host", ["9.9.9.9", "2620:fe::fe"])
@pytest.mark.parametrize("accepted", ["", "9.9.9.9", "2620:fe::fe"])
def test_nothing_goes_over_the_internet_without_encryption(host: str, accepted: str, now: datetime) -> None:
    """S7"""
    with pytest.raises(InvalidInput, match="on the internet") as caught:
        create("relay", now, replace(CLEAR, host=host, clear_accepted=accepted))
    assert caught.value.field == "tls"


@pytest.mark.parametrize("host", ["10.20.30.40", "relay.invalid"])
def test_in_a_network_of_our_own_it_is_accepted_by_name(host: str, now: datetime) -> None:
    """S7"""
    for typed in ("", "yes", "10.20.30.41"):
        with pytest.raises(InvalidInput, match="without encryption") as caught:
            create("relay", now, replace(CLEAR, host=host, clear_accepted=typed))
        assert caught.value.field == "clear_accepted"
    row = create("relay", now, replace(CLEAR, host=host, clear_accepted=f" {host.upper()} "))
    assert row.clear_accepted == host
    assert ways(conf.config(), now)["relay"].settings.clear == "private"
    with pytest.raises(InvalidInput):
        edit("relay", now, host="10.20.30.42")
    assert edit("relay", now, tls="starttls", host="mail.example.org").clear_accepted == ""


def undecided(now: datetime) -> Alarm | None:
    server_alarms.tell_undecided(now=now)
    return Alarm.objects.filter(settled_at=None).first()


def test_a_server_that_nobody_decided_about_keeps_sending_with_an_alarm(now: datetime) -> None:
    """S7: an installation of before goes on; an administrator is told until one decides."""
    row = Transport.objects.create(name="old", host="10.20.30.40", port=25, tls="none", clear_before="10.20.30.40")
    Transport.objects.create(name="here", host="127.0.0.1", port=25, tls="none")
    alarm = undecided(now)
    assert alarm
    assert "“old” (10.20.30.40) travels without encryption" in alarm.text
    assert ways(conf.config(), now)["old"].settings.clear == "anywhere"
    alarms.settle_alarm(key=alarm.key, now=now)
    assert undecided(now), "put away, and not decided"
    edit("old", now, clear_accepted="10.20.30.40")
    assert not Alarm.objects.filter(settled_at=None).exists()
    row.refresh_from_db()
    assert row.clear_accepted == "10.20.30.40"


def test_what_is_undecided_is_said_of_a_server_before_anybody_tried_it(now: datetime) -> None:
    """S7, X4: no list calls ready what gets no mail, or sends it in clear without a word."""
    before = Transport(name="old", host="10.20.30.40", tls="none", clear_before="10.20.30.40")
    new = Transport(name="new", host="10.20.30.40", tls="none")
    here = Transport(name="here", host="127.0.0.1", tls="none")
    accepted = Transport(name="ours", host="10.20.30.40", tls="none", clear_accepted="10.20.30.40")
    assert "travels without encryption" in str(server_alarms.undecided_words(before))
    assert "nothing is sent through it" in str(server_alarms.undecided_words(new))
    assert server_alarms.undecided_words(here) is server_alarms.undecided_words(accepted) is None
    new.paused_at = now  # that is said instead, with its reason
    assert server_alarms.undecided_words(new) is None


@pytest.mark.parametrize("decision", [{"enabled": False}, {"tls": "starttls"}])
def test_encrypting_it_or_switching_it_off_decides_as_well(decision: dict[str, object], now: datetime) -> None:
    """S7: also of one on the internet, which nobody can accept."""
    Transport.objects.create(name="old", host="9.9.9.9", port=25, tls="none", clear_before="9.9.9.9")
    assert undecided(now)
    with pytest.raises(InvalidInput, match="on the internet"):
        edit("old", now, clear_accepted="9.9.9.9")
    assert undecided(now)
    edit("old", now, **decision)
    assert not Alarm.objects.filter(settled_at=None).exists()
    assert not undecided(now)
    with pytest.raises(InvalidInput, match="on the internet"):
        edit("old", now, enabled=True, tls="none")


def test_a_url_that_encrypts_at_last_ends_the_alarm(now: datetime) -> None:
    """S7: the default one is changed where it is set."""
    Transport.objects.create(name="default", host="10.20.30.40", port=25, tls="none", clear_before="10.20.30.40")
    for tls, expected in (("none", True), ("starttls", False)):
        stored_servers.follow_url(replace(conf.config(), smtp_url=f"smtp://10.20.30.40?tls={tls}"))
        assert bool(undecided(now)) is expected


def test_a_url_without_encryption_sends_nothing_until_it_is_accepted_and_then_goes_on(now: datetime) -> None:
    """S7: a new one is asked about, as any other server is; accepting it is all that a person need do."""
    config = replace(conf.config(), smtp_url="smtp://10.20.30.40?tls=none")
    assert ways(config, now)["default"].settings.clear == "here"
    row = Transport.objects.get()
    server_health.failed(row.pk, reason="nobody has accepted that", permanent=True, chance=0.0, now=now)
    settings = replace(server_settings.settings_of(row), clear_accepted="10.20.30.40")
    server_settings.edit("default", settings=settings, config=config, by="staff:1", now=now)
    assert ways(config, now)["default"].settings.clear == "private"
    row.refresh_from_db()
    assert row.paused_at is None
    assert not Alarm.objects.filter(settled_at=None).exists()
