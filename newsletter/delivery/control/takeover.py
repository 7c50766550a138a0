"""A dead worker's chunk is taken over: its journal says what became of it, and where it cannot, nobody guesses."""

import logging
from datetime import datetime
from pathlib import Path

from django.db import transaction

from newsletter.delivery import events
from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import completion, journal, leases, release_plan, results
from newsletter.delivery.ledger.leases import Lease, Leased
from newsletter.delivery.ledger.release_plan import Plan
from newsletter.delivery.ledger.settlements import OpenDelivery, Settlement
from newsletter.delivery.states import ChunkState

KILLED = "The worker was stopped between the last line and the server's answer."
UNKNOWN = "The worker was lost, and with it the record of what it had handed over."


def is_dead(chunk: Leased, *, directory: Path) -> bool:
    """True when this machine can vouch for it; another machine's worker is judged by its heartbeat alone."""
    return chunk.host == journal.boot_id() and journal.owner_is_dead(directory, chunk.owner)


def recover(chunk: Leased, *, owner: str, directory: Path, now: datetime, chance: float) -> bool:
    """Take the chunk over, settle what its owner's journal knows, and let it be claimed again.

    With a whole journal of this boot: a recorded reply is its state, a dot without reply is `uncertain`, no record
    proves that nothing was sent. Without a journal, as much as its owner was authorised to hand over is `uncertain`, in
    the order in which it would have. False: its owner was faster.
    """
    found: journal.LeaseRecord | None = None
    if chunk.host == journal.boot_id():
        # Read before the transaction: its owner may write no dot any more, and no write lock waits for the disk.
        known = journal.read(directory, chunk.owner, [chunk.lease.key])
        found = None if known is None else known[chunk.lease.key]
    what = release_plan.of(chunk.issue)
    with transaction.atomic():
        lease = leases.take_over(chunk, owner=owner, host=journal.boot_id())
        if lease is None:
            return False
        rows = results.open_deliveries(lease)
        group, pause = _settlements(
            what, rows if found is not None or not chunk.window else rows[: chunk.window], found, now=now, chance=chance
        )  # fmt: skip
        results.write(lease, group, now=now)
        _give_up(lease)
    doubts = sum(settlement.tried is not None and settlement.code is None for settlement in group)
    events.say(
        "chunk.taken-over",
        level=logging.WARNING,
        issue=chunk.issue,
        chunk=chunk.number,
        worker=owner,
        owner=chunk.owner,
        settled=len(group),
        uncertain=doubts,
    )
    if pause:
        release_actions.pause_if_sending(chunk.issue, now=now, reason=pause)
    completion.finish(chunk.issue, now=now)
    return True


def _settlements(
    what: Plan, rows: list[OpenDelivery], found: journal.LeaseRecord | None, *, now: datetime, chance: float
) -> tuple[list[Settlement], str]:
    if found is None:
        return [release_plan.in_doubt(what, row, text=UNKNOWN, now=now, chance=chance) for row in rows], ""
    group: list[Settlement] = []
    pause = ""
    for row in rows:
        reply = found.replies.get(row.subscriber)
        if row.subscriber in found.in_doubt:
            group.append(release_plan.in_doubt(what, row, text=KILLED, now=now, chance=chance))
        elif reply is not None:
            settlement, why = release_plan.judge(what, row, reply, now=now, chance=chance)
            pause = pause or why
            if settlement is not None:
                group.append(settlement)
    return group, pause


def _give_up(lease: Lease) -> None:
    done = not results.open_deliveries(lease)
    leases.put_back(lease, state=ChunkState.DONE if done else ChunkState.WAITING, not_before=None)
