"""The recipients of a release for people: what they look for, with addresses for those who may see them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from newsletter.delivery import redact
from newsletter.delivery.ledger import queries
from newsletter.delivery.ledger.queries import RecipientRow
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.progress.recipient_search import Wanted
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput
from newsletter.web import words
from subscribers import api as subscribers

PAGE = 50
EVERYBODY = "all"
"""The filter's value for all states; empty means those whose mail was not taken."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What was chosen, as it stands in the page's address. Never an address of a person."""

    state: str = ""
    kind: str = ""
    code: str = ""
    domain: str = ""

    @property
    def query(self) -> str:
        """For links that keep it."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def wanted(self) -> Wanted:
        """What the ledger is asked. Raises InvalidInput for a domain that is none."""
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
    """Those of them at this domain. Raises InvalidInput, in words."""
    try:
        return subscribers.in_domain(domain, ids)
    except subscribers.InvalidInput as error:
        raise InvalidInput(_("This is not a domain. Write it like example.org."), field="domain") from error


def chosen(values: dict[str, str], *, may_see_addresses: bool) -> Filter:
    """The filter of a page's address; what cannot be is left out, and what would tell addresses, for most."""
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
class Row:
    """One recipient."""

    address: str
    """Empty for those who may not see it, and for people erased since."""
    result: RecipientRow
    reply: str
    """What the server said, without addresses for those who may not see them."""

    @property
    def said(self) -> str:
        """Code and words as the server put them; empty when it is not the server that said why."""
        return _in_order(self.result.code, self.result.enhanced, self.reply) if self.result.code else ""

    @property
    def why(self) -> str:
        """Our own reason, when no server said any."""
        return "" if self.result.code else words.unsent(self.reply)


def rows(found: Sequence[RecipientRow], *, with_addresses: bool) -> list[Row]:
    """The same with what a person may see."""
    known = subscribers.addresses_of([one.subscriber for one in found]) if with_addresses else {}
    return [
        Row(
            address=known.get(one.subscriber, ""),
            result=one,
            reply=one.reply if with_addresses else redact.addresses(one.reply),
        )
        for one in found
    ]


def find(issue_id: int, address: str) -> int:
    """The recipient with exactly this address. Raises InvalidInput."""
    try:
        subscriber = subscribers.find(address)
    except subscribers.InvalidInput as error:
        raise InvalidInput(str(error), field="address") from error
    if subscriber is None or recipient_search.one(issue_id, subscriber) is None:
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
    """One attempt."""

    at: datetime
    state: DeliveryState
    phase: str
    said: str
    """By the server."""
    why: str
    """By us, when the server said nothing."""


def tries(issue_id: int, subscriber: int, *, with_addresses: bool) -> list[Try]:
    """The tries of one delivery that were not plainly accepted, oldest first."""
    found = queries.attempts(issue_id, subscriber)
    replies = [one.reply if with_addresses else redact.addresses(one.reply) for one in found]
    return [
        Try(
            at=one.at,
            state=DeliveryState(one.state),
            phase=one.phase,
            said=_in_order(one.code, one.enhanced, reply) if one.code else "",
            why="" if one.code else words.unsent(reply),
        )
        for one, reply in zip(found, replies, strict=True)
    ]


COLUMNS = ("recipient", "state", "tries", "kind", "code", "enhanced", "reply", "due", "settled_at")


def csv(issue_id: int, wanted: Wanted, *, with_addresses: bool) -> Iterator[str]:
    """All of them as lines of CSV, streamed; no cell is a formula."""
    yield "\ufeff" + subscribers.csv_line(["email", *COLUMNS] if with_addresses else COLUMNS)
    for portion in recipient_search.stream(issue_id, wanted):
        for row in rows(portion, with_addresses=with_addresses):
            cells = [str(value) for value in as_values(row).values()]
            yield subscribers.csv_line([row.address, *cells] if with_addresses else cells)


def as_values(row: Row) -> dict[str, object]:
    """By the names of `COLUMNS`; empty where there is nothing."""
    result = row.result
    return {
        "recipient": result.subscriber,
        "state": result.state.value,
        "tries": result.tries,
        "kind": result.kind,
        "code": result.code or "",
        "enhanced": result.enhanced,
        "reply": row.reply,
        "due": _time(result.due),
        "settled_at": _time(result.settled_at),
    }


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
