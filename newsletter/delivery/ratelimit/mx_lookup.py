"""Which provider takes each domain's mail, asked of DNS off the hot path and remembered under a keyed hash."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import dns.exception
import dns.name
import dns.resolver

from newsletter.delivery.models import MailHost
from newsletter.delivery.ratelimit import providers

FRESH = timedelta(days=14)
"""A domain changes its provider seldom; after so long it is asked again."""
MOST = 50_000
"""Domains kept in memory, and as many rows in the table."""
PATIENCE = 3.0
"""Seconds for one domain, with all its servers and tries."""
AT_ONCE = 50
"""Domains asked in one round."""

Resolve = Callable[[str], Sequence[str]]
"""The names of a domain's mail hosts, best first. Raises LookupError for this domain, OSError when DNS is away."""

_log = logging.getLogger("newsletter.delivery")


def ask_dns(domain: str) -> list[str]:
    """The names of its mail hosts, best first; empty when it has none. Raises LookupError, OSError."""
    try:
        answer = dns.resolver.Resolver().resolve(domain, "MX", lifetime=PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.resolver.NoNameservers, dns.exception.SyntaxError, dns.name.LabelTooLong, UnicodeError) as error:
        raise LookupError(type(error).__name__) from error
    except dns.exception.DNSException as error:
        raise OSError(type(error).__name__) from error
    found = sorted((record.preference, str(record.exchange)) for record in answer)
    return [host for _, host in found]


class Groups:
    """Domain → the group under which it is limited, at hand in the event loop."""

    def __init__(self, *, key: bytes) -> None:
        self.key = key
        self._known: OrderedDict[str, str] = OrderedDict()
        self._unasked: dict[str, None] = {}

    def of(self, domain: str) -> str:
        """Its group by what is known now. What is not well known by name is looked up later."""
        found = self._known.get(domain)
        if found is None:
            if not providers.provider_of(domain) and len(self._unasked) < MOST:
                self._unasked[domain] = None
            found = providers.group_of(domain, key=self.key)
            self._remember(domain, found)
        return found

    def to_ask(self) -> list[str]:
        """Domains to look up in the next round, at most `AT_ONCE`."""
        some = list(self._unasked)[:AT_ONCE]
        for domain in some:
            del self._unasked[domain]
        return some

    def learned(self, groups: Mapping[str, str]) -> None:
        for domain, group in groups.items():
            self._remember(domain, group)

    def _remember(self, domain: str, group: str) -> None:
        self._known[domain] = group
        if len(self._known) > MOST:
            self._known.popitem(last=False)


def stored(domains: Collection[str], *, key: bytes, now: datetime) -> dict[str, str]:
    """The groups of those that were looked up not long ago."""
    hashes = {providers.domain_hash(domain, key=key): domain for domain in domains}
    rows = MailHost.objects.filter(domain__in=hashes, looked_up_at__gt=now - FRESH)
    return {
        hashes[hashed]: provider or providers.group_of(hashes[hashed], key=key)
        for hashed, provider in rows.values_list("domain", "group")
    }


def ask(domains: Collection[str], *, key: bytes, resolve: Resolve = ask_dns) -> dict[str, str]:
    """The groups of those that DNS answers for. Touches no database; without a network it gives up at once."""
    found: dict[str, str] = {}
    for domain in domains:
        try:
            found[domain] = providers.group_of(domain, resolve(domain), key=key)
        except LookupError:
            continue
        except OSError as error:
            # Never a wait for each domain in turn.
            _log.info("mail hosts could not be looked up (%s); domains are told by their names", error)
            break
    return found


def store(groups: Mapping[str, str], *, key: bytes, now: datetime) -> None:
    """Remember what DNS said."""
    rows = [
        MailHost(
            domain=providers.domain_hash(domain, key=key),
            group=group if group in providers.PROVIDERS else "",
            looked_up_at=now,
        )
        for domain, group in groups.items()
    ]
    MailHost.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["domain"], update_fields=["group", "looked_up_at"]
    )


def prune(*, now: datetime) -> int:
    """Forget what is out of date, and the oldest of too many; how many those were."""
    gone = MailHost.objects.filter(looked_up_at__lte=now - FRESH).delete()[0]
    oldest = MailHost.objects.order_by("-looked_up_at").values_list("looked_up_at", flat=True)[MOST : MOST + 1]
    for limit in oldest:
        gone += MailHost.objects.filter(looked_up_at__lte=limit).delete()[0]
    return gone
