"""The states of an issue and the table of its transitions."""

from enum import StrEnum


class IssueState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    HELD = "held"
    """Approved, but its time passed while we were down, or its release failed: a user has to decide (trust C3)."""
    FREEZING = "freezing"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


S = IssueState

TRANSITIONS: dict[IssueState, frozenset[IssueState]] = {
    S.DRAFT: frozenset({S.APPROVED, S.CANCELLED}),
    # Editing voids an approval: back to DRAFT. To HELD: the slot that the issue waited for was missed by long.
    S.APPROVED: frozenset({S.DRAFT, S.SCHEDULED, S.HELD, S.FREEZING, S.CANCELLED}),
    S.SCHEDULED: frozenset({S.DRAFT, S.APPROVED, S.HELD, S.FREEZING, S.CANCELLED}),
    # To APPROVED: a user takes the time off and lets the issue wait for the next slot.
    S.HELD: frozenset({S.DRAFT, S.APPROVED, S.SCHEDULED, S.FREEZING, S.CANCELLED}),
    # A freeze that was cut short starts again from nothing and gives the same set (trust K1).
    S.FREEZING: frozenset({S.FREEZING, S.SENDING, S.CANCELLED}),
    S.SENDING: frozenset({S.PAUSED, S.FINISHED, S.CANCELLED}),
    S.PAUSED: frozenset({S.SENDING, S.FINISHED, S.CANCELLED}),
    # A user sends again to those who failed: the issue may be paused and cancelled again, and finishes once more.
    # A journaled reply may still change results of a finished issue, never its state.
    S.FINISHED: frozenset({S.SENDING}),
    S.CANCELLED: frozenset(),
}

EDITABLE = frozenset({S.DRAFT, S.APPROVED, S.SCHEDULED, S.HELD})
"""States in which content may be edited; in all but draft, editing voids the approval."""

RELEASED = frozenset({S.FREEZING, S.SENDING, S.PAUSED, S.FINISHED, S.CANCELLED})

RESENDABLE = frozenset({S.SENDING, S.PAUSED, S.FINISHED})
"""States in which those who failed may get it again."""


def can_move(*, current: IssueState, to: IssueState) -> bool:
    """True when the table allows the step."""
    return to in TRANSITIONS[current]
