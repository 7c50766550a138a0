"""The states of a subscription, and the table of its transitions. Pure."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


S = SubscriptionState

TRANSITIONS: dict[SubscriptionState, frozenset[SubscriptionState]] = {
    S.PENDING: frozenset({S.CONFIRMED, S.UNSUBSCRIBED}),
    S.CONFIRMED: frozenset({S.UNSUBSCRIBED}),
    # Only the person may come back: by the undo on the page, or by a fresh confirmation. Never by import (threat 24).
    S.UNSUBSCRIBED: frozenset({S.CONFIRMED}),
}


def can_move(*, current: SubscriptionState, to: SubscriptionState) -> bool:
    """True when the table allows the step."""
    return to in TRANSITIONS[current]


def sources(*, to: SubscriptionState) -> list[str]:
    """The states that may move to this state: the condition of every compare-and-set."""
    return [state.value for state in SubscriptionState if can_move(current=state, to=to)]


class Exclusion(StrEnum):
    """Why a candidate is not written to."""

    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no-consent"
    """Imported without a declared basis (trust L2)."""
    JOINED_LATER = "joined-later"
    ERASED = "erased"
    """No longer known here at all; only ever found by the last look before a mail."""
