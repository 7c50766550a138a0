"""A worker's token buckets: whether the next message may go now, asked before each hand-over, without a database.

Each set of limits that a message is under has a bucket of permits; `refill` fills it with slots that nobody else has.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from newsletter.delivery.clock import boottime
from newsletter.delivery.ratelimit.limit_rules import Limits
from newsletter.delivery.ratelimit.slot_schedule import Permit, PermitAnswer, PermitRequest

SOON = 0.02
"""Seconds until asking again makes sense, when slots are on their way."""
FIRST_CONNECTIONS = 5
MOST_CONNECTIONS = 20
"""Trust B7: what one group of domains gets at once, at first and at most."""
MOST_ROUTES = 4_000
"""Sets of limits that are kept in mind."""
AT_ONCE = 200
"""Requests in a reservation, so that its transaction stays short."""
ENOUGH = 3
"""Trust B3: after so many such replies in a row the connections are halved."""


PACE = 1
"""Where `keys_of` has the `pace_key`."""


def keys_of(*, server: int, sender: str, group: str) -> tuple[str, ...]:
    """The limits that a message is under, narrowest first."""
    return (f"domain:{group}", pace_key(server=server, group=group), f"sender:{sender}", server_key(server))


def server_key(server: int) -> str:
    return f"server:{server}"


def pace_key(*, server: int, group: str) -> str:
    return f"pace:{server}:{group}"


@dataclass(slots=True)
class _Bucket:
    """The messages under a set of limits, and the permits that are there for them."""

    keys: tuple[str, ...]
    """The limited keys among those of its messages."""
    portion: int
    permits: deque[Permit] = field(default_factory=deque)
    again: float = 0.0
    """Before this moment the database has nothing more to give."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One message may be handed over now."""

    route: _Bucket
    permit: Permit


UNLIMITED = Grant(_Bucket((), 1), Permit(due=0.0, lapses=float("inf"), slots=()))


@dataclass(slots=True)
class _Window:
    """What one server has in flight to one group of domains."""

    in_flight: int = 0
    allowed: int = FIRST_CONNECTIONS
    successes: int = 0
    """Since ``allowed`` changed."""
    in_a_row: int = 0
    """Replies that asked us to go slower, since the last success."""


class TokenBuckets:
    """One worker's rate limits. Everything here belongs to the event loop's thread and costs no database."""

    def __init__(self, *, clock: Callable[[], float] = boottime, ring: Callable[[], None] = lambda: None) -> None:
        """``ring`` is called when slots are wanted."""
        self._clock = clock
        self._ring = ring
        self.limits = Limits()
        self._ceilings: Mapping[str, int] = {}
        self._routes: dict[tuple[str, ...], _Bucket] = {}
        self._wanting: dict[tuple[str, ...], _Bucket] = {}
        """Who asks for slots, the longest waiting first, so that no group of domains starves another."""
        self._unused: list[Permit] = []
        self._windows: dict[str, _Window] = {}

    # Asked by whoever hands over.

    def ask(self, keys: tuple[str, ...]) -> Grant | float:
        """Leave to go now, with one slot of each key; else the seconds until asking again makes sense."""
        route = self._routes.get(keys)
        if route is None:
            route = self._route(keys)
        if not route.keys:
            return UNLIMITED
        now = self._clock()
        permits = route.permits
        while permits and permits[0].lapses < now:
            self._unused.append(permits.popleft())
        if len(permits) <= route.portion and now >= route.again and route.keys not in self._wanting:
            self._wanting[route.keys] = route
            self._ring()
        if not permits:
            return max(route.again - now, SOON)
        if permits[0].due > now:
            return permits[0].due - now
        return Grant(route, permits.popleft())

    def is_good(self, grant: Grant) -> bool:
        """Whether a grant may still be used; a late message would go beside others that have the next slots."""
        return grant.permit.lapses >= self._clock()

    def unneeded(self, grant: Grant) -> None:
        """Nothing was handed over with it: the next message may go instead, as long as the grant is good."""
        route = grant.route
        if self._routes.get(route.keys) is route:
            route.permits.appendleft(grant.permit)
        elif grant is not UNLIMITED:  # the limits changed meanwhile
            self._unused.append(grant.permit)

    def _route(self, keys: tuple[str, ...]) -> _Bucket:
        if len(self._routes) > MOST_ROUTES or len(self._windows) > MOST_ROUTES:
            self._tidy()
        # Routes that differ only in keys without a limit share their permits.
        limited = {key: limit for key in keys if (limit := self.limits.of(key)) is not None}
        mine = tuple(limited)
        route = self._routes.get(mine) or _Bucket(mine, min((known.portion for known in limited.values()), default=1))
        self._routes[mine] = self._routes[keys] = route
        return route

    # Served by the thread that has the database: see `refill`.

    def requests(self) -> list[PermitRequest]:
        """For which limits slots should be reserved now. Stays so until `granted`."""
        return [PermitRequest(route.keys, route.portion) for route in islice(self._wanting.values(), AT_ONCE)]

    def granted(self, answers: Iterable[PermitAnswer]) -> None:
        """What the reservation brought."""
        for answer in answers:
            self._wanting.pop(answer.keys, None)
            route = self._routes.get(answer.keys)
            if route is None:  # the limits changed meanwhile
                self._unused.extend(answer.permits)
                continue
            route.permits.extend(answer.permits)
            route.again = answer.again

    def unused(self) -> list[Permit]:
        """Permits that lapsed or are not needed any more; they are given back once."""
        back, self._unused = self._unused, []
        return back

    def drain(self) -> list[Permit]:
        """Everything at hand, to be given back by a worker that stops."""
        for route in self._routes.values():
            self._unused.extend(route.permits)
            route.permits.clear()
        return self.unused()

    def follow(self, limits: Limits, *, ceilings: Mapping[str, int] = MappingProxyType({})) -> None:
        """Take these limits from now on. Permits under what changed go back; the others stay good."""
        self._ceilings = ceilings
        was, self.limits = self.limits, limits
        if limits == was:
            return
        changed = [route for keys, route in self._routes.items() if any(was.of(key) != limits.of(key) for key in keys)]
        self._drop({id(route) for route in changed})

    def _drop(self, routes: set[int]) -> None:
        for keys in [keys for keys, route in self._routes.items() if id(route) in routes]:
            route = self._routes.pop(keys)
            self._unused.extend(route.permits)
            route.permits.clear()
            self._wanting.pop(route.keys, None)

    def _tidy(self) -> None:
        """Small domains come and go: what is at rest is forgotten, so that memory does not grow with the list."""
        busy = {id(route) for route in self._routes.values() if route.permits or route.keys in self._wanting}
        self._drop({id(route) for route in self._routes.values()} - busy)
        self._windows = {key: window for key, window in self._windows.items() if window.in_flight}

    # How many at once (trust B7).

    def concurrency(self, key: str) -> int:
        """How many messages may be in flight to this group of domains."""
        window = self._windows.get(key)
        allowed = FIRST_CONNECTIONS if window is None else window.allowed
        return min(allowed, self._ceilings.get(key, MOST_CONNECTIONS))

    def has_room(self, key: str) -> bool:
        window = self._windows.get(key)
        return window is None or window.in_flight < self.concurrency(key)

    def _window(self, key: str) -> _Window:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
        return window

    def started(self, key: str) -> None:
        self._window(key).in_flight += 1

    def ended(self, key: str) -> None:
        window = self._window(key)
        window.in_flight = max(window.in_flight - 1, 0)

    def worked(self, key: str) -> None:
        """Count a message that was taken: after as many as the window allows, the window grows by one connection."""
        window = self._window(key)
        window.in_a_row = 0
        window.successes += 1
        if window.successes >= window.allowed:
            window.allowed, window.successes = min(window.allowed + 1, MOST_CONNECTIONS), 0

    def resisted(self, key: str) -> None:
        """Count a reply that asked us to go slower: after three in a row the window is halved."""
        window = self._window(key)
        window.successes = 0
        window.in_a_row += 1
        if window.in_a_row >= ENOUGH:
            window.allowed, window.in_a_row = max(window.allowed // 2, 1), 0
