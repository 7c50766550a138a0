"""Messages one after another over pooled connections, pipelined, so that each failure has its phase.

One write carries a message's content, its dot and the next message's envelope (RFC 2920 §3.1), so a message costs
little more than one round trip, and at most one message a connection can ever be in doubt.
"""

import asyncio
import re
from dataclasses import dataclass, field

from newsletter.delivery.carrier import Gate, Handed, Message, MessageStream, Phase, Reply, TransportDown
from newsletter.delivery.smtp import byte_stream, reply_parser
from newsletter.delivery.smtp.connection import Link
from newsletter.delivery.smtp.connection_pool import ConnectionPool
from newsletter.delivery.states import DeliveryState
from newsletter.translatable import Translatable as _

PIECE = 64 * 1024
"""Bytes written at once. A usual issue is one piece, so its dot travels in the same write as its content."""
MAX_BROKEN = 3
"""Connections in a row that may break before a server is left alone."""
FOLLOWER_WAITS = 3.0
"""Seconds after which the message behind one that is not answered goes by another connection (fault I5)."""
LANE_NAP = 5.0
"""Seconds before another connection is tried where the server takes no more of them but serves those it has."""

_PATH = re.compile(r"[^\s<>\x00-\x20\x7f-\x9f\u2028\u2029]{0,254}")
_TIMEOUTS = ((Phase.MAIL, "mail"), (Phase.RCPT, "rcpt"), (Phase.DATA, "data_init"))


@dataclass
class Run:
    """One call of `deliver`: what all its lanes share."""

    stream: MessageStream
    down: TransportDown | None = None
    """Why nothing more starts."""
    broken: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self, down: TransportDown | None = None) -> None:
        if self.down is None or (down is not None and down.permanent and not self.down.permanent):
            self.down = down
        self.over.set()


class _Broken(Exception):
    """The connection was cut, or had to be, in this phase."""

    def __init__(self, text: str, *, phase: Phase) -> None:
        super().__init__(text)
        self.phase = phase


class Lane:
    """One line of messages, over one connection after another."""

    def __init__(self, pool: ConnectionPool, run: Run) -> None:
        self._pool = pool
        self._run = run
        self._stream = run.stream
        self._next: Handed | None = None
        """Its envelope has been written behind the dot of the message under way."""
        self._dot_at = 0.0
        """In the loop's time: when the dot was written whose answer is waited for; 0: none is."""
        self._is_spoilt = False
        """The envelope of a message that went another way stands in this connection."""

    async def run(self) -> None:
        """Until nothing more comes, or the server cannot be used."""
        run = self._run
        try:
            while not run.over.is_set() and await self._stream.more():
                try:
                    await self._spell()
                except TransportDown as down:
                    if not down.permanent and await self._pool.serves():
                        await self._rest()  # it serves the connections that it has
                    else:
                        run.stop(down)
        except BaseException:
            run.stop()
            raise

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LANE_NAP * self._pool.timeouts.scale):
                await self._run.over.wait()
        except TimeoutError:
            pass  # that is what resting means

    async def _spell(self) -> None:
        """One stretch with a connection: as long as messages come and nobody else waits. Raises TransportDown."""
        pool, link = self._pool, None
        await pool.place()
        try:
            while not self._run.over.is_set():
                handed = self._stream.take()
                if handed is None:
                    break
                if link is None or not await pool.is_ready(link):
                    link = await self._opened(handed)
                message, gate = handed
                if not gate.may_still_start():  # that took longer than what was granted for it lasts
                    gate.put_back(message, seen=False)
                    continue
                link = await self._from(link, handed)
                if pool.is_wanted:
                    break
        except BaseException:
            if link is not None:
                link.abort("stopped")
                link = None
            raise
        finally:
            pool.leave(link)

    async def _opened(self, handed: Handed) -> Link:
        """A connection for a message that was taken; without one it goes back."""
        message, gate = handed
        try:
            return await self._pool.link(down=lambda: self._run.down)
        except BaseException:
            gate.put_back(message, seen=False)
            raise

    async def _from(self, link: Link, handed: Handed) -> Link | None:
        """This message, and those whose envelopes follow it in the same writes; the connection if it is fit."""
        written = False
        current: Handed | None = handed
        try:
            while current is not None:
                message, gate = current
                unfit = None if written else _unfit(link, message)
                if unfit is not None:
                    self._tell(current, unfit)
                    return link
                used = link.messages > 0
                link.messages += 1
                try:
                    reply = await self._transaction(link, current, written=written)
                except _Broken as broken:
                    if used and broken.phase is Phase.MAIL:
                        # Dead before the server answered anything: once more on a fresh one, at no try (trust B8).
                        # Its slot is used: a server that closes by 421 may have counted the MAIL.
                        gate.put_back(message, seen=True)
                        link.abort("stale")
                        return None
                    text = f"{broken}."
                    reply = reply_parser.own(message, state=DeliveryState.DEFERRED, phase=broken.phase, text=text)
                if reply is not None:
                    self._tell(current, reply)
                current, self._next, written = self._next, None, True
                if current is not None and not link.is_open:
                    current[1].put_back(current[0], seen=True)
                    break
        except BaseException:
            if self._next is not None:
                self._next[1].put_back(self._next[0], seen=True)
                self._next = None
            raise
        if link.quiet:
            return link
        link.abort("the server closed, or spoke unasked")
        return None

    def _tell(self, handed: Handed, reply: Reply) -> None:
        run, (message, gate) = self._run, handed
        gate.after_reply(message, reply)
        run.broken = run.broken + 1 if reply.code is None and reply.enhanced == "" else 0
        if reply.code == 421:
            # Trust B3: it is left alone, as is one that breaks connection after connection.
            run.stop(TransportDown(_("It asked us to wait: %(text)s", text=reply.text), phase=reply.phase, code=421))
        elif run.broken >= MAX_BROKEN:
            run.stop(TransportDown(_("It keeps dropping connections."), phase=Phase.CONNECT))

    # One transaction.

    async def _transaction(self, link: Link, handed: Handed, *, written: bool) -> Reply | None:
        """MAIL to the reply to the dot. None when the gate forbade the dot. Raises _Broken."""
        message, gate = handed
        if written and link.goes_ahead():
            return await self._content(link, message, gate)
        phase, said = await _envelope(link, message, written=written)
        if phase is Phase.DATA and said.code == 354:
            return await self._content(link, message, gate)
        if link.messages > 1 and phase is Phase.MAIL and said.code == 421:
            raise _Broken("the server is closing", phase=phase)
        link.needs_reset = True
        if said.code == 421:
            link.abort("the server is closing")
        return reply_parser.reply(message, phase=phase, said=said)

    async def _content(self, link: Link, message: Message, gate: Gate) -> Reply | None:
        """The content, the gate's record, the dot, and what the server made of it (trust B6)."""
        parts = message.parts if message.is_wire_ready else (wire_ready(message.data),)
        is_one_piece = sum(map(len, parts)) <= PIECE
        envelope = b""
        try:
            if not is_one_piece:
                parts = await self._all_but_the_last(link, b"".join(parts))
            elif link.is_roomy:
                envelope = self._follow(link, gate)
            if not gate.before_dot(message):
                link.abort("the dot was forbidden")
                return None
            if not link.write(*parts, b".\r\n", envelope):
                link.is_roomy = False
                await link.drain(listening=True)
            if not envelope and link.is_open:
                link.write(self._follow(link, gate))
        except byte_stream.Cut as cut:
            if envelope and not link.is_roomy:
                # Some had left, and nobody can tell how much: the dot may have been among it.
                text = f"{cut}, while the last line was being written."
                return reply_parser.own(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=text)
            # The dot was not written, or is still in our own buffer and gone with it: the server has no whole message.
            return await _without_dot(link, message, cut)
        self._dot_at = link.now
        reply = await _dot_reply(link, message)
        self._dot_at = 0.0
        if self._is_spoilt:
            self._is_spoilt = False
            link.abort("its next message went another way")
        return reply

    async def _all_but_the_last(self, link: Link, data: bytes) -> tuple[bytes]:
        """Write a message that is more than one piece up to its last one, which is returned. Raises Cut."""
        last = len(data) - len(data) % PIECE
        for at in range(0, last, PIECE):
            if not link.write(data[at : at + PIECE]):
                await link.drain(listening=True)
            if not link.quiet:
                raise byte_stream.Cut("the server spoke before the message ended")
        return (data[last:],)

    def free_follower(self, *, since: float) -> None:
        """Let the next message go by another connection: the dot before it was written by then, and not answered."""
        if self._next is not None and 0.0 < self._dot_at <= since:
            (message, gate), self._next, self._is_spoilt = self._next, None, True
            gate.put_back(message, seen=True)

    def _follow(self, link: Link, ahead: Gate) -> bytes:
        """The next message's envelope where it may travel along, else nothing. ``ahead``: of the message under way."""
        pool = self._pool
        if self._run.over.is_set() or pool.is_wanted or pool.is_worn(link) or not link.offers("PIPELINING"):
            return b""
        handed = self._stream.take(behind=ahead)
        if handed is None:
            return b""
        message, gate = handed
        if _unfit(link, message) is not None:
            gate.put_back(message, seen=False)  # it is told so when its turn comes
            return b""
        self._next = handed
        return b"".join(link.envelope(message))


async def free_followers(lanes: list[Lane], *, after: float) -> None:
    while True:
        await asyncio.sleep(after / 3)
        since = asyncio.get_running_loop().time() - after
        for lane in lanes:
            lane.free_follower(since=since)


async def _envelope(link: Link, message: Message, *, written: bool) -> tuple[Phase, reply_parser.Answer]:
    """MAIL, RCPT, DATA, in one write where the server allows (RFC 2920): 354, or the first refusal. Raises _Broken."""
    together = written or link.offers("PIPELINING")
    lines = () if written else link.envelope(message)
    refused: tuple[Phase, reply_parser.Answer] | None = None
    phase = Phase.MAIL
    try:
        if together and not written:
            link.write(*lines)
        for position, (phase, timeout) in enumerate(_TIMEOUTS):
            if not together:
                link.write(lines[position])
            said = link.ready() or await link.answer(seconds=link.seconds(timeout))
            if refused:
                # Answers to what was sent along. A 354 would wait for content, and there is none to give.
                if said.odd or (said.kind in {2, 3} and phase is Phase.DATA):
                    link.abort("DATA was taken without a recipient")
                continue
            ready = said.code == 354 if phase is Phase.DATA else said.kind == 2
            if said.odd or not (ready or said.kind in {4, 5}):
                link.abort("unexpected reply")
                raise _Broken(f"the server's reply ({said.code}) fits no {phase.value.upper()}", phase=phase)
            if not ready:
                refused = (phase, said)
                if not together or said.code == 421:
                    break
    except byte_stream.Cut as cut:
        if not refused:
            raise _Broken(str(cut), phase=phase) from cut
    return refused or (phase, said)


async def _dot_reply(link: Link, message: Message) -> Reply:
    try:
        said = await link.answer(seconds=link.seconds("dot"))
    except byte_stream.Cut as cut:
        return reply_parser.own(
            message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=f"{cut}, after the last line."
        )
    if said.odd or said.code == 421:
        link.abort("the server is closing" if said.code == 421 else "unexpected reply")
    if said.kind == 3:
        link.abort("unexpected reply")
        text = f"the server's reply ({said.code}) says neither yes nor no."
        return reply_parser.own(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=text)
    return reply_parser.reply(message, phase=Phase.DOT, said=said)


async def _without_dot(link: Link, message: Message, cut: byte_stream.Cut) -> Reply:
    """A transaction that ended inside the content. A server that refuses early may have said why."""
    link.abort("ended inside the content")  # first of all: what is still ours, the dot with it, must not leave
    try:
        said: reply_parser.Answer | None = await link.answer(seconds=link.seconds("dot"))
    except byte_stream.Cut:
        said = None
    if said is not None and said.kind in {4, 5} and not said.odd:
        return reply_parser.reply(message, phase=Phase.BLOCK, said=said)
    return reply_parser.own(message, state=DeliveryState.DEFERRED, phase=Phase.BLOCK, text=f"{cut}.")


def wire_ready(data: bytes) -> bytes:
    """CRLF line ends only, dots stuffed, ending with CRLF (RFC 5321 §4.5.2): nothing inside can end the message.

    What `message_builder` makes passes as it is. A bare CR or LF, in which some servers see a line end, becomes one for
    all: otherwise a second message could be smuggled behind ``LF.LF`` (trust T2).
    """
    crlf = data.count(b"\r\n")
    if data.count(b"\n") != crlf or data.count(b"\r") != crlf:
        data = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    if data.startswith(b".") or b"\r\n." in data:
        data = re.sub(rb"(?m)(\A|\r\n)\.", rb"\1..", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def _unfit(link: Link, message: Message) -> Reply | None:
    """Why this server cannot take this message, said without asking it; None when it may."""

    def refused(enhanced: str, text: str) -> Reply:
        return reply_parser.own(message, state=DeliveryState.REFUSED, phase=Phase.MAIL, enhanced=enhanced, text=text)

    if not (message.recipient and _PATH.fullmatch(message.recipient) and _PATH.fullmatch(message.sender)):
        return refused("5.1.3", "The address cannot be written to.")
    if not message.sender.isascii():
        return refused("5.1.7", "The sender's address cannot be used.")
    if not message.recipient.isascii() and not (message.smtputf8 and link.offers("SMTPUTF8")):
        # RFC 6531 §3.5. There is no other spelling of a local part.
        return refused("5.6.7", "The mail server cannot write to an address with letters beyond ASCII.")
    limit = link.size_limit
    if limit and message.size > limit:
        return refused("5.3.4", f"The message is bigger than the mail server takes ({limit} bytes).")
    return None
