"""How an issue is cared for while it is sent: how long it is of use, and what becomes of doubts. No content."""

from datetime import datetime

from django.db import transaction

from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import transitions
from newsletter.issues.models import Issue, Publication
from newsletter.issues.publications import LONGEST_USEFUL_LIFE_HOURS, between
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.translatable import Translatable as _


def set_care(issue_id: int, *, useful_life_hours: int | None, uncertain_policy: str, by: str, now: datetime) -> Issue:
    """Set both; None and "" mean: as the publication has it. No approval is voided, for no byte changes.

    Raises InvalidInput, NotAllowed when nothing of the issue is ever tried again, NotFound.
    """
    if useful_life_hours is not None and not 1 <= useful_life_hours <= LONGEST_USEFUL_LIFE_HOURS:
        raise InvalidInput(between(1, LONGEST_USEFUL_LIFE_HOURS), field="useful_life_hours")
    if uncertain_policy not in {"", *Publication.UncertainPolicy.values}:
        choices = ", ".join(Publication.UncertainPolicy.values)
        message = _("“%(typed)s” is not one of %(known)s.", typed=uncertain_policy, known=choices)
        raise InvalidInput(message, field="uncertain_policy")
    with transaction.atomic():
        issue = transitions.locked(issue_id)
        if issue.state == IssueState.CANCELLED:
            raise NotAllowed(_("This issue is cancelled, so nothing more is sent. Nothing was changed."))
        wanted = {"useful_life_hours": useful_life_hours, "uncertain_policy": uncertain_policy}
        changed = [name for name, value in wanted.items() if getattr(issue, name) != value]
        for name in changed:
            setattr(issue, name, wanted[name])
        if changed:
            issue.updated_at = now
            issue.save(update_fields=[*changed, "updated_at"])
            detail: dict[str, object] = {"changed": changed}
            staff.record(actor=by, action="issue.care", subject=f"issue:{issue_id}", now=now, detail=detail)
    return issue
