"""DKIM signatures of a chunk's next messages, computed in other threads while connections wait for servers."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from newsletter.delivery.carrier import Message
from newsletter.delivery.worker.chunk_loader import Unsigned

MOST = 40
"""Messages of a chunk that are being signed: enough to keep each core and each connection busy."""
TOGETHER = 4
"""Messages that a thread signs at a time. Errands cost, and a connection takes the next message along with each
content: to begin with each message anew costs twice as much."""


class SigningAhead:
    """Errands of one chunk to the signing threads, in order. It lives in one event loop."""

    def __init__(self, pool: ThreadPoolExecutor, *, signed: Callable[[], None]) -> None:
        """``signed`` is called in the event loop when a message is ready that `take` had not found."""
        self._pool = pool
        self._on_signed = signed
        self._errands: deque[tuple[list[Unsigned], Future[list[list[bytes]]]]] = deque()
        self.messages = 0
        """How many are being signed."""
        self._is_awaited = False

    def begin(self, unsigned: list[Unsigned]) -> None:
        """Have these signed by a thread of the pool."""
        loop = asyncio.get_running_loop()
        self.messages += len(unsigned)
        future = self._pool.submit(lambda: [message.signatures() for message in unsigned])

        def done(future: "Future[list[list[bytes]]]") -> None:
            # Only who waits is woken: a wake-up costs as much as a tenth of a signature.
            if self._is_awaited and not future.cancelled():
                loop.call_soon_threadsafe(self._on_signed)

        future.add_done_callback(done)
        self._errands.append((unsigned, future))

    def take(self) -> list[Message] | None:
        """The messages of an errand that is done, or that no thread has begun with: those are signed here, and not
        waited for. None: all that there are, threads are at work on."""
        self._is_awaited = True  # before the look: an errand may be done meanwhile
        found = next((errand for errand in self._errands if errand[1].done() or errand[1].cancel()), None)
        if found is None:
            return None
        self._is_awaited = False
        self._errands.remove(found)
        unsigned, future = found
        self.messages -= len(unsigned)
        values = [message.signatures() for message in unsigned] if future.cancelled() else future.result()
        return [message.signed(its) for message, its in zip(unsigned, values, strict=True)]
