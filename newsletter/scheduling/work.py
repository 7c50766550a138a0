"""The work of a slot: claim what is due, decide, act through the steps that are handed in, sum up what was done."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from newsletter.errors import NewsletterError, NotFound, UserError, words_of
from newsletter.issues import actors, queries, states
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.scheduling import alerts, due, slots
from newsletter.scheduling.slots import Decision, Step
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

HELD = "held:"
SLOT = "slot:"
"""What the keys of alarms about a held issue, and about a publication's slot, begin with; then comes the id."""

_log = logging.getLogger(__name__)


class Assemble(Protocol):
    def __call__(self, *, publication: Publication, now: datetime, by: str) -> Issue: ...


class Approve(Protocol):
    def __call__(self, issue: Issue, *, by: str, now: datetime) -> object: ...


class Release(Protocol):
    def __call__(self, issue_id: int, *, by: str, now: datetime) -> object: ...


class Raise(Protocol):
    def __call__(self, *, key: str, text: str, now: datetime, publication: int | None) -> object: ...


class Settle(Protocol):
    def __call__(self, *, key: str, now: datetime) -> object: ...


class Alarm(Protocol):
    key: str


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What later rooms do for a slot; the pipeline hands them in."""

    assemble: Assemble
    approve: Approve
    release: Release
    alarm: Raise
    alarms: Callable[[], Iterable[Alarm]]
    """Alarms that are not settled."""
    settle: Settle


class _ClaimLost(NewsletterError, RuntimeError):
    """Another scheduler has the slot now: nothing of this try is kept."""


def tick(*, now: datetime, steps: Steps) -> list[str]:
    """Do everything that is due; a sentence for each slot. Safe to call from any number of schedulers."""
    due.keep_up(now=now)
    _settle_answered(now=now, steps=steps)
    return [_do(claim, now=now, steps=steps) for claim in due.claim_due(now=now)]


def _do(claim: due.Claim, *, now: datetime, steps: Steps) -> str:
    decision = _decide(claim, now=now)
    try:
        summary = _act(decision, claim, now=now, steps=steps)
    except _ClaimLost:
        summary = "Another scheduler took this over."
    except UserError as error:
        summary = _ask(
            decision.issue or _settled_on(claim),
            claim,
            text=_("Not sent. %(why)s", why=words_of(error)),
            now=now,
            steps=steps,
        )
    due.done(claim, summary=summary)
    _log.info("slot %s of publication %s: %s", claim.slot.isoformat(), claim.publication, summary)
    return summary


def _decide(claim: due.Claim, *, now: datetime) -> Decision:
    publication = Publication.objects.get(pk=claim.publication)
    zone = issues.zone_of(publication.time_zone)
    if claim.own_issue is not None:
        issue = queries.get_issue(claim.own_issue)
        return slots.decide_once(
            issue=issue.pk, state=IssueState(issue.state), send_at=issue.send_at, slot=claim.slot, now=now, zone=zone
        )
    if claim.settled_on is not None:
        issue = queries.get_issue(claim.settled_on)
        return slots.carry_on(issue=issue.pk, state=IssueState(issue.state), policy=publication.empty_slot)
    approved, draft = queries.next_out(publication), queries.open_draft(publication)
    return slots.decide_slot(
        approved=approved.pk if approved else None,
        draft=draft.pk if draft else None,
        policy=publication.empty_slot,
        slot=claim.slot,
        now=now,
        zone=zone,
    )


def _act(decision: Decision, claim: due.Claim, *, now: datetime, steps: Steps) -> str:
    match decision.step:
        case Step.RELEASE if decision.issue is not None:
            return _release(decision.issue, claim, now=now, steps=steps)
        case Step.HOLD:
            return _ask(decision.issue, claim, text=decision.reason, now=now, steps=steps)
        case Step.DRAFT:
            return _draft(claim, now=now, steps=steps)
        case Step.REMIND if decision.issue is not None:
            return _remind(decision.issue)
        case Step.SEND_DRAFT:
            return _send_draft(decision.issue, claim, now=now, steps=steps)
        case _:
            return decision.reason


def _release(issue_id: int, claim: due.Claim, *, now: datetime, steps: Steps) -> str:
    _settle_on(claim, issue_id)
    steps.release(issue_id, by=actors.SCHEDULER, now=now)
    steps.settle(key=f"{SLOT}{claim.publication}", now=now)
    return f"Issue {queries.get_issue(issue_id).number} was released."


def _assembled(claim: due.Claim, *, now: datetime, steps: Steps, by: str) -> Issue | None:
    """A draft, noted in the claim in the same transaction: a retry finds it and makes no second draft.

    None without articles. Raises _ClaimLost.
    """
    publication = Publication.objects.get(pk=claim.publication)
    try:
        issue = steps.assemble(publication=publication, now=now, by=by)
    except NotFound:
        return None
    _settle_on(claim, issue.pk)
    return issue


def _settle_on(claim: due.Claim, issue_id: int) -> None:
    if not due.settle_on(claim, issue_id):
        raise _ClaimLost


def _draft(claim: due.Claim, *, now: datetime, steps: Steps) -> str:
    with transaction.atomic():
        issue = _assembled(claim, now=now, steps=steps, by=actors.AUTOMATIC)
        if issue is None:
            return "No issue was approved, and there are no new articles. Nothing was sent."
        alerts.tell_editors(
            subject=f"{issue.publication.name}: issue {issue.number} waits for your approval",
            text=(
                f"The time for {issue.publication.name} has come and no issue was approved. Issue {issue.number} was "
                "drafted from the newest articles. Nothing is sent before somebody approves it."
            ),
        )
        return f"Issue {issue.number} was drafted and waits for approval. Nothing was sent."


def _remind(issue_id: int) -> str:
    issue = queries.get_issue(issue_id)
    alerts.tell_editors(
        subject=f"{issue.publication.name}: issue {issue.number} still waits for your approval",
        text=(
            f"The time for {issue.publication.name} has come and no issue was approved. "
            f"Issue {issue.number} is still a draft. Nothing was sent."
        ),
    )
    return f"Issue {issue.number} is still a draft and waits for approval. Nothing was sent."


def _send_draft(issue_id: int | None, claim: due.Claim, *, now: datetime, steps: Steps) -> str:
    if issue_id is None:
        with transaction.atomic():
            made = _assembled(claim, now=now, steps=steps, by=actors.AUTOMATIC)
        if made is None:
            return "Skipped: there are no new articles. Nothing was sent."
        issue_id = made.pk
    issue = queries.get_issue(issue_id)
    steps.approve(issue, by=actors.AUTOMATIC, now=now)
    return _release(issue_id, claim, now=now, steps=steps)


def _settled_on(claim: due.Claim) -> int | None:
    """The issue that this try had chosen before it failed."""
    row = due.claimed(claim)
    return row.claimed_issue if row else None


def _ask(issue_id: int | None, claim: due.Claim, *, text: str, now: datetime, steps: Steps) -> str:
    """Hold the issue where that is possible, raise an alarm and tell the editors: a user has to decide."""
    publication = Publication.objects.get(pk=claim.publication)
    key, what, is_held = f"{SLOT}{claim.publication}", publication.name, False
    with transaction.atomic():
        if issue_id is not None:
            issue = queries.get_issue(issue_id)
            if states.can_move(current=IssueState(issue.state), to=IssueState.HELD):
                issues.move(issue_id, IssueState.HELD, now=now, by=actors.SCHEDULER, reason=text)
                key = f"{HELD}{issue_id}"
                is_held = True
            what = _("%(publication)s, issue %(n)s", publication=publication.name, n=Quantity(issue.number))
        told = _("%(what)s: %(text)s", what=what, text=text)
        if is_held:
            told = _("%(told)s It is held: send it now, give it a new time, or cancel it.", told=told)
        if steps.alarm(key=key, text=told, now=now, publication=publication.pk):
            alerts.tell_editors(subject=f"{publication.name}: nothing was sent, please decide", text=told)
    return text


def _settle_answered(*, now: datetime, steps: Steps) -> None:
    """An alarm about a held issue is over when somebody has decided about it."""
    standing = {alarm.key.removeprefix(HELD): alarm.key for alarm in steps.alarms() if alarm.key.startswith(HELD)}
    if not standing:
        return
    held = Issue.objects.filter(pk__in=[int(pk) for pk in standing], state=IssueState.HELD).values_list("pk", flat=True)
    for pk in set(standing) - {str(pk) for pk in held}:
        steps.settle(key=standing[pk], now=now)
