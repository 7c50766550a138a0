"""The typed settings that rooms receive; only `newsletter.project` reads the environment to make them."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings as django_settings


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything a room may need to know about this installation. Immutable for the life of a process."""

    data_dir: Path
    base_url: str
    """Public address of our pages, without a trailing slash; every link derives from it, never from Host."""
    templates_dir: Path
    """The folder that holds `email/`, `web/` and `subscribers/` (the wheel's or the checkout's)."""
    smtp_url: str | None
    """`smtp://user:pass@host:587?tls=starttls|none`, `smtps://…`; None until an admin sets it."""
    mail_from: str
    """Sender of our own single mails (sign-in, invitations, alerts), as `Name <address>`."""
    ehlo_name: str
    """FQDN or address literal we greet mail servers with (RFC 5321 §4.1.1.1)."""
    listen: str
    """`host:port` of the web server."""
    trusted_proxies: int
    """How many reverse proxies stand before us; 0 means that X-Forwarded-* is ignored."""
    time_zone: str
    fetch_allow: tuple[str, ...]
    """`host:port` of private hosts that the fetcher may open."""
    lease_seconds: float
    """How long a worker's claim on a chunk lasts without a sign of life."""
    smtp_connections: int
    """Connections to the mail server in all, divided among the delivery processes that one command starts."""
    mailbox_dir: Path | None
    """Where the development mailbox keeps its mails; None when it does not run here."""
    metrics_token: str
    """Who shows it may read `/metrics`; empty: there is no such page."""
    log_format: str
    """`text` or `json`."""
    message_key: bytes
    """32 bytes: key of Message-IDs and VERP tokens."""

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def host(self) -> str:
        """Host of the public address, without the port."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def is_loopback(self) -> bool:
        """True when the public address is this machine only; plain http is allowed then, and flagged."""
        return self.host in {"localhost", "127.0.0.1", "::1"} or self.host.endswith(".localhost")


def config() -> Config:
    """The configuration of this process."""
    return django_settings.NEWSLETTER
