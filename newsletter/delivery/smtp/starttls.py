"""Encryption to a mail server: STARTTLS (RFC 3207), TLS from the first byte (RFC 8314 §3.3), and what is trusted.

Where mail may travel without either stands in `cleartext_policy`.
"""

import ssl

from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.smtp import connection_errors
from newsletter.delivery.smtp.byte_stream import ByteStream
from newsletter.delivery.smtp.exchange import Exchange
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

_UNKNOWN_AUTHORITY = {18, 19, 20, 21}
"""X509_V_ERR_… of OpenSSL: signed by itself, or by an authority that is not known or not sent along."""


def strict_context() -> ssl.SSLContext:
    """Names and authorities are checked; TLS 1.2 at least (RFC 8314 §4.1)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def request(exchange: Exchange, stream: ByteStream, *, host: str, is_offered: bool) -> None:
    """The STARTTLS command and its 220 (RFC 3207 §4); `handshake` comes next. Raises TransportUnavailable."""
    if not is_offered:
        raise TransportUnavailable(
            _(
                "The mail server %(host)s offers no encryption (STARTTLS), so neither password nor mail was "
                "sent. Nothing is lost; use a port that encrypts, or ask whoever runs the server.",
                host=host,
            ),
            phase=Phase.STARTTLS,
            permanent=True,
        )
    reply = await exchange(b"STARTTLS")
    if reply.code != 220:
        raise connection_errors.refused(
            host, _("refused to encrypt"), phase=Phase.STARTTLS, reply=reply, permanent=reply.kind == 5
        )
    if stream.discard_input():
        # What was slipped in before encryption would pass for an encrypted reply (RFC 3207 §6, CVE-2011-0411).
        raise TransportUnavailable(
            _("Something between us and %(host)s interfered with the encryption. Nothing was sent.", host=host),
            phase=Phase.STARTTLS,
        )


async def handshake(stream: ByteStream, context: ssl.SSLContext, *, host: str, seconds: float) -> None:
    """Wrap the stream in TLS and check the server's certificate. Raises TransportUnavailable."""
    try:
        await stream.start_tls(context, host=host, seconds=seconds)
    except ssl.SSLCertVerificationError as error:
        raise TransportUnavailable(_why_not_trusted(host, error), phase=Phase.STARTTLS, permanent=True) from error
    except OSError as error:
        raise TransportUnavailable(
            _(
                "No encrypted connection to %(host)s could be made: %(cause)s.",
                host=host,
                cause=connection_errors.cause(error),
            ),
            phase=Phase.STARTTLS,
        ) from error


def _why_not_trusted(host: str, error: ssl.SSLCertVerificationError) -> Translatable:
    values = {"host": host, "verify_message": error.verify_message}
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return _(
            "Nobody whom this machine trusts vouches for the certificate of the mail server %(host)s "
            "(%(verify_message)s). Nothing was sent and nothing is lost. Have it renewed; or where the authority "
            "is your own, name the file with its certificate in SSL_CERT_FILE, for each command, and restart.",
            **values,
        )
    return _(
        "The certificate of the mail server %(host)s is not valid for it (%(verify_message)s). "
        "Nothing was sent and nothing is lost; correct the host name, or have the certificate "
        "renewed.",
        **values,
    )
