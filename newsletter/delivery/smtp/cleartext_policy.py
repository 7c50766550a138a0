"""Where mail may travel in clear text: on this machine, never over the internet, else where a person accepted it.

Trust S7. How a connection is encrypted (STARTTLS, implicit TLS, certificates) stands in `starttls`.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum

from newsletter.delivery.smtp.settings import Clear
from newsletter.translatable import Translatable as _

Resolve = Callable[[str], Iterable[str]]
"""Addresses of a host by its name; none when it is not known."""


class Reach(StrEnum):
    """How far away a server is, as far as its name and addresses tell."""

    HERE = "here"
    """On this machine: nobody is between us."""
    PRIVATE = "private"
    """In a network of our own, by all of its addresses."""
    PUBLIC = "public"
    """Whether the host is on the internet, by any of its addresses."""
    UNKNOWN = "unknown"
    """Its name has no address now."""


def is_clear(*, tls: str, host: str) -> bool:
    """True when mail to the host can be read on the way. Asks no resolver."""
    return tls == "none" and not is_here(host)


def objection(peer: str, *, accepted: Clear, where: str) -> str:
    """Why mail must not go to the address ``peer`` in clear text, in words; empty when it may.

    ``peer``: where a connection arrived, whatever its host's name led to before. ``accepted``: how far a person let
    it go. ``where``: host and port, as a person wrote them.
    """
    if accepted == "anywhere" or is_loopback(peer):
        return ""
    if is_public(peer):
        return _(
            "%(where)s leads to %(peer)s, which is not in a private network, and there mail would travel without "
            "encryption. Nothing was sent; choose STARTTLS or TLS, or correct the host.",
            where=where,
            peer=peer or "?",
        )
    if accepted == "here":
        return _(
            "Mail to %(where)s would travel without encryption, and nobody has accepted that. Nothing was sent. "
            "Choose STARTTLS or TLS, or accept it on the server’s page.",
            where=where,
        )
    return ""


def is_here(host: str) -> bool:
    """True for this machine, by what the name itself says (RFC 6761 §6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def is_loopback(address: str) -> bool:
    """True for an IP address of this machine's loopback, with or without a zone (RFC 4007 §11)."""
    with suppress(ValueError):
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return False


def is_public(address: str) -> bool:
    """True for an address of the internet; what is no address counts as public."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global


def resolved(host: str) -> list[str]:
    """All addresses of a host, by this machine's resolver; blocks for as long as that takes."""
    try:
        return list({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []


def reach(host: str, *, resolve: Resolve = resolved) -> Reach:
    """How far away the host is, by all the addresses that its name has now."""
    if is_here(host):
        return Reach.HERE
    try:
        addresses = [str(ipaddress.ip_address(host))]
    except ValueError:
        addresses = list(resolve(host))
    if not addresses:
        return Reach.UNKNOWN
    return Reach.PUBLIC if any(is_public(address) for address in addresses) else Reach.PRIVATE
