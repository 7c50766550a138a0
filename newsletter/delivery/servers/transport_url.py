"""The way out, from its URL: strict to read, safe by default, and silent about its password."""

import re
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urlsplit

from newsletter.delivery.smtp.settings import Tls, TransportSettings
from newsletter.errors import InvalidInput, UserError
from newsletter.translatable import Translatable as _

_PORTS: dict[str, int] = {"smtp": 587, "smtps": 465}
_SHAPE = _("write smtp://user:password@host:587?tls=starttls or smtps://user:password@host.")
# A "/" or "#" typed raw in a password ends the host early.
_RAW = _("in a password, write / as %2F, # as %23, ? as %3F and @ as %40")
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")


class NoMailServer(UserError, LookupError):
    """No mail server is set."""


def settings_of(url: str) -> TransportSettings:
    """Read `NEWSLETTER_SMTP_URL`. Raises InvalidInput, whose text never holds a part of the URL that may be secret."""
    parts, host, port = _split(url.strip())
    if parts.scheme not in _PORTS:
        raise _wrong(_("it must begin with smtp:// or smtps://"))
    if not HOST.fullmatch(host):
        raise _wrong(_("it has no host"))
    if port == 0:
        raise _wrong(_("0 is not a valid port"))
    if parts.path not in {"", "/"} or parts.fragment:
        raise _wrong(_("there is extra text after the host; %(advice)s", advice=_RAW))
    user, password = _decoded(parts.username), _decoded(parts.password)
    if bool(user) != bool(password):
        raise _wrong(_("it needs both user and password, or neither"))
    return TransportSettings(
        host=host,
        port=port or _PORTS[parts.scheme],
        user=user,
        password=password,
        tls=_tls(parts.scheme, parts.query),
    )


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    # The error of urlsplit quotes what may be half a password, so ours is not raised while that error is handled:
    # it would travel along as its context.
    with suppress(ValueError):
        parts = urlsplit(url)
        return parts, parts.hostname or "", parts.port
    raise _wrong(_("its host or port cannot be read; %(advice)s", advice=_RAW))


def _tls(scheme: str, query: str) -> Tls:
    asked: Tls | None = None
    for pair in filter(None, query.split("&")):
        key, _mark, value = pair.partition("=")
        if key != "tls" or asked is not None:
            raise _wrong(_("only one tls setting may follow the ?"))
        if value not in {"starttls", "none"} or scheme == "smtps":
            raise _wrong(_("tls must be starttls or none, and only with smtp://"))
        asked = "starttls" if value == "starttls" else "none"
    return "implicit" if scheme == "smtps" else asked or "starttls"


def _decoded(part: str | None) -> str:
    text = unquote(part or "", errors="replace")
    if re.search(r"[\x00-\x1f\x7f\ufffd]", text):
        raise _wrong(_("user or password is not percent-encoded UTF-8, or contains a control character"))
    return text


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(
        _("NEWSLETTER_SMTP_URL cannot be used: %(reason)s. Please %(shape)s", reason=reason, shape=_SHAPE),
        field="NEWSLETTER_SMTP_URL",
    )
