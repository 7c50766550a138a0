"""Asks DNS for the records of our DKIM keys (RFC 6376 §3.6.2)."""

import dns.exception
import dns.resolver

from newsletter.delivery.dkim.dns_record import Published, Record, RecordCheck, compare
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _

SECONDS = 5.0
"""For a name, all its servers and retries together."""


def resolver(nameserver: str = "") -> dns.resolver.Resolver:
    """This machine's resolver, or a resolver that asks ``nameserver`` alone: an IP address, ``:port`` or ``[v6]:port``.

    Raises InvalidInput.
    """
    try:
        made = dns.resolver.Resolver(configure=not nameserver)
        if nameserver:
            address, port = _split(nameserver)
            made.nameservers, made.port = [address], port
    except dns.exception.DNSException as error:
        raise InvalidInput(
            _("This machine has no DNS resolver. Name a server: --nameserver 192.0.2.1"), field="nameserver"
        ) from error
    except ValueError as error:
        raise InvalidInput(
            _(
                "“%(nameserver)s” is not a DNS server: write its IP address, such as 192.0.2.1 or 192.0.2.1:5353.",
                nameserver=nameserver,
            ),
            field="nameserver",
        ) from error
    return made


def look_up(record: Record, *, resolver: dns.resolver.Resolver) -> RecordCheck:
    """What DNS says about a key now. Never raises: no answer from DNS is a result too."""
    try:
        answer = resolver.resolve(f"{record.name}.", "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return compare(record, [])
    except dns.exception.DNSException as error:
        reason = f"DNS did not answer for {record.name} ({type(error).__name__})."
        return RecordCheck(published=Published.UNKNOWN, advice=f"{reason} Nothing was changed; try again later.")
    return compare(record, [b"".join(row.strings).decode(errors="replace") for row in answer])


def _split(nameserver: str) -> tuple[str, int]:
    address, port = nameserver, "53"
    if nameserver.startswith("["):
        address, _, rest = nameserver[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif nameserver.count(":") == 1:
        address, _, port = nameserver.partition(":")
    if not 0 < int(port) < 65536:
        raise ValueError("no such port")
    return address, int(port)
