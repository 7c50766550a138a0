"""The recipients of a release for pages and commands: filtered, with addresses for those who may see them, as CSV.

`recipient_search` finds the rows by number; here they get the addresses, which the subscribers' room knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from newsletter.delivery import redact
from newsletter.delivery.ledger import queries
from newsletter.delivery.ledger.queries import RecipientRow
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.progress.recipient_search import Wanted
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _
from subscribers import api as subscribers

EVERYBODY = "all"
"""The filter's value for all states; empty means those whose mail was not taken."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What was chosen, as it stands in a page's address. Never the address of a reader."""

    state: str = ""
    kind: str = ""
    code: str = ""
    domain: str = ""

    @property
    def query(self) -> str:
        """The filter as a query string, for links that keep it."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def wanted(self) -> Wanted:
        """The question to the ledger. Raises InvalidInput for a domain that is none."""
        states: Sequence[DeliveryState] = () if self.state == EVERYBODY else recipient_search.NOT_TAKEN
        if self.state in set(DeliveryState):
            states = [DeliveryState(self.state)]
        wanted = Wanted(states=states, code=self.code, kind=self.kind)
        domain = self.domain
        if not domain:
            return wanted
        in_domain(domain, [])
        return replace(wanted, keep=lambda ids: in_domain(domain, ids))


def in_domain(domain: str, ids: Sequence[int]) -> set[int]:
    """The subscribers among ``ids`` whose address is at this domain. Raises InvalidInput."""
    try:
        return subscribers.in_domain(domain, ids)
    except subscribers.InvalidInput as error:
        raise InvalidInput(_("This is not a domain. Write it like example.org."), field="domain") from error


def chosen(values: dict[str, str], *, may_see_addresses: bool) -> Filter:
    """The filter that these values name; an unknown value counts as not given.

    A domain, which would tell addresses, counts only for those who may see them.
    """
    state = values.get("state", "")
    kind = values.get("kind", "")
    code = values.get("code", "").strip()
    return Filter(
        state=state if state == EVERYBODY or state in set(DeliveryState) else "",
        kind=kind if kind in set(Kind) else "",
        code=code if code.isascii() and len(code) <= 12 and code.replace(".", "").isdigit() else "",
        domain=values.get("domain", "").strip().replace("\x00", "")[:253] if may_see_addresses else "",
    )


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A recipient, with the address where it may be seen."""

    address: str
    """Empty for those who may not see it, and for subscribers erased since."""
    result: RecipientRow
    reply: str
    """What the server said, without addresses for those who may not see them."""

    @property
    def said(self) -> str:
        """The server's code and words; empty when no server gave the reason."""
        return _in_order(self.result.code, self.result.enhanced, self.reply) if self.result.code else ""

    @property
    def own_reason(self) -> str:
        """The ledger's own reason, untranslated; empty when a server gave it."""
        return "" if self.result.code else self.reply


def described(results: Sequence[RecipientRow], *, with_addresses: bool) -> list[Recipient]:
    """The recipients of these results, in one query for their addresses; without them, replies are redacted too."""
    known = subscribers.addresses_of([result.subscriber for result in results]) if with_addresses else {}
    return [
        Recipient(
            address=known.get(result.subscriber, ""),
            result=result,
            reply=result.reply if with_addresses else redact.addresses(result.reply),
        )
        for result in results
    ]


def find(issue_id: int, address: str) -> int:
    """The number of the recipient with exactly this address. Raises InvalidInput."""
    try:
        subscriber = subscribers.find(address)
    except subscribers.InvalidInput as error:
        raise InvalidInput(str(error), field="address") from error
    if subscriber is None or recipient_search.of_subscriber(issue_id, subscriber) is None:
        raise InvalidInput(
            _("This address is not a recipient of this issue. “Who was left out” on the issue’s page may say why."),
            field="address",
        )
    return subscriber


def _in_order(code: int | None, enhanced: str, reply: str) -> str:
    # Most servers begin their words with the enhanced code: it need not stand there twice.
    parts = (str(code or ""), "" if reply.startswith(enhanced) else enhanced, reply)
    return " ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Try:
    """An attempt, as pages show it."""

    at: datetime
    state: DeliveryState
    phase: str
    said: str
    """The server's code and words; empty when it said nothing."""
    own_reason: str
    """The ledger's own reason, untranslated; empty when the server gave the reason."""


def tries(issue_id: int, subscriber: int, *, with_addresses: bool) -> list[Try]:
    """The tries of a delivery that were not plainly accepted, oldest first."""
    attempts = queries.attempts(issue_id, subscriber)
    replies = [attempt.reply if with_addresses else redact.addresses(attempt.reply) for attempt in attempts]
    return [
        Try(
            at=attempt.at,
            state=DeliveryState(attempt.state),
            phase=attempt.phase,
            said=_in_order(attempt.code, attempt.enhanced, reply) if attempt.code else "",
            own_reason="" if attempt.code else reply,
        )
        for attempt, reply in zip(attempts, replies, strict=True)
    ]


COLUMNS = ("recipient", "state", "tries", "kind", "code", "enhanced", "reply", "due", "settled_at")


def csv(issue_id: int, wanted: Wanted, *, with_addresses: bool) -> Iterator[str]:
    """The recipients that are wanted as lines of CSV, streamed; no cell is a formula."""
    yield "\ufeff" + subscribers.csv_line(["email", *COLUMNS] if with_addresses else COLUMNS)
    for portion in recipient_search.stream(issue_id, wanted):
        for recipient in described(portion, with_addresses=with_addresses):
            cells = [str(value) for value in as_values(recipient).values()]
            yield subscribers.csv_line([recipient.address, *cells] if with_addresses else cells)


def as_values(recipient: Recipient) -> dict[str, object]:
    """The values by the names of `COLUMNS`; an empty string where there is none."""
    result = recipient.result
    return {
        "recipient": result.subscriber,
        "state": result.state.value,
        "tries": result.tries,
        "kind": result.kind,
        "code": result.code or "",
        "enhanced": result.enhanced,
        "reply": recipient.reply,
        "due": _time(result.due),
        "settled_at": _time(result.settled_at),
    }


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
