"""What stands between a carrier and each final dot: consent, pause, the lease's own deadline, and the journal."""

from collections.abc import Callable

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.ledger.journal import Journal, Key

CONSENT_GOOD_FOR = 0.9
"""Seconds: no content is written later than 1 s after an unsubscribe was committed (trust U6)."""
DEADLINE = 0.9
"""Part of the lease after which its holder stops by itself: before anyone else may take the chunk."""
BEATS_PER_LEASE = 4
LONGEST_BEAT = 10.0
PATIENCE = 60.0
"""Seconds after which what was not handed over goes back, at the cost of no try."""

NO_JOURNAL = "The journal cannot be written, so nothing is sent: is the disk full?"


class ChunkGate:
    """The `carrier.Gate` of a leased chunk.

    Used by the event loop's thread; the thread that looks after consent and lease only sets plain attributes.
    """

    def __init__(
        self, *, key: Key, journal: Journal, clock: Callable[[], float], claimed_at: float, lease_seconds: float
    ) -> None:
        self._key = key
        self._journal = journal
        self._clock = clock
        self.lease_seconds = lease_seconds
        self._deadline = claimed_at + DEADLINE * lease_seconds
        self.started_at = claimed_at
        self._consent_until = 0.0
        self.barred: dict[int, str] = {}
        """Who must not be written to any more, and why."""
        self.halted = ""
        """Why nothing more starts; empty while it may."""
        self.in_flight: set[int] = set()
        """Subscribers whose dot was allowed and whose reply has not come."""

    def alive_since(self, moment: float) -> None:
        """The lease was confirmed by a statement that began at ``moment``."""
        self._deadline = max(self._deadline, moment + DEADLINE * self.lease_seconds)

    def consent_read(self, moment: float) -> None:
        """Consent was read by a statement that began at ``moment``."""
        self._consent_until = max(self._consent_until, moment + CONSENT_GOOD_FOR)

    def halt(self, reason: str) -> None:
        """Start nothing more; the first reason stays."""
        self.halted = self.halted or reason

    def lose(self) -> None:
        """The lease is another's: not even a message in flight may end."""
        self.halt("lost")
        self._deadline = float("-inf")

    @property
    def beat_due(self) -> float:
        """When the lease should be confirmed again, well before its deadline."""
        confirmed = self._deadline - DEADLINE * self.lease_seconds
        return confirmed + min(self.lease_seconds / BEATS_PER_LEASE, LONGEST_BEAT)

    @property
    def is_open(self) -> bool:
        """A message may start: not halted, not late, the lease is ours, consent is fresh. Looks at the clock once."""
        now = self._clock()
        in_time = now - self.started_at <= PATIENCE
        return not self.halted and in_time and now < self._deadline and now <= self._consent_until

    @property
    def has_lease(self) -> bool:
        return self._clock() < self._deadline

    @property
    def is_late(self) -> bool:
        return self._clock() - self.started_at > PATIENCE

    def before_dot(self, message: Message) -> bool:
        # A pause lets what is in flight end; a lost consent or lease does not.
        if not self._may_send(message.key) or not self._recorded(self._journal.open_dot(self._key, message.key)):
            return False
        # The record first, then our own deadline, then the dot: whoever takes over after it finds the record.
        if not self.has_lease:
            self._journal.void_dot(self._key, message.key)
            return False
        self.in_flight.add(message.key)
        return True

    def after_reply(self, message: Message, reply: Reply) -> None:
        self.in_flight.discard(message.key)
        self._recorded(self._journal.reply(self._key, message.key, reply))

    def _may_send(self, subscriber: int) -> bool:
        now = self._clock()
        return subscriber not in self.barred and now <= self._consent_until and now < self._deadline

    def _recorded(self, written: bool) -> bool:
        if not written:
            self.halt(NO_JOURNAL)
        return written
