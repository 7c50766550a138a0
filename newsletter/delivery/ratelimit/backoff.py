"""How fast a group of domains is written to after it asked for less: half at once, then back in steps. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsletter.delivery.carrier import Reply

SLOWER_CODES = frozenset({421, 450, 451, 454})
HOLD = timedelta(seconds=10)
"""Several connections hear the same at once; it counts once."""
STEP_EVERY = timedelta(seconds=30)
STEPS = 10
"""In so many steps a rate grows back from nothing."""
SLOWEST = 0.1
"""Messages a second: a message in ten seconds still shows whether it got better."""
BEYOND = 4
"""A rate that nobody had set is dropped again at so many times what went before the trouble."""
ENOUGH = 3
"""Trust B3: after so many in a row the connections are halved too."""

_ABOUT_ONE_MAILBOX = re.compile(r"4\.[12]\.")
_ABOUT_RATE = re.compile(r"rate|too (many|fast|much)|throttl|limit|slow down|unusual", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The state of a (server, domain group) that is slowed down."""

    rate: float
    """Messages a second."""
    goal: float
    """What it was before, and grows back to."""
    slowed_at: datetime
    grown_at: datetime | None = None
    connections: int | None = None
    in_a_row: int = 0


def asks_for_less(reply: Reply) -> bool:
    """Whether a reply is about how much we send, not about one mailbox and not plain greylisting."""
    if reply.code not in SLOWER_CODES:
        return False
    if reply.code in {421, 454} or _ABOUT_RATE.search(reply.text):
        return True
    # 4.7.1 and 4.2.0 of a greylisting server come for each new reader, however slow we are (trust B2).
    return reply.enhanced != "4.7.1" and not _ABOUT_ONE_MAILBOX.match(reply.enhanced)


def slower(pace: Pace | None, *, limit: float | None, observed: float, connections: int, now: datetime) -> Pace:
    """The pace after another such reply.

    ``limit``: the rate that is set for it, if any; ``observed``: what went out of late; ``connections``: at once.
    """
    before = min([rate for rate in (limit, observed) if rate], default=1.0)
    if pace is None:
        return Pace(rate=_half(before), goal=before, slowed_at=now, in_a_row=1)
    in_a_row = pace.in_a_row + 1
    if now - pace.slowed_at < HOLD:
        return replace(pace, in_a_row=in_a_row)
    slowed = replace(pace, rate=_half(pace.rate), slowed_at=now, grown_at=None, in_a_row=in_a_row)
    if in_a_row >= ENOUGH:
        return replace(slowed, connections=max((pace.connections or connections) // 2, 1))
    return slowed


def faster(pace: Pace, *, limit: float | None, most: int, now: datetime) -> Pace | None:
    """The pace after a success; None when nothing is left of the slow-down. ``most``: connections without it."""
    if now - max(pace.slowed_at, pace.grown_at or pace.slowed_at) < STEP_EVERY:
        return pace if pace.in_a_row == 0 else replace(pace, in_a_row=0)
    rate = pace.rate + pace.goal / STEPS
    connections = None if pace.connections is None or pace.connections + 1 >= most else pace.connections + 1
    full = min(limit, pace.goal * BEYOND) if limit else pace.goal * BEYOND
    if rate >= full and connections is None:
        return None
    return replace(pace, rate=min(rate, full), connections=connections, grown_at=now, in_a_row=0)


def _half(rate: float) -> float:
    return max(rate / 2, SLOWEST)
