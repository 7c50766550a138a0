"""Consent to exact bytes, an audience rule and a time: given, renewed for another time, checked at the release."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import transaction

from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import actors, freezing, queries, states, steps
from newsletter.issues.edition import Edition
from newsletter.issues.models import Approval, Issue, Rendition
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff


class Rendered(Protocol):
    """What `rendering.results.Rendered` gives."""

    @property
    def language(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def digest(self) -> str: ...


class Finding(Protocol):
    """What `rendering.results.Finding` gives."""

    @property
    def code(self) -> str: ...
    @property
    def blocks(self) -> bool: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What is consented to, as it was shown: the edition, its renditions, what preflight found, and to whom."""

    edition: Edition
    rendered: Sequence[Rendered]
    findings: Sequence[Finding]
    audience: Mapping[str, Any]
    """The audience rule, not its members."""


class Blocked(NotAllowed):
    """It must not be sent as it is; ``reasons`` says why, a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("This issue cannot be approved yet. " + " ".join(reasons))
        self.reasons = tuple(reasons)


def digest_of(
    *,
    renditions: Sequence[str],
    sender: Mapping[str, Any],
    audience: Mapping[str, Any],
    send_at: datetime | None,
    publication: str,
) -> str:
    """SHA-256 over what is consented to: the renditions' digests, the sender, the audience rule and the time."""
    consent = {
        "renditions": sorted(renditions),
        "sender": dict(sender),
        "audience": dict(audience),
        "time": send_at.astimezone(UTC).isoformat() if send_at else f"next slot of {publication}",
    }
    return hashlib.sha256(json.dumps(consent, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _digest(approval: Approval) -> str:
    """The digest of what the approval's rows say now."""
    return digest_of(
        renditions=[rendition.digest for rendition in approval.renditions.all()],
        sender=approval.sender,
        audience=approval.audience,
        send_at=approval.send_at,
        publication=str(approval.issue.publication_id),
    )


def approve(
    issue: Issue,
    *,
    by: str,
    now: datetime,
    consent: Consent,
    send_at: datetime | None = None,
) -> Approval:
    """Record the consent and freeze what it covers; with ``send_at`` the issue is scheduled for it.

    The consent was made of ``issue`` as it was read: if anybody edited it meanwhile, it is refused.
    Raises Blocked with every reason at once, NotAllowed, InvalidInput. An older approval is voided by this one.
    """
    check_time(send_at, now=now)
    with transaction.atomic():
        row = steps.locked_for_edit(issue.pk, expected_version=issue.version)
        _check_person(row, by=by)
        _check_content(consent)
        if row.state != IssueState.DRAFT:
            steps.void_approval(row, reason="Approved anew.", now=now)
            steps.move(row.pk, IssueState.DRAFT, now=now, by=by, reason="Approved anew.")
        approval = Approval(
            issue=row,
            entries=freezing.stories_as_json(consent.edition),
            frame=freezing.frame_as_json(consent.edition),
            sender=freezing.sender_of(row),
            audience=dict(consent.audience),
        )
        _write(approval, renditions=_store(row, consent.rendered, now=now), by=by, now=now, send_at=send_at)
        steps.move(row.pk, IssueState.APPROVED, now=now, by=by)
        _set_time(row, send_at, now=now, by=by)
    return approval


def schedule(issue: Issue, *, by: str, now: datetime, send_at: datetime) -> Approval:
    """Consent to another time for the same bytes: a new approval, the issue scheduled (or scheduled anew)."""
    check_time(send_at, now=now)
    return _renew(issue.pk, by=by, now=now, send_at=send_at, reason="Scheduled for another time.")


def unschedule(issue: Issue, *, by: str, now: datetime) -> Approval:
    """Take the time off: the same bytes stay approved, for the next slot or by hand."""
    return _renew(issue.pk, by=by, now=now, send_at=None, reason="Its time was taken off.")


def ready_to_release(issue_id: int, *, by: str, now: datetime) -> Issue:
    """The issue, if it may be released now. Raises NotAllowed.

    A person who sends before the time, or after a hold, thereby consents to "now"; a machine never does.
    One that is being released already is given back as it is: its freeze may have been cut short.
    """
    with transaction.atomic():
        row = steps.locked(issue_id)
        if row.state == IssueState.FREEZING:
            return row
        approval = queries.approval_in_force(row)
        if IssueState(row.state) in states.RELEASED:
            raise NotAllowed(f"Issue {row.number} {steps.in_words(row.state)} already. Nothing was done.")
        if approval is None:
            raise NotAllowed(f"Issue {row.number} {steps.in_words(row.state)}: it has to be approved first.")
        if _digest(approval) != approval.digest:
            raise NotAllowed(
                f"Issue {row.number} is no longer what was approved. Nothing was sent: look at it and approve it again."
            )
        in_time = approval.send_at is None or approval.send_at <= now
        if in_time and row.state != IssueState.HELD:
            return row
        if by in actors.MACHINES:
            raise NotAllowed(f"Issue {row.number} {steps.in_words(row.state)}: a person has to decide about it.")
        _renew(row.pk, by=by, now=now, send_at=None, reason="Sent by hand.")
        return steps.locked(issue_id)


def check_time(send_at: datetime | None, *, now: datetime) -> None:
    """Refuse a time without a zone, or one that has passed."""
    if send_at is not None and steps.aware(send_at, field="send_at") <= now:
        raise InvalidInput("This time has passed already. Choose a later one, or send it now.", field="send_at")


def _renew(issue_id: int, *, by: str, now: datetime, send_at: datetime | None, reason: str) -> Approval:
    """A new approval of the same bytes for another time."""
    with transaction.atomic():
        row = steps.locked_for_edit(issue_id, expected_version=None)
        old = queries.approval_in_force(row)
        if old is None:
            raise NotAllowed(f"Issue {row.number} {steps.in_words(row.state)}: it has to be approved first.")
        _check_person(row, by=by)
        steps.void_approval(row, reason=reason, now=now)
        new = Approval(issue=row, entries=old.entries, frame=old.frame, sender=old.sender, audience=old.audience)
        _write(new, renditions=list(old.renditions.all()), by=by, now=now, send_at=send_at)
        if row.state != IssueState.APPROVED:
            steps.move(row.pk, IssueState.APPROVED, now=now, by=by, reason=reason)
        _set_time(row, send_at, now=now, by=by)
    return new


def _check_person(issue: Issue, *, by: str) -> None:
    if issue.publication.second_person and issue.edited_by == by:
        raise NotAllowed(
            "You edited this issue last, and this newsletter asks for a second person to approve. "
            "Nothing was lost: ask a colleague to look at it and approve it."
        )


def _check_content(consent: Consent) -> None:
    reasons = [finding.text for finding in consent.findings if finding.blocks]
    if not consent.edition.subject.strip() and not reasons:
        reasons.append("It has no subject.")
    if not consent.edition.stories and not reasons:
        reasons.append("It has no stories.")
    if reasons:
        raise Blocked(list(dict.fromkeys(reasons)))


def _store(issue: Issue, rendered: Sequence[Rendered], *, now: datetime) -> list[Rendition]:
    """Each rendition as a row named by its content; the same bytes are stored once."""
    return [
        Rendition.objects.get_or_create(
            issue=issue,
            language=one.language,
            format=one.format,
            topics="",
            digest=one.digest,
            defaults={"subject": one.subject, "html": one.html, "text": one.text, "created_at": now},
        )[0]
        for one in rendered
    ]


def _write(
    approval: Approval, *, renditions: Sequence[Rendition], by: str, now: datetime, send_at: datetime | None
) -> None:
    approval.approved_by, approval.approved_at, approval.send_at = by, now, send_at
    approval.save()
    approval.renditions.set(renditions)
    approval.digest = _digest(approval)
    approval.save(update_fields=["digest"])
    staff.record(
        actor=by,
        action="issue.approve",
        subject=f"issue:{approval.issue_id}",
        now=now,
        detail={"digest": approval.digest, "send_at": send_at.isoformat() if send_at else None},
    )


def _set_time(issue: Issue, send_at: datetime | None, *, now: datetime, by: str) -> None:
    """Give an approved issue its time, or none; `send_at` and the state change together."""
    Issue.objects.filter(pk=issue.pk).update(send_at=send_at)
    if send_at is not None:
        steps.move(issue.pk, IssueState.SCHEDULED, now=now, by=by)
    issue.refresh_from_db(fields=["state", "state_reason", "send_at", "updated_at"])
