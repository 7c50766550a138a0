"""The steps every change of an issue is made of: lock it, void its approval, move its state by the table."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from newsletter.errors import InvalidInput, NotAllowed, NotFound
from newsletter.issues import states
from newsletter.issues.models import Approval, Issue
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.stored import cut, stored
from newsletter.translatable import Quantity, Translatable
from newsletter.translatable import Translatable as _

REASON_LENGTH = 500
"""Characters of `Issue.state_reason`."""

_WORDS = {
    IssueState.DRAFT: _("is a draft"),
    IssueState.APPROVED: _("is approved"),
    IssueState.SCHEDULED: _("is scheduled"),
    IssueState.HELD: _("is on hold"),
    IssueState.FREEZING: _("is being prepared"),
    IssueState.SENDING: _("is being sent"),
    IssueState.PAUSED: _("is paused"),
    IssueState.FINISHED: _("has been sent"),
    IssueState.CANCELLED: _("is cancelled"),
}


class ChangedMeanwhile(NotAllowed):
    """The issue is not any more what the user saw. Nothing was done."""


def in_words(state: str) -> Translatable:
    """The state as the end of a sentence about an issue: "is a draft"."""
    return _WORDS[IssueState(state)]


def aware(moment: datetime, *, field: str) -> datetime:
    """The moment itself; a time without a zone is refused where it enters."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidInput(_("This time has no time zone. Say which zone it is in."), field=field)
    return moment


def locked(issue_id: int) -> Issue:
    """The issue as it is now, its row locked until the caller's transaction ends. Raises NotFound."""
    issue = Issue.objects.select_for_update(of=("self",)).select_related("publication").filter(pk=issue_id).first()
    if issue is None:
        raise NotFound(_("There is no issue %(n)s.", n=issue_id))
    return issue


def locked_for_edit(issue_id: int, *, expected_version: int | None) -> Issue:
    """The locked issue, refused when it was released, or changed since the caller looked (trust P2)."""
    issue = locked(issue_id)
    if IssueState(issue.state) not in states.EDITABLE:
        raise NotAllowed(
            _(
                "Issue %(n)s %(is_so)s, so it can no longer be edited. Nothing was changed. To correct something, "
                "create a new issue.",
                n=Quantity(issue.number),
                is_so=in_words(issue.state),
            )
        )
    if expected_version is not None and issue.version != expected_version:
        raise ChangedMeanwhile(
            _(
                "You in another tab, or someone else, changed this issue while you had it open here. "
                "Nothing was saved. Check it and try again."
            )
        )
    return issue


def void_approval(issue: Issue, *, reason: str, now: datetime) -> bool:
    """Void the approval in force; False when there was none."""
    in_force = Approval.objects.filter(issue=issue, voided_at__isnull=True)
    return bool(in_force.update(voided_at=now, void_reason=cut(reason, 300)))


def move(
    issue_id: int,
    to: IssueState,
    *,
    now: datetime,
    by: str,
    reason: str = "",
    only_from: IssueState | None = None,
) -> Issue:
    """Move the issue by the table, as a compare-and-set; returns it as it is then.

    ``only_from``: the only state that is meant, where the table allows several ways to ``to``.
    Raises NotAllowed when the table forbids the step, or when another moved the issue in the same instant.
    """
    issue = Issue.objects.filter(pk=issue_id).first()
    if issue is None:
        raise NotFound(_("There is no issue %(n)s.", n=issue_id))
    was = IssueState(issue.state)
    if not states.can_move(current=was, to=to) or only_from not in {None, was}:
        raise NotAllowed(
            _(
                "Issue %(n)s %(is_so)s: this step is not possible now. Nothing was changed.",
                n=Quantity(issue.number),
                is_so=in_words(was),
            )
        )
    due = Q()
    if to is IssueState.FREEZING:
        # Whoever put the time off in the same instant wins: nobody consented to an earlier time.
        due = Q(send_at__isnull=True) | Q(send_at__lte=now)
    with transaction.atomic():
        swapped = Issue.objects.filter(due, pk=issue_id, state=was).update(
            state=to, state_reason=cut(reason, REASON_LENGTH), updated_at=now
        )
        if not swapped:
            raise ChangedMeanwhile(
                _(
                    "Issue %(n)s was changed at the same moment. Nothing was done. Check it and try again.",
                    n=Quantity(issue.number),
                )
            )
        if to is IssueState.CANCELLED and was in states.EDITABLE:
            void_approval(issue, reason=_("Cancelled before it was sent."), now=now)
        detail: dict[str, object] = {"from": was.value, "to": to.value}
        if reason:
            detail["reason"] = stored(reason)
        staff.record(actor=by, action=f"issue.{to.value}", subject=f"issue:{issue_id}", now=now, detail=detail)
    issue.state, issue.state_reason, issue.updated_at = to, cut(reason, REASON_LENGTH), now
    return issue
