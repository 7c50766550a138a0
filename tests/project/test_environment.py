"""Every setting is checked where it is read, and a wrong one says what to write instead."""

from pathlib import Path

import pytest
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter import checks
from newsletter.conf import Config
from newsletter.project import databases, environment
from newsletter.project.setting_parsers import BadSetting

IDS = {
    "DATA_DIR": "E015",
    "DATABASE_URL": "E004",
    "BASE_URL": "E002",
    "LISTEN": "E001",
    "TRUSTED_PROXIES": "E007",
    "SMTP_URL": "E003",
    "SMTP_CONNECTIONS": "E009",
    "EHLO_NAME": "E011",
    "MAIL_FROM": "E006",
    "TIME_ZONE": "E005",
    "FETCH_ALLOW": "E010",
    "LEASE_SECONDS": "E008",
    "METRICS_TOKEN": "E030",
    "LOG_FORMAT": "E031",
    "SECRET_KEY": "E012",
    "MAILBOX_DIR": "E016",
}
"""Every setting with the id of its refusal."""


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
        ("EHLO_NAME", "[bücher]", "E011"),
        ("EHLO_NAME", "mail.example.org\nQUIT", "E011"),
        ("TRUSTED_PROXIES", "²", "E007"),
        ("TRUSTED_PROXIES", "٢", "E007"),
        ("LEASE_SECONDS", "9" * 5000, "E008"),
        ("LEASE_SECONDS", "+5", "E008"),
        ("SMTP_CONNECTIONS", "1_0", "E009"),
        ("LISTEN", "127.0.0.1:²", "E001"),
        ("LISTEN", "127.0.0.1:۸۰۰۰", "E001"),
        ("LISTEN", "127.0.0.1:99999", "E001"),
        ("LISTEN", "[::::]:80", "E001"),
        ("LISTEN", "a..b:80", "E001"),
        ("LISTEN", f"{'a' * 64}.example.org:80", "E001"),
        ("BASE_URL", "https://[::1", "E002"),
        ("BASE_URL", "https://news.example.org:99999", "E002"),
        ("BASE_URL", "https://news.example.org:٤٤٣", "E002"),
        ("BASE_URL", "https://*", "E002"),
        ("BASE_URL", "https://.example.org", "E002"),
        ("BASE_URL", "https://me:secret@news.example.org", "E002"),
        ("BASE_URL", "https://news.example.org\r\nSet-Cookie:x", "E002"),
        ("SMTP_URL", "smtp://mail.example.org:70000", "E003"),
        ("SMTP_URL", "smtp://[::1", "E003"),
        ("FETCH_ALLOW", "cms.internal:²", "E010"),
        ("FETCH_ALLOW", "cms.internal:80,cms.internal:65536", "E010"),
        ("MAIL_FROM", "a@example.org, b@example.org", "E006"),
        ("MAIL_FROM", "A \u2028 <a@example.org>", "E006"),
        ("TIME_ZONE", "Europe", "E005"),
        ("TIME_ZONE", "x" * 5000, "E005"),
        ("MAILBOX_DIR", "~nobody-of-this-name/mails", "E016"),
        ("MAILBOX_DIR", "x" * 5000, "E016"),
        ("METRICS_TOKEN", "short", "E030"),
        ("LOG_FORMAT", "xml", "E031"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_and_id(name: str, value: str, number: str) -> None:
    with pytest.raises(BadSetting, match=rf"NEWSLETTER_{name}.*newsletter\.{number}"):
        _read(**{name: value})


def _start(tmp: str, name: str, value: str) -> None:
    """Read everything, as a process does when it starts."""
    env = {"NEWSLETTER_DATA_DIR": tmp, f"NEWSLETTER_{name}": value}
    data = environment.data_dir(env)
    environment.read_keys(data / "keys", env)
    databases.read(env, data)
    environment.read(env, message_key=bytes(32))


BYTES = st.binary(max_size=40).map(lambda raw: raw.decode(errors="surrogateescape"))
"""What the system hands over as a variable, whoever wrote it."""
NEAR = st.text("0123456789²٣५:/@[]%.,?#=~ab\\<>\"' \n\x7f\u200c\u2028\udcff", max_size=30)
STARTS = st.sampled_from(
    ["", "https://", "smtp://", "smtps://a:b@", "postgresql://", "127.0.0.1:", "A <", "[", "~", "/"]
)


@given(name=st.sampled_from(sorted(IDS)), start=STARTS, rest=BYTES | NEAR)
@example(name="TRUSTED_PROXIES", start="", rest="²")
@example(name="DATABASE_URL", start="postgresql://", rest="localhost:²/x")
@example(name="DATABASE_URL", start="postgresql://", rest="a:b%00c@localhost/x")
@example(name="DATABASE_URL", start="postgresql://", rest="localhost")
@example(name="DATABASE_URL", start="postgresql://", rest="[::1/x")
@example(name="DATA_DIR", start="", rest="x\0y")
@example(name="SECRET_KEY", start="", rest="\udcff" * 40)
@example(name="MAIL_FROM", start="A <", rest="\udcff@example.org>")
def test_whatever_stands_in_a_setting_it_is_used_or_refused_in_one_line(name: str, start: str, rest: str) -> None:
    """Digits of other scripts, numbers without end, bytes that are no text: nothing ends in a traceback."""
    try:
        _start("/nowhere/at-all", name, start + rest)
    except BadSetting as error:
        line = str(error)
        assert f"NEWSLETTER_{name} " in line
        assert line.endswith(f" (newsletter.{IDS[name]})")
        assert len(line.splitlines()) == 1
        assert len(line) < 400
        line.encode()


def test_what_is_refused_is_named_also_where_it_is_secret_but_never_repeated() -> None:
    for name, value in (
        ("SECRET_KEY", "hunter2"),
        ("METRICS_TOKEN", "hunter2"),
        ("SMTP_URL", "smtp://me:hunter2@[x"),
        ("DATABASE_URL", "postgresql://me:hunter2#@db:port/name"),
    ):
        with pytest.raises(BadSetting) as refused:
            _start("/nowhere/at-all", name, value)
        assert "hunter2" not in str(refused.value)
        assert refused.value.__cause__ is None


def test_names_in_other_scripts_and_ipv6_are_taken() -> None:
    config = _read(
        MAIL_FROM="خبر\u200cنامه <news@example.org>", LISTEN="[::1]:8000", FETCH_ALLOW="[::1]:80, cms_1.internal:8080"
    )
    assert config.mail_from.endswith("<news@example.org>")
    assert config.base_url == "http://[::1]:8000"
    assert config.fetch_allow == ("[::1]:80", "cms_1.internal:8080")
    assert _read(BASE_URL="https://News.Example.org:8443/").base_url == "https://news.example.org:8443"


def test_a_database_is_found_by_its_address_alone() -> None:
    url = "postgresql://me:p%40ss%2Fword@db.example.org:5433/news?sslmode=require"
    found = databases.read({"NEWSLETTER_DATABASE_URL": url}, Path())
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "me",
        "p@ss/word",
        "db.example.org",
        "5433",
        "news",
    ]
    assert found["OPTIONS"]["sslmode"] == "require"


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
