"""Chunks claimed, and taken over, as the tests of the ledger need it."""

from datetime import datetime

from newsletter.delivery.ledger import leases
from newsletter.delivery.ledger.leases import Lease, Leased


def claim(now: datetime, *, owner: str = "w") -> Lease:
    lease = leases.claim(owner=owner, host="here", now=now, states=leases.SENDING)
    assert lease is not None
    return lease


def steal(lease: Lease) -> Lease:
    """Another worker takes the chunk over."""
    taken = leases.take_over(leased(lease), owner="thief", host="there")
    assert taken is not None
    return taken


def leased(lease: Lease) -> Leased:
    return next(chunk for chunk in leases.leased() if chunk.number == lease.number)
