"""One held chunk on its way: its messages are made as they are taken, its replies kept until they are settled."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.ledger import release_plan
from newsletter.delivery.ledger.journal import Journal
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.ledger.results import Settlement
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker.chunk_loader import Job, Unsigned
from newsletter.delivery.worker.dot_gate import ChunkGate

SIGNED_AHEAD = 40
"""Messages of a chunk that are made and being signed: enough to keep each core and each connection busy."""
MADE_TOGETHER = 8
"""Messages that are made one right after the other: the second one costs half of the first, whose code and tables the
processor had to fetch anew, after all that a connection did in between."""
SIGNED_TOGETHER = 4
"""Of those that are signed in other threads, so many are one errand. Errands cost, and a connection takes the next one
along with each content: to begin with each message anew costs twice as much."""
BROKEN_OFF = "The worker was told to stop before the server answered."


def nobody() -> None:
    """Rung while nobody listens."""


class Handover:
    """The `carrier.Gate` of a chunk's messages, from its claim to its last settlement. It lives in one event loop."""

    def __init__(
        self,
        lease: Lease,
        job: Job,
        door: ChunkGate,
        *,
        journal: Journal,
        window: int,
        sign_pool: ThreadPoolExecutor | None,
    ) -> None:
        """Without a ``sign_pool`` each message is signed when it is taken."""
        self.lease = lease
        self.job = job
        self.gate = door
        self.journal = journal
        self.window = window
        """How many unsettled ones may be handed over: authorised in the chunk's row (docs/delivery.md, rule 6)."""
        self.ring: Callable[[], None] = nobody
        """Tells the feed that something may start that could not before."""
        self.nudge: Callable[[], None] = nobody
        """Tells it that one more message may."""
        self.due: Callable[[], None] = nobody
        """Tells the worker that there is something to settle."""
        self.replies: list[Reply] = []
        """Not settled yet."""
        self._answered_at = 0.0
        """In the loop's time: when the first of these came."""
        self.made: list[Settlement] = []
        """What was settled without asking a server."""
        self.open = {one.row.subscriber for one in job.people}
        """Not settled yet. A new set each time: the looking thread reads the old one."""
        self.in_hand = 0
        """Taken by a connection, and neither answered nor put back."""
        self.answered = False
        """The server took or refused at least one message."""
        self._next = 0
        self._settled = 0
        """Rows of the chunk."""
        self._through = 0
        """Those of them who might be written to when the chunk was claimed: the window is theirs."""
        self._back: deque[Message] = deque()
        self._ready: deque[Message] = deque()
        """Made, and signed where they must be; they wait for nothing but their turn."""
        self._aside: deque[Message] = deque()
        """Made, and waiting for their domain while others of the chunk go before them."""
        self.is_stalled = False
        """When it was asked last, its next message had no room: its servers are busy with as many as they get."""
        self._head: Message | None = None
        """Made, and not taken yet."""
        self.waits_until = 0.0
        """In the loop's time: a rate limit has no slot for it before."""
        self._sign_pool = sign_pool
        self._signing: deque[tuple[list[Unsigned], Future[list[list[bytes]]]]] = deque()
        """Made, and their signatures computed in other threads."""
        self._in_signing = 0
        """Messages of those."""
        self._awaits_signature = False

    @property
    def publication(self) -> int:
        return self.job.plan.publication

    @property
    def sender_domain(self) -> str:
        return self.job.plan.sender.domain

    # What the feed asks.

    def next_domain(self) -> str | None:
        """The domain of the message that `take` would give now; None when there is none just now."""
        if not self.gate.is_open:
            return None
        if self._head is None:
            self._head = (
                self._first_of(self._back)
                or self._first_of(self._ready)
                or self._made_ready()
                or self._first_of(self._aside)
            )
        if self._head is None or self.gate.halted:  # by one that could not be made, just now
            return None
        return self._head.recipient.rpartition("@")[2]

    def take(self) -> Message | None:
        """The next message that may start now, made just then; None when there is none just now."""
        if self._head is None and self.next_domain() is None:
            return None
        message, self._head = self._head, None
        self.in_hand += 1
        return message

    def step_aside(self) -> None:
        """Let the next one wait, and others of the chunk go first.

        All of them are within the window: who takes over after us counts it in the order of subscribers, and whoever
        was passed by is among those that it doubts.
        """
        if self._head is not None:
            self._aside.append(self._head)
            self._head = None

    def _first_of(self, waiting: deque[Message]) -> Message | None:
        while waiting:
            message = waiting.popleft()
            if not self._has_left(message.key):
                return message
        return None

    def _made_ready(self) -> Message | None:
        """The next one, just made; others with it, as far as they wait for nothing."""
        if self.job.signer is not None and self._sign_pool is not None:
            return self._signed(self._sign_pool)
        while made := self._made_together(MADE_TOGETHER):
            self._ready += made if self.job.signer is None else map(self.job.signed, made)
            ready = self._first_of(self._ready)
            if ready is not None:
                return ready
        return None

    def _made(self) -> Message | None:
        """The next one that can be made and may go, within the window."""
        people = self.job.people
        while self._next < len(people) and self._next - self._through < self.window:
            one = people[self._next]
            self._next += 1
            if self._has_left(one.row.subscriber):
                continue
            made = self.job.message(one)
            if isinstance(made, Settlement):
                self._unsent(made)
                continue
            if made is None:
                self.gate.halt("paused")
                self.due()
            return made
        return None

    def _signed(self, pool: ThreadPoolExecutor) -> Message | None:
        """The next one whose signature is there, or that no thread has begun with: it is signed here, and not waited
        for. Others are being signed meanwhile, each few in a thread."""
        while (ready := self._first_of(self._ready)) is None:
            while self._in_signing < SIGNED_AHEAD and (some := self._made_together(SIGNED_TOGETHER)):
                unsigned = list(map(self.job.unsigned, some))
                self._signing.append((unsigned, self._sign(unsigned, pool)))
            self._awaits_signature = True  # first: one may be done while we look
            found = next((one for one in self._signing if one[1].done() or one[1].cancel()), None)
            if found is None:
                return None
            self._awaits_signature = False
            self._signing.remove(found)
            unsigned, future = found
            self._in_signing -= len(unsigned)
            values = [one.signatures() for one in unsigned] if future.cancelled() else future.result()
            self._ready += [one.signed(its) for one, its in zip(unsigned, values, strict=True)]
        return ready

    def _made_together(self, most: int) -> list[Message]:
        return list(islice(iter(self._made, None), most))

    def _sign(self, some: list[Unsigned], pool: ThreadPoolExecutor) -> "Future[list[list[bytes]]]":
        loop = asyncio.get_running_loop()
        self._in_signing += len(some)
        future = pool.submit(lambda: [one.signatures() for one in some])

        def done(future: "Future[list[list[bytes]]]") -> None:
            # Only who waits is woken: a wake-up costs as much as a tenth of a signature.
            if self._awaits_signature and not future.cancelled():
                loop.call_soon_threadsafe(self.nudge)

        future.add_done_callback(done)
        return future

    def _has_left(self, subscriber: int) -> bool:
        why = self.gate.barred.get(subscriber)
        if why is None:
            return False
        self._unsent(release_plan.untried(self.job.rows[subscriber], DeliveryState.WITHDRAWN, reason=why))
        return True

    def _unsent(self, settlement: Settlement) -> None:
        self.made.append(settlement)
        self.due()

    @property
    def left(self) -> int:
        """How much of the chunk is still to do in the database."""
        return len(self.job.rows) - self._settled

    @property
    def untaken(self) -> int:
        if self.is_stopped:
            return 0
        made = len(self._back) + len(self._aside) + (self._head is not None)
        made += self._in_signing + len(self._ready)
        return len(self.job.people) - self._next + made

    @property
    def aside(self) -> int:
        """How many wait for their domain while others go first."""
        return len(self._aside)

    @property
    def is_cramped(self) -> bool:
        """Those who wait for their domain take up the window, and others of the chunk could go."""
        full = self._next - self._through >= self.window
        return full and bool(self._aside) and self._next < len(self.job.people) and not self.is_stopped

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
        """Half of what may be handed over without another settle was answered."""
        return len(self.replies) * 2 >= self.window

    def is_due(self, *, after: float) -> bool:
        """Something is to be written down: enough of it, or it has waited for so many seconds, or this is the end."""
        if self.is_half_full or self.made or self.is_spent or self.is_stopped or self.is_cramped:
            return True
        return bool(self.replies) and asyncio.get_running_loop().time() - self._answered_at >= after

    # What a connection says.

    def before_dot(self, message: Message) -> bool:
        if self.gate.before_dot(message):
            return True
        self.in_hand -= 1
        self._back.append(message)
        self.ring()
        self.due()
        return False

    def after_reply(self, message: Message, reply: Reply) -> None:
        self.in_hand -= 1
        self.answered = self.answered or reply.code is not None
        self.gate.after_reply(message, reply)
        if not self.replies:
            self._answered_at = asyncio.get_running_loop().time()
        self.replies.append(reply)
        if self.is_half_full or self.is_spent:
            self.due()

    def put_back(self, message: Message) -> None:
        self.in_hand -= 1
        self._back.appendleft(message)
        self.ring()
        self.due()

    # What the worker settles.

    def judged(self, *, now: datetime, chance: Callable[[], float]) -> tuple[list[Settlement], str, str]:
        """The settlements since the last call, why the issue must pause (empty: it need not), and for which limit."""
        (replies, self.replies), (group, self.made) = (self.replies, []), (self.made, [])
        pause = ""
        for reply in replies:
            settlement, why = release_plan.judge(
                self.job.plan, self.job.rows[reply.key], reply, now=now, chance=chance()
            )  # fmt: skip
            pause = pause or why
            if settlement is not None:
                group.append(settlement)
        return (group, pause, "") if pause else (group, self.job.pause, self.job.brake)

    def rest(self, *, now: datetime, chance: Callable[[], float]) -> list[Settlement]:
        """At the end: a dot without an answer is in doubt, and those who left meanwhile are withdrawn."""
        rows, gate = self.job.rows, self.gate
        doubtful = sorted(gate.in_flight & self.open)
        group = [
            release_plan.in_doubt(self.job.plan, rows[one], text=BROKEN_OFF, now=now, chance=chance())
            for one in doubtful
        ]
        left = sorted((one, why) for one, why in gate.barred.items() if one in self.open and one not in doubtful)
        return group + [release_plan.untried(rows[one], DeliveryState.WITHDRAWN, reason=why) for one, why in left]

    def settled(self, group: list[Settlement]) -> None:
        """These are durable."""
        still_open = self.open - {one.subscriber for one in group}
        self._through += len(self.open) - len(still_open)
        self._settled += len(group)
        self.open = still_open
        self.ring()
