"""The one reader of the environment: every setting by its name, with its default and its check."""

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newsletter.conf import Config
from newsletter.errors import UserError
from newsletter.project import setting_parsers
from newsletter.project.setting_parsers import BadSetting, shown

KEY_BYTES = 32
"""Length of each key."""
LEAST_SECRET = 32
"""Characters."""
KEY_FILES = ("secret.key", "tokens.key", "addresses.key", "messages.key")
"""In `keys/` of the data directory."""
ANY_HOST = frozenset({"0.0.0.0", "[::]"})  # noqa: S104  (recognised, never chosen)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Secrets of this installation, from `keys/` in the data directory."""

    secret: str
    tokens: tuple[bytes, ...]
    """Newest first; older keys still verify (trust U4)."""
    addresses: bytes
    messages: bytes


NO_KEYS: Keys = Keys(secret="", tokens=(bytes(32),), addresses=bytes(32), messages=bytes(32))
"""Of commands that need no installation; every server refuses to start with them."""


def data_dir(env: Mapping[str, str]) -> Path:
    """NEWSLETTER_DATA_DIR, else `~/.local/share/newsletter`."""
    try:
        usual = Path("~/.local/share/newsletter").expanduser()
    except RuntimeError:
        # A service without a home: refused below if it names no folder.
        usual = None
    given = setting_parsers.folder(env, "NEWSLETTER_DATA_DIR", "E015") or usual
    if given is None:
        raise BadSetting("E015", "NEWSLETTER_DATA_DIR is not set, and this user has no home: write a path.")
    return given


def make_keys(directory: Path) -> None:
    """Write the missing key files, mode 0600, in a directory of mode 0700; existing files are never touched."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in KEY_FILES:
        path = directory / name
        if path.exists():
            continue
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_hex(32) + "\n")


def read_keys(directory: Path, env: Mapping[str, str]) -> Keys | None:
    """The installation's keys; None before `newsletter init` has made them."""
    given = setting_parsers.text(env, "NEWSLETTER_SECRET_KEY", "E012")
    if given and len(given) < LEAST_SECRET:
        raise BadSetting("E012", f"NEWSLETTER_SECRET_KEY is too short: give it {LEAST_SECRET} characters or more.")
    try:
        if not directory.is_dir() or not any(directory.iterdir()):
            return None
    except OSError as error:
        raise BadSetting(
            "E013", f"The keys in {directory} cannot be read: {error.strerror}. Give them to this user."
        ) from error
    keys = {name: _read_key(directory / f"{name}.key") for name in ("secret", "tokens", "addresses", "messages")}
    return Keys(
        secret=given or keys["secret"][0].hex(),
        tokens=tuple(reversed(keys["tokens"])),
        addresses=keys["addresses"][0],
        messages=keys["messages"][0],
    )


def _read_key(path: Path) -> list[bytes]:
    # Never a default, never a new key in its place: what the old key protected would be lost without a word.
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
    """A variable that was named on the command line, such as a password's; "" when unset."""
    return os.environ.get(name, "")


def templates_dir() -> Path:
    """The wheel's `newsletter/_templates`, or the checkout's `templates/` beside the package."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_templates"
    return packed if packed.is_dir() else package.parent / "templates"


def read(env: Mapping[str, str], *, message_key: bytes) -> Config:
    """Read and check the settings. Raises BadSetting."""
    listen = _listen(setting_parsers.text(env, "NEWSLETTER_LISTEN", "E001") or "127.0.0.1:8000")
    base_url, host = _public(setting_parsers.text(env, "NEWSLETTER_BASE_URL", "E002") or f"http://{_reachable(listen)}")
    return Config(
        data_dir=data_dir(env),
        base_url=base_url,
        templates_dir=templates_dir(),
        smtp_url=_smtp_url(setting_parsers.text(env, "NEWSLETTER_SMTP_URL", "E003")),
        mail_from=_mail_from(setting_parsers.text(env, "NEWSLETTER_MAIL_FROM", "E006"), host),
        ehlo_name=_given_ehlo_name(setting_parsers.text(env, "NEWSLETTER_EHLO_NAME", "E011")) or _ehlo_name(host),
        listen=listen,
        trusted_proxies=setting_parsers.number(env, "NEWSLETTER_TRUSTED_PROXIES", "E007", 0, least=0, most=10),
        time_zone=_time_zone(setting_parsers.text(env, "NEWSLETTER_TIME_ZONE", "E005") or "UTC"),
        fetch_allow=_hosts(setting_parsers.text(env, "NEWSLETTER_FETCH_ALLOW", "E010")),
        lease_seconds=setting_parsers.number(env, "NEWSLETTER_LEASE_SECONDS", "E008", 60, least=1, most=600),
        smtp_connections=setting_parsers.number(env, "NEWSLETTER_SMTP_CONNECTIONS", "E009", 5, least=1, most=100),
        mailbox_dir=setting_parsers.folder(env, "NEWSLETTER_MAILBOX_DIR", "E016"),
        metrics_token=_metrics_token(setting_parsers.text(env, "NEWSLETTER_METRICS_TOKEN", "E030")),
        log_format=_log_format(setting_parsers.text(env, "NEWSLETTER_LOG_FORMAT", "E031") or "text"),
        message_key=message_key,
    )


def _listen(given: str) -> str:
    if setting_parsers.host_and_port(given) is None:
        raise BadSetting("E001", f"NEWSLETTER_LISTEN is {shown(given)}: write host:port, such as 127.0.0.1:8000.")
    return given


def _reachable(listen: str) -> str:
    """The listening address as a browser on this machine would write it."""
    host, _, port = listen.rpartition(":")
    return f"{'localhost' if host in ANY_HOST else host}:{port}"


def _public(given: str) -> tuple[str, str]:
    found = setting_parsers.public_address(given)
    if found is None:
        raise BadSetting(
            "E002",
            f"NEWSLETTER_BASE_URL is {shown(given)}: write scheme and host, such as https://news.example.org.",
        )
    return found


def _smtp_url(raw: str) -> str | None:
    if not raw:
        return None
    # Imported only where a URL is set: it brings in half of a mail client.
    from newsletter.delivery.servers import transport_url

    try:
        transport_url.settings_of(raw)
    except UserError as error:
        # Its words repeat no part of the value, which may hold a password.
        raise BadSetting("E003", str(error)) from None
    return raw


def _metrics_token(given: str) -> str:
    if given and (len(given) < LEAST_SECRET or not given.isascii()):
        # The value is a secret: it is not repeated.
        raise BadSetting(
            "E030",
            f"NEWSLETTER_METRICS_TOKEN cannot be used: give it {LEAST_SECRET} or more ASCII letters and digits.",
        )
    return given


def _log_format(given: str) -> str:
    if given not in {"text", "json"}:
        raise BadSetting("E031", f"NEWSLETTER_LOG_FORMAT is {shown(given)}: write text or json.")
    return given


def _time_zone(name: str) -> str:
    if not setting_parsers.zone(name):
        raise BadSetting(
            "E005",
            f"NEWSLETTER_TIME_ZONE is {shown(name)}, which is no zone that this machine knows: "
            "write one such as Europe/Berlin.",
        )
    return name


def _hosts(raw: str) -> tuple[str, ...]:
    hosts = tuple(host.strip() for host in raw.split(",") if host.strip())
    for host in hosts:
        if setting_parsers.host_and_port(host) is None:
            raise BadSetting(
                "E010",
                f"NEWSLETTER_FETCH_ALLOW holds {shown(host)}: write host:port, separated by commas.",
            )
    return hosts


def _mail_from(given: str, host: str) -> str:
    if not given:
        return f"Newsletter <newsletter@{_mail_domain(host)}>"
    if not setting_parsers.sender(given):
        raise BadSetting("E006", f"NEWSLETTER_MAIL_FROM is {shown(given)}: write Name <address@example.org>.")
    return given


def _given_ehlo_name(given: str) -> str:
    if given and not setting_parsers.greeting(given):
        raise BadSetting(
            "E011",
            f"NEWSLETTER_EHLO_NAME is {shown(given)}: write this machine's full name, such as mail.example.org.",
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
