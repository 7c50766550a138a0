"""Which provider a domain belongs to, by name or by its mail hosts; and that no reader's domain is ever stored."""

import socket
from datetime import datetime, timedelta

import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.models import MailHost
from newsletter.delivery.ratelimit import mx_lookup, providers
from newsletter.delivery.ratelimit.mx_lookup import Groups

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("domain", "hosts", "provider"),
    [
        ("gmail.com", [], "gmail"),
        ("GoogleMail.com.", [], "gmail"),
        ("example.org", ["aspmx.l.google.com.", "alt1.aspmx.l.google.com"], "gmail"),
        ("example.org", ["example-org.mail.protection.outlook.com"], "microsoft"),
        ("example.org", ["example-org.n-v1.mx.microsoft"], "microsoft"),
        ("hotmail.co.uk", [], "microsoft"),
        ("live.nl", [], "microsoft"),
        ("yahoo.co.jp", [], "yahoo"),
        ("aol.com", [], "yahoo"),
        ("example.org", ["mta5.am0.yahoodns.net"], "yahoo"),
        ("gmx.net", [], "gmx"),
        ("example.org", ["mx-eu.mail.am0.yahoodns.net.", "aspmx.l.google.com"], "yahoo"),
        ("gmail.com", ["mx.elsewhere.example"], "gmail"),
        ("example.org", ["mail.example.org"], ""),
        ("yahoo.example.org", [], ""),
        ("notgmail.com", [], ""),
        ("gmail.com.evil.example", [], ""),
        ("evil.example", ["google.com.evil.example", "notgoogle.com"], ""),
        ("", [], ""),
    ],
)
def test_a_provider_is_told_by_name_or_mail_host(domain: str, hosts: list[str], provider: str) -> None:
    assert providers.provider_of(domain, hosts) == provider


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=3))
def test_whatever_the_name_it_is_a_known_provider_or_a_hash(domain: str, hosts: list[str]) -> None:
    group = providers.group_of(domain, hosts, key=KEY)
    assert group in providers.PROVIDERS or (group.startswith("d-") and len(group) == 12)


def test_a_small_domain_is_named_by_a_hash_that_needs_our_key() -> None:
    one = providers.group_of("smith-family.example", key=KEY)
    assert one == providers.group_of("Smith-Family.example.", key=KEY)
    assert one != providers.group_of("smith-family.example", key=b"x" * 32)
    assert "smith" not in one


@pytest.mark.django_db
def test_what_dns_said_is_remembered_without_the_domain(now: datetime) -> None:
    hosts = {"paper.example": ["aspmx.l.google.com"], "own.example": ["mail.own.example"]}
    groups = Groups(key=KEY)
    before = {domain: groups.of(domain) for domain in hosts}
    assert all(group.startswith("d-") for group in before.values())
    asked = groups.to_ask()
    assert sorted(asked) == sorted(hosts)
    found = mx_lookup.ask(asked, key=KEY, resolve=hosts.__getitem__)
    mx_lookup.store(found, key=KEY, now=now)
    groups.learned(found)
    assert groups.of("paper.example") == "gmail"
    assert groups.of("own.example") == before["own.example"]
    assert groups.to_ask() == []
    rows = str(list(MailHost.objects.values()))
    assert "paper" not in rows
    assert "own.example" not in rows
    assert mx_lookup.stored(list(hosts), key=KEY, now=now + timedelta(days=1)) == found
    assert mx_lookup.stored(list(hosts), key=KEY, now=now + mx_lookup.FRESH) == {}


@pytest.mark.django_db
def test_old_answers_go(now: datetime) -> None:
    mx_lookup.store({"paper.example": "gmail"}, key=KEY, now=now)
    assert mx_lookup.prune(now=now + timedelta(days=1)) == 0
    assert mx_lookup.prune(now=now + mx_lookup.FRESH) == 1


def test_a_well_known_domain_is_not_asked_about() -> None:
    groups = Groups(key=KEY)
    assert groups.of("gmail.com") == "gmail"
    assert groups.to_ask() == []


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx_lookup, "MOST", 10)
    groups = Groups(key=KEY)
    for n in range(100):
        groups.of(f"domain{n}.example")
    assert len(groups._known) == 10
    assert len(groups.to_ask()) == 10


def test_without_a_network_it_gives_up_at_once() -> None:
    asked = []

    def away(domain: str) -> list[str]:
        asked.append(domain)
        raise OSError("no route")

    assert mx_lookup.ask(["a.example", "b.example"], key=KEY, resolve=away) == {}
    assert asked == ["a.example"]


def test_one_broken_domain_keeps_no_other_from_its_answer() -> None:
    def resolve(domain: str) -> list[str]:
        if domain == "broken.example":
            raise LookupError("SERVFAIL")
        return ["aspmx.l.google.com"]

    found = mx_lookup.ask(["broken.example", "b.example"], key=KEY, resolve=resolve)
    assert found == {"b.example": "gmail"}


def test_a_dead_name_server_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real resolver, asking a port of this machine where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], silent.getsockname()[1]
        monkeypatch.setattr(mx_lookup, "PATIENCE", 0.2)
        monkeypatch.setattr(dns.resolver, "Resolver", lambda: resolver)
        with pytest.raises(OSError, match="Timeout"):
            mx_lookup.ask_dns("paper.example")
