"""Consent to exact bytes, an audience rule and a time: given, renewed for another time, checked at the release."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import transaction

from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import actors, freezing, publications, queries, shown, states, steps
from newsletter.issues.edition import Edition
from newsletter.issues.models import Approval, Issue, Rendition
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.translatable import Quantity, Translatable
from newsletter.translatable import Translatable as _


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
    def token_key(self) -> str: ...
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
    sender: Mapping[str, Any]

    @property
    def seen(self) -> str:
        """Names what a page shows of it: whoever consents says this digest back."""
        renditions = [one.digest for one in self.rendered]
        return shown.digest(renditions=renditions, sender=self.sender, audience=self.audience)

    @property
    def note(self) -> str:
        """What a page carries beside the digest, to say later what changed."""
        return shown.note(self.edition, sender=self.sender, audience=self.audience)


class MailChanged(steps.ChangedMeanwhile):
    """The mail is not the one that was looked at."""


class AnotherDay(InvalidInput):
    """The mail shows its date, and this time is on another day: the mail of that day has to be approved."""

    def __init__(self, *, send_at: datetime) -> None:
        super().__init__(
            _("The mail shows its date, so for another day it has to be approved again. Nothing was changed."),
            field="send_at",
        )
        self.send_at = send_at


class Blocked(NotAllowed):
    """It must not be sent as it is; ``reasons`` says why, a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(_("This issue cannot be approved yet. %(reasons)s", reasons=_joined(reasons)))
        self.reasons = tuple(reasons)


def _joined(sentences: Sequence[str]) -> str:
    """One text of several sentences, each of which a page can still say in its own language."""
    text = sentences[0] if sentences else ""
    for sentence in sentences[1:]:
        text = Translatable("%(first)s %(then)s", first=text, then=sentence)
    return text


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
    seen: str = "",
    looked_at: int | None = None,
) -> Approval:
    """Record the consent and freeze what it covers; with ``send_at`` the issue is scheduled for it.

    The consent was made of ``issue`` as it was read: if anybody edited it meanwhile, it is refused. ``seen`` is
    `Consent.seen` of what the person looked at; empty when nobody looks, as in a command. ``looked_at``: the approval
    that was in force then, 0 for none.
    Raises Blocked with every reason at once, ChangedMeanwhile, NotAllowed, InvalidInput. An older approval is voided
    by this one.
    """
    check_time(send_at, now=now)
    with transaction.atomic():
        row = steps.locked_for_edit(issue.pk, expected_version=issue.version)
        _check_person(row, by=by)
        _check_looked_at(queries.approval_in_force(row), looked_at)
        _check_seen(row, consent, seen=seen)
        _check_content(consent)
        _keep_lines(row, consent.edition)
        if row.state != IssueState.DRAFT:
            steps.void_approval(row, reason=_("Approved again."), now=now)
            steps.move(row.pk, IssueState.DRAFT, now=now, by=by, reason=_("Approved again."))
        approval = Approval(
            issue=row,
            entries=freezing.stories_as_json(consent.edition),
            frame=freezing.frame_as_json(consent.edition),
            sender=dict(consent.sender),
            audience=dict(consent.audience),
        )
        _write(approval, renditions=_store(row, consent.rendered, now=now), by=by, now=now, send_at=send_at)
        steps.move(row.pk, IssueState.APPROVED, now=now, by=by)
        _set_time(row, send_at, now=now, by=by)
    return approval


def schedule(issue: Issue, *, by: str, now: datetime, send_at: datetime, looked_at: int | None = None) -> Approval:
    """Consent to another time for the same bytes: a new approval, the issue scheduled (or scheduled anew).

    ``looked_at``: the approval whose mail the person was shown, if anybody was. Raises ChangedMeanwhile, and AnotherDay
    for a day that the mail does not bear.
    """
    check_time(send_at, now=now)
    reason = _("Scheduled for another time.")
    return _renew(issue.pk, by=by, now=now, send_at=send_at, reason=reason, looked_at=looked_at)


def unschedule(issue: Issue, *, by: str, now: datetime, looked_at: int | None = None) -> Approval:
    """Take the time off: the same bytes stay approved, for the next slot or by hand.

    ``looked_at``: the approval that the person was shown, if anybody was. Raises ChangedMeanwhile.
    """
    follows = _("It follows the newsletter’s schedule.")
    reason = follows if issue.publication.cadence else _("It has no time any more: someone has to send it.")
    return _renew(issue.pk, by=by, now=now, send_at=None, reason=reason, looked_at=looked_at)


def ready_to_release(issue_id: int, *, by: str, now: datetime, looked_at: int | None = None) -> Issue:
    """The issue, if it may be released now. Raises NotAllowed.

    ``looked_at``: the approval that was in force when the person was asked, if anybody was. Raises ChangedMeanwhile.

    A person who sends before the time, or after a hold, thereby consents to "now"; a machine never does.
    One that is being released already is given back as it is: its freeze may have been cut short.
    """
    with transaction.atomic():
        row = steps.locked(issue_id)
        if row.state == IssueState.FREEZING:
            return row
        approval = queries.approval_in_force(row)
        if IssueState(row.state) in states.RELEASED:
            raise NotAllowed(
                _(
                    "Issue %(n)s %(is_so)s already. Nothing was done.",
                    n=Quantity(row.number),
                    is_so=steps.in_words(row.state),
                )
            )
        if approval is None:
            raise _not_approved(row)
        _check_looked_at(approval, looked_at)
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
                    is_so=steps.in_words(row.state),
                )
            )
        _renew(row.pk, by=by, now=now, send_at=None, reason=_("Sent by hand."))
        return steps.locked(issue_id)


def check_time(send_at: datetime | None, *, now: datetime) -> None:
    """Refuse a time without a zone, or one that has passed."""
    if send_at is not None and steps.aware(send_at, field="send_at") <= now:
        raise InvalidInput(_("This time is in the past. Choose a later one."), field="send_at")


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
        row = steps.locked_for_edit(issue_id, expected_version=None)
        old = queries.approval_in_force(row)
        if old is None:
            raise _not_approved(row)
        _check_looked_at(old, looked_at)
        _check_person(row, by=by, is_approved=True)
        if send_at is not None and old.frame.get("date") != _day(row, send_at):
            raise AnotherDay(send_at=send_at)
        steps.void_approval(row, reason=reason, now=now)
        new = Approval(issue=row, entries=old.entries, frame=old.frame, sender=old.sender, audience=old.audience)
        _write(new, renditions=list(old.renditions.all()), by=by, now=now, send_at=send_at)
        if row.state != IssueState.APPROVED:
            steps.move(row.pk, IssueState.APPROVED, now=now, by=by, reason=reason)
        _set_time(row, send_at, now=now, by=by)
    return new


def _day(issue: Issue, moment: datetime) -> str:
    """The date that a mail of that moment bears."""
    return moment.astimezone(publications.zone_of(issue.publication.time_zone)).date().isoformat()


def _not_approved(issue: Issue) -> NotAllowed:
    number, is_so = Quantity(issue.number), steps.in_words(issue.state)
    return NotAllowed(_("Issue %(n)s %(is_so)s: it has to be approved first.", n=number, is_so=is_so))


def _check_person(issue: Issue, *, by: str, is_approved: bool = False) -> None:
    """Refuse whoever edited last, where a second person is needed; ``is_approved``: for another time only."""
    if not issue.publication.second_person or issue.edited_by != by:
        return
    if is_approved:
        raise NotAllowed(
            _(
                "You edited this issue last, and this newsletter needs a second person: only a colleague can change "
                "its time, or send it at another. Nothing was changed, and it stays approved."
            )
        )
    raise NotAllowed(
        _(
            "You edited this issue last, and this newsletter needs a second person to approve it. "
            "Nothing was lost. Ask a colleague to check and approve it."
        )
    )


def _check_looked_at(approval: Approval | None, looked_at: int | None) -> None:
    """Refuse when the issue was approved anew since somebody looked: in a tab left open stands another mail."""
    if approval is not None and looked_at is not None and approval.pk != looked_at:
        raise steps.ChangedMeanwhile(
            _("This issue was approved since you opened the page. Nothing was changed. Look at it again.")
        )


def _check_seen(issue: Issue, consent: Consent, *, seen: str) -> None:
    """Refuse when the issue is not what was seen; its sender is read anew, under the lock."""
    now = replace(consent, sender=freezing.sender_of(issue))
    if now.seen != (seen or consent.seen):
        raise MailChanged(_("The mail has changed since you opened this page. Nothing was approved. Check it again."))


def _keep_lines(issue: Issue, edition: Edition) -> None:
    """Lines that follow the stories are kept as they were approved: an article's headline may have changed since."""
    if not issue.subject_written:
        issue.subject = edition.subject
    if not issue.preheader_written:
        issue.preheader = edition.preheader
    issue.save(update_fields=["subject", "preheader"])


def _check_content(consent: Consent) -> None:
    reasons = [finding.text for finding in consent.findings if finding.blocks]
    if not consent.edition.subject.strip() and not reasons:
        reasons.append(_("It has no subject."))
    if not consent.edition.stories and not reasons:
        reasons.append(_("It has no stories."))
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
            defaults={
                "subject": one.subject,
                "html": one.html,
                "text": one.text,
                "token_key": one.token_key,
                "created_at": now,
            },
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
