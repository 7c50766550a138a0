"""The mail servers as one worker sees them: their carriers, how they do, and which may take whose next message."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from newsletter.delivery import events
from newsletter.delivery.carrier import Carrier, Phase, TransportUnavailable
from newsletter.delivery.servers import routing, server_health, server_state
from newsletter.delivery.servers.carrier_registry import CarrierSettings
from newsletter.delivery.servers.routing import RouteState
from newsletter.errors import words_of
from newsletter.translatable import Translatable as _

MANY = 1_000_000
"""No bound."""
REFRESH_EVERY = 1.0
"""Seconds until a worker notices what was changed about a server."""

T = TypeVar("T")


class Db(Protocol):
    """Runs a call in the thread that has the database."""

    def __call__(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Awaitable[T]: ...


class Carriers(Protocol):
    """Carriers by transport id, such as `carrier_registry.CarrierRegistry`."""

    @property
    def carriers(self) -> dict[int, Carrier]: ...

    def connections(self, transport: int) -> int:
        """How many its carrier keeps at most; 0: unknown."""

    def read(self, *, now: datetime) -> Sequence[CarrierSettings]:
        """What the database says of them; in the thread that has it."""

    def renew(self, found: Sequence[CarrierSettings]) -> list[Carrier]:
        """Make what is new; returns what is out of use, for the caller to close."""


class CarrierSelector:
    """Belongs to the event loop's thread."""

    def __init__(
        self,
        registry: Carriers,
        *,
        db: Db,
        clock: Callable[[], datetime],
        boottime: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._db = db
        self._clock = clock
        self._boottime = boottime
        self._chance = chance
        self._turns = routing.Turns()
        self._held_back = False
        """A connection got nothing because its server is ahead of its share."""
        self._snapshots: dict[int | None, tuple[RouteState, ...]] = {}
        self._fresh_until = 0.0
        self._retired: list[Carrier] = []
        """Out of use, and not yet told to whoever closes them."""
        self._limited: dict[int, float] = {}
        """Servers that can take nothing more, and until when."""

    @property
    def carriers(self) -> dict[int, Carrier]:
        return self._registry.carriers

    @property
    def most_connections(self) -> int:
        """Connections of the carrier that has the most; 0 where nobody knows."""
        return max(map(self._registry.connections, self.carriers), default=0)

    def share(self, transport: int) -> int:
        """How many of its connections one group of domains may hold while others wait; one stays free (fault I5)."""
        connections = self._registry.connections(transport)
        return max(min(connections * 3 // 4, connections - 1), 1) if connections > 1 else MANY

    async def refresh(self, *, at_once: bool = True) -> list[Carrier]:
        """Read how the servers do; carriers that are out of use now, for the caller to retire."""
        if at_once or self._boottime() >= self._fresh_until:
            await self._look_again()
        retired, self._retired = self._retired, []
        return retired

    async def _look_again(self) -> None:
        found, self._snapshots = await self._db(self._read)
        self._fresh_until = self._boottime() + REFRESH_EVERY
        self._retired += self._registry.renew(found)

    def _read(self) -> tuple[Sequence[CarrierSettings], dict[int | None, tuple[RouteState, ...]]]:
        found = self._registry.read(now=self._clock())
        publications: list[int | None] = [None, *server_state.publications_sending()]
        return found, {publication: server_state.snapshot(publication) for publication in publications}

    def knows(self, publication: int) -> bool:
        return publication in self._snapshots

    def may_take(self, transport: int, publication: int) -> bool:
        """Whether this server, which has a connection free, may take a message of the publication now."""
        servers = self._snapshots.get(publication, ())
        if len(servers) == 1:  # as most installations have it: nothing to weigh
            only = servers[0]
            return only.id == transport and only.state.is_usable
        may = routing.may_take(transport, self._marked(servers))
        self._held_back = self._held_back or not may
        return may

    def at_limit(self, transport: int, *, seconds: float) -> bool:
        """A rate limit keeps it from its next message that long: time for those that help out; True when any waits."""
        self._limited[transport] = self._boottime() + seconds
        waited, self._held_back = self._held_back, False
        return waited

    def _marked(self, servers: Sequence[RouteState]) -> tuple[RouteState, ...]:
        moment = self._boottime()
        full = {number for number, until in self._limited.items() if until > moment}
        return self._turns.mark(servers, now=self._clock(), at_limit=full)

    def took(self, transport: int, publication: int) -> bool:
        """Count a message that the server was given; True when others had waited for that."""
        servers = self._snapshots.get(publication, ())
        if len(servers) < 2:
            return False
        self._turns.took(transport, self._marked(servers), now=self._clock())
        waited, self._held_back = self._held_back, False
        return waited

    def usable(self, publication: int | None) -> list[int]:
        """The servers that may be used for it, the preferred server first; None: for our own single mails."""
        return routing.choose(self._turns.mark(self._snapshots.get(publication, ()), now=self._clock()))

    def shut(self) -> set[int]:
        """Publications that no server can be used for now."""
        return {number for number in self._snapshots if number is not None and not self.usable(number)}

    async def worked(self, transport: int) -> None:
        """Note that a server took mail, or refused a recipient: it is there."""
        await self._db(server_health.worked, transport, now=self._clock())

    async def failed(
        self, transport: int, down: TransportUnavailable, *, carrier: Carrier, probe: bool = False
    ) -> None:
        """Leave it alone for a while; while it is left alone, nobody's try is counted.

        ``carrier``: who says so. One that is out of use speaks of the server as it was before it was edited.
        """
        await self._look_again()
        if self.carriers.get(transport) is not carrier:
            return
        reason, permanent = words_of(down), down.permanent
        now, chance = self._clock(), self._chance()
        await self._db(
            server_health.failed, transport, reason=reason, permanent=permanent, chance=chance, now=now, probe=probe
        )
        await self._look_again()

    async def probe_due(self) -> bool:
        """Ask those that have slept enough whether they are well again; True when any was asked."""
        due = await self._db(server_health.probes_due, now=self._clock(), among=set(self.carriers))
        for transport in due:
            carrier = self.carriers.get(transport)
            if carrier is not None:  # else it was removed meanwhile
                await self._probe(transport, carrier)
        return bool(due)

    async def _probe(self, transport: int, carrier: Carrier) -> None:
        try:
            await _probed(carrier)
        except TransportUnavailable as down:
            await self.failed(transport, down, carrier=carrier, probe=True)
        else:
            if self.carriers.get(transport) is carrier:
                await self._db(server_health.passed, transport)
            await self._look_again()

    async def try_paused(self, *, by: str) -> bool:
        """A worker that starts tries a server that stopped by itself once: whoever corrected it started us anew.

        True when there was any.
        """
        stopped = await self._db(server_health.stopped)
        for row in stopped:
            carrier = self.carriers.get(row.pk)
            if carrier is None:
                continue
            try:
                await _probed(carrier)  # nothing is sent
            except TransportUnavailable as down:
                events.say("transport.paused", level=logging.ERROR, transport=row.pk, why=str(down))
            else:
                await self._db(server_health.resume, row.name, by=by, now=self._clock())
        await self._look_again()
        return bool(stopped)

    async def close(self) -> None:
        for carrier in self.carriers.values():
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await carrier.close()


async def _probed(carrier: Carrier) -> None:
    """Return once the server has answered a probe. Raises TransportUnavailable."""
    try:
        async with asyncio.timeout(server_health.PROBE_WITHIN.total_seconds()):
            await carrier.probe()
    except TimeoutError:
        raise TransportUnavailable(
            _("The mail server did not answer a connection test in time."), phase=Phase.CONNECT
        ) from None
