"""What to do when a time has come: a decision from values, acted on by `work`. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.issues import states, times
from newsletter.issues.states import IssueState
from newsletter.translatable import Plural
from newsletter.translatable import Translatable as _

GRACE = timedelta(hours=1)
"""A time missed by at most this still counts; by more, the issue is held (trust C3)."""

AUTOMATIC = "automatic"
"""Value of `Publication.EmptySlot`: an empty slot drafts an issue and sends it."""


class Step(StrEnum):
    RELEASE = "release"
    """Send this issue."""
    HOLD = "hold"
    """Hold this issue for a user's decision: its time was missed by long."""
    DRAFT = "draft"
    """Draft an issue, tell the approvers, and wait."""
    REMIND = "remind"
    """A draft waits already: tell the approvers, draft no other."""
    SEND_DRAFT = "send draft"
    """Draft an issue and send it."""
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Decision:
    step: Step
    issue: int | None = None
    reason: str = ""
    """In words: why the issue is held, or why nothing is done."""


def missed(slot: datetime, now: datetime) -> bool:
    """True when the slot was missed by more than the grace."""
    return now - slot > GRACE


def decide_once(
    *, issue: int, state: IssueState, send_at: datetime | None, slot: datetime, now: datetime, zone: ZoneInfo
) -> Decision:
    """An issue's own time has come."""
    if state is IssueState.FREEZING:
        return Decision(step=Step.RELEASE, issue=issue, reason=_("Its release was cut short."))
    if state in states.RELEASED:
        return Decision(step=Step.NOTHING, reason=_("Sent already."))
    if state is not IssueState.SCHEDULED or send_at != slot:
        return Decision(step=Step.NOTHING, reason=_("No longer scheduled for this time."))
    if missed(slot, now):
        return Decision(step=Step.HOLD, issue=issue, reason=missed_in_words(slot, now, zone=zone))
    return Decision(step=Step.RELEASE, issue=issue)


def decide_slot(
    *, approved: int | None, draft: int | None, policy: str, slot: datetime, now: datetime, zone: ZoneInfo
) -> Decision:
    """A publication's slot has come. ``approved``: the issue that waits for it; ``draft``: the latest draft."""
    if missed(slot, now):
        reason = missed_in_words(slot, now, zone=zone)
        if approved is None:
            return Decision(step=Step.NOTHING, reason=_("%(reason)s No issue was waiting for it.", reason=reason))
        return Decision(step=Step.HOLD, issue=approved, reason=reason)
    if approved is not None:
        return Decision(step=Step.RELEASE, issue=approved)
    if policy == AUTOMATIC:
        return Decision(step=Step.SEND_DRAFT)
    if draft is not None:
        return Decision(step=Step.REMIND, issue=draft)
    return Decision(step=Step.DRAFT)


def carry_on(*, issue: int, state: IssueState, policy: str) -> Decision:
    """A slot's work was cut short after it had settled on this issue: that issue, and no other."""
    if state in {IssueState.APPROVED, IssueState.FREEZING}:
        return Decision(step=Step.RELEASE, issue=issue)
    if state is IssueState.DRAFT and policy == AUTOMATIC:
        return Decision(step=Step.SEND_DRAFT, issue=issue)
    return Decision(step=Step.NOTHING, issue=issue, reason=_("Done before the scheduler was cut short."))


def missed_in_words(slot: datetime, now: datetime, *, zone: ZoneInfo) -> str:
    """Why the issue was not sent, in words, times in the publication's zone."""
    minutes = int((now - slot).total_seconds() // 60)
    if minutes >= 1440:
        length = Plural("%(n)s day", "%(n)s days", n=minutes // 1440)
    elif minutes >= 60:
        length = Plural("%(n)s hour", "%(n)s hours", n=minutes // 60)
    else:
        length = Plural("%(n)s minute", "%(n)s minutes", n=minutes)
    return _("Its time, %(time)s, was missed by %(length)s.", time=times.tell(slot, zone=zone), length=length)
