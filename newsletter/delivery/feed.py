"""What a worker's connections take their messages from: the chunks it holds, in turn."""

import asyncio
from collections import deque

from newsletter.delivery.carriers import Handed, Message, Reply
from newsletter.delivery.handover import Handover
from newsletter.delivery.ways import Ways


class Feed:
    """The chunks of one worker, shared by all its servers. It lives in one event loop."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
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
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def rung(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def take(self, transport: int) -> tuple[Message, Handover] | None:
        """The next message that this server may have now."""
        for _ in range(len(self._chunks)):
            chunk = self._chunks[0]
            if self._ways.may_take(transport, chunk.publication):
                message = chunk.take()
                if message is not None:
                    if self._ways.took(transport, chunk.publication):
                        self.ring()
                    return message, chunk
            if chunk.is_spent:
                self._chunks.popleft()
            else:  # it may have more later; meanwhile the others have their turn
                self._chunks.rotate(-1)
        return None

    @property
    def untaken(self) -> int:
        """Messages that could start without another claim."""
        return sum(chunk.untaken for chunk in self._chunks)


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
        message, chunk = found
        return message, _Slip(chunk, self)

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

    __slots__ = ("_chunk", "_view")

    def __init__(self, chunk: Handover, view: View) -> None:
        self._chunk = chunk
        self._view = view

    def before_dot(self, message: Message) -> bool:
        return self._chunk.before_dot(message)

    def after_reply(self, message: Message, reply: Reply) -> None:
        self._view.answered = self._view.answered or reply.code is not None
        self._chunk.after_reply(message, reply)

    def put_back(self, message: Message) -> None:
        self._chunk.put_back(message)
