"""EHLO (RFC 5321 §4.1.1.1): how we introduce ourselves, and what a server offers in return."""

from newsletter.delivery.carrier import Phase
from newsletter.delivery.smtp import connection_errors
from newsletter.delivery.smtp.exchange import Exchange
from newsletter.delivery.smtp.reply_parser import SmtpReply
from newsletter.translatable import Translatable as _

Capabilities = dict[str, str]
"""Keyword of an extension, in capitals, to its parameters: ``{"SIZE": "35882577", "PIPELINING": ""}``."""


async def greet(exchange: Exchange, *, name: str, host: str) -> Capabilities:
    """EHLO under our ``name``, or HELO for a server that does not know it (trust T7), which offers nothing.

    Raises TransportUnavailable.
    """
    coded = name.encode()
    reply = await exchange(b"EHLO " + coded)
    if reply.kind == 5:
        reply = await exchange(b"HELO " + coded)
        if reply.code == 250:
            return {}
    if reply.code != 250:
        raise connection_errors.refused(host, _("refused our greeting"), phase=Phase.EHLO, reply=reply)
    return capabilities(reply)


def capabilities(reply: SmtpReply) -> Capabilities:
    """What a reply to EHLO offers; its first line is the server's name."""
    offered = {}
    for line in reply.lines[1:]:
        keyword, _blank, parameters = line.partition(" ")
        if keyword:
            offered[keyword.upper()] = parameters.strip()
    return offered


def size_limit(offered: Capabilities, *, max_bytes: int) -> int:
    """Bytes of a message that the server takes (RFC 1870 §3), or ``max_bytes`` if that is less; 0: no limit."""
    parameter = offered.get("SIZE", "")
    named = int(parameter) if parameter.isascii() and parameter.isdigit() and len(parameter) < 16 else 0
    return min(filter(None, (named, max_bytes)), default=0)
