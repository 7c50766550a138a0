"""SMTP command pipelining (RFC 2920): messages in turn over pooled connections, each failure with its phase.

One write carries a message's content, its dot and the next message's envelope (RFC 2920 §3.1), so a message costs
little more than one round trip, and at most one message of a connection can ever be in doubt.
"""

import asyncio
from dataclasses import dataclass, field

from newsletter.delivery.carrier import Gate, Handed, Message, MessageStream, Phase, Reply, TransportUnavailable
from newsletter.delivery.smtp import dot_stuffing, envelope, message_reply, transaction
from newsletter.delivery.smtp.byte_stream import ConnectionLost
from newsletter.delivery.smtp.connection import Connection
from newsletter.delivery.smtp.connection_pool import ConnectionPool
from newsletter.delivery.smtp.transaction import TransactionAborted
from newsletter.delivery.states import DeliveryState
from newsletter.translatable import Translatable as _

PIECE = 64 * 1024
"""Bytes written at once. A usual issue fits, so its dot travels in the same write as its content."""
MAX_BROKEN = 3
"""Connections in a row that may break before a server is left alone."""
FOLLOWER_WAITS = 3.0
"""Seconds without a reply to a dot, after which the message behind it goes by another connection (fault I5)."""
RECONNECT_DELAY = 5.0
"""Seconds before another connection is tried where the server takes no more of them but serves those it has."""


@dataclass
class Run:
    """What the pipelines of a call of `SmtpCarrier.deliver` share."""

    stream: MessageStream
    down: TransportUnavailable | None = None
    """Why nothing more starts."""
    broken: int = 0
    """Messages in a row that ended without a reply."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nothing more starts."""

    def stop(self, down: TransportUnavailable | None = None) -> None:
        if self.down is None or (down is not None and down.permanent and not self.down.permanent):
            self.down = down
        self.over.set()


class Pipeline:
    """Messages one after another, over one connection at a time (RFC 2920)."""

    def __init__(self, pool: ConnectionPool, run: Run) -> None:
        self._pool = pool
        self._run = run
        self._stream = run.stream
        self._next: Handed | None = None
        """The message whose envelope has been written behind the dot of the message under way."""
        self._dot_at = 0.0
        """In the loop's time: when the dot was written whose answer is waited for; 0: none is."""
        self._has_stray_envelope = False
        """The envelope of a message that went another way stands in this connection."""

    async def run(self) -> None:
        """Hand over messages until nothing more comes, or the server cannot be used."""
        run = self._run
        try:
            while not run.over.is_set() and await self._stream.more():
                try:
                    await self._use_connection()
                except TransportUnavailable as down:
                    if not down.permanent and await self._pool.serves():
                        await self._wait_to_reconnect()  # it serves the connections that it has
                    else:
                        run.stop(down)
        except BaseException:  # cancelled, or the gate failed: the other pipelines must stop too
            run.stop()
            raise

    async def _wait_to_reconnect(self) -> None:
        try:
            async with asyncio.timeout(RECONNECT_DELAY * self._pool.timeouts.scale):
                await self._run.over.wait()
        except TimeoutError:
            pass  # nothing ended the wait: try again

    async def _use_connection(self) -> None:
        """Hold a place in the pool for as long as messages come and nobody else waits. Raises TransportUnavailable."""
        pool, connection = self._pool, None
        await pool.reserve()
        try:
            while not self._run.over.is_set():
                handed = self._stream.take()
                if handed is None:
                    break
                if connection is None or not await pool.is_ready(connection):
                    connection = await self._connection_for(handed)
                message, gate = handed
                if not gate.may_still_start():  # that took longer than what was granted for it lasts
                    gate.put_back(message, seen=False)
                    continue
                connection = await self._send_from(connection, handed)
                if pool.is_wanted:
                    break
        except BaseException:  # cancelled, or the gate failed: the state of the dialogue is unknown
            if connection is not None:
                connection.abort("stopped")
                connection = None
            raise
        finally:
            pool.release(connection)

    async def _connection_for(self, handed: Handed) -> Connection:
        """A connection for a message that was taken; where none can be had, the message is put back."""
        message, gate = handed
        try:
            return await self._pool.connection(down=lambda: self._run.down)
        except BaseException:  # whatever it is, the message must not be lost
            gate.put_back(message, seen=False)
            raise

    async def _send_from(self, connection: Connection, handed: Handed) -> Connection | None:
        """Send this message, and those whose envelopes follow it in the same writes.

        Returns the connection if it can be used again, else None.
        """
        written = False
        current: Handed | None = handed
        try:
            while current is not None:
                message, gate = current
                unfit = None if written else envelope.unfit(message, connection.capabilities, connection.size_limit)
                if unfit is not None:
                    self._report(current, unfit)
                    return connection
                used = connection.messages > 0
                connection.messages += 1
                try:
                    reply = await self._transaction(connection, current, written=written)
                except TransactionAborted as aborted:
                    if used and aborted.phase is Phase.MAIL:
                        # Dead before the server answered anything: again on a fresh connection, at no try (trust B8).
                        # Its slot is used: a server that closes by 421 may have counted the MAIL.
                        gate.put_back(message, seen=True)
                        connection.abort("stale")
                        return None
                    text = f"{aborted}."
                    reply = message_reply.of_ours(message, state=DeliveryState.DEFERRED, phase=aborted.phase, text=text)
                if reply is not None:
                    self._report(current, reply)
                current, self._next, written = self._next, None, True
                if current is not None and not connection.is_open:
                    current[1].put_back(current[0], seen=True)
                    break
        except BaseException:  # whatever it is, the follower must not be lost
            if self._next is not None:
                self._next[1].put_back(self._next[0], seen=True)
                self._next = None
            raise
        if connection.is_quiet:
            return connection
        connection.abort("the server closed, or spoke unasked")
        return None

    def _report(self, handed: Handed, reply: Reply) -> None:
        """Tell the gate, and stop the whole run when the server asks for it or keeps breaking connections."""
        run, (message, gate) = self._run, handed
        gate.after_reply(message, reply)
        run.broken = run.broken + 1 if reply.code is None and reply.enhanced == "" else 0
        if reply.code == 421:
            # Trust B3: the server is left alone, as is a server that breaks connection after connection.
            run.stop(
                TransportUnavailable(_("It asked us to wait: %(text)s", text=reply.text), phase=reply.phase, code=421)
            )
        elif run.broken >= MAX_BROKEN:
            run.stop(TransportUnavailable(_("It keeps dropping connections."), phase=Phase.CONNECT))

    # One transaction.

    async def _transaction(self, connection: Connection, handed: Handed, *, written: bool) -> Reply | None:
        """MAIL to the reply to the dot. None when the gate forbade the dot. Raises TransactionAborted."""
        message, gate = handed
        if written and connection.envelope_accepted():
            return await self._content(connection, message, gate)
        phase, reply = await transaction.envelope_reply(connection, message, is_written=written)
        if phase is Phase.DATA and reply.code == 354:
            return await self._content(connection, message, gate)
        if connection.messages > 1 and phase is Phase.MAIL and reply.code == 421:
            raise TransactionAborted("the server is closing", phase=phase, code=421)
        connection.needs_reset = True
        if reply.code == 421:
            connection.abort("the server is closing")
        return message_reply.of_server(message, phase=phase, reply=reply)

    async def _content(self, connection: Connection, message: Message, gate: Gate) -> Reply | None:
        """The content, the gate's record, the dot, and what the server made of it (trust B6)."""
        parts = message.parts if message.is_wire_ready else (dot_stuffing.wire_ready(message.data),)
        is_one_piece = sum(map(len, parts)) <= PIECE
        following = b""
        try:
            if not is_one_piece:
                parts = await self._write_leading_pieces(connection, b"".join(parts))
            elif connection.never_blocked:
                following = self._next_envelope(connection, gate)
            if not gate.before_dot(message):
                connection.abort("the dot was forbidden")
                return None
            if not connection.write(*parts, b".\r\n", following):
                connection.never_blocked = False
                await connection.drain(listening=True)
            if not following and connection.is_open:
                connection.write(self._next_envelope(connection, gate))
        except ConnectionLost as lost:
            if following and not connection.never_blocked:
                # Some had left, and nobody can tell how much: the dot may have been among it.
                text = f"{lost}, while the last line was being written."
                return message_reply.of_ours(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=text)
            # The dot was not written, or is still in our own buffer and gone with it: the server has no whole message.
            return await transaction.reply_inside_content(connection, message, lost)
        self._dot_at = connection.now
        reply = await transaction.dot_reply(connection, message)
        self._dot_at = 0.0
        if self._has_stray_envelope:
            self._has_stray_envelope = False
            connection.abort("its next message went another way")
        return reply

    async def _write_leading_pieces(self, connection: Connection, data: bytes) -> tuple[bytes]:
        """Write a message of several pieces but for the last, which is returned. Raises ConnectionLost."""
        last = len(data) - len(data) % PIECE
        for at in range(0, last, PIECE):
            if not connection.write(data[at : at + PIECE]):
                await connection.drain(listening=True)
            if not connection.is_quiet:
                raise ConnectionLost("the server spoke before the message ended")
        return (data[last:],)

    def free_follower(self, *, since: float) -> None:
        """Let the next message go by another connection: the dot before it was written by then, and not answered."""
        if self._next is not None and 0.0 < self._dot_at <= since:
            (message, gate), self._next, self._has_stray_envelope = self._next, None, True
            gate.put_back(message, seen=True)

    def _next_envelope(self, connection: Connection, ahead: Gate) -> bytes:
        """The next message's envelope where it may travel along, else nothing. ``ahead``: of the message under way."""
        pool = self._pool
        if self._run.over.is_set() or pool.is_wanted or pool.is_worn(connection) or not connection.offers("PIPELINING"):
            return b""
        handed = self._stream.take(behind=ahead)
        if handed is None:
            return b""
        message, gate = handed
        if envelope.unfit(message, connection.capabilities, connection.size_limit) is not None:
            gate.put_back(message, seen=False)  # it is told so when its turn comes
            return b""
        self._next = handed
        return b"".join(envelope.commands(message, connection.capabilities))


async def free_followers(pipelines: list[Pipeline], *, after: float) -> None:
    """Watch the pipelines, until cancelled, for messages that wait more than so many seconds; see `free_follower`."""
    while True:
        await asyncio.sleep(after / 3)
        since = asyncio.get_running_loop().time() - after
        for pipeline in pipelines:
            pipeline.free_follower(since=since)
