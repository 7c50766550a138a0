"""What a worker's connections take their messages from: the chunks it holds, in turn."""

import asyncio
from collections import deque

from newsletter.delivery import throttle
from newsletter.delivery.carriers import Handed, Message, Reply
from newsletter.delivery.handover import Handover
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.stock import Stock
from newsletter.delivery.ways import Ways


class Feed:
    """The chunks of one worker, shared by all its servers. It lives in one event loop."""

    def __init__(self, ways: Ways, stock: Stock) -> None:
        self._ways = ways
        self.stock = stock
        self._keys: dict[tuple[int, str, str], tuple[str, ...]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._chunks: deque[Handover] = deque()
        self._waiters: list[asyncio.Future[None]] = []
        self.news = 0
        """Grows whenever something may start that could not before."""
        self.is_closed = False

    def add(self, chunk: Handover) -> None:
        self._chunks.append(chunk)
        chunk.ring = self.ring
        self.ring()

    def close(self) -> None:
        """Nothing will be added any more."""
        self.is_closed = True
        self.ring()

    def ring(self) -> None:
        """A chunk came, a message came back, consent was read, a signature is there."""
        self.news += 1
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def rung(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def take(self, transport: int) -> "tuple[Message, Handover, tuple[str, ...]] | None":
        """The next message that this server may have now, and the limits it is under."""
        for _ in range(len(self._chunks)):
            chunk = self._chunks[0]
            domain = chunk.next_domain() if self._ways.may_take(transport, chunk.publication) else None
            if domain is not None:
                keys = self._keys_of(transport, chunk.sender_domain, domain)
                wait = self._wait(keys)
                message = None if wait else chunk.take()
                if message is not None:
                    if self._ways.took(transport, chunk.publication):
                        self.ring()
                    self.stock.throttle.started(keys[throttle.PACE])
                    return message, chunk, keys
                self._put_off(chunk, transport, wait)
            if chunk.is_spent:
                self._chunks.popleft()
            else:  # it may have more later; meanwhile the others have their turn
                self._chunks.rotate(-1)
        return None

    def _keys_of(self, transport: int, sender: str, domain: str) -> tuple[str, ...]:
        group = self.stock.group_of(domain)
        place = (transport, sender, group)
        keys = self._keys.get(place)
        if keys is None:
            keys = self._keys[place] = throttle.keys_of(server=transport, sender=sender, group=group)
        return keys

    def _wait(self, keys: tuple[str, ...]) -> float:
        """0.0: a slot of each limit is used. Else the seconds until asking again makes sense; inf: after a reply."""
        held = self.stock.throttle
        return held.may_go(keys) if held.has_room(keys[throttle.PACE]) else float("inf")

    def _put_off(self, chunk: Handover, transport: int, wait: float) -> None:
        loop = asyncio.get_running_loop()
        if not 0.0 < wait < float("inf"):
            return
        chunk.waits_until = loop.time() + wait
        # A server with a limit of its own may have used it up: then those that help out have their turn.
        limited = self.stock.throttle.limits.of(throttle.server_key(transport)) is not None
        if limited and self._ways.at_limit(transport, seconds=wait):
            self.ring()
        if self._alarm is None or self._alarm.when() > chunk.waits_until:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_at(chunk.waits_until, self._slot)

    def _slot(self) -> None:
        self._alarm = None
        self.ring()

    @property
    def untaken(self) -> int:
        """Messages that could start without another claim; not those that wait for a rate limit."""
        now = asyncio.get_running_loop().time()
        return sum(chunk.untaken for chunk in self._chunks if chunk.waits_until <= now)

    @property
    def slow_groups(self) -> set[int]:
        """Domain groups of which another chunk would only wait as well."""
        now = asyncio.get_running_loop().time()
        return {chunk.lease.domain_group for chunk in self._chunks if chunk.waits_until > now and chunk.untaken}


class View:
    """The feed as the carrier of one server sees it: a `carriers.Feed`."""

    def __init__(self, feed: Feed, transport: int) -> None:
        self._feed = feed
        self._transport = transport
        self._seen = -1
        """The news at which the last look found nothing."""
        self._is_closed = False
        self.answered = False
        """The server took or refused at least one message."""

    def close(self) -> None:
        """This server gets nothing more."""
        self._is_closed = True
        self._feed.ring()

    def take(self) -> Handed | None:
        if self._is_closed:
            return None
        found = self._feed.take(self._transport)
        if found is None:
            self._seen = self._feed.news
            return None
        message, chunk, keys = found
        return message, _Slip(chunk, self, keys, self._feed.stock)

    async def more(self) -> bool:
        while not self._is_closed:
            if self._seen != self._feed.news:
                return True
            if self._feed.is_closed:
                return False
            await self._feed.rung()
        return False


class _Slip:
    """The gate of one message on its way by one server."""

    __slots__ = ("_chunk", "_keys", "_stock", "_view")

    def __init__(self, chunk: Handover, view: View, keys: tuple[str, ...], stock: Stock) -> None:
        self._chunk = chunk
        self._view = view
        self._keys = keys
        self._stock = stock

    def before_dot(self, message: Message) -> bool:
        allowed = self._chunk.before_dot(message)
        if not allowed:
            self._ended()
        return allowed

    def after_reply(self, message: Message, reply: Reply) -> None:
        self._view.answered = self._view.answered or reply.code is not None
        self._ended()
        if reply.state is DeliveryState.ACCEPTED:
            self._stock.took(self._keys[throttle.PACE], keys=self._keys)
        elif reply.state is DeliveryState.DEFERRED:
            self._stock.slower(self._keys[throttle.PACE], reply, keys=self._keys)
        self._chunk.after_reply(message, reply)

    def put_back(self, message: Message) -> None:
        self._ended()
        self._chunk.put_back(message)

    def _ended(self) -> None:
        self._stock.throttle.ended(self._keys[throttle.PACE])
        self._chunk.ring()
