"""A person ends a hold: what the journals know is settled, what nobody knows is in doubt, and a new epoch begins.

Each step may be cut short and taken again: the hold ends with the last step.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import F, Q, QuerySet

from newsletter.delivery import alarms, doorbell, events
from newsletter.delivery.carrier import Reply
from newsletter.delivery.control import journal_notes, restore_guard
from newsletter.delivery.ledger import audience_freeze, completion, journal, leases, release_plan, results
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.release_plan import Plan
from newsletter.delivery.ledger.settlements import OpenDelivery, Settlement
from newsletter.delivery.models import Chunk, Epoch, OutboxMail, Release
from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.errors import NotAllowed
from newsletter.issues import services as issues
from newsletter.issues import states
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.scheduling import due, work
from newsletter.staff import services as staff
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

OWNER = "release-hold"
UNKNOWN = "This database was older than what was sent, or a copy; it may have gone out already. It was not sent again."
ASK = _("It may have been sent already: the database was held as older than what was sent, or a copy.")
HELD = IssueState.HELD
_UNSENT = Q(state__in=[OutboxMail.State.WAITING, OutboxMail.State.HELD])


@dataclass(frozen=True, kw_only=True)
class HoldSummary:
    """What ending the hold does, or would do."""

    why: str
    deliveries: Mapping[int, Mapping[str, int]]
    """Issue that was being sent to the number of its open deliveries by what they become."""
    mails: int
    """Single mails of our own that are in doubt."""
    asks: list[int]
    """Issues that go out only when a person says so."""
    journals: int
    """How many journals were replayed."""
    damaged: int


@dataclass
class _Said:
    replies: list[Reply] = field(default_factory=list)
    in_doubt: bool = False


@dataclass
class _Replay:
    """What the journals here tell of deliveries, by issue and subscriber."""

    said: dict[tuple[int, int], _Said] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)
    newest: int = 0
    read: int = 0
    damaged: int = 0


def outlook(directory: Path, *, now: datetime) -> HoldSummary:
    """What `end_hold` would do; changes nothing. Raises NotAllowed when nothing is held."""
    row = _hold()
    known = _replay(directory, row)
    deliveries = {}
    for what in _started():
        kinds = Counter[str]()
        for lease in _leases(what.issue):
            kinds.update(
                settlement.state.value
                for settlement in _settlements(what, results.open_deliveries(lease), known, now=now)
            )
        deliveries[what.issue] = dict(kinds)
    return _summary(row, known, deliveries, mails=_mails(row).count(), asks=sorted(_asking(known, now=now)))


def end_hold(directory: Path, *, by: str, now: datetime) -> HoldSummary:
    """End the hold. Raises NotAllowed when nothing is held."""
    row = _hold()
    # A freeze that was cut short here may have been completed, and sent.
    audience_freeze.resume_cut_short(now=now)
    known = _replay(directory, row)
    deliveries = {what.issue: dict(_end(what, known, now=now)) for what in _started()}
    mails = _doubt_mails(row, now=now)
    asks = _make_ask(known, now=now)
    summary = _summary(row, known, deliveries, mails=mails, asks=asks)
    _new_epoch(row, summary, newest=known.newest, by=by, now=now)
    for issue in deliveries:
        completion.finish(issue, now=now)
    return summary


def _hold() -> Epoch:
    row = restore_guard.hold_standing()
    if row is None:
        raise NotAllowed(_("Nothing is held: mail goes out as usual. Nothing was changed."))
    return row


def _summary(
    row: Epoch, known: _Replay, deliveries: Mapping[int, Mapping[str, int]], *, mails: int, asks: list[int]
) -> HoldSummary:
    why = restore_guard.WORDS[Epoch.Why(row.held_why)]
    return HoldSummary(
        why=why, deliveries=deliveries, mails=mails, asks=asks, journals=known.read, damaged=known.damaged
    )  # fmt: skip


# What the journals tell.


def _replay(directory: Path, row: Epoch) -> _Replay:
    known = _Replay(newest=row.number)
    started = set(_unfinished())
    for path in sorted(directory.glob(f"*{journal.SUFFIX}")):
        name, noted = journal_notes.of(path)
        root, _, number = name.rpartition(".")
        if root != row.root or int(number) < row.number:
            continue
        known.newest = max(known.newest, int(number))
        known.issues.update(values[1] for values in noted if values[0] == "claim")
        found = journal.replay(path, epoch=name, issues=started)
        known.read += found is not None
        known.damaged += found is None
        for key, findings in (found or {}).items():
            for subscriber, reply in findings.replies.items():
                known.said.setdefault((key.issue, subscriber), _Said()).replies.append(reply)
            for subscriber in findings.in_doubt:
                known.said.setdefault((key.issue, subscriber), _Said()).in_doubt = True
    return known


def _unfinished() -> list[int]:
    rows = Release.objects.filter(frozen_at__isnull=False, finished_at__isnull=True).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _started() -> list[Plan]:
    # Not even where doubts are sent again as a rule: such a rule is about single mails, not about a whole issue.
    return [replace(release_plan.of(issue), again=False) for issue in _unfinished()]


def _settlements(what: Plan, rows: list[OpenDelivery], known: _Replay, *, now: datetime) -> list[Settlement]:
    return [_settlement(what, row, known.said.get((what.issue, row.subscriber)), now=now) for row in rows]


def _settlement(what: Plan, row: OpenDelivery, said: _Said | None, *, now: datetime) -> Settlement:
    """Taken, if any journal heard so; refused, if that is all they heard; else nobody knows."""
    replies = said.replies if said else []
    last = [reply for reply in replies if reply.state is DeliveryState.ACCEPTED]
    if not last and said is not None and not said.in_doubt:
        last = [reply for reply in replies if reply.state is DeliveryState.REFUSED]
    for reply in last:
        settlement, _ = release_plan.judge(what, row, reply, now=now, chance=0.5)
        if settlement is not None and settlement.state in {DeliveryState.ACCEPTED, DeliveryState.REFUSED}:
            return settlement
    return release_plan.in_doubt(what, row, text=UNKNOWN, now=now, chance=0.5)


# What becomes of deliveries: a chunk at a time, so that nobody else waits long for the database.


def _leases(issue: int) -> Iterator[Lease]:
    """Each open chunk, as it is now."""
    rows = Chunk.objects.filter(issue_id=issue).exclude(state=ChunkState.DONE).order_by("number")
    for number, retry, token in list(rows.values_list("number", "retry", "token")):
        yield Lease(issue=issue, number=number, retry=retry, token=token)


def _end(what: Plan, known: _Replay, *, now: datetime) -> Counter[str]:
    """Settle all that is open in the issue; whoever still has a lease of it is shut out."""
    kinds = Counter[str]()
    while open_chunks := list(_leases(what.issue)):
        for lease in open_chunks:
            kinds.update(_end_chunk(what, lease, known, now=now))
    return kinds


def _end_chunk(what: Plan, chunk: Lease, known: _Replay, *, now: datetime) -> list[str]:
    with transaction.atomic():
        lease = _take(chunk)
        if lease is None:
            return []
        group = _settlements(what, results.open_deliveries(lease), known, now=now)
        results.write(lease, group, now=now)
        leases.put_back(lease, state=ChunkState.DONE, not_before=None)
    return [settlement.state.value for settlement in group]


def _take(chunk: Lease) -> Lease | None:
    host = journal.boot_id()
    lease = leases.claim_one(issue=chunk.issue, number=chunk.number, owner=OWNER, host=host)
    if lease is not None:
        return lease
    place = (chunk.issue, chunk.number)
    leased = next((leased for leased in leases.leased() if (leased.issue, leased.number) == place), None)
    return leases.take_over(leased, owner=OWNER, host=host) if leased else None


# What else would go out by itself.


def _mails(row: Epoch) -> QuerySet[OutboxMail]:
    """Mails of before the hold: what was written since then cannot have been sent."""
    return OutboxMail.objects.filter(_UNSENT, created_at__lt=row.held_at)


def _doubt_mails(row: Epoch, *, now: datetime) -> int:
    cleared = {"recipient": "", "sender": "", "message": b"", "owner": ""}
    return _mails(row).update(
        state=OutboxMail.State.UNCERTAIN, settled_at=now, reply=UNKNOWN, token=F("token") + 1, **cleared
    )


def _asking(known: _Replay, *, now: datetime) -> set[int]:
    """Issues that the database takes for unsent, and that the journals or the time say may have been sent."""
    waiting = Issue.objects.filter(state__in=[state for state in IssueState if states.can_move(current=state, to=HELD)])
    missed = Q(state=IssueState.SCHEDULED, send_at__lte=now) | Q(pk__in=known.issues | set(due.waiting(now=now)))
    return set(waiting.filter(missed).values_list("pk", flat=True))


def _make_ask(known: _Replay, *, now: datetime) -> list[int]:
    asks = sorted(_asking(known, now=now))
    with transaction.atomic():
        for pk in asks:
            issue = issues.move(pk, HELD, now=now, by=OWNER, reason=ASK)
            name = _("%(publication)s, issue %(n)s", publication=issue.publication.name, n=Quantity(issue.number))
            text = _("%(what)s: %(text)s", what=name, text=ASK)
            text = _("%(told)s It is held: send it now, give it a new time, or cancel it.", told=text)
            alarms.raise_alarm(key=f"{work.HELD}{pk}", text=text, now=now, publication=issue.publication_id)
        due.pass_over(now=now, why=ASK)
    return asks


def _new_epoch(row: Epoch, summary: HoldSummary, *, newest: int, by: str, now: datetime) -> None:
    uncertain = sum(kinds.get(DeliveryState.UNCERTAIN.value, 0) for kinds in summary.deliveries.values())
    with transaction.atomic():
        Epoch.objects.filter(pk=1).update(number=newest + 1, place=restore_guard.place(), held_at=None, held_why="")
        alarms.settle_alarm(key=restore_guard.ALARM, now=now)
        detail: dict[str, object] = {"why": row.held_why, "uncertain": uncertain, "mails": summary.mails}
        staff.record(actor=by, action="delivery.release-hold", subject="database", now=now, detail=detail)
        doorbell.ring()
    events.say("database.released", uncertain=uncertain, mails=summary.mails)
