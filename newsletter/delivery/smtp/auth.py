"""Signing in to a mail server: AUTH (RFC 4954) by PLAIN, LOGIN, CRAM-MD5 or XOAUTH2.

Each mechanism is a function of the settings and of an `Exchange`.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable

from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.smtp import connection_errors
from newsletter.delivery.smtp.exchange import Exchange
from newsletter.delivery.smtp.reply_parser import SmtpReply
from newsletter.delivery.smtp.settings import TransportSettings
from newsletter.translatable import Translatable as _


async def authenticate(settings: TransportSettings, *, offered: str, is_private: bool, exchange: Exchange) -> str:
    """Sign in with user and password of the settings; the mechanism's name.

    ``offered``: the parameters of the AUTH capability. ``is_private``: nobody can read what is written, since it is
    encrypted or stays on this machine. Raises TransportUnavailable, permanent where a person must act.
    """
    host = settings.host
    if not is_private:
        raise TransportUnavailable(
            _(
                "The password for %(host)s would travel unencrypted, so it was not sent. Use tls=starttls or smtps://.",
                host=host,
            ),
            phase=Phase.AUTH,
            permanent=True,
        )
    mechanism = _chosen(settings, offered.upper().split())
    reply = await _MECHANISMS[mechanism](settings, exchange)
    if reply.kind == 5:
        # Its words are left out: some servers repeat what they were sent.
        raise TransportUnavailable(
            _(
                "The mail server %(host)s refused the user name or password (%(code)s %(enhanced)s). Nothing "
                "was sent and nothing is lost; correct %(kept_in)s, then resume.",
                host=host,
                code=reply.code,
                enhanced=reply.enhanced,
                kept_in=settings.kept_in,
            ),
            phase=Phase.AUTH,
            code=reply.code,
            permanent=True,
        )
    if reply.code != 235:
        raise connection_errors.refused(host, _("cannot check the password now"), phase=Phase.AUTH, reply=reply)
    return mechanism


def _chosen(settings: TransportSettings, offered: list[str]) -> str:
    asked = settings.auth
    # A password must never pass for a token, nor a token for a password: XOAUTH2 is asked for by name.
    wanted = [name for name in _MECHANISMS if name != "XOAUTH2"] if asked == "auto" else [asked.upper()]
    mechanism = next((name for name in wanted if name in offered), "")
    if not mechanism:
        which = _("we know") if asked == "auto" else _("was asked for")
        raise TransportUnavailable(
            _(
                "The mail server %(host)s offers no way to sign in that %(which)s. Nothing was sent and "
                "nothing is lost; take user and password out of %(kept_in)s if it needs none, or use its "
                "submission port.",
                host=settings.host,
                which=which,
                kept_in=settings.kept_in,
            ),
            phase=Phase.AUTH,
            permanent=True,
        )
    return mechanism


async def _plain(settings: TransportSettings, exchange: Exchange) -> SmtpReply:
    """RFC 4616 §2, its response sent along with the command (RFC 4954 §4)."""
    secret = f"\0{settings.user}\0{settings.password}".encode()
    return await exchange(b"AUTH PLAIN " + base64.b64encode(secret))


async def _login(settings: TransportSettings, exchange: Exchange) -> SmtpReply:
    """User name and password, each upon a 334 (draft-murchison-sasl-login; no RFC, but widely offered)."""
    reply = await exchange(b"AUTH LOGIN")
    for value in (settings.user, settings.password):
        if reply.code != 334:
            return reply
        reply = await exchange(base64.b64encode(value.encode()))
    return reply


async def _cram_md5(settings: TransportSettings, exchange: Exchange) -> SmtpReply:
    """RFC 2195 §2: the password is the key of an HMAC over the server's challenge, and does not travel."""
    reply = await exchange(b"AUTH CRAM-MD5")
    if reply.code != 334:
        return reply
    try:
        challenge = base64.b64decode(reply.text, validate=True)
    except ValueError as error:
        raise connection_errors.refused(
            settings.host, _("sent an invalid sign-in challenge"), phase=Phase.AUTH, reply=reply
        ) from error
    proof = hmac.new(settings.password.encode(), challenge, hashlib.md5).hexdigest()
    return await exchange(base64.b64encode(f"{settings.user} {proof}".encode()))


async def _xoauth2(settings: TransportSettings, exchange: Exchange) -> SmtpReply:
    """A bearer token, as Google and Microsoft take it (of the kind of RFC 7628)."""
    token = f"user={settings.user}\x01auth=Bearer {settings.password}\x01\x01".encode()
    reply = await exchange(b"AUTH XOAUTH2 " + base64.b64encode(token))
    # A 334 holds the reason of a refusal, which follows once we have answered with nothing.
    return await exchange(b"") if reply.code == 334 else reply


_MECHANISMS: dict[str, Callable[[TransportSettings, Exchange], Awaitable[SmtpReply]]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
    "XOAUTH2": _xoauth2,
}
"""By their names in EHLO's AUTH line, in the order in which we prefer them."""
