"""The recipients whose mail was not taken, a page at a time, with their addresses for those who may see them."""

from dataclasses import dataclass

from newsletter.delivery import queries as delivery
from newsletter.delivery.states import DeliveryState
from newsletter.issues import queries
from newsletter.issues.models import Issue
from subscribers import api as subscribers

PAGE = 50
STATES = (
    DeliveryState.REFUSED,
    DeliveryState.UNCERTAIN,
    DeliveryState.DEFERRED,
    DeliveryState.EXPIRED,
    DeliveryState.WITHDRAWN,
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recipient whose mail was not taken."""

    address: str
    """Empty for those who may not see it, and for people erased since."""
    result: delivery.RecipientRow

    @property
    def code(self) -> str:
        """What stands before the server's words, which mostly begin with the RFC 3463 code themselves."""
        enhanced = "" if self.result.reply.startswith(self.result.enhanced) else self.result.enhanced
        return " ".join(part for part in (str(self.result.code or ""), enhanced) if part)


def page(issue: Issue, *, after: int, state: str, kind: str, with_addresses: bool) -> list[Row]:
    """The next page after this subscriber id, in order of ids."""
    states = [DeliveryState(state)] if state else STATES
    results = delivery.recipients(issue.pk, states=states, kind=kind, after=after, limit=PAGE)
    people: dict[int, subscribers.Recipient] = {}
    approval = queries.approval_in_force(issue)
    if with_addresses and results and approval is not None:
        people = subscribers.recipients(approval.audience, [result.subscriber for result in results])
    return [
        Row(address=people[one.subscriber].address if one.subscriber in people else "", result=one) for one in results
    ]
