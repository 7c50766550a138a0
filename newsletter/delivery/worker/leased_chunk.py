"""A chunk that this worker has leased: what connections have in hand of it, and the replies until they are settled."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.ledger import release_plan
from newsletter.delivery.ledger.journal import Journal
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker.chunk_loader import LoadedChunk
from newsletter.delivery.worker.chunk_queue import ChunkListener, ChunkQueue
from newsletter.delivery.worker.dot_gate import ChunkGate

BROKEN_OFF = "The worker was told to stop before the server answered."


@dataclass(frozen=True, slots=True)
class ClaimedChunk:
    """A chunk that was just leased and read. Moments are seconds of `WorkerContext.boottime`."""

    lease: Lease
    loaded: LoadedChunk
    journal: Journal
    """The lease names it: what happens to the chunk is recorded there."""
    claimed_at: float
    """Before the claim's statement began: the lease is at least as young."""
    read_at: float
    """Before consent was read."""


class LeasedChunk:
    """From its claim to its last settlement. It lives in one event loop.

    `dispatcher` takes messages from its `queue`, `message_gate` reports what became of each, `chunk_settler` writes
    that down. Its listener is told what has changed.
    """

    def __init__(
        self,
        claimed: ClaimedChunk,
        gate: ChunkGate,
        *,
        window: int,
        sign_pool: ThreadPoolExecutor | None,
        listener: ChunkListener,
    ) -> None:
        self.lease, self.loaded, self.journal = claimed.lease, claimed.loaded, claimed.journal
        self.gate = gate
        self.listener = listener
        self.queue = ChunkQueue(claimed.loaded, gate, window=window, sign_pool=sign_pool, listener=listener)
        self.replies: list[Reply] = []
        """Not settled yet."""
        self._first_reply_at = 0.0
        """In the loop's time: when the first of `replies` came."""
        self.open = {addressee.row.subscriber for addressee in claimed.loaded.addressees}
        """Readers who are not settled yet. A new set each time: the thread that looks at consent reads the old set."""
        self.in_hand = 0
        """Messages taken by connections, and neither answered nor put back."""
        self._settled = 0
        """Rows of the chunk that are settled."""
        self.is_stalled = False
        """When it was asked last, its next message had no room: its servers are busy with as many as they get."""
        self.waits_until = 0.0
        """In the loop's time: a rate limit has no slot for its next message before."""

    @property
    def publication(self) -> int:
        return self.loaded.plan.publication

    @property
    def sender_domain(self) -> str:
        return self.loaded.plan.sender.domain

    # What the dispatcher and the gates of its messages do with it.

    def take(self) -> Message | None:
        """The next message for a connection; None when there is none just now."""
        message = self.queue.take()
        if message is not None:
            self.in_hand += 1
        return message

    def before_dot(self, message: Message) -> bool:
        """Whether its final dot may be written; if not, it is back in the queue."""
        if self.gate.before_dot(message):
            return True
        self._put_back(message, first=False)
        return False

    def put_back(self, message: Message) -> None:
        """Queue a message that was not handed over after all, as the next."""
        self._put_back(message, first=True)

    def _put_back(self, message: Message, *, first: bool) -> None:
        self.in_hand -= 1
        self.queue.put_back(message, first=first)
        self.listener.may_start()
        self.listener.must_settle()

    def after_reply(self, message: Message, reply: Reply) -> None:
        """Record what became of a message in the journal, and keep it to be settled."""
        self.in_hand -= 1
        self.gate.after_reply(message, reply)
        if not self.replies:
            self._first_reply_at = asyncio.get_running_loop().time()
        self.replies.append(reply)
        if self.is_half_full or self.is_spent:
            self.listener.must_settle()

    # How far it is.

    @property
    def left(self) -> int:
        """Rows of the chunk that are still open in the database."""
        return len(self.loaded.rows) - self._settled

    @property
    def untaken(self) -> int:
        """Messages that a connection may still take."""
        return 0 if self.is_stopped else self.queue.untaken

    @property
    def is_cramped(self) -> bool:
        """A wider window would let messages go that could go now: see `ChunkQueue.is_cramped`."""
        return self.queue.is_cramped and not self.is_stopped

    @property
    def is_stopped(self) -> bool:
        """Nothing more of it starts."""
        return bool(self.gate.halted) or self.gate.is_late or not self.gate.has_lease

    @property
    def is_spent(self) -> bool:
        """Nothing of it is left to take, now or later."""
        return not self.untaken and not self.in_hand

    @property
    def is_half_full(self) -> bool:
        """Half of what may be handed over without another settlement was answered."""
        return len(self.replies) * 2 >= self.queue.window

    def is_due(self, *, after: float) -> bool:
        """Something is to be written down: enough of it, or it has waited for ``after`` seconds, or this is the end."""
        if self.is_half_full or self.queue.unsent or self.is_spent or self.is_stopped or self.is_cramped:
            return True
        return bool(self.replies) and asyncio.get_running_loop().time() - self._first_reply_at >= after

    # What the worker settles.

    def judged(self, *, now: datetime, chance: Callable[[], float]) -> tuple[list[Settlement], str, str]:
        """The settlements since the last call, why the issue must pause (empty: it need not), and for which limit."""
        plan, rows = self.loaded.plan, self.loaded.rows
        (replies, self.replies), (group, self.queue.unsent) = (self.replies, []), (self.queue.unsent, [])
        pause = ""
        for reply in replies:
            settlement, why = release_plan.judge(plan, rows[reply.key], reply, now=now, chance=chance())
            pause = pause or why
            if settlement is not None:
                group.append(settlement)
        return (group, pause, "") if pause else (group, self.loaded.pause, self.loaded.brake)

    def rest(self, *, now: datetime, chance: Callable[[], float]) -> list[Settlement]:
        """At its end: a dot without an answer is in doubt, and readers who left meanwhile are withdrawn."""
        plan, rows, barred = self.loaded.plan, self.loaded.rows, self.gate.barred
        doubtful = sorted(self.gate.in_flight & self.open)
        left = sorted((self.open & barred.keys()).difference(doubtful))
        return [
            *(release_plan.in_doubt(plan, rows[key], text=BROKEN_OFF, now=now, chance=chance()) for key in doubtful),
            *(release_plan.untried(rows[key], DeliveryState.WITHDRAWN, reason=barred[key]) for key in left),
        ]

    def settled(self, group: list[Settlement]) -> None:
        """The settlements of this group are committed."""
        still_open = self.open - {settlement.subscriber for settlement in group}
        self.queue.settled_of_window += len(self.open) - len(still_open)
        self._settled += len(group)
        self.open = still_open
        self.listener.may_start()
