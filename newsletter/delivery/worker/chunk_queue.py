"""The queue of a chunk's messages: each is made as it is taken, within the window, and put back if it did not go."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol

from newsletter.delivery.carrier import Message
from newsletter.delivery.ledger import release_plan
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker import signing_ahead
from newsletter.delivery.worker.chunk_loader import LoadedChunk
from newsletter.delivery.worker.dot_gate import ChunkGate
from newsletter.delivery.worker.signing_ahead import SigningAhead

MADE_TOGETHER = 8
"""Messages that are made right after each other: the second costs half of the first, whose code and tables the
processor had to fetch anew, after all that a connection did in between."""


class ChunkListener(Protocol):
    """Whom a chunk tells what has changed: the `dispatcher.Dispatcher` that it was given to."""

    def may_start(self) -> None:
        """Messages may start that could not before: every connection looks."""

    def one_may_start(self) -> None:
        """One more message may start: one connection of each server looks."""

    def must_settle(self) -> None:
        """There is something to write down."""


class ChunkQueue:
    """The messages of a leased chunk that wait for a connection. It lives in one event loop."""

    def __init__(
        self,
        loaded: LoadedChunk,
        gate: ChunkGate,
        *,
        window: int,
        sign_pool: ThreadPoolExecutor | None,
        listener: ChunkListener,
    ) -> None:
        """Without a ``sign_pool`` each message is signed when it is taken."""
        self._loaded = loaded
        self._gate = gate
        self._listener = listener
        self.window = window
        """Messages that may be handed over before they are settled: authorised in the chunk's row
        (docs/delivery.md, rule 6)."""
        self.settled_of_window = 0
        """Readers who are settled, of those who might be written to when the chunk was loaded: the window is theirs."""
        self.unsent: list[Settlement] = list(loaded.settled)
        """Results of readers for whom no server was asked, until they are settled."""
        self._next = 0
        """Index in `LoadedChunk.addressees` of the next mail to make."""
        self._head: Message | None = None
        """What `take` gives next."""
        self._back: deque[Message] = deque()
        """Put back by a connection; these go first."""
        self._ready: deque[Message] = deque()
        """Made, and signed where they must be; they wait for nothing but their turn."""
        self._aside: deque[Message] = deque()
        """Made, and waiting for room at their domain while others of the chunk go before them."""
        self._signing = (
            SigningAhead(sign_pool, signed=listener.one_may_start)
            if sign_pool is not None and loaded.signer is not None
            else None
        )

    # What is next.

    def next_domain(self) -> str | None:
        """The domain of the message that `take` would give now; None when there is none just now."""
        if not self._gate.is_open:
            return None
        if self._head is None:
            self._head = (
                self._first_of(self._back)
                or self._first_of(self._ready)
                or self._make_ready()
                or self._first_of(self._aside)
            )
        if self._head is None or self._gate.halted:  # making it may just have halted the chunk
            return None
        return self._head.recipient.rpartition("@")[2]

    def take(self) -> Message | None:
        """The next message that may start now; None when there is none just now."""
        if self._head is None and self.next_domain() is None:
            return None
        message, self._head = self._head, None
        return message

    def step_aside(self) -> None:
        """Let the next message wait for its domain, and others of the chunk go first.

        All of them are within the window: who takes over after us counts it in the order of subscribers, and whoever
        was passed by is among those that it doubts.
        """
        if self._head is not None:
            self._aside.append(self._head)
            self._head = None

    def put_back(self, message: Message, *, first: bool) -> None:
        """Queue a message that was not handed over: as the next, or after all others that were put back."""
        if first:
            self._back.appendleft(message)
        else:
            self._back.append(message)

    # How much there is.

    @property
    def untaken(self) -> int:
        """Messages that no connection has taken, made or not."""
        made = len(self._back) + len(self._aside) + len(self._ready) + (self._head is not None)
        if self._signing is not None:
            made += self._signing.messages
        return len(self._loaded.addressees) - self._next + made

    @property
    def aside(self) -> int:
        """How many wait for their domain while others go first."""
        return len(self._aside)

    @property
    def is_cramped(self) -> bool:
        """Messages that wait for their domain take up the window, and others of the chunk could go."""
        is_full = self._next - self.settled_of_window >= self.window
        return is_full and bool(self._aside) and self._next < len(self._loaded.addressees)

    # Making messages.

    def _make_ready(self) -> Message | None:
        """The next message, just made; others with it, as far as they wait for nothing."""
        if self._signing is not None:
            return self._next_signed(self._signing)
        while made := self._make(MADE_TOGETHER):
            self._ready += made if self._loaded.signer is None else map(self._loaded.signed, made)
            ready = self._first_of(self._ready)
            if ready is not None:
                return ready
        return None

    def _next_signed(self, signing: SigningAhead) -> Message | None:
        while (ready := self._first_of(self._ready)) is None:
            while signing.messages < signing_ahead.MOST and (made := self._make(signing_ahead.TOGETHER)):
                signing.begin(list(map(self._loaded.unsigned, made)))
            signed = signing.take()
            if signed is None:
                return None
            self._ready += signed
        return ready

    def _make(self, most: int) -> list[Message]:
        return list(islice(iter(self._make_next, None), most))

    def _make_next(self) -> Message | None:
        """The mail of the next reader for whom it can be made and who may get it, within the window."""
        addressees = self._loaded.addressees
        while self._next < len(addressees) and self._next - self.settled_of_window < self.window:
            addressee = addressees[self._next]
            self._next += 1
            if self._has_left(addressee.row.subscriber):
                continue
            made = self._loaded.message(addressee)
            if isinstance(made, Settlement):
                self._leave_out(made)
                continue
            if made is None:  # so many cannot be made that the issue must pause
                self._gate.halt("paused")
                self._listener.must_settle()
            return made
        return None

    def _first_of(self, waiting: deque[Message]) -> Message | None:
        """The first whose reader may still be written to."""
        while waiting:
            message = waiting.popleft()
            if not self._has_left(message.key):
                return message
        return None

    def _has_left(self, subscriber: int) -> bool:
        reason = self._gate.barred.get(subscriber)
        if reason is None:
            return False
        row = self._loaded.rows[subscriber]
        self._leave_out(release_plan.untried(row, DeliveryState.WITHDRAWN, reason=reason))
        return True

    def _leave_out(self, settlement: Settlement) -> None:
        self.unsent.append(settlement)
        self._listener.must_settle()
