"""What became of deliveries is written here, in groups, under the chunk's fence; nowhere else are results changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter

from django.db import connection, transaction

from newsletter.delivery import states
from newsletter.delivery.ledger import bulk_rows, leases, retry_chunks, statements
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.settlements import LedgerBroken, OpenDelivery, Settlement
from newsletter.delivery.models import Attempt, Chunk, Delivery, Release, Result
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import ChunkState, DeliveryState


def open_deliveries(lease: Lease) -> list[OpenDelivery]:
    """What is to do in a chunk: frozen minus settled. That is what makes a restart safe."""
    with connection.cursor() as cursor:
        if lease.retry:
            columns = f"r.subscriber, {statements.RENDITION_OF_RESULT}, r.tries, r.state, r.code, r.kind"
            rows = bulk_rows.rows(cursor, columns, statements.OPEN_OF_RETRY_CHUNK, [lease.issue, lease.number])
            found = [
                OpenDelivery(subscriber, rendition, tries, DeliveryState(state), _is_policy(kind, code))
                for subscriber, rendition, tries, state, code, kind in rows
            ]
        else:
            columns, source = "d.subscriber, d.rendition_id", statements.OPEN_OF_FIRST_CHUNK
            rows = bulk_rows.rows(cursor, columns, source, [lease.issue, lease.number])
            found = [OpenDelivery(subscriber, rendition, 0, DeliveryState.PENDING) for subscriber, rendition in rows]
    return sorted(found, key=attrgetter("subscriber"))


def _is_done(lease: Lease) -> bool:
    """Nothing in the chunk is open."""
    source = statements.OPEN_OF_RETRY_CHUNK if lease.retry else statements.OPEN_OF_FIRST_CHUNK
    with connection.cursor() as cursor:
        cursor.execute(statements.is_nothing_open(source), [lease.issue, lease.number])
        return bool(cursor.fetchone()[0])


def _is_policy(kind: str, code: int | None) -> bool:
    return kind == Kind.POLICY and (code or 0) >= 500


def settle(
    lease: Lease, group: Sequence[Settlement], *, now: datetime, repeated: bool = False, window: int | None = None
) -> bool:
    """Write a group under the fence; False when the lease was lost.

    A lost lease forbids sending, not telling: replies may then still replace `uncertain`, and nothing else.
    ``repeated``: an earlier call may have been committed without our hearing of it, so what is there is read first.
    ``window`` authorises that many further hand-overs (docs/delivery.md, rule 6). Raises LedgerBroken.
    """
    with transaction.atomic():
        return _settle(lease, group, now=now, repeated=repeated, window=window)


def close(
    lease: Lease,
    group: Sequence[Settlement] = (),
    *,
    now: datetime,
    not_before: datetime | None,
    repeated: bool = False,
) -> bool | None:
    """Write the last group, and give the chunk back: done when nothing in it is open (True), else waiting (False).

    None: the lease was lost. See `settle`.
    """
    with transaction.atomic():
        if not _settle(lease, group, now=now, repeated=repeated, window=0):
            return None
        done = _is_done(lease)
        state = ChunkState.DONE if done else ChunkState.WAITING
        leases.put_back(lease, state=state, not_before=None if done else not_before)
        return done


def _settle(lease: Lease, group: Sequence[Settlement], *, now: datetime, repeated: bool, window: int | None) -> bool:
    is_ours = leases.beat(lease, window=window)
    if is_ours:
        write(lease, _missing(lease, group) if repeated else group, now=now)
    else:
        _tell(lease, group, now=now)
    return is_ours


def write(lease: Lease, group: Sequence[Settlement], *, now: datetime) -> None:
    """Write a group as `settle` does, in a transaction of the caller that has locked the chunk's row by its token."""
    if not group:
        return
    for state in {settlement.state for settlement in group}:
        if not states.sources_of(state) >= states.OPEN:
            text = f"{state.value} cannot be reached from every open state"
            raise LedgerBroken(text, issue=lease.issue, chunk=lease.number)
    deferred = [settlement for settlement in group if settlement.state is DeliveryState.DEFERRED]
    places = retry_chunks.place(lease, deferred, now=now)
    changed = _upsert(lease, group, places, now=now)
    if changed != len(group):
        text = f"{len(group) - changed} of {len(group)} rows of chunk {lease.number} were settled already"
        raise LedgerBroken(text, issue=lease.issue, chunk=lease.number)
    _remember(lease.issue, group, now=now)


def make_due_again(issue: int, group: Sequence[Settlement], *, was: DeliveryState, now: datetime) -> int:
    """Make deliveries due once more because a person, or a rule, says so; how many were still in the state ``was``."""
    if not states.can_move(current=was, to=DeliveryState.DEFERRED):
        raise LedgerBroken(f"{was.value} is not sent again", issue=issue)
    with transaction.atomic():
        retry_chunks.lock_release(issue)
        ids = [settlement.subscriber for settlement in group]
        rows = Result.objects.select_for_update().filter(issue_id=issue, subscriber__in=ids, state=was)
        still = set(rows.values_list("subscriber", flat=True))
        group = [settlement for settlement in group if settlement.subscriber in still]
        places: dict[int, int] = {}
        for number, people in _by_domain(issue, still).items():
            lease = Lease(issue=issue, number=number, retry=True, token=0)
            places |= retry_chunks.place(
                lease, [settlement for settlement in group if settlement.subscriber in people], now=now
            )
        for number in set(places.values()):
            mine = [settlement.subscriber for settlement in group if places[settlement.subscriber] == number]
            due = next(settlement.due for settlement in group if places[settlement.subscriber] == number)
            Result.objects.filter(issue_id=issue, subscriber__in=mine, state=was).update(
                # Judged afresh: earlier replies do not count against it.
                state=DeliveryState.DEFERRED,
                kind="",
                due=due,
                retry_chunk=number,
                settled_at=now,
            )
        if group:
            Release.objects.filter(pk=issue).update(finished_at=None)
        return len(group)


def _by_domain(issue: int, subscribers: Collection[int]) -> dict[int, set[int]]:
    """Subscribers by the domain group of their first chunk; a group is named by any of its chunks."""
    rows = Delivery.objects.filter(issue_id=issue, subscriber__in=subscribers).values_list("subscriber", "chunk")
    first = dict(rows)
    chunks = Chunk.objects.filter(issue_id=issue, number__in=set(first.values())).order_by("number")
    group_of = dict(chunks.values_list("number", "domain_group"))
    name: dict[int, int] = {}
    people: dict[int, set[int]] = {}
    for subscriber, chunk in first.items():
        people.setdefault(name.setdefault(group_of[chunk], chunk), set()).add(subscriber)
    return people


def _missing(lease: Lease, group: Sequence[Settlement]) -> list[Settlement]:
    """The settlements that are not written yet."""
    ids = [settlement.subscriber for settlement in group]
    rows = Result.objects.filter(issue_id=lease.issue, subscriber__in=ids)
    there = set(rows.values_list("subscriber", "state", "tries"))
    return [
        settlement
        for settlement in group
        if (settlement.subscriber, settlement.state.value, settlement.tries) not in there
    ]


def _tell(lease: Lease, group: Sequence[Settlement], *, now: datetime) -> None:
    """Replies to our own tries replace the doubt that our loss of the lease created; the try's number names it."""
    told = []
    for settlement in group:
        is_reply = settlement.tried not in {None, DeliveryState.UNCERTAIN}
        if not is_reply or DeliveryState.UNCERTAIN not in states.sources_of(settlement.state):
            continue
        retry_chunks.lock_release(lease.issue)
        doubt = Result.objects.filter(
            issue_id=lease.issue,
            subscriber=settlement.subscriber,
            state=DeliveryState.UNCERTAIN,
            tries=settlement.tries,
        )
        if not doubt.exists():
            continue
        place = retry_chunks.place(lease, [settlement], now=now) if settlement.state is DeliveryState.DEFERRED else {}
        doubt.update(
            state=settlement.state,
            kind=settlement.kind,
            code=settlement.code,
            enhanced=settlement.enhanced,
            reply=settlement.reply,
            due=settlement.due,
            retry_chunk=place.get(settlement.subscriber),
            settled_at=now,
        )
        if place:
            Release.objects.filter(pk=lease.issue).update(finished_at=None)
        told.append(settlement)
    _remember(lease.issue, told, now=now)


def _remember(issue: int, group: Sequence[Settlement], *, now: datetime) -> None:
    Attempt.objects.bulk_create(
        [
            Attempt(
                issue_id=issue,
                subscriber=settlement.subscriber,
                at=now,
                phase=settlement.phase,
                state=settlement.tried or settlement.state,
                kind=settlement.kind,
                code=settlement.code,
                enhanced=settlement.enhanced[:12],
                reply=settlement.reply[:500],
            )
            for settlement in group
            if settlement.is_history
        ]
    )


def _upsert(lease: Lease, group: Sequence[Settlement], places: dict[int, int], *, now: datetime) -> int:
    """Rows written: pending ones inserted, deferred ones of this very chunk changed, all others left alone."""
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (
            settlement.subscriber,
            settlement.state.value,
            settlement.tries,
            settlement.kind,
            settlement.code,
            settlement.enhanced[:12],
            settlement.reply[:500],
            str(adapt(settlement.due)) if settlement.due else None,
            places.get(settlement.subscriber),
        )
        for settlement in group
    ]
    with connection.cursor() as cursor:
        statement = statements.UPSERT_RESULTS[connection.vendor]
        cursor.execute(statement, [lease.issue, adapt(now), bulk_rows.packed(rows), lease.number])
        return int(cursor.rowcount)
