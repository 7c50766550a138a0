"""What a worker's connections take their messages from: the chunks it holds, in turn."""

import asyncio
from collections import deque

from newsletter.delivery.carrier import Gate, Handed, Message, Reply
from newsletter.delivery.ratelimit import token_bucket
from newsletter.delivery.ratelimit.refill import Stock
from newsletter.delivery.servers.carrier_selector import Ways
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker.chunk_sender import Handover

MIXED = 0
"""The domain group of chunks that small domains share."""
MOST_ASIDE = 16
"""Messages of such a chunk that are passed by in one look for one whose domain has room."""
ALONE_FOR = 5.0
"""Seconds for which a group that is alone may have more than its share, until it is asked again whether others wait."""
QUICK = 0.2
"""Seconds without an answer after which a group of domains gets no connection beyond its share, and nobody else's mail
behind its own. It may take longer for each answer: whoever waits looks again when one comes."""


class Feed:
    """The chunks of one worker, shared by all its servers. It lives in one event loop."""

    def __init__(self, ways: Ways, stock: Stock) -> None:
        self._ways = ways
        self.stock = stock
        self._keys: dict[tuple[int, str, str], tuple[str, ...]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._chunks: deque[Handover] = deque()
        self._views: list[View] = []
        self.wants_others = False
        """A group has its share of the connections, and it is not known whether others wait to be claimed."""
        self._alone_until = 0.0
        """In the loop's time: until then nobody else waits, as far as is known."""
        self.news = 0
        """Grows whenever something may start that could not before."""
        self.is_closed = False

    def add(self, chunk: Handover) -> None:
        if all(chunk.lease.domain_group != other.lease.domain_group for other in self._chunks):
            self._alone_until = 0.0  # others do wait: when these are done, more of them may wait to be claimed
        self._chunks.append(chunk)
        chunk.ring, chunk.nudge = self.ring, self.nudge
        self.ring()

    def nothing_else(self) -> None:
        """No chunk of another group waits to be claimed: whoever is here may have more than its share."""
        self.wants_others = False
        self._alone_until = asyncio.get_running_loop().time() + ALONE_FOR
        self.ring()

    def close(self) -> None:
        """Nothing will be added any more."""
        self.is_closed = True
        self.ring()

    def ring(self) -> None:
        """A chunk came, a message came back, consent was read: whoever waits looks."""
        self.news += 1
        for view in self._views:
            view.wake()

    def nudge(self) -> None:
        """One more message may start: one connection of each server looks, and not every one that has nothing to do."""
        self.news += 1
        for view in self._views:
            view.wake(only=1)

    def seen_by(self, view: "View") -> None:
        """From now on it is told what is new."""
        self._views.append(view)

    def forget(self, view: "View") -> None:
        """It is not told any more."""
        if view in self._views:
            self._views.remove(view)

    def take(self, view: "View") -> "tuple[Message, _Slip] | None":
        """The next message that this server may have now."""
        found, had_no_room = self._of_any(view, alone=False)
        if found is None and had_no_room and not self.untaken:
            # Nobody here could use the connection, now or soon. Others may wait that were not claimed yet.
            if asyncio.get_running_loop().time() < self._alone_until:
                found, _ = self._of_any(view, alone=True)
            elif self._chunks and not self.wants_others:  # the last one may have been stopped just now
                self.wants_others = True
                self._chunks[0].due()
        return found

    def _of_any(self, view: "View", *, alone: bool) -> "tuple[tuple[Message, _Slip] | None, bool]":
        had_no_room = False
        for _ in range(len(self._chunks)):
            chunk = self._chunks[0]
            found = self.take_of(chunk, view, alone=alone)
            if found is not None:
                return found, False
            had_no_room = had_no_room or chunk.is_stalled
            if chunk.is_spent:
                self._chunks.popleft()
            else:  # it may have more later; meanwhile the others have their turn
                self._chunks.rotate(-1)
        return None, had_no_room

    def take_of(
        self, chunk: Handover, view: "View", *, behind: "_Slip | None" = None, alone: bool = False
    ) -> "tuple[Message, _Slip] | None":
        """The next message of this chunk that the server may have now; see `View.has_room`, `carrier.MessageStream`."""
        chunk.is_stalled = False
        if not self._ways.may_take(view.transport, chunk.publication):
            return None
        asides = MOST_ASIDE if chunk.lease.domain_group == MIXED else 0
        while (domain := chunk.next_domain()) is not None:
            keys = self._keys_of(view.transport, chunk.sender_domain, domain)
            pace = keys[token_bucket.PACE]
            if not view.has_room(pace, behind=behind, alone=alone):
                if not asides:
                    chunk.is_stalled = True
                    return None
                asides -= 1
                chunk.step_aside()
                continue
            grant = self.stock.throttle.ask(keys)
            if not isinstance(grant, token_bucket.Grant):
                self._put_off(chunk, view.transport, grant)
                return None
            message = chunk.take()
            if message is None:
                self.stock.throttle.unneeded(grant)
                return None
            if self._ways.took(view.transport, chunk.publication):
                self.ring()
            return message, _Slip(chunk, view, keys, grant, self.stock, behind=behind)
        return None

    def _keys_of(self, transport: int, sender: str, domain: str) -> tuple[str, ...]:
        group = self.stock.group_of(domain)
        place = (transport, sender, group)
        keys = self._keys.get(place)
        if keys is None:
            keys = self._keys[place] = token_bucket.keys_of(server=transport, sender=sender, group=group)
        return keys

    def _put_off(self, chunk: Handover, transport: int, wait: float) -> None:
        loop = asyncio.get_running_loop()
        if not 0.0 < wait < float("inf"):
            return
        chunk.waits_until = loop.time() + wait
        # A server with a limit of its own may have used it up: then those that help out have their turn.
        limited = self.stock.throttle.limits.of(token_bucket.server_key(transport)) is not None
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
        """Messages that could start without another claim; not those that wait for a rate limit, or for room."""
        now = asyncio.get_running_loop().time()
        return sum(chunk.untaken for chunk in self._chunks if chunk.waits_until <= now and not chunk.is_stalled)

    @property
    def slow_groups(self) -> set[int]:
        """Domain groups of which another chunk would only wait as well."""
        now = asyncio.get_running_loop().time()
        slow = [chunk for chunk in self._chunks if chunk.waits_until > now or chunk.is_stalled]
        return {chunk.lease.domain_group for chunk in slow if chunk.untaken}


class View:
    """The feed as the carrier of one server sees it: a `carrier.MessageStream`."""

    def __init__(self, feed: Feed, transport: int, *, share: int) -> None:
        """``share``: how many of the server's connections one group of domains may hold while others wait (I5)."""
        self._feed = feed
        self.transport = transport
        self._share = share
        self._held: dict[str, int] = {}
        """Connections that carry mail for a group of domains, by its pace key."""
        self._answered_at: dict[str, float] = {}
        self._clock = asyncio.get_running_loop().time
        self._seen = -1
        """The news at which the last look found nothing."""
        self._is_closed = False
        self._waiters: deque[asyncio.Future[None]] = deque()
        feed.seen_by(self)
        self.answered = False
        """The server took or refused at least one message."""

    def close(self) -> None:
        """This server gets nothing more."""
        self._is_closed = True
        self.wake()
        self._feed.forget(self)

    def over(self) -> None:
        """Its carrier has ended: what it broke off takes up nobody's room any more."""
        self.close()
        for pace, count in self._held.items():
            for _ in range(count):
                self._feed.stock.throttle.ended(pace)
        self._held = {}

    def take(self, behind: Gate | None = None) -> Handed | None:
        if self._is_closed:
            return None
        if isinstance(behind, _Slip):
            # Of the same chunk, so that who is quick does not wait behind who is slow.
            found = self._feed.take_of(behind.chunk, self, behind=behind)
            if found is not None or not self._is_quick(behind.pace):
                return found
        found = self._feed.take(self)
        if found is None:
            self._seen = self._feed.news
        return found

    async def more(self) -> bool:
        while not self._is_closed:
            if self._seen != self._feed.news:
                return True
            if self._feed.is_closed:
                return False
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        return False

    def wake(self, *, only: int | None = None) -> None:
        """Let those who wait in `more` look again; of a cancelled one the next takes the place."""
        woken = 0
        while self._waiters and woken != only:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                woken += 1

    def has_room(self, pace: str, *, behind: "_Slip | None", alone: bool) -> bool:
        """Whether a message for this group of domains may start: one more connection for it, or the one ``behind``.

        ``alone``: nobody else waits for the connection. Then it may have more than its share, while it answers.
        """
        if behind is not None and behind.pace == pace:
            return True
        if not self._feed.stock.throttle.has_room(pace):
            return False
        if self._held.get(pace, 0) < self._share:
            return True
        return alone and self._is_quick(pace)

    def _is_quick(self, pace: str) -> bool:
        return self._clock() - self._answered_at.get(pace, float("-inf")) < QUICK

    def began(self, pace: str) -> None:
        self._held[pace] = self._held.get(pace, 0) + 1
        self._feed.stock.throttle.started(pace)

    def answered_by(self, pace: str) -> None:
        self.answered = True
        self._answered_at[pace] = self._clock()

    def ended(self, pace: str) -> None:
        left = self._held.get(pace, 0) - 1
        if left > 0:
            self._held[pace] = left
        else:  # small domains come and go
            self._held.pop(pace, None)
            self._answered_at.pop(pace, None)
        self._feed.stock.throttle.ended(pace)


class _Slip:
    """The gate of one message on its way by one server."""

    __slots__ = ("_ahead", "_grant", "_holds", "_is_over", "_keys", "_stock", "_view", "chunk", "pace")

    def __init__(
        self,
        chunk: Handover,
        view: View,
        keys: tuple[str, ...],
        grant: token_bucket.Grant,
        stock: Stock,
        *,
        behind: "_Slip | None",
    ) -> None:
        self.chunk = chunk
        self._view = view
        self._keys = keys
        self._grant = grant
        self._stock = stock
        self.pace = pace = keys[token_bucket.PACE]
        self._holds = True
        """The connection counts for this message; else for the one behind it."""
        self._is_over = False
        self._ahead: _Slip | None = None
        """The message on the same connection whose count this one has taken over."""
        if behind is not None and behind.pace == pace and behind._holds:
            behind._holds = False
            behind._forget_answered()
            self._ahead = behind
        else:
            view.began(pace)

    def may_still_start(self) -> bool:
        return self._stock.throttle.is_good(self._grant)

    def before_dot(self, message: Message) -> bool:
        allowed = self.chunk.before_dot(message)
        if not allowed:
            self._ended()
        return allowed

    def after_reply(self, message: Message, reply: Reply) -> None:
        if reply.code is not None:
            self._view.answered_by(self.pace)
        self._ended()
        if reply.state is DeliveryState.ACCEPTED:
            self._stock.took(self.pace, keys=self._keys)
        elif reply.state is DeliveryState.DEFERRED:
            self._stock.slower(self.pace, reply, keys=self._keys)
        self.chunk.after_reply(message, reply)

    def put_back(self, message: Message, *, seen: bool) -> None:
        if not seen:
            self._stock.throttle.unneeded(self._grant)
        self._ended()
        self.chunk.put_back(message)

    def _ended(self) -> None:
        self._is_over = True
        self._forget_answered()
        if self._holds and self._ahead is not None:
            # This one goes another way, and the connection still waits for the answer to the one ahead.
            self._ahead._holds = True
        elif self._holds:
            self._view.ended(self.pace)
        self.chunk.nudge()

    def _forget_answered(self) -> None:
        """Keep only messages ahead that still wait: a chain of all that went by a connection would never end."""
        while self._ahead is not None and self._ahead._is_over:
            self._ahead = self._ahead._ahead
