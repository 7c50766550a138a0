"""The one reader of the environment: every setting by its name, with its default and its check."""

import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.conf import Config

KEY_BYTES = 32
LEAST_SECRET = 32
ANY_HOST = frozenset({"0.0.0.0", "[::]"})  # noqa: S104  (recognised, never chosen)


class BadSetting(ValueError):
    """A setting that cannot be used; the text names it and says what to write instead. Its id is in the README."""

    def __init__(self, number: str, text: str) -> None:
        super().__init__(f"{text} (newsletter.{number})")


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Secrets of this installation, from `keys/` in the data directory."""

    secret: str
    tokens: tuple[bytes, ...]
    """Newest first; older ones still verify (trust U4)."""
    addresses: bytes
    messages: bytes


# What commands that need no installation run with; every server refuses to start on it.
NO_KEYS: Keys = Keys(secret="", tokens=(bytes(32),), addresses=bytes(32), messages=bytes(32))


def data_dir(env: Mapping[str, str]) -> Path:
    """NEWSLETTER_DATA_DIR, else `~/.local/share/newsletter`."""
    given = env.get("NEWSLETTER_DATA_DIR", "").strip()
    return Path(given).expanduser().resolve() if given else Path("~/.local/share/newsletter").expanduser()


def make_keys(directory: Path) -> None:
    """Write the missing key files, mode 0600, in a directory of mode 0700; existing ones are never touched."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("secret.key", "tokens.key", "addresses.key", "messages.key"):
        path = directory / name
        if path.exists():
            continue
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_hex(32) + "\n")


def read_keys(directory: Path, env: Mapping[str, str]) -> Keys | None:
    """The installation's keys; None before `newsletter init` has made them."""
    given = env.get("NEWSLETTER_SECRET_KEY", "").strip()
    if given and len(given) < LEAST_SECRET:
        raise BadSetting("E012", f"NEWSLETTER_SECRET_KEY is too short: give it {LEAST_SECRET} characters or more.")
    if not directory.is_dir() or not any(directory.iterdir()):
        return None
    keys = {name: _read_key(directory / f"{name}.key") for name in ("secret", "tokens", "addresses", "messages")}
    return Keys(
        secret=given or keys["secret"][0].hex(),
        tokens=tuple(reversed(keys["tokens"])),
        addresses=keys["addresses"][0],
        messages=keys["messages"][0],
    )


def _read_key(path: Path) -> list[bytes]:
    # Never a default, never a new one in its place: what the old one protected would be lost without a word.
    try:
        keys = [bytes.fromhex(line) for line in path.read_text("ascii").split()]
    except FileNotFoundError:
        raise BadSetting("E013", f"The key {path} is missing. Restore it from your backup.") from None
    except OSError as error:
        raise BadSetting("E013", f"The key {path} cannot be read: {error.strerror}. Give it to this user.") from error
    except ValueError as error:
        raise BadSetting("E013", f"The key {path} is damaged. Restore it from your backup.") from error
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise BadSetting("E013", f"The key {path} is damaged. Restore it from your backup.")
    return keys


def variable(name: str) -> str:
    """A variable that a person named on the command line, such as one that holds a password; empty when unset."""
    return os.environ.get(name, "")


def templates_dir() -> Path:
    """The wheel's `newsletter/_templates`, or the checkout's `templates/` beside the package."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_templates"
    return packed if packed.is_dir() else package.parent / "templates"


def read(env: Mapping[str, str], *, message_key: bytes) -> Config:
    """Read and check the settings. Raises BadSetting."""
    listen = env.get("NEWSLETTER_LISTEN", "127.0.0.1:8000")
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", listen):
        raise BadSetting("E001", f"NEWSLETTER_LISTEN is {listen!r}: write host:port, such as 127.0.0.1:8000.")
    base_url = env.get("NEWSLETTER_BASE_URL", "").rstrip("/") or f"http://{_reachable(listen)}"
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise BadSetting(
            "E002", f"NEWSLETTER_BASE_URL is {base_url!r}: write scheme and host, such as https://news.example.org."
        )
    host = parts.hostname
    ehlo = _given_ehlo_name(env.get("NEWSLETTER_EHLO_NAME", "").strip()) or _ehlo_name(host)
    directory = data_dir(env)
    mailbox = env.get("NEWSLETTER_MAILBOX_DIR", "").strip()
    return Config(
        data_dir=directory,
        base_url=base_url,
        templates_dir=templates_dir(),
        smtp_url=_smtp_url(env.get("NEWSLETTER_SMTP_URL", "").strip()),
        mail_from=_mail_from(env.get("NEWSLETTER_MAIL_FROM", "").strip(), host),
        ehlo_name=ehlo,
        listen=listen,
        trusted_proxies=_number(env, "NEWSLETTER_TRUSTED_PROXIES", "E007", 0, least=0, most=10),
        time_zone=_time_zone(env.get("NEWSLETTER_TIME_ZONE", "").strip() or "UTC"),
        fetch_allow=_hosts(env.get("NEWSLETTER_FETCH_ALLOW", "")),
        lease_seconds=_number(env, "NEWSLETTER_LEASE_SECONDS", "E008", 60, least=1, most=600),
        smtp_connections=_number(env, "NEWSLETTER_SMTP_CONNECTIONS", "E009", 5, least=1, most=100),
        mailbox_dir=Path(mailbox).expanduser().resolve() if mailbox else None,
        metrics_token=_metrics_token(env.get("NEWSLETTER_METRICS_TOKEN", "").strip()),
        log_format=_log_format(env.get("NEWSLETTER_LOG_FORMAT", "").strip() or "text"),
        message_key=message_key,
    )


def _reachable(listen: str) -> str:
    """The listening address as a browser on this machine would write it."""
    host, _, port = listen.rpartition(":")
    return f"{'localhost' if host in ANY_HOST else host}:{port}"


def _number(env: Mapping[str, str], name: str, number: str, default: int, *, least: int, most: int) -> int:
    raw = env.get(name, "").strip()
    if not raw:
        return default
    if not raw.isdigit() or not least <= int(raw) <= most:
        raise BadSetting(number, f"{name} is {raw!r}: write a whole number from {least} to {most}.")
    return int(raw)


def _smtp_url(raw: str) -> str | None:
    if not raw:
        return None
    parts = urlsplit(raw)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        # The value may hold a password: it is not repeated.
        raise BadSetting(
            "E003",
            "NEWSLETTER_SMTP_URL cannot be read: write smtp://user:password@host:587?tls=starttls "
            "or smtps://user:password@host.",
        )
    return raw


def _metrics_token(given: str) -> str:
    if given and (len(given) < LEAST_SECRET or not given.isascii()):
        # The value is a secret: it is not repeated.
        raise BadSetting(
            "E030", f"NEWSLETTER_METRICS_TOKEN is too short: give it {LEAST_SECRET} ASCII characters or more."
        )
    return given


def _log_format(given: str) -> str:
    if given not in {"text", "json"}:
        raise BadSetting("E031", f"NEWSLETTER_LOG_FORMAT is {given!r}: write text or json.")
    return given


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSetting(
            "E005", f"NEWSLETTER_TIME_ZONE is {name!r}, which is no known zone: write one such as Europe/Berlin."
        ) from error
    return name


def _hosts(raw: str) -> tuple[str, ...]:
    hosts = tuple(host.strip() for host in raw.split(",") if host.strip())
    for host in hosts:
        if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s/@]+):\d{1,5}", host):
            raise BadSetting("E010", f"NEWSLETTER_FETCH_ALLOW holds {host!r}: write host:port, separated by commas.")
    return hosts


def _mail_from(given: str, host: str) -> str:
    if not given:
        return f"Newsletter <newsletter@{_mail_domain(host)}>"
    _, address = parseaddr(given)
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address) or not given.isprintable():
        raise BadSetting("E006", f"NEWSLETTER_MAIL_FROM is {given!r}: write Name <address@example.org>.")
    return given


def _given_ehlo_name(given: str) -> str:
    # RFC 5321 §4.1.3: a domain, or an address in brackets.
    if given and (
        given.startswith("localhost") or not re.fullmatch(r"[A-Za-z0-9.-]+\.[A-Za-z0-9-]+|\[[^\]\s]+\]", given)
    ):
        raise BadSetting(
            "E011", f"NEWSLETTER_EHLO_NAME is {given!r}: write this machine's full name, such as mail.example.org."
        )
    return given


def _mail_domain(host: str) -> str:
    return host if "." in host and not host.replace(".", "").isdigit() else "newsletter.localhost"


def _ehlo_name(host: str) -> str:
    """RFC 5321 §4.1.1.1: a real FQDN, else an address literal; never `localhost` (trust T7)."""
    for name in (host, socket.getfqdn()):
        if (
            "." in name
            and name.isascii()
            and not name.replace(".", "").isdigit()
            and not name.startswith("localhost")
            and not name.endswith((".localhost", ".localdomain", ".arpa"))
        ):
            return name
    return "[127.0.0.1]"
