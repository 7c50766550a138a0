"""The DNS record of a DKIM key: as receivers read it, asked of a real DNS server."""

from collections.abc import Iterator

import pytest

from newsletter.delivery.dkim import dns_check
from newsletter.delivery.dkim.dns_record import Published, Record
from newsletter.errors import InvalidInput
from tests import nameserver

RECORD = Record(domain="example.org", selector="s1", algorithm="rsa", public=bytes(range(256)) + bytes(38))
SHORT = Record(domain="example.org", selector="s2", algorithm="ed25519", public=bytes(32))


@pytest.fixture
def zone() -> Iterator[nameserver.Zone]:
    with nameserver.running() as zone:
        yield zone


def test_a_record_is_split_into_strings_that_dns_can_carry() -> None:
    """RFC 1035: at most 255 bytes each, and receivers join them without a blank."""
    assert [len(string) for string in RECORD.strings] == [255, len(RECORD.text) - 255]
    assert "".join(RECORD.strings) == RECORD.text
    assert RECORD.zone_line == f's1._domainkey.example.org. 3600 IN TXT ( "{RECORD.strings[0]}" "{RECORD.strings[1]}" )'
    assert SHORT.zone_line == f's2._domainkey.example.org. 3600 IN TXT ( "{SHORT.text}" )'


def ask(zone: nameserver.Zone, record: Record = RECORD) -> tuple[Published, str]:
    found = dns_check.look_up(record, resolver=dns_check.resolver(zone.address))
    return found.published, found.advice


@pytest.mark.parametrize(
    "strings",
    [
        RECORD.strings,
        [RECORD.text[:100], RECORD.text[100:300], RECORD.text[300:]],
        [RECORD.text[:250].replace("; ", ";"), RECORD.text[250:300], f" {RECORD.text[300:]} ; t=s; n=a note"],
        [RECORD.text[12:200], RECORD.text[200:]],
    ],
    ids=["as shown", "other pieces", "other blanks and tags", "without v and k"],
)
def test_what_receivers_read_as_the_same_is_published(zone: nameserver.Zone, strings: list[str]) -> None:
    zone.publish(RECORD.name, *strings)
    assert ask(zone) == (Published.EQUAL, "")


def test_an_alias_is_followed(zone: nameserver.Zone) -> None:
    zone.aliases[SHORT.name] = "keys.example.net"
    zone.publish("keys.example.net", SHORT.text)
    assert ask(zone, SHORT) == (Published.EQUAL, "")


def test_no_name_and_no_such_record_are_missing(zone: nameserver.Zone) -> None:
    assert ask(zone) == (Published.MISSING, "Publish the TXT record s1._domainkey.example.org.")
    zone.addresses.add(RECORD.name)
    assert ask(zone)[0] is Published.MISSING
    zone.publish(RECORD.name, "something else")
    assert ask(zone)[0] is Published.MISSING


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SHORT.text.replace("ed25519", "rsa"), "another key"),
        (RECORD.text[:255], "a part of it"),
        (RECORD.text.replace("rsa", "ed25519"), "k=ed25519"),
        (RECORD.text.replace("DKIM1", "DKIM2"), "v=DKIM2"),
        ("v=DKIM1; k=rsa; p=", "revoked"),
        (f"{RECORD.text}; t=y:s", "t=y"),
        (f"{RECORD.text}; h=sha1", "forbids"),
        (f"{RECORD.text}; s=tlsrpt", "forbids"),
    ],
)
def test_what_receivers_would_not_take_is_different(zone: nameserver.Zone, text: str, says: str) -> None:
    zone.publish(RECORD.name, text[:255], *filter(None, [text[255:]]))
    found, advice = ask(zone)
    assert found is Published.DIFFERENT
    assert says in advice


def test_two_records_are_none(zone: nameserver.Zone) -> None:
    """RFC 6376 §3.6.2.2: what a receiver makes of several is undefined."""
    zone.texts[SHORT.name] = [[SHORT.text], [SHORT.text.replace("AA", "BB")]]
    found, advice = ask(zone, SHORT)
    assert found is Published.DIFFERENT
    assert "keep one" in advice


def test_a_server_that_fails_says_nothing_about_the_record(zone: nameserver.Zone) -> None:
    """N1: no answer is not “missing”."""
    zone.publish(RECORD.name, *RECORD.strings)
    zone.fails = True
    found, advice = ask(zone)
    assert found is Published.UNKNOWN
    assert "try again later" in advice


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_a_nameserver_is_an_address_with_or_without_a_port(given: str, expected: tuple[str, int]) -> None:
    made = dns_check.resolver(given)
    assert (made.nameservers[0], made.port) == expected


@pytest.mark.parametrize("given", ["ns.example.org", "192.0.2.1:dns", "192.0.2.1:99999", "::1]:5", "300.1.1.1"])
def test_anything_else_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput):
        dns_check.resolver(given)
