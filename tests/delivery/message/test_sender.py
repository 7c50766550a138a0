"""Who a mail comes from: read from a setting, kept as JSON, checked, and written into headers."""

from datetime import UTC, datetime

import pytest

from newsletter.delivery.message.sender import Sender, origin_headers
from newsletter.errors import InvalidInput
from tests.delivery.message.test_issue_template import SENDER


def test_a_sender_survives_json() -> None:
    """An approval keeps it."""
    assert Sender(**SENDER.as_json()) == SENDER


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Newsletter <news@example.org>", "Newsletter", "news@example.org"),
        ('"Doe, \\"J\\"" <j@example.org>', 'Doe, "J"', "j@example.org"),
        ("news@bücher.example", "", "news@xn--bcher-kva.example"),
        (" Zeitung für alle <news@example.org> ", "Zeitung für alle", "news@example.org"),
    ],
)
def test_a_sender_is_read_from_a_setting(text: str, name: str, address: str) -> None:
    sender = Sender.parse(text)
    assert (sender.name, sender.address) == (name, address)


def test_a_checked_sender_has_a_labels_everywhere() -> None:
    sender = Sender(name="", address="a@bücher.example", reply_to="b@bücher.example", bounce_domain="bücher.example")
    checked = sender.checked()
    domain = "xn--bcher-kva.example"
    assert (checked.address, checked.reply_to, checked.bounce_domain) == (f"a@{domain}", f"b@{domain}", domain)
    assert checked.checked() == checked


def test_a_sender_that_cannot_send_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        Sender(name="", address="größe@example.org").checked()
    assert caught.value.field == "sender"


def test_mail_comes_back_to_the_bounce_domain_or_to_the_address() -> None:
    assert SENDER.return_domain == "bounces.example.org"
    assert Sender(name="", address="a@example.org").return_domain == "example.org"


def test_the_origin_is_said_in_headers_in_their_order() -> None:
    """RFC 5322 §3.6, RFC 3834 §5; Precedence for a list only."""
    date = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
    names = [line.partition(b":")[0] for line in origin_headers(SENDER, date, precedence="bulk").splitlines()]
    assert names == [b"From", b"Reply-To", b"Date", b"MIME-Version", b"Precedence", b"Auto-Submitted"]
    assert b"Precedence" not in origin_headers(SENDER, date)
    with pytest.raises(ValueError, match="zone"):
        origin_headers(SENDER, date.replace(tzinfo=None))
