"""Loads a leased chunk: reads consent once more, sets aside whoever must not be mailed, makes each mail on demand."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from newsletter.conf import Config
from newsletter.delivery.carrier import Message
from newsletter.delivery.dkim import signatures as dkim
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.ledger import queries, release_plan, results, thresholds
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.release_plan import Plan
from newsletter.delivery.ledger.settlements import OpenDelivery, Settlement
from newsletter.delivery.message import issue_template
from newsletter.delivery.message.recipient import Undeliverable
from newsletter.delivery.states import DeliveryState
from newsletter.errors import words_of
from newsletter.issues.models import Rendition
from newsletter.issues.states import IssueState
from newsletter.rendering.results import frozen
from newsletter.translatable import Translatable as _
from newsletter.values import value
from subscribers import api as subscribers

TEMPLATES_KEPT = 8

_log = logging.getLogger("newsletter.delivery")


@value
class Addressee:
    """A reader of a chunk who may be written to."""

    row: OpenDelivery
    person: subscribers.Recipient
    template: issue_template.IssueTemplate


@dataclass(kw_only=True)
class UnmadeMails:
    """How many mails of a release could not be made (fault R1), as far as this worker knows."""

    before: int = 0
    """According to the ledger, when this worker loaded the first chunk of the release."""
    stored: int = 0
    """According to the ledger, when it was asked last."""
    here: int = 0
    """In this worker, since `before` was asked."""

    @property
    def count(self) -> int:
        return max(self.before + self.here, self.stored)


@value
class Unsigned:
    """A mail that lacks nothing but the values of its DKIM signatures (RFC 6376, tag ``b``)."""

    message: Message
    drafts: Sequence[dkim.Draft]

    def signatures(self) -> list[bytes]:
        """The values, which take the time. May run in any thread."""
        return dkim.signatures(self.drafts)

    def signed(self, values: Sequence[bytes]) -> Message:
        """The mail with its signatures."""
        return replace(self.message, parts=(dkim.finished(self.drafts, values), *self.message.parts))


@dataclass(kw_only=True)
class LoadedChunk:
    """What there is to do in a leased chunk."""

    plan: Plan
    rows: dict[int, OpenDelivery]
    addressees: list[Addressee] = field(default_factory=list)
    """In the order of their ids, which is the order in which they are handed over."""
    settled: list[Settlement] = field(default_factory=list)
    """Results of readers who are not written to, each with its reason."""
    pause: str = ""
    """Why the whole issue must pause; empty when it need not."""
    brake: str = ""
    """The threshold that asks for it, if it is a brake, which pauses once."""
    signer: dkim.Signer | None = None
    unmade: UnmadeMails = field(default_factory=UnmadeMails)

    def signed(self, message: Message) -> Message:
        """The mail with its DKIM signatures."""
        unsigned = self.unsigned(message)
        return unsigned.signed(unsigned.signatures())

    def unsigned(self, message: Message) -> Unsigned:
        """The mail to be signed; with the plan's date, so that the same bytes leave on every try."""
        if self.signer is None:
            raise ValueError("there is nothing to sign with")
        block, *body = message.parts  # the headers and the empty line come first, as they were composed
        drafts = self.signer.drafts(block[:-2], b"".join(body), now=int(self.plan.date.timestamp()))
        return Unsigned(message, drafts)

    def message(self, addressee: Addressee) -> Message | Settlement | None:
        """The mail for a reader, or what became of them since it cannot be made.

        None where so many could not be made that the issue must `pause`: nobody is marked for the last of them.
        """
        row, person = addressee.row, addressee.person
        try:
            return addressee.template.message(
                subscriber=row.subscriber, address=person.address, name=person.name, token=person.token
            )
        except Undeliverable as error:
            return self._unmade(row, str(error), enhanced=error.enhanced)
        except (ValueError, LookupError) as error:
            # Threat 6: a mail that cannot be made must not keep the others from going. Its kind only is logged:
            # the words of an error may hold the address.
            kind, issue = type(error).__name__, self.plan.issue
            _log.warning("the mail of issue %d for subscriber %d cannot be made: %s", issue, row.subscriber, kind)
            return self._unmade(row, release_plan.UNMADE, enhanced="5.6.0")

    def _unmade(self, row: OpenDelivery, reason: str, *, enhanced: str) -> Settlement | None:
        if enhanced.startswith("5.6.") and thresholds.UNMADE not in self.plan.brakes:
            self.unmade.here += 1
            why = thresholds.unmade(rows=self.unmade.count, planned=self.plan.planned)
            if why:
                self.pause, self.brake = why, thresholds.UNMADE
                return None
        return release_plan.untried(row, DeliveryState.REFUSED, reason=reason, enhanced=enhanced)


class TemplateCache:
    """Compiled renditions, the last few: to compile a template takes as long as to fill it a thousand times."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._kept: dict[int, issue_template.IssueTemplate] = {}
        self._unmade: dict[int, UnmadeMails] = {}

    @property
    def message_key(self) -> bytes:
        return self._config.message_key

    def get(self, rendition: int, what: Plan) -> issue_template.IssueTemplate:
        """Raises InvalidInput when the issue cannot be sent to anyone, LookupError when the rendition is gone."""
        if rendition not in self._kept:
            row = Rendition.objects.filter(pk=rendition, issue_id=what.issue).first()
            if row is None:
                raise LookupError(f"rendition {rendition} is gone")
            self._kept[rendition] = issue_template.compile_issue(
                rendered=frozen(row),
                issue_id=what.issue,
                sender=what.sender,
                base_url=self._config.base_url,
                message_key=self._config.message_key,
                date=what.date,
            )
            while len(self._kept) > TEMPLATES_KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[rendition]

    def unmade_of(self, what: Plan) -> UnmadeMails:
        """What is known of the mails of an issue that could not be made, shared by all its chunks in this worker."""
        unmade = self._unmade.get(what.issue)
        if thresholds.UNMADE in what.brakes or (unmade and not unmade.count):
            return unmade or UnmadeMails()
        # Counted seldom: once, and then only while there are a few.
        stored = queries.unmade(what.issue)
        if unmade is None:
            unmade = self._unmade[what.issue] = UnmadeMails(before=stored)
        unmade.stored = stored
        while len(self._unmade) > TEMPLATES_KEPT:
            del self._unmade[next(iter(self._unmade))]
        return unmade


def load(lease: Lease, *, templates: TemplateCache, now: datetime) -> LoadedChunk:
    """Read the chunk, and ask once more who may be written to."""
    what = release_plan.of(lease.issue)
    rows = results.open_deliveries(lease)
    by_id = {row.subscriber: row for row in rows}
    if what.state is IssueState.CANCELLED:
        return LoadedChunk(plan=what, rows=by_id, settled=_all(rows, DeliveryState.WITHDRAWN, release_plan.CANCELLED))
    if now >= what.expires_at:
        return LoadedChunk(plan=what, rows=by_id, settled=_all(rows, DeliveryState.EXPIRED, release_plan.TOO_LATE))
    if what.state is IssueState.PAUSED:
        return LoadedChunk(plan=what, rows=by_id)
    try:
        known = {rendition: templates.get(rendition, what) for rendition in {row.rendition for row in rows}}
    except (LookupError, ValueError) as error:
        return LoadedChunk(plan=what, rows=by_id, pause=_("Its mails cannot be made: %(why)s", why=error))
    try:
        signer = signing_keys.signer_for(what.sender.domain, message_key=templates.message_key)
    except signing_keys.SigningKeyUnavailable as error:
        return LoadedChunk(plan=what, rows=by_id, pause=words_of(error))
    loaded = LoadedChunk(plan=what, rows=by_id, signer=signer, unmade=templates.unmade_of(what))
    recipients = subscribers.recipients(what.audience, list(by_id))
    for row in rows:
        person = recipients.get(row.subscriber)
        if person is None or person.barred is not None:
            reason = release_plan.ERASED if person is None or person.barred is None else person.barred
            loaded.settled.append(release_plan.untried(row, DeliveryState.WITHDRAWN, reason=reason))
        else:
            loaded.addressees.append(Addressee(row, person, known[row.rendition]))
    return loaded


def _all(rows: list[OpenDelivery], state: DeliveryState, reason: str) -> list[Settlement]:
    return [release_plan.untried(row, state, reason=reason) for row in rows]
