"""What the pages and commands about people read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from subscribers import addresses, external_unsubscribes, services, typed_addresses
from subscribers.models import ConsentEvent, ImportRun, List, Subscriber, Subscription, Suppression
from subscribers.results import Evidence
from subscribers.states import SubscriptionState

Row = TypeVar("Row")

PAGE = 50
AT_ONCE = 5_000
"""Rows that a search by domain reads at a time."""
IDS_AT_ONCE = 10_000
"""SQLite takes 32,766 values in one statement (since 3.32)."""


@dataclass(frozen=True, slots=True)
class Member:
    """One line of a list's page."""

    subscription: int
    subscriber: int
    address: str
    """In clear: this page is for those who manage subscribers."""
    name: str
    state: str
    """A SubscriptionState, or `suppressed`, which outweighs it."""
    basis: str
    at: datetime
    """When the state began."""


@dataclass(frozen=True, slots=True)
class Members:
    """One page of a list; ``after`` is the key of the next page, None on the last."""

    rows: Sequence[Member]
    after: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A person on one list."""

    list_id: int
    list_name: str
    slug: str
    state: str
    basis: str
    created_at: datetime
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """All that a person's page shows but the evidence."""

    id: int
    address: str
    name: str
    language: str
    created_at: datetime
    suppressed: str
    """The reason why this address must not be mailed; empty when it may."""
    standings: Sequence[Standing]
    gone: Sequence[external_unsubscribes.ExternalUnsubscribe]
    """What files said: which lists they had left in another program."""


def members(list_: List, *, state: str = "", before: int | None = None, domain: str = "") -> Members:
    """A page of the newest first, by key: page 1,000 costs what page 1 costs. Raises BadAddress for what is no domain.

    Of a ``domain`` those are read whose clear group number is the same, since no address can be searched by its end.
    """
    rows = _members(list_, state=state)
    if domain:
        return _members_in(rows, typed_addresses.parse_domain(domain), before=before)
    found = list(_older(rows, before)[: PAGE + 1])
    return _page([_member(subscription) for subscription in found])


def member(list_: List, address: str, *, state: str = "") -> Members:
    """The one person with exactly this address, if they are on this list in this state. Raises BadAddress."""
    rows = _members(list_, state=state).filter(subscriber__address_index=services.index_of(address))
    return _page([_member(row) for row in rows])


def _members(list_: List, *, state: str) -> QuerySet[Subscription]:
    barred = Suppression.objects.filter(address_index=OuterRef("subscriber__address_index"))
    rows = Subscription.objects.filter(list=list_).annotate(barred=Exists(barred)).order_by("-pk")
    if state == "suppressed":
        rows = rows.filter(barred=True)
    elif state:
        rows = rows.filter(state=state, barred=False)
    return rows.select_related("subscriber")


def _members_in(rows: QuerySet[Subscription], domain: str, *, before: int | None) -> Members:
    near = rows.filter(subscriber__domain_group=addresses.domain_group(domain))
    keys: list[int] = []
    read = near.values_list("pk", f"subscriber__{addresses.COLUMN}")
    while len(keys) <= PAGE and (some := list(_older(read, before)[:AT_ONCE])):
        keys += [pk for pk, value in some if addresses.opened(value).rpartition("@")[2] == domain]
        before = some[-1][0]
    return _page([_member(row) for row in rows.filter(pk__in=keys[: PAGE + 1])])


def _older(rows: QuerySet[Subscription, Row], before: int | None) -> QuerySet[Subscription, Row]:
    return rows if before is None else rows.filter(pk__lt=before)


def _page(lines: Sequence[Member]) -> Members:
    return Members(rows=lines[:PAGE], after=lines[PAGE - 1].subscription if len(lines) > PAGE else None)


def _member(subscription: Subscription) -> Member:
    barred = getattr(subscription, "barred")  # noqa: B009 - annotated in `_members`, which the type does not show
    return Member(
        subscription=subscription.pk,
        subscriber=subscription.subscriber_id,
        address=addresses.of(subscription.subscriber),
        name=subscription.subscriber.name,
        state="suppressed" if barred else subscription.state,
        basis=subscription.basis,
        at=subscription.unsubscribed_at or subscription.confirmed_at or subscription.created_at,
    )


def counts(list_: List) -> dict[str, int]:
    """How many are in each state; those who must not be mailed are counted apart, whatever else they are."""
    barred = Exists(Suppression.objects.filter(address_index=OuterRef("subscriber__address_index")))
    rows = Subscription.objects.filter(list=list_).annotate(barred=barred)
    wanted = {s.value: Count("pk", filter=Q(state=s.value, barred=False)) for s in SubscriptionState}
    return rows.aggregate(**wanted, suppressed=Count("pk", filter=Q(barred=True)))


def find(address: str) -> int | None:
    """The id of the person with exactly this address. Raises BadAddress."""
    index = services.index_of(address)
    return Subscriber.objects.filter(address_index=index).values_list("pk", flat=True).first()


def addresses_of(ids: Sequence[int]) -> dict[int, str]:
    """Their addresses in clear; who is not known any more is absent."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = Subscriber.objects.filter(pk__in=ids[start : start + IDS_AT_ONCE])
        found.update((pk, addresses.opened(value)) for pk, value in some.values_list("pk", addresses.COLUMN))
    return found


def in_domain(domain: str, ids: Sequence[int]) -> set[int]:
    """The members whose address is at this domain. Raises BadAddress."""
    wanted = typed_addresses.parse_domain(domain)
    # The clear group number spares opening the addresses of everybody else.
    group, near = addresses.domain_group(wanted), list[int]()
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = Subscriber.objects.filter(pk__in=ids[start : start + IDS_AT_ONCE], domain_group=group)
        near += some.values_list("pk", flat=True)
    return {pk for pk, address in addresses_of(near).items() if address.rpartition("@")[2] == wanted}


def suppressed(address: str) -> str:
    """The reason why this address, known or not, must not be mailed; empty when it may. Raises BadAddress."""
    reasons = Suppression.objects.filter(address_index=services.index_of(address)).values_list("reason", flat=True)
    return reasons.first() or ""


def person(subscriber_id: int) -> Person | None:
    """One person, or None when they are not known (any more)."""
    found = Subscriber.objects.filter(pk=subscriber_id).first()
    if found is None:
        return None
    standings = Subscription.objects.filter(subscriber=found).select_related("list").order_by("list__name", "pk")
    barred = Suppression.objects.filter(address_index=found.address_index).values_list("reason", flat=True).first()
    return Person(
        id=found.pk,
        address=addresses.of(found),
        name=found.name,
        language=found.language,
        created_at=found.created_at,
        suppressed=barred or "",
        standings=[
            Standing(
                list_id=standing.list_id,
                list_name=standing.list.name,
                slug=standing.list.slug,
                state=standing.state,
                basis=standing.basis,
                created_at=standing.created_at,
                confirmed_at=standing.confirmed_at,
                unsubscribed_at=standing.unsubscribed_at,
            )
            for standing in standings
        ],
        gone=external_unsubscribes.of(found.address_index),
    )


def evidence_of(subscriber_id: int) -> list[Evidence]:
    """Every change of one person's standing with its proof, oldest first."""
    events = list(ConsentEvent.objects.filter(subscriber_id=subscriber_id).order_by("at", "pk"))
    names = dict(List.objects.filter(pk__in={event.list_id for event in events}).values_list("pk", "name"))
    return [
        Evidence(
            at=event.at,
            kind=event.kind,
            label=event.get_kind_display(),
            list_id=event.list_id,
            list_name=names.get(event.list_id, ""),
            text=event.text,
            text_version=event.text_version,
            language=event.language,
            method=event.method,
            form_url=event.form_url,
            token_id=event.token_id,
            source=event.source,
            actor=event.actor,
        )
        for event in events
    ]


def imports(list_: List) -> list[ImportRun]:
    """The last imports onto a list, newest first."""
    return list(ImportRun.objects.filter(list=list_)[:10])
