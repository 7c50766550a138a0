"""A held chunk becomes messages: consent asked once more, each mail made, whoever cannot be mailed set aside."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.conf import Config
from newsletter.delivery import compose, plan, safety, settle
from newsletter.delivery.carriers import Message
from newsletter.delivery.claims import Lease
from newsletter.delivery.models import Result
from newsletter.delivery.plan import Plan
from newsletter.delivery.settle import OpenRow, Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.verdicts import Kind
from newsletter.issues.models import Rendition
from newsletter.issues.states import IssueState
from newsletter.rendering.results import Rendered
from subscribers import api as subscribers

TEMPLATES_KEPT = 8

_log = logging.getLogger("newsletter.delivery")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What there is to do in a held chunk."""

    plan: Plan
    rows: dict[int, OpenRow]
    messages: list[Message] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)
    """Those that are not written to, each with its reason."""
    pause: str = ""
    """Why the whole issue must pause; empty when it need not."""
    brake: str = ""
    """The limit that asks for it, if it is one that pauses once."""


class Templates:
    """Compiled renditions, the last few: compiling one takes as long as filling a thousand."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._kept: dict[int, compose.IssueTemplate] = {}

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
    """Read the chunk and make its messages."""
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
        known = {row.rendition: templates.get(row.rendition, what) for row in rows}
    except (LookupError, ValueError) as error:
        return Job(plan=what, rows=by_id, pause=f"Its mails cannot be made: {error}")
    return _compose(what, by_id, known)


def _compose(what: Plan, rows: dict[int, OpenRow], templates: dict[int, compose.IssueTemplate]) -> Job:
    job = Job(plan=what, rows=rows)
    people = subscribers.recipients(what.audience, list(rows))
    faults = 0
    for subscriber, row in rows.items():
        person = people.get(subscriber)
        if person is None or person.barred is not None:
            reason = plan.ERASED if person is None or person.barred is None else person.barred
            job.settled.append(plan.untried(row, DeliveryState.WITHDRAWN, reason=reason))
            continue
        try:
            job.messages.append(
                templates[row.rendition].message(
                    subscriber=subscriber, address=person.address, name=person.name, token=person.token
                )
            )
        except compose.Undeliverable as error:
            faults += error.enhanced.startswith("5.6.")
            job.settled.append(plan.untried(row, DeliveryState.REFUSED, reason=str(error), enhanced=error.enhanced))
        except (ValueError, LookupError) as error:
            # Threat 6: one mail that cannot be made must not keep the others from going.
            faults += 1
            # Its kind only: the words of an error may hold the address.
            kind = type(error).__name__
            _log.warning("the mail of issue %d for subscriber %d cannot be made: %s", what.issue, subscriber, kind)
            reason = "This mail could not be made."
            job.settled.append(plan.untried(row, DeliveryState.REFUSED, reason=reason, enhanced="5.6.0"))
    if faults and safety.UNMADE not in what.brakes:
        before = Result.objects.filter(issue_id=what.issue, state=DeliveryState.REFUSED, kind=Kind.UNMADE).count()
        why = safety.unmade(rows=before + faults, planned=what.planned)
        if why:
            return Job(plan=what, rows=rows, pause=why, brake=safety.UNMADE)
    return job


def _all(rows: list[OpenRow], state: DeliveryState, reason: str) -> list[Settlement]:
    return [plan.untried(row, state, reason=reason) for row in rows]
