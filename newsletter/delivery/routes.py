"""Which mail server may take a publication's next message, and in what order of preference. Pure.

Primaries share the mail by weight. An overflow helps only while every usable primary is at its limit; a fallback only
while no primary and no overflow is usable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

AHEAD = 20
"""Messages that a server may be ahead of its share before it waits for the others: room for connections to differ."""


class Role(StrEnum):
    """When a server is asked."""

    PRIMARY = "primary"
    """Always."""
    OVERFLOW = "overflow"
    """While every usable primary is at its limit."""
    FALLBACK = "fallback"
    """While no primary and no overflow is usable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteState:
    """One server as it stands when a message wants to go out. Disabled ones are not in a snapshot."""

    id: int
    role: Role = Role.PRIMARY
    weight: int = 1
    """Its share among the servers of its role; at least 1."""
    paused: bool = False
    """It waits for a person."""
    sleeping_until: datetime | None = None
    """It failed and is left alone."""
    on_trial: bool = False
    """It failed; whether it is well again must be probed first, however long it has slept."""
    at_limit: bool = False
    """It works, but may or can take nothing more at this instant."""
    turn: float = 0.0
    """Where it stands in the order of its role, from `Turns`: who has the smallest is next."""


def is_usable(one: RouteState, *, now: datetime) -> bool:
    """True when mail may go this way at all, be it now or as soon as its limit allows."""
    return not (one.paused or one.on_trial or (one.sleeping_until is not None and one.sleeping_until > now))


def choose(snapshot: Sequence[RouteState], *, now: datetime) -> list[int]:
    """Ids of the servers that may take the next message, the preferred one first; empty: none may now."""
    return [one.id for one in _open(snapshot, now=now)]


def may_take(transport_id: int, snapshot: Sequence[RouteState], *, now: datetime) -> bool:
    """Whether this server, which has a connection free, may take a message now, or must leave it to the others."""
    ranked = _open(snapshot, now=now)
    me = next((one for one in ranked if one.id == transport_id), None)
    return me is not None and (me.turn - ranked[0].turn) * me.weight <= AHEAD


def _open(snapshot: Sequence[RouteState], *, now: datetime) -> list[RouteState]:
    """The servers of the role whose hour it is, without those at their limit, whoever is next in front."""
    usable = [one for one in snapshot if is_usable(one, now=now)]
    primaries = [one for one in usable if one.role is Role.PRIMARY]
    overflows = [one for one in usable if one.role is Role.OVERFLOW]
    asked = _free(primaries) or _free(overflows)
    if not primaries and not overflows:
        asked = _free(usable)
    return sorted(asked, key=lambda one: (one.turn, -one.weight, one.id))


def _free(servers: Iterable[RouteState]) -> list[RouteState]:
    return [one for one in servers if not one.at_limit]


class Turns:
    """Whose turn it is, by start-time fair queueing: each message moves its server back by one over its weight.

    Kept by whoever hands out messages. A server that comes, or comes back, starts where the others are: it neither
    waits nor gets what it missed all at once.
    """

    def __init__(self) -> None:
        self._turns: dict[int, float] = {}
        self._front = 0.0

    def mark(self, snapshot: Iterable[RouteState]) -> tuple[RouteState, ...]:
        """The same servers, each with its turn."""
        return tuple(replace(one, turn=max(self._turns.get(one.id, 0.0), self._front)) for one in snapshot)

    def took(self, transport_id: int, snapshot: Sequence[RouteState], *, now: datetime) -> None:
        """This server of a marked snapshot was given a message."""
        ranked = _open(snapshot, now=now)
        for one in ranked:
            if one.id == transport_id:
                # The front is the rearmost of those that compete: nobody loses a turn to who ran ahead.
                self._front = max(self._front, ranked[0].turn)
                self._turns[one.id] = one.turn + 1 / one.weight
