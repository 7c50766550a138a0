"""Where mail may travel without encryption."""

import pytest

from newsletter.delivery.smtp import cleartext_policy
from newsletter.delivery.smtp.cleartext_policy import Reach


@pytest.mark.parametrize(
    ("host", "addresses", "expected"),
    [
        ("localhost", [], Reach.HERE),
        ("127.0.0.7", [], Reach.HERE),
        ("::1", [], Reach.HERE),
        ("mail.localhost", [], Reach.HERE),
        ("10.1.2.3", [], Reach.PRIVATE),
        ("192.168.0.9", [], Reach.PRIVATE),
        ("172.16.0.1", [], Reach.PRIVATE),
        ("100.64.1.1", [], Reach.PRIVATE),
        ("fd00::1", [], Reach.PRIVATE),
        ("fe80::1", [], Reach.PRIVATE),
        ("9.9.9.9", [], Reach.PUBLIC),
        ("2620:fe::fe", [], Reach.PUBLIC),
        ("relay", ["10.0.0.2"], Reach.PRIVATE),
        ("relay", ["10.0.0.2", "9.9.9.9"], Reach.PUBLIC),
        ("relay", ["::ffff:9.9.9.9"], Reach.PUBLIC),
        ("relay", ["::ffff:10.0.0.2"], Reach.PRIVATE),
        ("relay", ["fe80::1%eth0"], Reach.PRIVATE),
        ("localhost.example", ["9.9.9.9"], Reach.PUBLIC),
        ("relay", [], Reach.UNKNOWN),
    ],
)
def test_how_far_a_server_is_goes_by_all_its_addresses(host: str, addresses: list[str], expected: Reach) -> None:
    assert cleartext_policy.reach(host, resolve=lambda _host: addresses) is expected


def test_a_name_that_nobody_knows_has_no_addresses() -> None:
    assert cleartext_policy.resolved("no-such-host.invalid") == []
    assert cleartext_policy.resolved("a" * 300) == []
    assert "127.0.0.1" in cleartext_policy.resolved("localhost")


def test_what_is_no_address_counts_as_public() -> None:
    assert cleartext_policy.is_public("")
    assert cleartext_policy.is_public("/run/mail.sock")


def test_only_mail_that_leaves_this_machine_unencrypted_is_clear() -> None:
    assert cleartext_policy.is_clear(tls="none", host="relay")
    assert not cleartext_policy.is_clear(tls="none", host="127.0.0.1")
    assert not cleartext_policy.is_clear(tls="starttls", host="relay")
