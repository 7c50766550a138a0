"""Approvals: given, renewed for another time, checked at the release."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from newsletter.errors import NotAllowed
from newsletter.issues import actors, freezing, publications, queries, states, transitions
from newsletter.issues.approval_checks import (
    AnotherDay,
    check_approver,
    check_content,
    check_looked_at,
    check_seen,
    check_time,
    not_approved,
)
from newsletter.issues.consent import Consent, Rendered, digest_of
from newsletter.issues.edition import Edition
from newsletter.issues.models import Approval, Issue, Rendition
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _


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
    seen: str = "",
    looked_at: int | None = None,
) -> Approval:
    """Record the consent and freeze what it covers; with ``send_at`` the issue is scheduled for it.

    The consent was made of ``issue`` as it was read: if anybody edited it meanwhile, it is refused. ``seen`` is
    `Consent.seen` of what the approver looked at; empty when nobody looks, as in a command. ``looked_at``: primary key
    of the approval that was in force then, 0 for none.
    Raises Blocked with every reason at once, ChangedMeanwhile, NotAllowed, InvalidInput. An older approval is voided.
    """
    check_time(send_at, now=now)
    with transaction.atomic():
        row = transitions.locked_for_edit(issue.pk, expected_version=issue.version)
        check_approver(row, by=by)
        check_looked_at(queries.approval_in_force(row), looked_at)
        check_seen(row, consent, seen=seen)
        check_content(consent)
        _keep_lines(row, consent.edition)
        if row.state != IssueState.DRAFT:
            transitions.void_approval(row, reason=_("Approved again."), now=now)
            transitions.move(row.pk, IssueState.DRAFT, now=now, by=by, reason=_("Approved again."))
        approval = Approval(
            issue=row,
            entries=freezing.stories_as_json(consent.edition),
            frame=freezing.frame_as_json(consent.edition),
            sender=dict(consent.sender),
            audience=dict(consent.audience),
        )
        _write(approval, renditions=_store(row, consent.rendered, now=now), by=by, now=now, send_at=send_at)
        transitions.move(row.pk, IssueState.APPROVED, now=now, by=by)
        _set_time(row, send_at, now=now, by=by)
    return approval


def schedule(issue: Issue, *, by: str, now: datetime, send_at: datetime, looked_at: int | None = None) -> Approval:
    """Consent to another time for the same bytes: a new approval, the issue scheduled (or scheduled anew).

    ``looked_at``: the approval whose mail the user was shown, if anybody was. Raises ChangedMeanwhile, and AnotherDay
    for a day that the mail does not bear.
    """
    check_time(send_at, now=now)
    reason = _("Scheduled for another time.")
    return _renew(issue.pk, by=by, now=now, send_at=send_at, reason=reason, looked_at=looked_at)


def unschedule(issue: Issue, *, by: str, now: datetime, looked_at: int | None = None) -> Approval:
    """Take the time off: the same bytes stay approved, for the next slot or by hand.

    ``looked_at``: the approval that the user was shown, if anybody was. Raises ChangedMeanwhile.
    """
    follows = _("It follows the newsletter’s schedule.")
    reason = follows if issue.publication.cadence else _("It has no time any more: someone has to send it.")
    return _renew(issue.pk, by=by, now=now, send_at=None, reason=reason, looked_at=looked_at)


def ready_to_release(issue_id: int, *, by: str, now: datetime, looked_at: int | None = None) -> Issue:
    """The issue, if it may be released now. Raises NotAllowed.

    ``looked_at``: the approval that was in force when the user was asked, if anybody was. Raises ChangedMeanwhile.

    A user who sends before the time, or a held issue, thereby consents to "now"; a machine never does. An issue that
    is being released already is given back as it is: its freeze may have been cut short.
    """
    with transaction.atomic():
        row = transitions.locked(issue_id)
        if row.state == IssueState.FREEZING:
            return row
        approval = queries.approval_in_force(row)
        if IssueState(row.state) in states.RELEASED:
            raise NotAllowed(
                _(
                    "Issue %(n)s %(is_so)s already. Nothing was done.",
                    n=Quantity(row.number),
                    is_so=transitions.in_words(row.state),
                )
            )
        if approval is None:
            raise not_approved(row)
        check_looked_at(approval, looked_at)
        if _digest(approval) != approval.digest:
            raise NotAllowed(
                _(
                    "Issue %(n)s has changed since it was approved. Nothing was sent. Check it and approve it again.",
                    n=Quantity(row.number),
                )
            )
        in_time = approval.send_at is None or approval.send_at <= now
        if in_time and row.state != IssueState.HELD:
            return row
        if by in actors.MACHINES:
            raise NotAllowed(
                _(
                    "Issue %(n)s %(is_so)s: someone has to decide whether it goes out.",
                    n=Quantity(row.number),
                    is_so=transitions.in_words(row.state),
                )
            )
        _renew(row.pk, by=by, now=now, send_at=None, reason=_("Sent by hand."))
        return transitions.locked(issue_id)


def _renew(
    issue_id: int,
    *,
    by: str,
    now: datetime,
    send_at: datetime | None,
    reason: str,
    looked_at: int | None = None,
) -> Approval:
    """A new approval of the same bytes for another time."""
    with transaction.atomic():
        row = transitions.locked_for_edit(issue_id, expected_version=None)
        old = queries.approval_in_force(row)
        if old is None:
            raise not_approved(row)
        check_looked_at(old, looked_at)
        check_approver(row, by=by, is_approved=True)
        if send_at is not None and old.frame.get("date") != _day(row, send_at):
            raise AnotherDay(send_at=send_at)
        transitions.void_approval(row, reason=reason, now=now)
        new = Approval(issue=row, entries=old.entries, frame=old.frame, sender=old.sender, audience=old.audience)
        _write(new, renditions=list(old.renditions.all()), by=by, now=now, send_at=send_at)
        if row.state != IssueState.APPROVED:
            transitions.move(row.pk, IssueState.APPROVED, now=now, by=by, reason=reason)
        _set_time(row, send_at, now=now, by=by)
    return new


def _day(issue: Issue, moment: datetime) -> str:
    """The date that a mail of that moment bears."""
    return moment.astimezone(publications.zone_of(issue.publication.time_zone)).date().isoformat()


def _keep_lines(issue: Issue, edition: Edition) -> None:
    """Lines that follow the stories are kept as they were approved: an article's headline may have changed since."""
    if not issue.subject_written:
        issue.subject = edition.subject
    if not issue.preheader_written:
        issue.preheader = edition.preheader
    issue.save(update_fields=["subject", "preheader"])


def _store(issue: Issue, rendered: Sequence[Rendered], *, now: datetime) -> list[Rendition]:
    """Each rendition as a row named by its content; the same bytes are stored once."""
    return [
        Rendition.objects.get_or_create(
            issue=issue,
            language=part.language,
            format=part.format,
            topics="",
            digest=part.digest,
            defaults={
                "subject": part.subject,
                "html": part.html,
                "text": part.text,
                "token_key": part.token_key,
                "created_at": now,
            },
        )[0]
        for part in rendered
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
        transitions.move(issue.pk, IssueState.SCHEDULED, now=now, by=by)
    issue.refresh_from_db(fields=["state", "state_reason", "send_at", "updated_at"])
