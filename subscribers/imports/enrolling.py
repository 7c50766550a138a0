"""Puts checked people on a list, and takes off who left: the part of an import that runs under the write lock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from subscribers import services, tokens
from subscribers.imports.staging.staged_file import Person
from subscribers.models import ConsentEvent, ImportRun, LeftElsewhere, Subscriber, Subscription, Suppression
from subscribers.states import SubscriptionState

S = SubscriptionState
Kind = ConsentEvent.Kind


@dataclass(slots=True)
class Sorted:
    """One step's people, by what an import may do for them."""

    known: dict[str, int]
    """Index to id, of those who are known from any list."""
    states: dict[str, str]
    """Index to state, of those who are on this list."""
    suppressed: set[str]
    left_elsewhere: set[str]
    """People who are not on this list, and had left it in the program that it came from."""

    def fate(self, person: Person) -> str:
        """The line of the report that this person counts in."""
        if person.index in self.suppressed:
            return "suppressed"
        state = self.states.get(person.index, "unsubscribed" if person.index in self.left_elsewhere else "joined")
        return "already" if state == S.CONFIRMED else state


def sort(list_id: int, people: Sequence[Person]) -> Sorted:
    """Look up where each of these people stands."""
    indexes = [person.index for person in people]
    known = dict(Subscriber.objects.filter(address_index__in=indexes).values_list("address_index", "pk"))
    here = Subscription.objects.filter(list_id=list_id, subscriber__in=known.values())
    states = dict(here.values_list("subscriber_id", "state")) if known else {}
    return Sorted(
        known=known,
        states={index: states[pk] for index, pk in known.items() if pk in states},
        suppressed=_suppressed(indexes),
        left_elsewhere=set(
            LeftElsewhere.objects.filter(list_id=list_id, address_index__in=indexes).values_list(
                "address_index", flat=True
            )
        ),
    )


def note_left(run: ImportRun, indexes: Sequence[str], *, now: datetime) -> Counter[str]:
    """Remember who had left according to the file, so that no other file wakes them. In the caller's transaction.

    Of those who are on this list, who is there by no more than a file is taken off: their wish not to be mailed
    outweighs it. Who joined here, or was added by the team, stays.
    """
    same = {"list_id": run.list_id, "source": run.digest, "at": now}
    _insert(LeftElsewhere, [{**same, "address_index": index} for index in indexes])
    here = _here(run.list_id, indexes, lock=True)
    brought = _only_brought(run.list_id, here)
    mine = Subscription.objects.filter(list_id=run.list_id, subscriber_id__in=brought, state=S.CONFIRMED)
    mine.update(state=S.UNSUBSCRIBED, unsubscribed_at=now)
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            subscriber_id=subscriber,
            list_id=run.list_id,
            kind=Kind.UNSUBSCRIBED,
            at=now,
            method="import",
            source=run.digest,
            actor=run.actor,
        )
        for subscriber in sorted(brought)
    )
    return Counter(taken_off=len(brought), still_here=len(here) - len(brought))


def would_leave(list_id: int, indexes: Sequence[str]) -> Counter[str]:
    """What `note_left` would count."""
    here = _here(list_id, indexes)
    brought = _only_brought(list_id, here)
    return Counter(taken_off=len(brought), still_here=len(here) - len(brought))


def _here(list_id: int, indexes: Sequence[str], *, lock: bool = False) -> list[int]:
    """The ids among these that are mailed by this list."""
    found = Subscription.objects.filter(
        list_id=list_id, state=S.CONFIRMED, subscriber__address_index__in=indexes
    ).order_by("pk")
    found = found.select_for_update(of=("self",)) if lock else found
    return [subscription.subscriber_id for subscription in found.only("pk", "subscriber_id")]


def _only_brought(list_id: int, subscribers: Sequence[int]) -> set[int]:
    """The ids of people whom a file brought, and who neither confirmed here nor were added by the team."""
    events = ConsentEvent.objects.filter(list_id=list_id, subscriber_id__in=subscribers)
    own = events.filter(kind__in=[Kind.CONFIRMED, Kind.RETURNED, Kind.ADDED])
    brought = set(events.filter(kind=Kind.IMPORTED).values_list("subscriber_id", flat=True))
    return brought - set(own.values_list("subscriber_id", flat=True))


def place(run: ImportRun, people: Sequence[Person], before: Sorted, *, now: datetime) -> Counter[str]:
    """Add those who may be added, and count what became of each. In the caller's transaction."""
    # Asked again within it: someone who was erased a moment ago must not be stored anew.
    before.suppressed |= _suppressed([person.index for person in people])
    counts = Counter(before.fate(person) for person in people)
    # In the same order everywhere, so that two imports at once never wait for each other in a circle.
    joining = sorted((p for p in people if before.fate(p) == "joined"), key=lambda person: person.index)
    counts["joined"] = 0
    if not joining:
        return counts
    unknown = [person for person in joining if person.index not in before.known]
    language = run.list.language
    _insert(
        Subscriber,
        [{**p.columns, "name": p.name, "language": p.language or language, "created_at": now} for p in unknown],
    )
    _fill_names([person for person in joining if person.name and person.index in before.known])
    indexes = [person.index for person in joining]
    ids = Subscriber.objects.filter(address_index__in=indexes).values_list("pk", flat=True)
    counts["new_people"] += len(unknown)
    added = _subscribe(run, sorted(ids), now=now)
    counts["joined"] += added
    # Someone who asked to join in this very moment keeps what they have.
    counts["pending"] += len(joining) - added
    return counts


def _suppressed(indexes: Sequence[str]) -> set[str]:
    return set(Suppression.objects.filter(address_index__in=indexes).values_list("address_index", flat=True))


def _subscribe(run: ImportRun, subscribers: Sequence[int], *, now: datetime) -> int:
    public_ids = {subscriber: tokens.new_public_id() for subscriber in subscribers}
    same = {"list_id": run.list_id, "state": S.CONFIRMED.value, "basis": run.basis, "confirmations_sent": 0}
    times = {"created_at": now, "confirmed_at": now}
    count = _insert(
        Subscription, [{"subscriber_id": s, "public_id": public_ids[s], **same, **times} for s in subscribers]
    )
    ours = list(subscribers)
    if count != len(subscribers):
        stored = Subscription.objects.filter(list_id=run.list_id, subscriber_id__in=subscribers)
        rows = stored.values_list("subscriber_id", "public_id")
        ours = [subscriber for subscriber, public_id in rows if bytes(public_id) == public_ids[subscriber]]
    event = {
        "list_id": run.list_id,
        "kind": Kind.IMPORTED.value,
        "at": now,
        "text": run.basis,
        "text_version": services.text_version(run.basis),
        "language": "",
        "method": "import",
        "form_url": "",
        "token_id": "",
        "source": run.digest,
        "actor": run.actor,
    }
    _insert(ConsentEvent, [{"subscriber_id": subscriber, **event} for subscriber in ours])
    return len(ours)


def _insert(model: type[Model], rows: Sequence[dict[str, Any]]) -> int:
    """Rows as they are, past the ORM: a fraction of its time under the lock. What is there already stays; how many."""
    if not rows:
        return 0
    columns = list(rows[0])
    marks = ", ".join(["%s"] * len(columns))
    into = f"{model._meta.db_table} ({', '.join(columns)})"
    # Equal times in a step are the same object: turning a time into the database's form is dear.
    times = {id(v): connection.ops.adapt_datetimefield_value(v) for v in rows[0].values() if isinstance(v, datetime)}
    values = [[times.get(id(value), value) for value in row.values()] for row in rows]
    with connection.cursor() as cursor:
        # Table and columns are our own names; every value is a parameter.
        cursor.executemany(f"INSERT INTO {into} VALUES ({marks}) ON CONFLICT DO NOTHING", values)  # noqa: S608
        return int(cursor.rowcount)


def _fill_names(people: Sequence[Person]) -> None:
    """A name that the file knows and we do not; a name that we know is never overwritten."""
    if not people:
        return
    names = {person.index: person.name for person in people}
    nameless = list(Subscriber.objects.filter(address_index__in=names, name="").only("pk", "address_index", "name"))
    for subscriber in nameless:
        subscriber.name = names[subscriber.address_index]
    Subscriber.objects.bulk_update(nameless, ["name"], batch_size=500)
