"""Why a connection to a mail server does not come about, in words for a person. Pure.

What the system says often is translatable, so that a page can say it in its own language; the rest stays English.
"""

import errno
import os
import re
import socket
import ssl

from newsletter.delivery import redact
from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.smtp.byte_stream import ConnectionLost
from newsletter.delivery.smtp.reply_parser import SmtpReply
from newsletter.translatable import Translatable as _

_MAX_WORDS = 200
"""Characters of a server's own words in a sentence of ours."""
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_NO_WAY_THERE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""What a machine without IPv6 says of a server's IPv6 addresses: seldom why the server fails."""
_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": _("it does not use TLS on this port"),
    "UNEXPECTED_EOF_WHILE_READING": _("the server closed the connection"),
    "CERTIFICATE_VERIFY_FAILED": _("certificate verify failed"),
}
_CAUSES = {
    errno.ECONNREFUSED: _("connection refused"),
    errno.ECONNRESET: _("connection reset by peer"),
    errno.ETIMEDOUT: _("connection timed out"),
    errno.EHOSTUNREACH: _("no route to host"),
    errno.ENETUNREACH: _("network is unreachable"),
    errno.ENETDOWN: _("network is down"),
    errno.EPIPE: _("broken pipe"),
    errno.EADDRNOTAVAIL: _("cannot assign requested address"),
    errno.EACCES: _("permission denied"),
    errno.EPERM: _("operation not permitted"),
}
_NAME_CAUSES = {
    socket.EAI_NONAME: _("name or service not known"),
    socket.EAI_AGAIN: _("temporary failure in name resolution"),
    socket.EAI_NODATA: _("no address associated with hostname"),
    socket.EAI_FAIL: _("non-recoverable failure in name resolution"),
}


def cause(error: OSError) -> str:
    """Why there is no connection, in the words of the system, without the Python around them."""
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "TLS failed"
        return _TLS_REASONS.get(reason, reason.replace("_", " ").lower())
    if isinstance(error, ConnectionLost):
        return error.reason
    if isinstance(error, socket.gaierror):
        said = error.strerror.lower() if error.strerror else _("its name was not found")
        return _NAME_CAUSES.get(error.errno or 0, said)
    if error.errno is not None:
        return _in_words(error.errno)
    if isinstance(error, (TimeoutError, ConnectionAbortedError)):  # asyncio gave up a handshake
        return _("it took too long")
    # Of a host with several addresses asyncio raises a single error, whose text alone says what each of them answered.
    numbers = [int(number) for number in _ERRNO.findall(str(error))]
    real = [number for number in numbers if number not in _NO_WAY_THERE] or numbers
    return _in_words(real[0]) if real else _("no connection")


def refused(host: str, what: str, *, phase: Phase, reply: SmtpReply, permanent: bool = False) -> TransportUnavailable:
    """The error for a reply that ends the opening of a connection. ``what`` follows the host's name in a sentence."""
    words = redact.addresses(reply.text)[:_MAX_WORDS]
    text = _(
        "The mail server %(host)s %(what)s (%(code)s %(words)s).", host=host, what=what, code=reply.code, words=words
    )
    return TransportUnavailable(text, phase=phase, code=reply.code, permanent=permanent)


def _in_words(number: int) -> str:
    return _CAUSES.get(number) or os.strerror(number).lower()
