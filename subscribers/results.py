"""What passes the door of subscribers: frozen values, never models."""

from dataclasses import dataclass
from datetime import datetime


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
    suppressed: int = 0
    """Who must not be mailed, whatever else they are: not counted in the three before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letterhead:
    """What the readers of a list know their newsletter by: its public pages and its mails bear this."""

    name: str
    """Empty: the list's own."""
    language: str
    sender: str = ""
    """From line of mails about the list, ``"Name" <address>``; empty: the installation's own."""
    reply_to: str = ""
    accent: str = "#0b5563"
    """``#rrggbb``, readable on white, and white on it."""
    accent_dark: str = "#7cc7d0"
    """The colour on a dark page."""


@dataclass(frozen=True, slots=True)
class Links:
    """Ways out, absolute."""

    one_click: str
    """POST unsubscribes at once (RFC 8058); GET shows a page with a button."""
    mailto: str
    """Local part of the unsubscribe mailbox: ``leave+<token>``."""


@dataclass(frozen=True, slots=True)
class Left:
    """What came of a wish to leave."""

    subscription: int
    list_id: int
    changed: bool
    """False when the person had left before: nothing was written."""
    undo_token: str
    """Takes the leaving back for an hour; empty when there is nothing to go back to."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One change of one person's standing, and its proof (trust L2)."""

    at: datetime
    kind: str
    """`ConsentEvent.Kind` value."""
    label: str
    """The kind as people read it."""
    list_id: int
    list_name: str
    """Empty when the list is gone, or when the change concerns every list."""
    text: str
    text_version: str
    language: str
    method: str
    form_url: str
    token_id: str
    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found, and did or would do."""

    run: int | None
    """Its ImportRun; None after a dry run."""
    file: str
    rows: int
    """People in the file: the sum of all that follows, but for `new_people`, and what is named as a part of another."""
    new_people: int
    """Not known on any list before."""
    joined: int
    """Added to this list, as confirmed: new people and those known from other lists."""
    already: int
    """On this list before, confirmed: unchanged."""
    pending: int
    """On this list, not confirmed yet: unchanged."""
    unsubscribed: int
    """Left this list before: they stay away."""
    suppressed: int
    """Must not be mailed: not added, and if unknown, not stored."""
    repeated: int
    """Rows with an address that stands further up in the file."""
    rejected: int
    """People who are not taken by what the file itself says, `unusable` and `left`; the report beside it says why."""
    unusable: int
    """Of the rejected: have no address that can be used."""
    left: int
    """Of the rejected: have left according to the file. No later import brings them in."""
    still_here: int
    """Of those: are on this list all the same, since they joined here or the team added them. They stay."""
    taken_off: int
    """Of those: were on this list only since an earlier file brought them. They are taken off."""
    columns: tuple[tuple[str, str], ...]
    """Each column's title and what it was taken for (`roles.Role` value), or the answer that names values."""
    rejected_file: str
    """Where that report is; empty when there is nothing to report."""
    dry_run: bool
