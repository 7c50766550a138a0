"""`newsletter dkim`, from no key to a rotated one, beside a real DNS server."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from newsletter.conf import config
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.models import DkimKey
from newsletter.management.cli import dkim
from newsletter.management.doctor import sending
from newsletter.management.doctor.diagnosis import Health
from tests import nameserver, verifiers

pytestmark = pytest.mark.django_db

MAIL = b"From: news@example.org\r\nTo: jane@example.com\r\nSubject: Today\r\n\r\nGood morning.\r\n"


@pytest.fixture
def zone() -> Iterator[nameserver.Zone]:
    with nameserver.running() as zone:
        yield zone


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(dkim.app, list(args))
    return result.exit_code, result.stdout, result.stderr


def data(*args: str, code: int = 0) -> list[dict[str, Any]]:
    done = run(*args, "--json")
    assert done[0] == code, done
    found: list[dict[str, Any]] = json.loads(done[1])
    return found


def test_from_no_key_to_a_published_and_rotated_one(zone: nameserver.Zone) -> None:
    """X1, U5: what the command printed is what a receiver needs, and nothing else has to be known."""
    made = data("create", "example.org", "--selector", "s1")
    assert [(key["selector"], key["algorithm"], key["signs"]) for key in made] == [
        ("s1-rsa", "rsa", True),
        ("s1-ed25519", "ed25519", True),
    ]
    checked = data("check", "example.org", "--nameserver", zone.address, code=1)
    assert {key["published"] for key in checked} == {"missing"}
    for key in made:
        assert max(map(len, key["strings"])) <= 255
        zone.publish(key["name"], *key["strings"])
    assert {key["published"] for key in data("check", "example.org", "--nameserver", zone.address)} == {"published"}

    signer = signing_keys.signer_for("example.org", message_key=config().message_key)
    assert signer is not None
    texts = {name: "".join(records[0]) for name, records in zone.texts.items()}
    for verify in verifiers.ALL:
        assert verify([signer.sign(MAIL, now=1_735_689_600)], texts) == [{"s1-rsa", "s1-ed25519"}]

    (new,) = data("create", "example.org", "--selector", "s2", "--algorithm", "rsa", "--rotate")
    assert not new["signs"]
    zone.publish(new["name"], *new["strings"])
    data("check", "example.org", "--nameserver", zone.address)
    assert {key["selector"] for key in data("show", "example.org") if key["signs"]} == {"s2", "s1-ed25519"}
    code, _, err = run("retire", "example.org", "s1-rsa")
    assert code == 0
    assert "s1-rsa._domainkey.example.org in DNS for a week" in " ".join(err.split())
    assert run("retire", "example.org", "s2")[0] == 0
    code, _, err = run("retire", "example.org", "s1-ed25519")
    assert code == 1
    assert "--unsigned" in err


def test_the_records_can_be_copied() -> None:
    """Each on a line of its own however long, in the shapes that DNS providers and zone files want."""
    code, out, err = run("create", "example.org", "--selector", "s1", "--algorithm", "rsa")
    assert code == 0
    record = signing_keys.record_of(DkimKey.objects.get())
    lines = re.findall(r"(?m)^  (?:TXT record|value|zone file) +(.*)$", out)
    assert lines == [record.name, record.text, record.zone_line]
    assert "newsletter dkim check example.org" in " ".join(err.split())
    assert run("show")[1] == run("show", "example.org")[1] == out


def test_a_private_key_is_never_shown() -> None:
    key = data("create", "example.org")[0]
    assert not any("private" in name for name in key)
    sealed = bytes(DkimKey.objects.get(selector=key["selector"]).private)
    assert sealed.hex() not in run("show", "--json")[1]


def test_what_cannot_be_done_exits_1_with_the_reason() -> None:
    for arguments, words in (
        (["create", "example"], "is not a domain"),
        (["check", "example.org"], "newsletter dkim create example.org"),
        (["retire", "example.org", "x"], "no DKIM key x"),
    ):
        code, _, err = run(*arguments)
        assert code == 1
        assert words in " ".join(err.split())
    data("create", "example.org")
    assert run("create", "example.org")[0] == 1
    assert run("check", "example.org", "--nameserver", "ns.example.org")[0] == 1
    assert run("create", "example.org", "--algorithm", "dsa")[0] == 2
    assert run("show", "other.example")[:2] == (0, "")


def test_the_doctor_looks_at_the_keys_and_at_dns(zone: nameserver.Zone) -> None:
    assert sending.signatures().health is Health.OK
    for key in data("create", "example.org"):
        found = sending.signatures(zone.address)
        assert found.health is Health.FAILED
        assert "newsletter dkim check example.org" in found.text
        zone.publish(key["name"], *key["strings"])
    assert sending.signatures(zone.address).health is Health.OK
    for key in data("create", "example.org", "--rotate"):
        zone.publish(key["name"], *key["strings"])
    assert sending.signatures(zone.address).health is Health.TO_DO
    DkimKey.objects.update(private=b"x")
    found = sending.signatures(zone.address)
    assert found.health is Health.FAILED
    assert "cannot be read" in found.text
