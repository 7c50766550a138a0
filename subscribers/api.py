"""The one door into subscribers: everything that a newsletter may ask or do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled SELECT: `sql` with %s placeholders for `params`, in the dialect of the default database.

    Its columns, in order: ``subscriber`` (bigint), ``reason`` (text: an `Exclusion` value, or NULL when the person
    is to be written to) and ``domain_group`` (int). Exactly one row for each candidate.
    """

    sql: str
    params: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person at the last moment before sending."""

    subscriber: int
    address: str
    """Domain as A-label; local part as given."""
    name: str
    token: str
    """Opaque unsubscribe token of this person on this list; never expires."""
    barred: str | None
    """Why they must not be written to now (`Exclusion` value), or None."""


@dataclass(frozen=True, slots=True)
class ListSummary:
    id: int
    name: str
    slug: str
    description: str
    language: str
    confirmed: int
    pending: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Links:
    """Ways out, absolute."""

    one_click: str
    """POST unsubscribes at once (RFC 8058); GET shows a page with one button."""
    mailto: str
    """Local part of the unsubscribe mailbox: ``leave+<token>``."""


def audience_of_list(list_id: int) -> dict[str, Any]:
    """The audience rule "everyone on this list", as JSON: what an approval's hash covers."""
    raise NotImplementedError


def recipients_of(audience: Mapping[str, Any], *, cut_off: datetime) -> Statement:
    """Compile the audience rule into the one statement that a freeze runs. The only SQL that passes the door."""
    raise NotImplementedError


def recipients(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, Recipient]:
    """Re-read consent and suppression, and the address, of a chunk's people. Erased people are absent."""
    raise NotImplementedError


def may_receive(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, str | None]:
    """Id to None (may receive) or the reason why not; the cheap re-read of a held chunk, each second (trust U6)."""
    raise NotImplementedError


def links_for(token: str, *, base_url: str) -> Links:
    """The links that leave by this token."""
    raise NotImplementedError


def suppress(address: str, *, reason: str, now: datetime, actor: str = "") -> None:
    """Never mail this address again, on any list."""
    raise NotImplementedError


def lists() -> list[ListSummary]:
    """Every list with its counts, by name."""
    raise NotImplementedError


def get_list(list_id: int) -> ListSummary:
    """One list. Raises LookupError."""
    raise NotImplementedError
