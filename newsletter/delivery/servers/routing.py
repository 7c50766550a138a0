"""Which mail server may take a publication's next message, and in what order of preference. Pure.

Primaries share the mail by weight. An overflow helps only while every usable primary is at its limit; a fallback only
while no primary and no overflow is usable. A server without encryption takes its share beside encrypted ones of its
role, never the place of an encrypted server: mail then waits (trust S7).
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.delivery.states import Role

AHEAD = 20
"""Messages that a server may be ahead of its share before it waits for the others: room for connections to differ."""

STALLED = timedelta(seconds=2)
"""A server that has taken nothing for so long is not waited for: its connections may hang for minutes (trust T6)."""


_RANKS = tuple(Role)
"""In the order in which they are asked."""


class State(StrEnum):
    """How a server is: what routes, pages, commands and metrics all go by. See `transports.state`."""

    WORKS = "works"
    UNTRIED = "untried"
    """Nothing has gone out by it yet."""
    SLEEPING = "sleeping"
    """Failed: however long it has slept, it gets nothing before a probe has found it well."""
    PAUSED = "paused"
    """Waits for a person."""
    DISABLED = "disabled"
    UNSET = "unset"
    """The default server, while NEWSLETTER_SMTP_URL is not set or cannot be used."""

    @property
    def is_usable(self) -> bool:
        """Mail may go this way at all, be it now or as soon as its limit allows."""
        return self is State.WORKS or self is State.UNTRIED


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteState:
    """One server as it stands when a message wants to go out. Disabled ones are not in a snapshot."""

    id: int
    role: Role = Role.PRIMARY
    weight: int = 1
    """Its share among the servers of its role; at least 1."""
    state: State = State.WORKS
    at_limit: bool = False
    """Works, but may or can take nothing more at this instant."""
    turn: float = 0.0
    """Where it stands in the order of its role, from `Turns`: who has the smallest is next."""
    is_clear: bool = False
    """Mail to it can be read on the way."""
    stalled: bool = False
    """Has taken nothing for a while: nobody waits for it to take its share."""


def choose(snapshot: Sequence[RouteState]) -> list[int]:
    """Ids of the servers that may take the next message, the preferred server first; empty: none may now."""
    return [server.id for server in _open(snapshot)]


def may_take(transport_id: int, snapshot: Sequence[RouteState]) -> bool:
    """Whether this server, which has a connection free, may take a message now, or must leave it to the others."""
    ranked = _open(snapshot)
    me = next((server for server in ranked if server.id == transport_id), None)
    return me is not None and (me.turn - _front(ranked, me)) * me.weight <= AHEAD


def _open(snapshot: Sequence[RouteState]) -> list[RouteState]:
    """The servers of the role whose hour it is, without those at their limit, whoever is next in front."""
    usable = _as_protected([server for server in snapshot if server.state.is_usable], among=snapshot)
    primaries = [server for server in usable if server.role is Role.PRIMARY]
    overflows = [server for server in usable if server.role is Role.OVERFLOW]
    asked = _free(primaries) or _free(overflows)
    if not primaries and not overflows:
        asked = _free(usable)
    return sorted(asked, key=lambda server: (server.turn, -server.weight, server.id))


def _as_protected(usable: list[RouteState], *, among: Sequence[RouteState]) -> list[RouteState]:
    """Without the clear servers that would take the place of an encrypted server, before it or beside it."""
    encrypted = [_RANKS.index(server.role) for server in among if not server.is_clear]
    at_work = {_RANKS.index(server.role) for server in usable if not server.is_clear}

    def takes_no_place(clear: RouteState) -> bool:
        mine = _RANKS.index(clear.role)
        return all(rank > mine or (rank == mine and rank in at_work) for rank in encrypted)

    return [server for server in usable if not server.is_clear or takes_no_place(server)]


def _front(ranked: Sequence[RouteState], me: RouteState) -> float:
    """The turn of the rearmost that is waited for."""
    return min((server.turn for server in ranked if not server.stalled), default=me.turn)


def _free(servers: Iterable[RouteState]) -> list[RouteState]:
    return [server for server in servers if not server.at_limit]


class Turns:
    """Which server's turn it is, by start-time fair queueing: each message moves its server back by 1 / its weight.

    Kept by whoever hands out messages. A server that comes, or comes back, starts where the others are: it neither
    waits nor gets what it missed all at once.
    """

    def __init__(self) -> None:
        self._turns: dict[int, float] = {}
        self._took: dict[int, datetime] = {}
        self._front = 0.0

    def mark(
        self, snapshot: Iterable[RouteState], *, now: datetime, at_limit: Container[int] = ()
    ) -> tuple[RouteState, ...]:
        """The servers, each with its turn; ``at_limit``: ids that can take nothing at this instant."""
        return tuple(
            replace(
                server,
                turn=max(self._turns.get(server.id, 0.0), self._front),
                stalled=now - self._took.setdefault(server.id, now) > STALLED,
                at_limit=server.at_limit or server.id in at_limit,
            )
            for server in snapshot
        )

    def took(self, transport_id: int, snapshot: Sequence[RouteState], *, now: datetime) -> None:
        """This server of a marked snapshot was given a message."""
        ranked = _open(snapshot)
        for server in ranked:
            if server.id == transport_id:
                # The front is the rearmost of those that compete: nobody loses a turn to who ran ahead.
                self._front = max(self._front, min(_front(ranked, server), server.turn))
                self._turns[server.id] = server.turn + 1 / server.weight
                self._took[server.id] = now
