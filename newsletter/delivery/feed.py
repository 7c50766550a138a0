"""What a worker's connections take their messages from: the chunks it holds, in turn."""

import asyncio
from collections import deque

from newsletter.delivery.carriers import Handed
from newsletter.delivery.handover import Handover


class Feed:
    """The `carriers.Feed` of one worker. It lives in one event loop."""

    def __init__(self) -> None:
        self._chunks: deque[Handover] = deque()
        self._dry = True
        """The last look found nothing that may start; `ring` says when to look again."""
        self._closed = False
        self._waiters: list[asyncio.Future[None]] = []

    def add(self, chunk: Handover) -> None:
        self._chunks.append(chunk)
        chunk.ring = self.ring
        self.ring()

    def close(self) -> None:
        """Nothing will be added any more."""
        self._closed = True
        self.ring()

    def ring(self) -> None:
        """Something may start that could not before: a chunk came, a message came back, consent was read."""
        self._dry = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def take(self) -> Handed | None:
        for _ in range(len(self._chunks)):
            chunk = self._chunks[0]
            message = chunk.take()
            if message is not None:
                return message, chunk
            if chunk.is_spent:
                self._chunks.popleft()
            else:  # it may have more later; meanwhile the others have their turn
                self._chunks.rotate(-1)
        self._dry = True
        return None

    async def more(self) -> bool:
        while self._dry or not self._chunks:
            if self._closed:
                return False
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        return True

    @property
    def untaken(self) -> int:
        """Messages that could start without another claim."""
        return sum(chunk.untaken for chunk in self._chunks)
