"""How much the public forms may do: counts in one table that every process shares, each raised in one statement."""

import hmac
import ipaddress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db import connection

from subscribers import conf
from subscribers.models import Tally

# A count whose time is over begins anew: it may lie about until it is swept up.
_RAISE = """INSERT INTO subscribers_tally AS old (key, count, expires_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN old.expires_at <= %s THEN 1 ELSE old.count + 1 END,
        expires_at = CASE WHEN old.expires_at <= %s THEN excluded.expires_at ELSE old.expires_at END
    RETURNING count"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` in each ``window``."""

    name: str
    most: int
    window: timedelta


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A household, a school or an office joins from one network; a script that asks for strangers is soon above this.
FROM_NETWORK = (Limit("network-hour", 20, HOUR), Limit("network-day", 60, DAY))
# Without JavaScript there is no proof of work: such requests are welcome, and few.
UNPROVED_FROM_NETWORK = (Limit("unproved-hour", 4, HOUR), Limit("unproved-day", 10, DAY))
IPV6_NETWORKS = ((64, 1), (56, 2), (48, 4))
"""Length of the prefix, and how many times one household's limit it has."""
EVERYWHERE = (Limit("all-hour", 3_000, HOUR),)
UNPROVED_EVERYWHERE = (Limit("unproved-all-hour", 120, HOUR),)


def passes(*, client: str, proved: bool, now: datetime, purpose: str = "join") -> bool:
    """Count one request from this client address; False when any limit is passed. All are counted each time.

    Each purpose has limits of its own: who floods one form does not shut the other.
    """
    limits = FROM_NETWORK if proved else (*FROM_NETWORK, *UNPROVED_FROM_NETWORK)
    verdicts = [
        take(replace(limit, most=limit.most * times), f"{purpose}|{network}", now=now)
        for network, times in networks_of(client)
        for limit in limits
    ]
    if all(verdicts):
        # A network that is above its own limit must not use up everybody's.
        everywhere = EVERYWHERE if proved else (*EVERYWHERE, *UNPROVED_EVERYWHERE)
        verdicts += [take(limit, purpose, now=now) for limit in everywhere]
    return all(verdicts)


def take(limit: Limit, whom: str, *, now: datetime) -> bool:
    """Raise the count of this one by one; False when it is above the limit."""
    window = int(limit.window.total_seconds())
    slot = int(now.timestamp()) // window
    expires = datetime.fromtimestamp((slot + 1) * window, UTC)
    return _raised(f"{limit.name}|{slot}|{whom}", expires, now=now) <= limit.most


def first_use(what: str, *, until: datetime, now: datetime) -> bool:
    """True the first time that this is named; it is remembered until then."""
    return _raised(f"once|{what}", until, now=now) == 1


def networks_of(client: str) -> list[tuple[str, int]]:
    """The networks of a client, each with how many households' worth it may do.

    One household has an IPv4 address, or a /64 of IPv6; providers give whole /56 and /48 to whoever asks, so that
    counting by /64 alone would leave one person 65,536 of them (RFC 6177).
    """
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return [("unknown", 1)]
    if isinstance(address, ipaddress.IPv4Address):
        return [(str(address), 1)]
    if address.ipv4_mapped:
        return [(str(address.ipv4_mapped), 1)]
    return [(str(ipaddress.ip_network((address, bits), strict=False)), times) for bits, times in IPV6_NETWORKS]


def forget_expired(*, now: datetime) -> int:
    """Drop counts whose window is over."""
    return Tally.objects.filter(expires_at__lt=now).delete()[0]


def _raised(name: str, expires: datetime, *, now: datetime) -> int:
    key = hmac.digest(conf.settings().address_key, b"tally:" + name.encode(), "sha256").hex()
    with connection.cursor() as cursor:
        until, at = (connection.ops.adapt_datetimefield_value(time) for time in (expires, now))
        cursor.execute(_RAISE, [key, until, at, at])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
