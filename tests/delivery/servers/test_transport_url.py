"""Reading the mail server's URL."""

import pytest

from newsletter.delivery.servers import transport_url
from newsletter.delivery.smtp.settings import TransportSettings
from newsletter.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", TransportSettings(host="mail.example.org", port=587, tls="starttls")),
        ("smtp://mail.example.org:25?tls=starttls", TransportSettings(host="mail.example.org", port=25)),
        ("smtp://127.0.0.1:1025?tls=none", TransportSettings(host="127.0.0.1", port=1025, tls="none")),
        ("smtp://[::1]:1025/?tls=none", TransportSettings(host="::1", port=1025, tls="none")),
        ("smtps://mail.example.org", TransportSettings(host="mail.example.org", port=465, tls="implicit")),
        (
            "smtp://desk%40example.org:p%3Aa%2Fs%23s%25w%C3%B6rd@mail.example.org",
            TransportSettings(host="mail.example.org", port=587, user="desk@example.org", password="p:a/s#s%wörd"),
        ),
    ],
)
def test_a_url_says_host_port_user_and_encryption(url: str, expected: TransportSettings) -> None:
    """T1: encryption is the default, and off only when asked."""
    assert transport_url.settings_of(url) == expected


BAD = [
    "http://mail.example.org",
    "mail.example.org:587",
    "smtp://",
    "smtp://user:hunter2@",
    "smtp://user:hunter2@mail.example.org:99999",
    "smtp://user:hunter2@mail.example.org:0",
    "smtp://user:hunter2@mail.example.org:port",
    "smtp://user:hunter2/x@mail.example.org",
    "smtp://user:hunter2#x@mail.example.org",
    "smtp://user:hunter2?x@mail.example.org",
    "smtp://user:hunter2@mail.example.org?tls=off",
    "smtp://user:hunter2@mail.example.org?tls=none&tls=starttls",
    "smtp://user:hunter2@mail.example.org?pass=hunter2",
    "smtp://user:hunter2@mail.example.org?tls",
    "smtps://user:hunter2@mail.example.org?tls=none",
    "smtp://user@mail.example.org",
    "smtp://:hunter2@mail.example.org",
    "smtp://user:hunter2%00@mail.example.org",
    "smtp://user:hunter2%ff@mail.example.org",
    "smtp://user:hunter2%0d%0aRSET@mail.example.org",
]


@pytest.mark.parametrize("url", BAD)
def test_a_bad_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        transport_url.settings_of(url)
    assert "NEWSLETTER_SMTP_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None  # it would be printed along, and quotes the URL


def test_settings_hide_their_password() -> None:
    assert "hunter2" not in repr(transport_url.settings_of("smtp://user:hunter2@mail.example.org"))
