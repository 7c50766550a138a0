"""Start-up checks: a doubtful setting is a warning at start, with an id and a hint, not a surprise at send time.

Settings that cannot be used at all (newsletter.E001 and on) are refused earlier, where they are read.
"""

import stat
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning, register

from newsletter.conf import config

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@register
def public_address_is_encrypted(app_configs: Sequence[Any] | None, **_options: Any) -> list[CheckMessage]:
    """Sign-in and unsubscribe links must not travel in clear."""
    settings = config()
    if settings.is_loopback or settings.base_url.startswith("https://"):
        return []
    return [
        Warning(
            "NEWSLETTER_BASE_URL is plain http on a public name; issues will not pass the check before sending.",
            hint="Put a proxy with a certificate in front and write https:// there.",
            id="newsletter.W001",
        )
    ]


@register
def mail_server_is_encrypted(app_configs: Sequence[Any] | None, **_options: Any) -> list[CheckMessage]:
    """Clear text is for this machine only (RFC 8314)."""
    parts = urlsplit(config().smtp_url or "")
    if "tls=none" not in parts.query or parts.hostname in _HERE:
        return []
    return [
        Warning(
            "NEWSLETTER_SMTP_URL asks for an unencrypted connection to another machine.",
            hint="Take ?tls=none away; without TLS everyone on the way can read every address.",
            id="newsletter.W002",
        )
    ]


@register
def mailbox_is_for_development(app_configs: Sequence[Any] | None, **_options: Any) -> list[CheckMessage]:
    """The development mailbox keeps every reader's address in clear."""
    settings = config()
    if settings.mailbox_dir is None or settings.is_loopback:
        return []
    return [
        Warning(
            "NEWSLETTER_MAILBOX_DIR is set on a public installation: caught mails can be read in the newsroom.",
            hint="Leave it empty in production.",
            id="newsletter.W003",
        )
    ]


@register
def keys_are_private(app_configs: Sequence[Any] | None, **_options: Any) -> list[CheckMessage]:
    """Whoever reads the keys can forge links and read addresses."""
    folder = config().data_dir / "keys"
    loose = [path.name for path in folder.glob("*.key") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if not loose:
        return []
    return [
        Error(
            f"Others on this machine may read {', '.join(sorted(loose))}.",
            hint=f"Run: chmod 600 {folder}/*.key",
            id="newsletter.E014",
        )
    ]
