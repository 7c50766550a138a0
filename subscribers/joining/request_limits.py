"""How much the public forms may do: counts in one table that every process shares, each raised in one statement."""

import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from subscribers import conf, sql
from subscribers.models import Tally


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` in each ``window``."""

    name: str
    most: int
    window: timedelta


Counted = tuple[Limit, str]
"""A limit, and whom it counts."""
Prefixes = Sequence[tuple[int, int]]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A household, a school or an office joins from the same network; a script that asks for strangers is soon above this.
FROM_NETWORK = (Limit("network-hour", 20, HOUR), Limit("network-day", 60, DAY))
# Without JavaScript there is no proof of work: such requests are welcome, and few.
UNPROVED_FROM_NETWORK = (Limit("unproved-hour", 4, HOUR), Limit("unproved-day", 10, DAY))
IPV4_NETWORKS = ((32, 1),)
IPV4_RENTED = ((32, 1), (24, 8))
IPV6_NETWORKS = ((64, 1), (56, 2), (48, 4))
"""Length of the prefix, and how many times a household's limit it has."""
EVERYWHERE = (Limit("all-hour", 3_000, HOUR),)
UNPROVED_EVERYWHERE = (Limit("unproved-all-hour", 120, HOUR),)
# Whoever uses those up does not close the form: each household still passes once a day. To use this up as well takes
# more than a hundred rented networks, and others again the next hour.
FIRST_OF_NETWORK = (Limit("first-day", 1, DAY),)
RESERVE = (Limit("reserve-hour", 10_000, HOUR),)
UNPROVED_RESERVE = (Limit("unproved-reserve-hour", 1_000, HOUR), *RESERVE)


def passes(*, client: str, proved: bool, now: datetime, purpose: str = "join") -> bool:
    """Count a request from this client address; False when any limit is passed.

    What is above a narrow limit is not counted under a wider one: without a proof of work nobody uses up what there
    is for those with a proof, and no network what there is for everybody. Each purpose has limits of its own: who
    floods a form does not shut another.
    """
    mine = FROM_NETWORK if proved else (*UNPROVED_FROM_NETWORK, *FROM_NETWORK)
    if not take_all(by_networks(mine, client, purpose), now=now):
        return False
    everywhere = EVERYWHERE if proved else (*UNPROVED_EVERYWHERE, *EVERYWHERE)
    if take_all([(limit, purpose) for limit in everywhere], now=now):
        return True
    reserve = RESERVE if proved else UNPROVED_RESERVE
    first = by_networks(FIRST_OF_NETWORK, client, purpose, ipv4=IPV4_RENTED)
    return take_all([*first, *((limit, purpose) for limit in reserve)], now=now)


def by_networks(limits: Sequence[Limit], client: str, purpose: str, *, ipv4: Prefixes = IPV4_NETWORKS) -> list[Counted]:
    """The limits for each network that the client is in, the narrowest first.

    A wide network may do what several households may; and a network above its own limit uses up nothing around it.
    """
    return [
        (replace(limit, most=limit.most * times), f"{purpose}|{network}")
        for network, times in networks_of(client, ipv4=ipv4)
        for limit in limits
    ]


def take_all(counted: Iterable[Counted], *, now: datetime) -> bool:
    """Count once under each limit; False at the first that is passed, and then nothing under those behind it."""
    return all(take(limit, whom, now=now) for limit, whom in counted)


def take(limit: Limit, whom: str, *, now: datetime) -> bool:
    """Raise the count of this network by 1; False when it is above the limit. Its time begins with the first."""
    return _raised(_name(limit, whom), now + limit.window, now=now) <= limit.most


def give_back(counted: Iterable[Counted]) -> None:
    """What was counted turned out to be none."""
    # Singly, in the order in which they are counted: else two of these may wait for each other.
    for limit, whom in counted:
        Tally.objects.filter(key=_key(_name(limit, whom)), count__gt=0).update(count=F("count") - 1)


def first_use(what: str, *, until: datetime, now: datetime) -> bool:
    """True the first time that this is named; it is remembered until then."""
    return _raised(f"once|{what}", until, now=now) == 1


def networks_of(client: str, *, ipv4: Prefixes = IPV4_NETWORKS) -> list[tuple[str, int]]:
    """The networks of a client, each with how many households' worth it may do.

    One household has an IPv4 address, or a /64 of IPv6; providers give whole /56 and /48 to whoever asks, so that
    counting by /64 alone would leave one person 65,536 of them (RFC 6177).
    """
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return [("unknown", 1)]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefixes = ipv4 if isinstance(address, ipaddress.IPv4Address) else IPV6_NETWORKS
    networks = [(ipaddress.ip_network((address, bits), strict=False), times) for bits, times in prefixes]
    return [(str(network).removesuffix("/32"), times) for network, times in networks]


def forget_expired(*, now: datetime) -> int:
    """Drop counts whose window is over."""
    return Tally.objects.filter(expires_at__lt=now).delete()[0]


def _name(limit: Limit, whom: str) -> str:
    return f"{limit.name}|{whom}"


def _key(name: str) -> str:
    return hmac.digest(conf.settings().address_key, b"tally:" + name.encode(), "sha256").hex()


def _raised(name: str, expires: datetime, *, now: datetime) -> int:
    with connection.cursor() as cursor:
        until, at = (connection.ops.adapt_datetimefield_value(time) for time in (expires, now))
        cursor.execute(sql.RAISE_TALLY, [_key(name), until, at, at])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
