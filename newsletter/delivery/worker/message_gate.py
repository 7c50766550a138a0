"""The gate of one message on its way by one server: counts its connection, tells limits and chunk what came of it."""

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.ratelimit import token_bucket
from newsletter.delivery.ratelimit.refill import Refiller
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.worker.connection_share import ConnectionShare
from newsletter.delivery.worker.leased_chunk import LeasedChunk


class MessageGate:
    """A `carrier.Gate`.

    With pipelining (RFC 2920) the envelope of a message may travel *behind* a message that is not answered yet, on the
    same connection. A connection is counted once for a group of domains, whichever of its messages stands for it.
    """

    __slots__ = ("_ahead", "_grant", "_is_counted", "_is_over", "_keys", "_refiller", "_share", "chunk", "pace")

    def __init__(
        self,
        chunk: LeasedChunk,
        share: ConnectionShare,
        refiller: Refiller,
        *,
        keys: tuple[str, ...],
        grant: token_bucket.Grant,
        behind: "MessageGate | None",
    ) -> None:
        """``keys``: the limits that it is under; ``grant``: its slot of each."""
        self.chunk = chunk
        self._share = share
        self._refiller = refiller
        self._keys = keys
        self._grant = grant
        self.pace = pace = keys[token_bucket.PACE]
        self._is_counted = True
        """The connection counts for this message; else for the message behind it."""
        self._is_over = False
        self._ahead: MessageGate | None = None
        """The message on the same connection whose count this message has taken over."""
        if behind is not None and behind.pace == pace and behind._is_counted:
            behind._is_counted = False
            behind._forget_answered()
            self._ahead = behind
        else:
            share.started(pace)

    def may_still_start(self) -> bool:
        return self._refiller.buckets.is_good(self._grant)

    def before_dot(self, message: Message) -> bool:
        allowed = self.chunk.before_dot(message)
        if not allowed:
            self._end()
        return allowed

    def after_reply(self, message: Message, reply: Reply) -> None:
        if reply.code is not None:
            self._share.answered(self.pace)
        self._end()
        if reply.state is DeliveryState.ACCEPTED:
            self._refiller.took(self.pace, keys=self._keys)
        elif reply.state is DeliveryState.DEFERRED:
            self._refiller.slower(self.pace, reply, keys=self._keys)
        self.chunk.after_reply(message, reply)

    def put_back(self, message: Message, *, seen: bool) -> None:
        if not seen:
            self._refiller.buckets.unneeded(self._grant)
        self._end()
        self.chunk.put_back(message)

    def _end(self) -> None:
        self._is_over = True
        self._forget_answered()
        if self._is_counted and self._ahead is not None:
            # This message goes another way, and the connection still waits for the answer to the message ahead.
            self._ahead._is_counted = True
        elif self._is_counted:
            self._share.ended(self.pace)
        self.chunk.listener.one_may_start()

    def _forget_answered(self) -> None:
        """Keep only messages ahead that still wait: a chain of all that went by a connection would never end."""
        while self._ahead is not None and self._ahead._is_over:
            self._ahead = self._ahead._ahead
