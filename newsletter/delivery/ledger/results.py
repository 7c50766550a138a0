"""What became of deliveries is written here, in groups, under the chunk's fence; nowhere else are results changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter

from django.db import connection, transaction
from django.db.models import F, Max, Sum

from newsletter.delivery import states
from newsletter.delivery.ledger import bulk_rows, leases
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.models import Attempt, Chunk, Delivery, Release, Result
from newsletter.delivery.replies import retry_policy
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.values import value

CHUNK_SIZE = 500


class LedgerBroken(Exception):
    """A row is not as the fence promised. Nothing of the group was written."""


@value
class OpenRow:
    """A delivery that still asks for work."""

    subscriber: int
    rendition: int
    tries: int
    state: DeliveryState
    refused_for_policy: bool = False
    """That was the last reply, and a person let the issue go on since."""


@value
class Settlement:
    """What became of one delivery."""

    subscriber: int
    state: DeliveryState
    tries: int
    """Tries so far, this one included."""
    kind: str = ""
    """A `classification.Kind`: what the reply was about; empty for a plain yes and where there was none."""
    code: int | None = None
    enhanced: str = ""
    reply: str = ""
    due: datetime | None = None
    phase: str = ""
    tried: DeliveryState | None = None
    """What the try itself ended with; None when nothing was tried (withdrawn, expired)."""

    @property
    def is_history(self) -> bool:
        """True when it deserves an `Attempt`: everything but a plain yes to the first try."""
        return self.tried is not None and not (self.tried is DeliveryState.ACCEPTED and self.tries == 1)


IS_SETTLED = """EXISTS (SELECT 1 FROM newsletter_result r
    WHERE r.issue_id = d.issue_id AND r.subscriber = d.subscriber LIMIT 1 OFFSET 0)"""
"""Of a delivery ``d``. Looked up one by one, which OFFSET asks for: of a release that just began PostgreSQL has no
statistics, and asked to join, it reads all results for each delivery."""
_FIRST = f"FROM newsletter_delivery d WHERE d.issue_id = %s AND d.chunk = %s AND NOT {IS_SETTLED}"
_RETRY = "FROM newsletter_result r WHERE r.issue_id = %s AND r.retry_chunk = %s AND r.state = 'deferred'"
_RENDITION = """(SELECT d.rendition_id FROM newsletter_delivery d
    WHERE d.issue_id = r.issue_id AND d.subscriber = r.subscriber)"""


def open_rows(lease: Lease) -> list[OpenRow]:
    """What is to do in a chunk: frozen minus settled. That is what makes a restart safe."""
    with connection.cursor() as cursor:
        if lease.retry:
            columns = f"r.subscriber, {_RENDITION}, r.tries, r.state, r.code, r.kind"
            rows = bulk_rows.rows(cursor, columns, _RETRY, [lease.issue, lease.number])
            found = [
                OpenRow(s, r, n, DeliveryState(state), _is_policy(kind, code)) for s, r, n, state, code, kind in rows
            ]
        else:
            rows = bulk_rows.rows(cursor, "d.subscriber, d.rendition_id", _FIRST, [lease.issue, lease.number])
            found = [OpenRow(who, what, 0, DeliveryState.PENDING) for who, what in rows]
    return sorted(found, key=attrgetter("subscriber"))


def _is_done(lease: Lease) -> bool:
    """Nothing in the chunk is open."""
    source = _RETRY if lease.retry else _FIRST
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT NOT EXISTS (SELECT 1 {source})", [lease.issue, lease.number])
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
    held = leases.beat(lease, window=window)
    if held:
        write(lease, _missing(lease, group) if repeated else group, now=now)
    else:
        _tell(lease, group, now=now)
    return held


def write(lease: Lease, group: Sequence[Settlement], *, now: datetime) -> None:
    """As `settle`, in a transaction of the caller that has locked the chunk's row by its token."""
    if not group:
        return
    for state in {one.state for one in group}:
        if not states.sources_of(state) >= states.OPEN:
            raise LedgerBroken(f"{state.value} cannot be reached from every open state")
    places = _places(lease, [one for one in group if one.state is DeliveryState.DEFERRED], now=now)
    changed = _upsert(lease, group, places, now=now)
    if changed != len(group):
        raise LedgerBroken(f"{len(group) - changed} of {len(group)} rows of chunk {lease.number} were settled already")
    _remember(lease.issue, group, now=now)


def again(issue: int, group: Sequence[Settlement], *, was: DeliveryState, now: datetime) -> int:
    """Make settled ones due once more because a person, or a policy, says so; how many were still as they ``was``."""
    if not states.can_move(current=was, to=DeliveryState.DEFERRED):
        raise LedgerBroken(f"{was.value} is not sent again")
    with transaction.atomic():
        lock_release(issue)
        ids = [one.subscriber for one in group]
        rows = Result.objects.select_for_update().filter(issue_id=issue, subscriber__in=ids, state=was)
        still = set(rows.values_list("subscriber", flat=True))
        group = [one for one in group if one.subscriber in still]
        places: dict[int, int] = {}
        for number, people in _by_domain(issue, still).items():
            lease = Lease(issue=issue, number=number, retry=True, token=0)
            places |= _places(lease, [one for one in group if one.subscriber in people], now=now)
        for number in set(places.values()):
            mine = [one.subscriber for one in group if places[one.subscriber] == number]
            due = next(one.due for one in group if places[one.subscriber] == number)
            Result.objects.filter(issue_id=issue, subscriber__in=mine, state=was).update(
                # Judged afresh: what was said before does not count against it.
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
    """These deliveries by the domain group of their first chunk; a group is named by one of its chunks."""
    rows = Delivery.objects.filter(issue_id=issue, subscriber__in=subscribers).values_list("subscriber", "chunk")
    first = dict(rows)
    chunks = Chunk.objects.filter(issue_id=issue, number__in=set(first.values())).order_by("number")
    group_of = dict(chunks.values_list("number", "domain_group"))
    name: dict[int, int] = {}
    people: dict[int, set[int]] = {}
    for subscriber, chunk in first.items():
        people.setdefault(name.setdefault(group_of[chunk], chunk), set()).add(subscriber)
    return people


def lock_release(issue: int) -> None:
    """Numbers of new chunks, and the end of an issue, are decided one transaction at a time."""
    list(Release.objects.select_for_update().filter(pk=issue).values_list("pk"))


def _missing(lease: Lease, group: Sequence[Settlement]) -> list[Settlement]:
    """Those that are not written yet."""
    ids = [one.subscriber for one in group]
    rows = Result.objects.filter(issue_id=lease.issue, subscriber__in=ids)
    there = set(rows.values_list("subscriber", "state", "tries"))
    return [one for one in group if (one.subscriber, one.state.value, one.tries) not in there]


def _tell(lease: Lease, group: Sequence[Settlement], *, now: datetime) -> None:
    """Replies to our own tries replace the doubt that our loss of the lease created; the try's number names it."""
    told = []
    for one in group:
        if one.tried in {None, DeliveryState.UNCERTAIN} or DeliveryState.UNCERTAIN not in states.sources_of(one.state):
            continue
        lock_release(lease.issue)
        doubt = Result.objects.filter(
            issue_id=lease.issue, subscriber=one.subscriber, state=DeliveryState.UNCERTAIN, tries=one.tries
        )
        if not doubt.exists():
            continue
        place = _places(lease, [one], now=now) if one.state is DeliveryState.DEFERRED else {}
        doubt.update(
            state=one.state,
            kind=one.kind,
            code=one.code,
            enhanced=one.enhanced,
            reply=one.reply,
            due=one.due,
            retry_chunk=place.get(one.subscriber),
            settled_at=now,
        )
        if place:
            Release.objects.filter(pk=lease.issue).update(finished_at=None)
        told.append(one)
    _remember(lease.issue, told, now=now)


def _remember(issue: int, group: Sequence[Settlement], *, now: datetime) -> None:
    Attempt.objects.bulk_create(
        [
            Attempt(
                issue_id=issue,
                subscriber=one.subscriber,
                at=now,
                phase=one.phase,
                state=one.tried or one.state,
                kind=one.kind,
                code=one.code,
                enhanced=one.enhanced[:12],
                reply=one.reply[:500],
            )
            for one in group
            if one.is_history
        ]
    )


def _places(lease: Lease, deferred: Sequence[Settlement], *, now: datetime) -> dict[int, int]:
    """The retry chunk of each, joined where one waits for the same minute, else made."""
    if not deferred:
        return {}
    lock_release(lease.issue)
    here = Chunk.objects.filter(issue_id=lease.issue, number=lease.number)
    domain_group = here.values_list("domain_group", flat=True).first() or 0
    buckets: dict[datetime, list[int]] = {}
    for one in deferred:
        if one.due is None:
            raise LedgerBroken("deferred without a time")
        buckets.setdefault(retry_policy.whole_step(one.due), []).append(one.subscriber)
    places: dict[int, int] = {}
    for due, people in sorted(buckets.items()):
        for start in range(0, len(people), CHUNK_SIZE):
            some = people[start : start + CHUNK_SIZE]
            later = _step_with_room(lease.issue, due=due, now=now, domain_group=domain_group, size=len(some))
            number = _retry_chunk(lease.issue, due=later, domain_group=domain_group, size=len(some))
            places.update(dict.fromkeys(some, number))
    return places


def _step_with_room(issue: int, *, due: datetime, now: datetime, domain_group: int, size: int) -> datetime:
    """One domain comes back a chunk at a time; small domains, which share chunks, are not held up."""
    if not domain_group or due <= now + retry_policy.STEP:
        return due
    later = Chunk.objects.filter(issue_id=issue, retry=True, domain_group=domain_group, not_before__gte=due)
    taken = dict(later.order_by("not_before").values_list("not_before").annotate(n=Sum("size")))
    return retry_policy.step_with_room(due, now=now, taken=taken, room=CHUNK_SIZE, wanted=size)


def _retry_chunk(issue: int, *, due: datetime, domain_group: int, size: int) -> int:
    retries = Chunk.objects.filter(issue_id=issue, retry=True, state=ChunkState.WAITING)
    fits = retries.filter(not_before=due, domain_group=domain_group, size__lte=CHUNK_SIZE - size)
    # One that is being claimed this very moment is passed by: to wait for its row could be a deadlock.
    number = fits.select_for_update(skip_locked=True).order_by("number").values_list("number", flat=True).first()
    if number is not None:
        retries.filter(number=number).update(size=F("size") + size)
        return int(number)
    last = Chunk.objects.filter(issue_id=issue).aggregate(last=Max("number"))["last"] or 0
    Chunk.objects.create(
        issue_id=issue, number=last + 1, retry=True, domain_group=domain_group, size=size, not_before=due
    )
    return int(last) + 1


_COLUMNS = {
    "subscriber": "bigint",
    "state": "text",
    "tries": "smallint",
    "kind": "text",
    "code": "smallint",
    "enhanced": "text",
    "reply": "text",
    "due": "timestamptz",
    "retry_chunk": "int",
}
"""Of a result, as a group of them is written, with PostgreSQL's types."""
_INSERT = f"INSERT INTO newsletter_result (issue_id, settled_at, {', '.join(_COLUMNS)}) SELECT %s, %s,"
_GROUP = {
    "sqlite": ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(_COLUMNS))) + " FROM json_each(%s)",
    "postgresql": ", ".join(f"(value->>{n})::{kind}" for n, kind in enumerate(_COLUMNS.values()))
    + " FROM jsonb_array_elements(%s::jsonb)",
}
_ON_CONFLICT = """WHERE true ON CONFLICT (issue_id, subscriber) DO UPDATE SET state = excluded.state,
    tries = excluded.tries, kind = excluded.kind, code = excluded.code, enhanced = excluded.enhanced,
    reply = excluded.reply, due = excluded.due, retry_chunk = excluded.retry_chunk, settled_at = excluded.settled_at
    WHERE newsletter_result.state = 'deferred' AND newsletter_result.retry_chunk = %s"""


def _upsert(lease: Lease, group: Sequence[Settlement], places: dict[int, int], *, now: datetime) -> int:
    """Rows written: pending ones inserted, deferred ones of this very chunk changed, all others left alone."""
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (
            one.subscriber,
            one.state.value,
            one.tries,
            one.kind,
            one.code,
            one.enhanced[:12],
            one.reply[:500],
            str(adapt(one.due)) if one.due else None,
            places.get(one.subscriber),
        )
        for one in group
    ]
    with connection.cursor() as cursor:
        statement = f"{_INSERT} {_GROUP[connection.vendor]} {_ON_CONFLICT}"
        cursor.execute(statement, [lease.issue, adapt(now), bulk_rows.packed(rows), lease.number])
        return int(cursor.rowcount)
