"""Chooses the next message for each connection: from the chunks of a worker, in turn, by limits, servers and shares."""

import asyncio
from collections import deque
from collections.abc import Callable

from newsletter.delivery.carrier import Gate, Handed, Message
from newsletter.delivery.ratelimit import token_bucket
from newsletter.delivery.ratelimit.refill import Refiller
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.worker.connection_share import ConnectionShare
from newsletter.delivery.worker.leased_chunk import LeasedChunk
from newsletter.delivery.worker.message_gate import MessageGate

MIXED = 0
"""The domain group of chunks that small domains share."""
MOST_ASIDE = 16
"""Messages of such a chunk that are passed by in the search for a message whose domain has room."""
ALONE_FOR = 5.0
"""Seconds for which a group that is alone may have more than its share, until it is asked again whether others wait."""


class Dispatcher:
    """The chunks of one worker, shared by all its servers; a `chunk_queue.ChunkListener`.

    It lives in one event loop.
    """

    def __init__(self, selector: CarrierSelector, refiller: Refiller, *, must_settle: Callable[[], None]) -> None:
        """``must_settle`` wakes the loop that settles chunks and claims others."""
        self._selector = selector
        self.refiller = refiller
        self.must_settle = must_settle
        self._keys: dict[tuple[int, str, str], tuple[str, ...]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        """Rings when a limit has its next slot."""
        self._chunks: deque[LeasedChunk] = deque()
        self._streams: list[ServerStream] = []
        self.wants_others = False
        """A group has its share of the connections, and it is not known whether others wait to be claimed."""
        self._alone_until = 0.0
        """In the loop's time: until then nobody else waits, as far as is known."""
        self.news = 0
        """Grows whenever something may start that could not before."""
        self.is_closed = False

    # Chunks come and go.

    def add(self, chunk: LeasedChunk) -> None:
        """Its messages have their turn from now on."""
        if all(chunk.lease.domain_group != other.lease.domain_group for other in self._chunks):
            self._alone_until = 0.0  # others do wait: when these are done, more of them may wait to be claimed
        self._chunks.append(chunk)
        self.may_start()

    def no_others(self) -> None:
        """No chunk of another group waits to be claimed: whoever is here may have more than its share."""
        self.wants_others = False
        self._alone_until = asyncio.get_running_loop().time() + ALONE_FOR
        self.may_start()

    def close(self) -> None:
        """Nothing will be added any more."""
        self.is_closed = True
        self.may_start()

    @property
    def untaken(self) -> int:
        """Messages that could start without another claim; not those that wait for a rate limit, or for room."""
        now = asyncio.get_running_loop().time()
        return sum(chunk.untaken for chunk in self._chunks if chunk.waits_until <= now and not chunk.is_stalled)

    @property
    def slow_groups(self) -> set[int]:
        """Domain groups of which another chunk would only wait as well."""
        now = asyncio.get_running_loop().time()
        slow = [chunk for chunk in self._chunks if chunk.waits_until > now or chunk.is_stalled]
        return {chunk.lease.domain_group for chunk in slow if chunk.untaken}

    # Connections are told what has changed.

    def may_start(self) -> None:
        """A chunk came, a message came back, consent was read: every connection that waits looks."""
        self.news += 1
        for stream in self._streams:
            stream.wake()

    def one_may_start(self) -> None:
        """One more message may start: one connection of each server looks, and not every one that has nothing to do."""
        self.news += 1
        for stream in self._streams:
            stream.wake(only=1)

    def attach(self, stream: "ServerStream") -> None:
        """From now on it is told what is new."""
        self._streams.append(stream)

    def detach(self, stream: "ServerStream") -> None:
        """Stop telling the stream of messages."""
        if stream in self._streams:
            self._streams.remove(stream)

    # Whose message is next.

    def take(self, stream: "ServerStream") -> tuple[Message, MessageGate] | None:
        """The next message that this server may have now."""
        found, had_no_room = self._of_any(stream, alone=False)
        if found is None and had_no_room and not self.untaken:
            # Nobody here could use the connection, now or soon. Others may wait that were not claimed yet.
            if asyncio.get_running_loop().time() < self._alone_until:
                found, _ = self._of_any(stream, alone=True)
            elif self._chunks and not self.wants_others:  # the last chunk may have been stopped just now
                self.wants_others = True
                self.must_settle()
        return found

    def _of_any(self, stream: "ServerStream", *, alone: bool) -> tuple[tuple[Message, MessageGate] | None, bool]:
        """A message of the first chunk that has a message for this server, and whether any message lacked room."""
        had_no_room = False
        for _ in range(len(self._chunks)):
            chunk = self._chunks[0]
            found = self.take_of(chunk, stream, alone=alone)
            if found is not None:
                return found, False
            had_no_room = had_no_room or chunk.is_stalled
            if chunk.is_spent:
                self._chunks.popleft()
            else:  # it may have more later; meanwhile the others have their turn
                self._chunks.rotate(-1)
        return None, had_no_room

    def take_of(
        self, chunk: LeasedChunk, stream: "ServerStream", *, behind: MessageGate | None = None, alone: bool = False
    ) -> tuple[Message, MessageGate] | None:
        """The next message of this chunk that the server may have now; see `ConnectionShare.has_room` for ``alone``,
        `carrier.MessageStream` for ``behind``."""
        chunk.is_stalled = False
        if not self._selector.may_take(stream.transport, chunk.publication):
            return None
        queue, share, buckets = chunk.queue, stream.share, self.refiller.buckets
        asides = MOST_ASIDE if chunk.lease.domain_group == MIXED else 0
        pace_behind = behind.pace if behind is not None else None
        while (domain := queue.next_domain()) is not None:
            keys = self._keys_of(stream.transport, chunk.sender_domain, domain)
            if not share.has_room(keys[token_bucket.PACE], behind=pace_behind, alone=alone):
                if not asides:
                    chunk.is_stalled = True
                    return None
                asides -= 1
                queue.step_aside()
                continue
            grant = buckets.ask(keys)
            if not isinstance(grant, token_bucket.Grant):
                self._put_off(chunk, stream.transport, grant)
                return None
            message = chunk.take()
            if message is None:
                buckets.unneeded(grant)
                return None
            if self._selector.took(stream.transport, chunk.publication):
                self.may_start()
            return message, MessageGate(chunk, share, self.refiller, keys=keys, grant=grant, behind=behind)
        return None

    def _keys_of(self, transport: int, sender: str, domain: str) -> tuple[str, ...]:
        """The limits that a message is under."""
        group = self.refiller.group_of(domain)
        place = (transport, sender, group)
        keys = self._keys.get(place)
        if keys is None:
            keys = self._keys[place] = token_bucket.keys_of(server=transport, sender=sender, group=group)
        return keys

    def _put_off(self, chunk: LeasedChunk, transport: int, wait: float) -> None:
        """A limit has no slot for the chunk's next message for ``wait`` seconds."""
        loop = asyncio.get_running_loop()
        if not 0.0 < wait < float("inf"):
            return
        chunk.waits_until = loop.time() + wait
        # A server with a limit of its own may have used it up: then those that help out have their turn.
        is_limited = self.refiller.buckets.limits.of(token_bucket.server_key(transport)) is not None
        if is_limited and self._selector.at_limit(transport, seconds=wait):
            self.may_start()
        if self._alarm is None or self._alarm.when() > chunk.waits_until:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_at(chunk.waits_until, self._slot_due)

    def _slot_due(self) -> None:
        self._alarm = None
        self.may_start()


class ServerStream:
    """The dispatcher as the carrier of one server sees it: a `carrier.MessageStream`."""

    def __init__(self, dispatcher: Dispatcher, transport: int, *, share: int) -> None:
        """``share``: how many of the server's connections one group of domains may hold while others wait (I5)."""
        self._dispatcher = dispatcher
        self.transport = transport
        clock = asyncio.get_running_loop().time
        self.share = ConnectionShare(dispatcher.refiller.buckets, share=share, clock=clock)
        self._seen = -1
        """The `Dispatcher.news` at which the last look found nothing."""
        self._is_closed = False
        self._waiters: deque[asyncio.Future[None]] = deque()
        dispatcher.attach(self)

    def close(self) -> None:
        """This server gets nothing more."""
        self._is_closed = True
        self.wake()
        self._dispatcher.detach(self)

    def carrier_ended(self) -> None:
        """Nothing is in flight any more: what the carrier broke off takes up nobody's room."""
        self.close()
        self.share.release_all()

    def take(self, behind: Gate | None = None) -> Handed | None:
        if self._is_closed:
            return None
        if isinstance(behind, MessageGate):
            # Of the same chunk, so that who is quick does not wait behind who is slow.
            found = self._dispatcher.take_of(behind.chunk, self, behind=behind)
            if found is not None or not self.share.is_quick(behind.pace):
                return found
        found = self._dispatcher.take(self)
        if found is None:
            self._seen = self._dispatcher.news
        return found

    async def more(self) -> bool:
        while not self._is_closed:
            if self._seen != self._dispatcher.news:
                return True
            if self._dispatcher.is_closed:
                return False
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        return False

    def wake(self, *, only: int | None = None) -> None:
        """Let those who wait in `more` look again; the next waiter takes the place of a cancelled waiter."""
        woken = 0
        while self._waiters and woken != only:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                woken += 1
