"""What an approval is refused for, before anything is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import freezing, transitions
from newsletter.issues.consent import Consent
from newsletter.issues.models import Approval, Issue
from newsletter.translatable import Quantity, Translatable
from newsletter.translatable import Translatable as _


class MailChanged(transitions.ChangedMeanwhile):
    """The mail is not the mail that the approver looked at."""


class AnotherDay(InvalidInput):
    """The mail shows its date, and ``send_at`` is on another day: the mail of that day has to be approved."""

    def __init__(self, *, send_at: datetime) -> None:
        super().__init__(
            _("The mail shows its date, so for another day it has to be approved again. Nothing was changed."),
            field="send_at",
        )
        self.send_at = send_at


class Blocked(NotAllowed):
    """The issue must not be sent as it is; ``reasons`` says why, a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(_("This issue cannot be approved yet. %(reasons)s", reasons=_joined(reasons)))
        self.reasons = tuple(reasons)


def _joined(sentences: Sequence[str]) -> str:
    """One text of several sentences, each of which a page can still say in its own language."""
    text = sentences[0] if sentences else ""
    for sentence in sentences[1:]:
        text = Translatable("%(first)s %(then)s", first=text, then=sentence)
    return text


def check_time(send_at: datetime | None, *, now: datetime) -> None:
    """Refuse a time without a zone, or a time that has passed. Raises InvalidInput."""
    if send_at is not None and transitions.aware(send_at, field="send_at") <= now:
        raise InvalidInput(_("This time is in the past. Choose a later one."), field="send_at")


def not_approved(issue: Issue) -> NotAllowed:
    """The error for an issue without an approval in force."""
    number, is_so = Quantity(issue.number), transitions.in_words(issue.state)
    return NotAllowed(_("Issue %(n)s %(is_so)s: it has to be approved first.", n=number, is_so=is_so))


def check_approver(issue: Issue, *, by: str, is_approved: bool = False) -> None:
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


def check_looked_at(approval: Approval | None, looked_at: int | None) -> None:
    """Refuse when the issue was approved anew since the approver looked: in a tab left open stands another mail.

    ``looked_at``: primary key of the approval that was in force then, 0 for none; None when nobody looked.
    """
    if approval is not None and looked_at is not None and approval.pk != looked_at:
        raise transitions.ChangedMeanwhile(
            _("This issue was approved since you opened the page. Nothing was changed. Look at it again.")
        )


def check_seen(issue: Issue, consent: Consent, *, seen: str) -> None:
    """Refuse when the mail is not what the approver saw; its sender is read anew. Raises MailChanged."""
    current = replace(consent, sender=freezing.sender_of(issue))
    if current.seen != (seen or consent.seen):
        raise MailChanged(_("The mail has changed since you opened this page. Nothing was approved. Check it again."))


def check_content(consent: Consent) -> None:
    """Refuse what preflight blocks, and an issue without subject or stories. Raises Blocked."""
    reasons = [finding.text for finding in consent.findings if finding.blocks]
    if not consent.edition.subject.strip() and not reasons:
        reasons.append(_("It has no subject."))
    if not consent.edition.stories and not reasons:
        reasons.append(_("It has no stories."))
    if reasons:
        raise Blocked(list(dict.fromkeys(reasons)))
