"""The judge: what reached the readers is what the mail servers wrote down; the ledger is held to it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from newsletter.delivery.models import Delivery, Exclusion, Release, Result
from newsletter.issues.models import Issue
from tests.delivery.scripted_smtp import Copy
from tests.faults import worker

OPEN = {"pending", "deferred"}
_ADDRESS = re.compile(r"[\w.+-]+@(?!(?:[\w-]+\.)*(?:harbour\.example)\b)[\w-]+\.[\w.-]+")


class Breach(AssertionError):
    """A promise was broken."""


def judge(
    issue: Issue,
    copies: Iterable[Copy],
    *,
    planned: Mapping[int, str],
    doubts_allowed: int,
    journals: Path | None = None,
    log: Path | None = None,
    over: bool = True,
    left: Mapping[str, float] | None = None,
) -> int:
    """I1 to I7 after a fault. ``copies`` are those of this issue, once nobody is connected any more.

    ``journals``: the doubts must be exactly the dots that they leave open. ``over``: nothing waits any more. ``left``:
    who unsubscribed, and the moment (monotonic) from which nothing may be written to them. Returns how many are in
    doubt. Raises Breach.
    """
    taken: dict[str, list[Copy]] = defaultdict(list)
    for copy in copies:
        if copy.taken:
            taken[copy.recipient].append(copy)
    states = _states(issue)
    _sums(issue, states, planned, over=over)
    _copies(taken, states, planned)
    doubts = {subscriber for subscriber, state in states.items() if state == "uncertain"}
    _check(len(doubts) <= doubts_allowed, f"{len(doubts)} in doubt, no more than {doubts_allowed} can be")
    if journals is not None:
        open_dots = worker.open_dots(journals, issue.pk)
        _check(
            doubts == open_dots,
            f"in doubt without an open dot: {sorted(doubts - open_dots)[:9]}; "
            f"an open dot without doubt: {sorted(open_dots - doubts)[:9]}",
        )
    for address, moment in (left or {}).items():
        late = [copy for copy in taken[address] if copy.began > moment]
        _check(not late, f"{len(late)} copies began after their reader had left")
    if log is not None:
        told = _ADDRESS.search(log.read_text(errors="replace"))
        _check(told is None, f"an address stands in the log: {told and told[0]}")
    return len(doubts)


def _states(issue: Issue) -> dict[int, str]:
    states = dict.fromkeys(Delivery.objects.filter(issue_id=issue.pk).values_list("subscriber", flat=True), "pending")
    results = dict(Result.objects.filter(issue_id=issue.pk).values_list("subscriber", "state"))
    _check(results.keys() <= states.keys(), "somebody has a result and no delivery")
    return states | results


def _sums(issue: Issue, states: Mapping[int, str], planned: Mapping[int, str], *, over: bool) -> None:
    """I1: counted here, row by row, whatever the engine's own sums say."""
    _check(states.keys() == planned.keys(), f"{len(states)} are in the ledger, {len(planned)} were planned")
    release = Release.objects.get(pk=issue.pk)
    excluded = Exclusion.objects.filter(issue_id=issue.pk).count()
    _check(release.planned == len(states), f"the release says {release.planned} planned, there are {len(states)}")
    _check(release.candidates == len(states) + excluded, "candidates are not the planned and the excluded")
    waiting = sorted(subscriber for subscriber, state in states.items() if state in OPEN)
    _check(not (over and waiting), f"{len(waiting)} still wait: {[(one, states[one]) for one in waiting[:9]]}")


def _copies(taken: Mapping[str, list[Copy]], states: Mapping[int, str], planned: Mapping[int, str]) -> None:
    """I2, I4, and that no state lies."""
    strangers = taken.keys() - set(planned.values())
    _check(not strangers, f"{len(strangers)} got a mail who were not planned")
    ids: dict[str, str] = {}
    owners: dict[bytes, str] = {}
    for address, some in taken.items():
        _check(len({copy.message_id for copy in some}) == 1, "a second copy has another Message-ID")
        _check(ids.setdefault(some[0].message_id, address) == address, "two readers got the same Message-ID")
        for copy in some:
            _check(address.encode() in copy.marks, "a message does not name its reader")
            for mark in copy.marks:
                _check(owners.setdefault(mark, address) == address, "a message holds what is another reader's")
    for subscriber, address in planned.items():
        state, got = states[subscriber], len(taken.get(address, []))
        if state == "accepted":
            _check(got == 1, f"{subscriber} is accepted and got {got} copies")
            _check(taken[address][0].reply[:1] == b"2", f"{subscriber} is accepted, and nobody was told so")
        elif state == "uncertain":
            _check(got <= 1, f"{subscriber} is in doubt and got {got} copies")
        else:
            _check(got == 0, f"{subscriber} is {state} and got {got} copies")


def _check(good: bool, words: str) -> None:
    if not good:
        raise Breach(words)
