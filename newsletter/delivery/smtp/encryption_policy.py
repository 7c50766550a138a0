"""Where mail may travel without encryption: on this machine, never over the internet, else where it is accepted."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum

Resolve = Callable[[str], Iterable[str]]
"""Addresses of a host by its name; none when it is not known."""


class Reach(StrEnum):
    """How far away a server is, as far as its name and addresses tell."""

    HERE = "here"
    """On this machine: nobody is between us."""
    PRIVATE = "private"
    """In a network of our own, by all of its addresses."""
    PUBLIC = "public"
    """On the internet, by one of its addresses at least."""
    UNKNOWN = "unknown"
    """Its name has no address now."""


def is_clear(*, tls: str, host: str) -> bool:
    """Mail to it can be read on the way. Pure: asks nobody."""
    return tls == "none" and not is_here(host)


def is_here(host: str) -> bool:
    """This machine, by what the name itself says."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def is_public(address: str) -> bool:
    """An address of the internet; one that cannot be read counts as one."""
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
    return Reach.PUBLIC if any(is_public(one) for one in addresses) else Reach.PRIVATE
