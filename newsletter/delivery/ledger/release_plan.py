"""What a worker must know of an issue to send it, read at each claim; and how a reply becomes a settlement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.ledger.settlements import OpenDelivery, Settlement
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.models import Release
from newsletter.delivery.replies import classification, retry_policy
from newsletter.delivery.states import DeliveryState
from newsletter.errors import NotAllowed
from newsletter.issues import queries as issues
from newsletter.issues.models import Publication
from newsletter.issues.states import IssueState
from newsletter.translatable import Translatable as _

ERASED = "erased"
CANCELLED = "cancelled"
TOO_LATE = "The issue's useful life is over."
UNMADE = "This mail could not be made."
_OF_ISSUE = (
    *("state", "number", "publication_id", "uncertain_policy"),
    *("publication__uncertain_policy", "publication__time_zone"),
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One released issue."""

    issue: int
    publication: int
    state: IssueState
    audience: Mapping[str, Any]
    sender: Sender
    date: datetime
    """For the Date header; the same at each try, so that the same bytes leave (trust F8). In the publication's zone."""
    expires_at: datetime
    again: bool
    """Doubtful ones are sent again with the same Message-ID."""
    planned: int
    brakes: frozenset[str]
    """Limits that paused it already; a person let it go on."""


def of(issue_id: int) -> Plan:
    """Read it. Raises NotAllowed when no approval is in force, which no released issue should come to."""
    terms = issues.terms_in_force(issue_id)
    columns = ("cut_off", "expires_at", "planned", "brakes", *[f"issue__{name}" for name in _OF_ISSUE])
    # Columns by name: a chunk is leased for a fifth of a second, and reading three whole models took a tenth of that.
    cut_off, expires_at, planned, brakes, state, number, publication, policy, usual_policy, zone = (
        Release.objects.values_list(*columns).get(pk=issue_id)
    )  # fmt: skip
    if terms is None:
        raise NotAllowed(_("Issue %(number)s is no longer approved. Nothing more of it is sent.", number=number))
    audience, sender = terms
    return Plan(
        issue=issue_id,
        publication=publication,
        state=IssueState(state),
        audience=audience,
        sender=Sender(**sender),
        date=cut_off.astimezone(ZoneInfo(zone)),
        expires_at=expires_at,
        again=(policy or usual_policy) == Publication.UncertainPolicy.AGAIN,
        planned=planned,
        brakes=frozenset(brakes),
    )


def judge(
    plan: Plan, row: OpenDelivery, reply: Reply, *, now: datetime, chance: float
) -> tuple[Settlement, str] | tuple[None, str]:
    """What the reply makes of the delivery, and why the issue must pause (empty: it need not).

    None for a try that never reached the server: the delivery stays as it was, though the issue may have to pause.
    """
    decision = retry_policy.decide(
        reply,
        tries=row.tries + 1,
        refused_before=row.refused_for_policy,
        now=now,
        expires_at=plan.expires_at,
        again=plan.again,
        chance=chance,
    )
    if not reply.counts_as_try:
        return None, decision.pause
    settlement = Settlement(
        subscriber=row.subscriber,
        state=decision.state,
        kind=decision.kind or "",
        tries=row.tries + 1,
        code=reply.code,
        enhanced=reply.enhanced,
        reply=reply.text,
        due=decision.due,
        phase=reply.phase.value,
        tried=reply.state,
    )
    return settlement, decision.pause


def in_doubt(plan: Plan, row: OpenDelivery, *, text: str, now: datetime, chance: float) -> Settlement:
    """A delivery whose dot may have been written, and of which nothing more is known."""
    lost = Reply(row.subscriber, DeliveryState.UNCERTAIN, Phase.DOT, None, "", text)
    settlement, _ = judge(plan, row, lost, now=now, chance=chance)
    if settlement is None:
        raise AssertionError("a lost reply always counts as a try")
    return settlement


def untried(row: OpenDelivery, state: DeliveryState, *, reason: str, enhanced: str = "") -> Settlement:
    """Settled without asking a server: withdrawn, expired, or impossible to write to."""
    kind = classification.local_refusal_kind(enhanced) if state is DeliveryState.REFUSED else ""
    return Settlement(
        subscriber=row.subscriber, state=state, kind=kind, tries=row.tries, reply=reason, enhanced=enhanced
    )
