"""Keys at rest and at work: made, sealed, read again, rotated, retired; never unsigned by accident (trust X1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dns.resolver
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.delivery.dkim import dns_check, signatures, signing_keys
from newsletter.delivery.dkim.dns_record import Published
from newsletter.delivery.models import DkimKey
from newsletter.errors import InvalidInput, NotAllowed, NotFound
from newsletter.staff.models import AuditEntry
from tests import nameserver, verifiers

pytestmark = pytest.mark.django_db

KEY = bytes(range(32))
MAIL = b"From: news@example.org\r\nTo: jane@example.com\r\nSubject: Today\r\n\r\nGood morning.\r\n"
SIGNED_AT = 1_735_689_600


@pytest.fixture
def zone() -> Iterator[nameserver.Zone]:
    with nameserver.running() as zone:
        yield zone


@pytest.fixture
def resolver(zone: nameserver.Zone) -> dns.resolver.Resolver:
    return dns_check.resolver(zone.address)


def create(now: datetime, domain: str = "example.org", **options: Any) -> list[DkimKey]:
    return signing_keys.create(domain, message_key=KEY, by="test", now=now, **options)


def signer(domain: str = "example.org") -> signatures.Signer:
    made = signing_keys.signer_for(domain, message_key=KEY)
    assert made is not None
    return made


def records() -> dict[str, str]:
    return {record.name: record.text for record in map(signing_keys.record_of, DkimKey.objects.all())}


def selectors(domain: str = "example.org") -> set[str]:
    """Whose signatures a receiver accepts on a mail signed now."""
    mail = signer(domain).sign(MAIL, now=SIGNED_AT)
    (accepted,) = verifiers.opendkim([mail], records())
    assert len(accepted) == mail.count(b"DKIM-Signature:")
    return accepted


def publish(zone: nameserver.Zone, *keys: DkimKey) -> None:
    for record in map(signing_keys.record_of, keys):
        zone.publish(record.name, *record.strings)


def test_a_domain_without_keys_is_not_signed_here() -> None:
    assert signing_keys.signer_for("example.org", message_key=KEY) is None


def test_the_first_keys_sign_at_once_and_a_receiver_accepts_them(now: datetime) -> None:
    rsa, ed25519 = create(now)
    assert (rsa.selector, ed25519.selector) == ("20261126-rsa", "20261126-ed25519")
    assert load_der_public_key(rsa.public).key_size == 2048  # type: ignore[union-attr]
    assert len(ed25519.public) == 32
    assert selectors() == {"20261126-rsa", "20261126-ed25519"}
    for accepted in (verify([signer().sign(MAIL, now=SIGNED_AT)], records()) for verify in verifiers.ALL):
        assert accepted == [{"20261126-rsa", "20261126-ed25519"}]


def test_a_subdomain_is_signed_by_its_own_keys_or_else_its_parents(now: datetime) -> None:
    """Trust A1: DMARC aligns the two."""
    create(now, algorithms=[signing_keys.Algorithm.ED25519], selector="parent")
    assert selectors("news.example.org") == selectors("a.news.example.org") == {"parent"}
    create(now, "news.example.org", algorithms=[signing_keys.Algorithm.ED25519], selector="own")
    assert selectors("News.example.org") == selectors("a.news.example.org") == {"own"}
    assert selectors("example.org") == {"parent"}
    for other in ("example.com", "org", "notexample.org"):
        assert signing_keys.signer_for(other, message_key=KEY) is None


def test_a_domain_beyond_ascii_is_kept_as_its_a_label(now: datetime) -> None:
    (key,) = create(now, " Bücher.example. ", algorithms=[signing_keys.Algorithm.RSA], selector="Autumn")
    assert str(key) == "autumn._domainkey.xn--bcher-kva.example"
    assert selectors("xn--bcher-kva.example") == {"autumn"}
    assert signing_keys.keys_of("bücher.example") == [key]


def test_private_keys_are_sealed_in_the_database(now: datetime) -> None:
    for key in create(now):
        sealed = bytes(DkimKey.objects.get(pk=key.pk).private)
        assert b"\x06\x09\x2a\x86\x48" not in sealed  # rsaEncryption, as every RSA key in DER begins
        assert b"\x06\x03\x2b\x65\x70" not in sealed  # Ed25519


@pytest.mark.parametrize("harm", ["another installation's keys", "damaged", "of another row", "emptied", "one of two"])
def test_a_key_that_cannot_be_read_stops_the_mail_and_says_what_helps(now: datetime, harm: str) -> None:
    """X1."""
    rsa, ed25519 = create(now)
    key = KEY
    if harm == "another installation's keys":
        key = bytes(32)
    elif harm == "damaged":
        DkimKey.objects.update(private=bytes(rsa.private)[:-1] + bytes([rsa.private[-1] ^ 1]))
    elif harm == "of another row":
        DkimKey.objects.filter(pk=ed25519.pk).update(private=rsa.private)
    elif harm == "emptied":
        DkimKey.objects.update(private=b"")
    else:
        DkimKey.objects.filter(pk=rsa.pk).update(private=b"x")
    with pytest.raises(signing_keys.SigningKeyUnavailable) as error:
        signing_keys.signer_for("news.example.org", message_key=key)
    for part in ("not sent unsigned", "Nothing is lost", "keys/messages.key", "--rotate", "then resume"):
        assert part in str(error.value)
    assert len(str(error.value)) < 500


def test_keys_that_are_changed_while_it_runs_are_seen(now: datetime) -> None:
    """X1: a signer that was read before does not hide it."""
    create(now)
    signer()
    DkimKey.objects.update(private=b"x")
    with pytest.raises(signing_keys.SigningKeyUnavailable):
        signer()


def test_a_rotated_key_signs_once_dns_shows_it_and_the_old_one_keeps_verifying(
    now: datetime, zone: nameserver.Zone, resolver: dns.resolver.Resolver
) -> None:
    rsa = [signing_keys.Algorithm.RSA]
    (old,) = create(now, algorithms=rsa)
    publish(zone, old)
    before = signer().sign(MAIL, now=SIGNED_AT)
    later = now + timedelta(days=90)
    (new,) = create(later, algorithms=rsa, rotate=True)
    assert (old.selector, new.selector) == ("20261126-rsa", "20270224-rsa")
    assert selectors() == {old.selector}

    found = signing_keys.check("example.org", resolver=resolver, by="test", now=later)
    assert [finding.published for _, finding in found] == [Published.EQUAL, Published.MISSING]
    assert selectors() == {old.selector}

    publish(zone, new)
    signing_keys.check("example.org", resolver=resolver, by="test", now=later)
    assert selectors() == {new.selector}
    assert verifiers.opendkim([before], records()) == [{old.selector}]

    signing_keys.retire("example.org", old.selector, by="test", now=later)
    assert selectors() == {new.selector}
    assert bytes(DkimKey.objects.get(pk=old.pk).private) == b""
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["dkim.created", "dkim.created", "dkim.activated", "dkim.retired"]


def test_a_waiting_key_can_be_made_to_sign(now: datetime, resolver: dns.resolver.Resolver) -> None:
    """Where DNS shows the record to the world and not to us."""
    create(now)
    create(now, rotate=True)
    assert selectors() == {"20261126-rsa", "20261126-ed25519"}
    signing_keys.check("example.org", resolver=resolver, by="test", now=now, sign_now=True)
    assert selectors() == {"20261126-rsa-2", "20261126-ed25519-2"}


def test_a_dns_that_fails_starts_no_key(now: datetime, zone: nameserver.Zone, resolver: dns.resolver.Resolver) -> None:
    """N1."""
    create(now)
    publish(zone, *create(now, rotate=True))
    zone.fails = True
    found = signing_keys.check("example.org", resolver=resolver, by="test", now=now)
    assert {finding.published for _, finding in found} == {Published.UNKNOWN}
    assert selectors() == {"20261126-rsa", "20261126-ed25519"}


@pytest.mark.parametrize("left", ["nothing", "a key that waits"])
def test_lost_keys_are_no_reason_to_send_unsigned(now: datetime, left: str) -> None:
    """X1: the rows are gone, as after an old backup was put back."""
    old = create(now)
    if left != "nothing":
        create(now, rotate=True)
    DkimKey.objects.filter(pk__in=[key.pk for key in old]).delete()
    with pytest.raises(signing_keys.SigningKeyUnavailable, match="newsletter dkim check"):
        signing_keys.signer_for("news.example.org", message_key=KEY)


def test_the_last_key_that_signs_is_kept_unless_that_is_said(now: datetime, resolver: dns.resolver.Resolver) -> None:
    rsa, ed25519 = create(now)
    signing_keys.retire("example.org", ed25519.selector, by="test", now=now)
    create(now, rotate=True)
    with pytest.raises(NotAllowed, match="--unsigned"):
        signing_keys.retire("example.org", rsa.selector, by="test", now=now)
    assert selectors() == {rsa.selector}
    signing_keys.retire("example.org", rsa.selector, by="test", now=now, unsigned=True)
    assert signing_keys.signer_for("example.org", message_key=KEY) is None
    signing_keys.check("example.org", resolver=resolver, by="test", now=now, sign_now=True)
    assert selectors() == {"20261126-rsa-2", "20261126-ed25519-2"}


def test_keys_are_not_replaced_unasked_and_a_selector_is_used_once(now: datetime) -> None:
    (key,) = create(now, selector="s1", algorithms=[signing_keys.Algorithm.RSA])
    with pytest.raises(NotAllowed, match="--rotate"):
        create(now)
    signing_keys.retire("example.org", "s1", by="test", now=now, unsigned=True)
    with pytest.raises(NotAllowed, match="used"):
        create(now, selector="S1", algorithms=[signing_keys.Algorithm.RSA])
    with pytest.raises(NotFound):
        signing_keys.retire("example.org", "s1", by="test", now=now)
    assert DkimKey.objects.get() == key


def test_ed25519_beside_an_rsa_key_waits_for_its_record(now: datetime) -> None:
    create(now, selector="r", algorithms=[signing_keys.Algorithm.RSA])
    (second,) = create(now, selector="e", algorithms=[signing_keys.Algorithm.ED25519])
    assert second.active_from is None
    assert selectors() == {"r"}


@pytest.mark.parametrize("domain", ["", "org", "a b.example", "example.org/x", "-.org", "x@example.org", "a" * 260])
def test_what_is_no_domain_is_refused(domain: str, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        create(now, domain)


@pytest.mark.parametrize("selector", ["a b", "ü", "a\r\nb", "x" * 64, "a..b", "-a"])
def test_what_is_no_selector_is_refused(selector: str, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        create(now, selector=selector)
    assert not DkimKey.objects.exists()


def test_checking_a_domain_without_keys_says_how_to_make_some(resolver: dns.resolver.Resolver, now: datetime) -> None:
    with pytest.raises(NotFound, match="newsletter dkim create"):
        signing_keys.check("example.org", resolver=resolver, by="test", now=now)
