"""A held chunk becomes a job: consent asked once more, whoever cannot be mailed set aside, each mail made on demand."""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from newsletter.conf import Config
from newsletter.delivery import compose, dkim, plan, settle, signing
from newsletter.delivery.carriers import Message
from newsletter.delivery.claims import Lease
from newsletter.delivery.plan import Plan
from newsletter.delivery.settle import OpenRow, Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.issues.models import Rendition
from newsletter.issues.states import IssueState
from newsletter.rendering.results import Rendered
from subscribers import api as subscribers

TEMPLATES_KEPT = 8
FAULTS_BEFORE_PAUSE = 50
FAULTS_SHARE = 0.01
"""Fault R1: more unwritable mails than either in a chunk, and the issue pauses (a handful never does)."""
FEW = 5

_log = logging.getLogger("newsletter.delivery")


@dataclass(frozen=True, slots=True)
class Person:
    """One reader of a chunk who may be written to."""

    row: OpenRow
    person: subscribers.Recipient
    template: compose.IssueTemplate


@dataclass(kw_only=True)
class Job:
    """What there is to do in a held chunk."""

    plan: Plan
    rows: dict[int, OpenRow]
    people: list[Person] = field(default_factory=list)
    """In the order of their ids, which is the order in which they are handed over."""
    settled: list[Settlement] = field(default_factory=list)
    """Those that are not written to, each with its reason."""
    pause: str = ""
    """Why the whole issue must pause; empty when it need not."""
    signer: dkim.Signer | None = None
    faults: int = 0

    def signed(self, message: Message) -> Message:
        """With its DKIM signatures; of the plan's date, so that the same bytes leave on every try. In any thread."""
        if self.signer is None:
            raise ValueError("there is nothing to sign with")
        end = message.data.index(b"\r\n\r\n")
        when = int(self.plan.date.timestamp())
        lines = self.signer.headers(message.data[: end + 2], message.data[end + 4 :], now=when)
        return replace(message, data=lines + message.data)

    def message(self, one: Person) -> Message | Settlement:
        """The mail for one reader, or what became of them since it cannot be made."""
        row, person = one.row, one.person
        try:
            return one.template.message(
                subscriber=row.subscriber, address=person.address, name=person.name, token=person.token
            )
        except compose.Undeliverable as error:
            return plan.untried(row, DeliveryState.REFUSED, reason=str(error), enhanced=error.enhanced)
        except (ValueError, LookupError) as error:
            # Threat 6: one mail that cannot be made must not keep the others from going. Its kind only is logged:
            # the words of an error may hold the address.
            kind, issue = type(error).__name__, self.plan.issue
            _log.warning("the mail of issue %d for subscriber %d cannot be made: %s", issue, row.subscriber, kind)
            self.faults += 1
            many = self.faults > FAULTS_BEFORE_PAUSE or self.faults > FAULTS_SHARE * len(self.rows)
            if self.faults > FEW and many:
                self.pause = f"{self.faults} of {len(self.rows)} mails could not be made."
            return plan.untried(
                row, DeliveryState.REFUSED, reason="This mail could not be made.", enhanced="5.6.0"
            )  # fmt: skip


class Templates:
    """Compiled renditions, the last few: compiling one takes as long as filling a thousand."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._kept: dict[int, compose.IssueTemplate] = {}

    @property
    def message_key(self) -> bytes:
        return self._config.message_key

    def get(self, rendition: int, what: Plan) -> compose.IssueTemplate:
        """Raises InvalidInput when the issue cannot be sent to anyone, LookupError when the rendition is gone."""
        if rendition not in self._kept:
            row = Rendition.objects.filter(pk=rendition, issue_id=what.issue).first()
            if row is None:
                raise LookupError(f"rendition {rendition} is gone")
            self._kept[rendition] = compose.compile_issue(
                rendered=Rendered(language=row.language, subject=row.subject, html=row.html, text=row.text),
                issue_id=what.issue,
                sender=what.sender,
                base_url=self._config.base_url,
                message_key=self._config.message_key,
                date=what.date,
            )
            while len(self._kept) > TEMPLATES_KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[rendition]


def prepare(lease: Lease, *, templates: Templates, now: datetime) -> Job:
    """Read the chunk, and ask once more who may be written to."""
    what = plan.of(lease.issue)
    rows = settle.open_rows(lease)
    by_id = {row.subscriber: row for row in rows}
    if what.state is IssueState.CANCELLED:
        return Job(plan=what, rows=by_id, settled=_all(rows, DeliveryState.WITHDRAWN, plan.CANCELLED))
    if now >= what.expires_at:
        return Job(plan=what, rows=by_id, settled=_all(rows, DeliveryState.EXPIRED, "The issue's useful life is over."))
    if what.state is IssueState.PAUSED:
        return Job(plan=what, rows=by_id)
    try:
        known = {rendition: templates.get(rendition, what) for rendition in {row.rendition for row in rows}}
    except (LookupError, ValueError) as error:
        return Job(plan=what, rows=by_id, pause=f"Its mails cannot be made: {error}")
    try:
        signer = signing.signer_for(what.sender.domain, message_key=templates.message_key)
    except signing.CannotSign as error:
        return Job(plan=what, rows=by_id, pause=str(error))
    job = Job(plan=what, rows=by_id, signer=signer)
    recipients = subscribers.recipients(what.audience, list(by_id))
    for row in rows:
        person = recipients.get(row.subscriber)
        if person is None or person.barred is not None:
            reason = plan.ERASED if person is None or person.barred is None else person.barred
            job.settled.append(plan.untried(row, DeliveryState.WITHDRAWN, reason=reason))
        else:
            job.people.append(Person(row, person, known[row.rendition]))
    return job


def _all(rows: list[OpenRow], state: DeliveryState, reason: str) -> list[Settlement]:
    return [plan.untried(row, state, reason=reason) for row in rows]
