"""The states of a delivery, and the table of its transitions. Pure."""

from enum import StrEnum


class DeliveryState(StrEnum):
    PENDING = "pending"
    """Frozen and not settled. Never stored: a delivery without a result row is pending."""
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


D = DeliveryState

TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    D.PENDING: frozenset({D.ACCEPTED, D.DEFERRED, D.REFUSED, D.UNCERTAIN, D.WITHDRAWN, D.EXPIRED}),
    D.DEFERRED: frozenset({D.ACCEPTED, D.DEFERRED, D.REFUSED, D.UNCERTAIN, D.WITHDRAWN, D.EXPIRED}),
    # A journaled reply, a relay's log or a person may settle a doubt; `deferred` is the policy "send again".
    D.UNCERTAIN: frozenset({D.ACCEPTED, D.DEFERRED, D.REFUSED}),
    D.ACCEPTED: frozenset(),
    # "Send again to those who failed" makes it due once more.
    D.REFUSED: frozenset({D.DEFERRED}),
    D.WITHDRAWN: frozenset(),
    D.EXPIRED: frozenset({D.DEFERRED}),
}

OPEN = frozenset({D.PENDING, D.DEFERRED})
"""States that still ask for work; an issue is finished when both counts are zero."""


def can_move(*, current: DeliveryState, to: DeliveryState) -> bool:
    """True when the table allows the step."""
    return to in TRANSITIONS[current]


def sources_of(to: DeliveryState) -> frozenset[DeliveryState]:
    """The states from which ``to`` may be reached, for the guard of a set-based upsert."""
    return frozenset(s for s, targets in TRANSITIONS.items() if to in targets)


class ChunkState(StrEnum):
    WAITING = "waiting"
    LEASED = "held"
    DONE = "done"


class Role(StrEnum):
    """When a server is asked."""

    PRIMARY = "primary"
    """Always."""
    OVERFLOW = "overflow"
    """While every usable primary is at its limit."""
    FALLBACK = "fallback"
    """While no primary and no overflow is usable."""
