"""The whole flow: articles become an issue, an issue becomes renditions, renditions become deliveries.

Deliveries become mail in `delivery.worker.delivery_worker`, a process of its own.
"""

from datetime import datetime, timedelta

from django.db import transaction

from newsletter import conf
from newsletter.delivery import alarms
from newsletter.delivery.control import restore_guard
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.message import single_message
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.models import OutboxMail, Release
from newsletter.delivery.outbox import mail_queue
from newsletter.errors import InvalidInput, NotAllowed
from newsletter.issues import actors, assembling, queries, services, states
from newsletter.issues.edition import Edition
from newsletter.issues.models import Approval, Issue, Publication
from newsletter.rendering import personalise, preflight, render
from newsletter.rendering.results import Preflight, Rendered
from newsletter.scheduling import services as scheduling
from newsletter.scheduling import work
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _
from subscribers import api as subscribers

TEST_LIFE = timedelta(hours=12)
"""A test mail that comes a day later helps nobody."""


def assemble(*, publication: Publication, now: datetime, by: str) -> Issue:
    """Articles → issue: a draft of the newest unused articles that the publication's rule allows."""
    return assembling.assemble(publication=publication, now=now, by=by)


def preview(issue: Issue, *, now: datetime, test: bool = False) -> Rendered:
    """Issue → the rendition that would be approved now."""
    return _render(_edition(issue, now=now, test=test))


def check(issue: Issue, *, now: datetime) -> Preflight:
    """What stands in the way of sending the issue as it is, and what is only worth a look."""
    edition = _edition(issue, now=now)
    return preflight.check(edition, _render(edition), loopback=conf.config().is_loopback)


def propose(issue: Issue, *, now: datetime, send_at: datetime | None = None) -> services.Consent:
    """Issue → what somebody would consent to: rendered and checked once, for ``send_at``, else for its next slot."""
    day = send_at or scheduling.next_slot(issue, now=now) or now
    edition = services.edition_of(issue, config=conf.config(), now=now, send_at=day)
    rendered = _render(edition)
    page = render.for_browser(edition, templates=conf.config().templates_dir)
    return services.Consent(
        edition=edition,
        rendered=[rendered, page] if page else [rendered],
        findings=preflight.check(edition, rendered, loopback=conf.config().is_loopback).findings,
        audience=subscribers.audience_of_list(issue.publication.list_id),
        sender=services.sender_of(issue),
    )


def changes(issue: Issue, *, now: datetime, goes_out: datetime | None = None) -> list[services.Change]:
    """What changed since the approval and will not go out; ``goes_out``: when it is sent, else as it is planned."""
    readers = subscribers.audience_of_list(issue.publication.list_id)
    goes_out = goes_out or scheduling.expected_at(issue, now=now)
    return services.changes_since_approval(issue, config=conf.config(), now=now, audience=readers, goes_out=goes_out)


def approve(
    issue: Issue,
    *,
    by: str,
    now: datetime,
    send_at: datetime | None = None,
    seen: str = "",
    looked_at: int | None = None,
) -> Approval:
    """Issue → frozen renditions, by somebody's consent; with ``send_at`` it is scheduled.

    ``seen``: the digest of what the approver was shown, and ``looked_at`` the approval that was in force then (0:
    none), if anybody was. Raises services.Blocked, ChangedMeanwhile.
    """
    consent = propose(issue, now=now, send_at=send_at)
    return services.approve(issue, by=by, now=now, consent=consent, send_at=send_at, seen=seen, looked_at=looked_at)


def approve_and_release(issue: Issue, *, by: str, now: datetime, seen: str, looked_at: int | None) -> Release:
    """`approve` and `release` in one step, for who chose to send at once: the mail bears the date of this day.

    When all is held, or nobody would get it, it is not approved either. Raises as `approve` and `release` do.
    """
    restore_guard.require_free()
    consent = propose(issue, now=now, send_at=now)
    with transaction.atomic():
        approval = services.approve(issue, by=by, now=now, consent=consent, seen=seen, looked_at=looked_at)
        _require_readers(issue, now=now)
    return release(issue.pk, by=by, now=now, looked_at=approval.pk)


def release(issue_id: int, *, by: str, now: datetime, looked_at: int | None = None) -> Release:
    """Renditions → deliveries: the audience is frozen, and workers begin.

    ``looked_at``: the approval in force when the user was asked. Raises ChangedMeanwhile, and NotAllowed while all is
    held, or where a user would send it to nobody: the issue would be spent. A time that was approved is kept.
    """
    restore_guard.require_free()
    with transaction.atomic():
        issue = services.ready_to_release(issue_id, by=by, now=now, looked_at=looked_at)
        if by not in actors.MACHINES and issue.state not in states.RELEASED:
            _require_readers(issue, now=now)
    return audience_freeze.freeze(issue.pk, by=by, now=now)


def _require_readers(issue: Issue, *, now: datetime) -> None:
    approval = queries.approval_in_force(issue)
    if approval is not None and not audience_freeze.reaches_anybody(approval.audience, now=now):
        raise NotAllowed(
            _(
                "There is nobody to send issue %(n)s to: its list has no confirmed subscriber who may be mailed. "
                "Nothing was sent. Add or import subscribers, then send it.",
                n=Quantity(issue.number),
            )
        )


def tick(now: datetime) -> list[str]:
    """Whatever is due: scheduled issues and slots of cadences go their way through the steps above."""
    if restore_guard.is_held():
        return []
    steps = work.Steps(
        assemble=assemble,
        approve=approve,
        release=release,
        alarm=alarms.raise_alarm,
        alarms=alarms.standing,
        settle=alarms.settle_alarm,
    )
    return work.tick(now=now, steps=steps)


def test_mail(issue: Issue, *, to: str, now: datetime) -> OutboxMail:
    """The issue to one address, marked as a test, outside the ledger. Raises InvalidInput for a bad address."""
    try:
        to = subscribers.checked_address(to)
    except subscribers.InvalidInput as error:
        raise InvalidInput(str(error), field="test_to") from error
    config, rendered = conf.config(), preview(issue, now=now, test=True)
    values = personalise.values_for(name="", unsubscribe_url=f"{config.base_url}/u/test/")
    message = single_message.compose(
        sender=Sender(**services.sender_of(issue)),
        recipient=to,
        subject=rendered.tokens.fill_text(rendered.subject, values),
        text=rendered.tokens.fill_text(rendered.text, values),
        html=rendered.tokens.fill_html(rendered.html, values),
        date=now,
        message_key=config.message_key,
        kind="test",
    )
    return mail_queue.enqueue(kind="test", recipient=to, message=message, now=now, life=TEST_LIFE)


def _edition(issue: Issue, *, now: datetime, test: bool = False) -> Edition:
    day = scheduling.expected_at(issue, now=now)
    return services.edition_of(issue, config=conf.config(), now=now, test=test, send_at=day)


def _render(edition: Edition) -> Rendered:
    return render.render(edition, templates=conf.config().templates_dir)
