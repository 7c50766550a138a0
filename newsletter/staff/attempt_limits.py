"""How often somebody may try a password, or ask for a code or a link.

Who fails on purpose must lock out nobody else: neither the owner of the account, on a device that she has signed in on,
nor colleagues behind the same network address.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from newsletter.staff import devices
from subscribers import api
from subscribers.api import Counted, Limit


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """The narrowest first: what is above a limit is not counted under the next."""

    device: Limit
    """For an account on a device that it has signed in on; above it, the device is as good as unknown."""
    account_from_network: Limit
    network: Limit
    account: Limit
    """From everywhere else together."""


def _limits(
    name: str, *, device: int, account_from_network: int, network: int, minutes: int, account: int
) -> AttemptLimits:
    window = timedelta(minutes=minutes)
    return AttemptLimits(
        device=Limit(f"{name}-device", device, window),
        account_from_network=Limit(f"{name}-account-from-network", account_from_network, window),
        network=Limit(f"{name}-network", network, window),
        account=Limit(f"{name}-account", account, timedelta(hours=1)),
    )


SIGN_IN = _limits("sign-in", device=10, account_from_network=5, network=30, minutes=5, account=40)
CODE = _limits("code", device=5, account_from_network=3, network=20, minutes=15, account=10)
RESET = _limits("reset", device=5, account_from_network=3, network=20, minutes=15, account=10)


def take(limits: AttemptLimits, request: HttpRequest, address: str, *, now: datetime) -> list[Counted]:
    """Count a try for this address, whether it has an account or not; what was counted, empty when it is refused."""
    whom = unicodedata.normalize("NFKC", address).strip().lower()
    device = devices.known(request, whom)
    if device and api.take_all(mine := [(limits.device, device)], now=now):
        return mine
    client = request.META.get("REMOTE_ADDR", "")
    counted = [
        *api.by_networks(limits.account_from_network, client, whom),
        *api.by_networks(limits.network, client, ""),
        (limits.account, whom),
    ]
    return counted if api.take_all(counted, now=now) else []
