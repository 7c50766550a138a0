"""How many of one server's connections each group of domains holds, so that a slow provider starves nobody (I5)."""

from collections.abc import Callable

from newsletter.delivery.ratelimit.token_bucket import TokenBuckets

QUICK = 0.2
"""Seconds without an answer after which a group of domains gets no connection beyond its share, and nobody else's mail
behind its own. It may take longer for each answer: whoever waits looks again when an answer comes."""


class ConnectionShare:
    """Counts by *pace key*: one server and one group of domains (`token_bucket.pace_key`)."""

    def __init__(self, buckets: TokenBuckets, *, share: int, clock: Callable[[], float]) -> None:
        """``share``: how many connections one group may hold while others wait; ``clock``: seconds."""
        self._buckets = buckets
        self._share = share
        self._clock = clock
        self._in_flight: dict[str, int] = {}
        """Connections that carry mail for a group."""
        self._answered_at: dict[str, float] = {}
        self.has_answered = False
        """The server took or refused at least one message."""

    def has_room(self, pace: str, *, behind: str | None, alone: bool) -> bool:
        """Whether a message for this group may start: on another connection, or on that of the group ``behind``.

        ``alone``: nobody else waits for the connection. Then it may have more than its share, while it answers.
        """
        if behind == pace:
            return True
        if not self._buckets.has_room(pace):
            return False
        if self._in_flight.get(pace, 0) < self._share:
            return True
        return alone and self.is_quick(pace)

    def is_quick(self, pace: str) -> bool:
        """Whether the pace has had an answer within the last `QUICK` seconds."""
        return self._clock() - self._answered_at.get(pace, float("-inf")) < QUICK

    def started(self, pace: str) -> None:
        """One connection more carries its mail."""
        self._in_flight[pace] = self._in_flight.get(pace, 0) + 1
        self._buckets.started(pace)

    def answered(self, pace: str) -> None:
        """The server took or refused a message for it."""
        self.has_answered = True
        self._answered_at[pace] = self._clock()

    def ended(self, pace: str) -> None:
        """One connection less carries its mail."""
        left = self._in_flight.get(pace, 0) - 1
        if left > 0:
            self._in_flight[pace] = left
        else:  # small domains come and go
            self._in_flight.pop(pace, None)
            self._answered_at.pop(pace, None)
        self._buckets.ended(pace)

    def release_all(self) -> None:
        """The carrier has ended: what it broke off takes up nobody's room any more."""
        for pace, count in self._in_flight.items():
            for _ in range(count):
                self._buckets.ended(pace)
        self._in_flight = {}
