"""Every setting is checked where it is read, and a wrong one says what to write instead."""

from pathlib import Path

import pytest
from django.test import override_settings

from newsletter import checks
from newsletter.conf import Config
from newsletter.project import environment
from newsletter.project.environment import BadSetting


def _read(**env: str) -> Config:
    return environment.read({f"NEWSLETTER_{name}": value for name, value in env.items()}, message_key=bytes(32))


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("LISTEN", "8000", "E001"),
        ("BASE_URL", "news.example.org", "E002"),
        ("BASE_URL", "https://news.example.org/path", "E002"),
        ("SMTP_URL", "mail.example.org", "E003"),
        ("TIME_ZONE", "Europe/Atlantis", "E005"),
        ("TIME_ZONE", "/etc/passwd", "E005"),
        ("MAIL_FROM", "nobody", "E006"),
        ("MAIL_FROM", "A\r\nBcc: b@example.org <a@example.org>", "E006"),
        ("TRUSTED_PROXIES", "yes", "E007"),
        ("LEASE_SECONDS", "0", "E008"),
        ("SMTP_CONNECTIONS", "1000", "E009"),
        ("FETCH_ALLOW", "cms.internal", "E010"),
        ("EHLO_NAME", "localhost", "E011"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_and_id(name: str, value: str, number: str) -> None:
    with pytest.raises(BadSetting, match=rf"NEWSLETTER_{name}.*newsletter\.{number}"):
        _read(**{name: value})


def test_without_settings_the_defaults_are_safe() -> None:
    config = _read()
    assert config.listen == "127.0.0.1:8000"
    assert config.is_loopback
    assert config.trusted_proxies == 0
    assert config.smtp_url is None
    assert config.fetch_allow == ()


@pytest.mark.parametrize("base", ["http://localhost:8000", "http://127.0.0.1:1", "https://news.example.org"])
def test_the_greeting_is_never_localhost(base: str) -> None:
    """T7: RFC 5321 §4.1.1.1 wants a full name or an address literal."""
    name = _read(BASE_URL=base).ehlo_name
    assert not name.startswith("localhost")
    assert "." in name


def test_listening_everywhere_still_gives_a_link_that_opens() -> None:
    assert _read(LISTEN="0.0.0.0:80").base_url == "http://localhost:80"


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="E012"):
        environment.read_keys(tmp_path, {"NEWSLETTER_SECRET_KEY": "short"})


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    environment.make_keys(tmp_path / "keys")
    (tmp_path / "keys" / "messages.key").write_text("not hexadecimal")
    with pytest.raises(BadSetting, match=r"messages\.key.*E013"):
        environment.read_keys(tmp_path / "keys", {})


def test_a_second_token_key_is_the_newest_and_the_first_still_verifies(tmp_path: Path) -> None:
    """U4: rotation appends a line; links that were mailed keep working."""
    environment.make_keys(tmp_path)
    path = tmp_path / "tokens.key"
    old = bytes.fromhex(path.read_text())
    path.write_text(path.read_text() + "ab" * 32 + "\n")
    keys = environment.read_keys(tmp_path, {})
    assert keys is not None
    assert keys.tokens == (bytes.fromhex("ab" * 32), old)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"BASE_URL": "http://news.example.org"}, "W001"),
        ({"SMTP_URL": "smtp://mail.example.org:25?tls=none"}, "W002"),
        ({"BASE_URL": "https://news.example.org", "MAILBOX_DIR": "/tmp/mails"}, "W003"),  # noqa: S108
    ],
)
def test_a_doubtful_setting_is_a_warning_with_a_hint(change: dict[str, str], number: str) -> None:
    with override_settings(NEWSLETTER=_read(**change)):
        found = [
            *checks.public_address_is_encrypted(None),
            *checks.mail_server_is_encrypted(None),
            *checks.mailbox_is_for_development(None),
        ]
    assert [message.id for message in found] == [f"newsletter.{number}"]
    assert found[0].hint
