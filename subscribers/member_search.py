"""The search on a list: an exact address or a domain, and a status. None of it may stand in a URL or a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from subscribers import external_unsubscribes, queries, services
from subscribers.errors import BadAddress, Fault, InvalidInput
from subscribers.models import List
from subscribers.queries import Members
from subscribers.states import SubscriptionState

S = SubscriptionState
STATES = (S.CONFIRMED.value, S.PENDING.value, S.UNSUBSCRIBED.value, "suppressed")
"""In the order in which pages name them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What was asked for."""

    text: str = ""
    state: str = ""
    before: int | None = None
    """The page behind this key."""

    @property
    def is_address(self) -> bool:
        return "@" in self.text.removeprefix("@")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Who was found; and of an address that is not on this list, what else is known of it."""

    members: Members
    elsewhere: int | None = None
    """The subscriber with this address: on another list, or in another state."""
    barred: str = ""
    """Why this address must not be mailed."""
    gone: Sequence[external_unsubscribes.ExternalUnsubscribe] = ()
    """What a file said: that its owner had left this list in another program."""


def read(values: Mapping[str, str]) -> Search:
    """The search that a form posted or a link holds; what cannot be is left out."""
    state, before = values.get("state", ""), values.get("before", "")
    return Search(
        text=values.get("q", "").strip()[:320],
        state=state if state in STATES else "",
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
    )


def answer(list_: List, search: Search) -> Answer:
    """Who of the list was meant. Raises InvalidInput for what is neither an address nor a domain."""
    try:
        if search.is_address:
            return _address(list_, search)
        return Answer(
            members=queries.members(list_, state=search.state, before=search.before, domain=search.text),
        )
    except BadAddress as error:
        said = str(error)
        if error.fault is Fault.NO_DOMAIN_NAME:
            said = gettext("Type a full address, such as name@example.org, or a domain, such as example.org.")
        raise InvalidInput(said, field="q") from None


def _address(list_: List, search: Search) -> Answer:
    found = queries.member(list_, search.text, state=search.state)
    if found.rows:
        return Answer(members=found)
    return Answer(
        members=found,
        elsewhere=queries.find(search.text),
        barred=queries.suppressed(search.text),
        gone=external_unsubscribes.of(services.index_of(search.text), list_id=list_.pk),
    )
