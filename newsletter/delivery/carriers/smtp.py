"""The SMTP carrier: messages over a few kept connections, driven step by step so that each failure has its phase."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from newsletter.delivery.carriers import Gate, Message, Phase, Reply, TransportDown, replies, wire
from newsletter.delivery.carriers.link import Link, Timeouts, TransportSettings
from newsletter.delivery.states import DeliveryState

MAX_MESSAGES = 100
MAX_AGE = 300.0
"""How long one connection is used (trust B8)."""
PIECE = 64 * 1024
"""Bytes written at once. A usual issue is one piece, so its dot travels in the same write as its content."""
MAX_BROKEN = 3
"""Connections in a row that may break before a server is left alone until the next call."""

_PATH = re.compile(r"[^\s<>\x00-\x20\x7f-\x9f\u2028\u2029]{0,254}")


class _Stale(Exception):
    """A kept connection was dead before the server saw anything of the message."""


@dataclass
class _Run:
    """One call of `deliver`: what all its lanes share."""

    queue: deque[Message]
    gate: Gate
    settled: Callable[[Reply], None]
    unstarted: list[Message] = field(default_factory=list)
    down: list[TransportDown] = field(default_factory=list)
    told: int = 0
    broken: int = 0
    halted: bool = False

    def tell(self, message: Message, reply: Reply) -> None:
        self.told += 1
        self.gate.after_reply(message, reply)
        self.settled(reply)


class SmtpCarrier:
    """Speaks to one server. It lives in one event loop; `deliver` is not called twice at the same time."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        ehlo_name: str,
        connections: int = 5,
        timeouts: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._ehlo_name = ehlo_name
        self._connections = connections
        self._timeouts = timeouts or Timeouts()
        self._context = context or strict_context()
        self._idle: list[Link] = []

    async def deliver(self, messages: list[Message], *, gate: Gate, settled: Callable[[Reply], None]) -> list[Message]:
        """See `carriers.Carrier`. An error of ``gate`` or ``settled`` rises once each lane has ended its message."""
        if not messages:
            return []
        run = _Run(queue=deque(messages), gate=gate, settled=settled)
        links, self._idle = self._idle, []
        if not links:
            # One connection first: a wrong password is tried once, not once for each lane.
            links = [await self._open()]
        lanes = min(max(self._connections, 1), len(messages))
        self._idle = links[lanes:]
        given: list[Link | None] = [*links[:lanes], *[None] * (lanes - len(links))]
        ends = await asyncio.gather(*[self._lane(run, link) for link in given], return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        if run.down and not run.told:
            raise next((d for d in run.down if d.permanent), run.down[0])
        return [*run.unstarted, *run.queue]

    async def probe(self) -> list[str]:
        link = await self._open()
        await link.quit()
        return [" ".join(filter(None, pair)) for pair in sorted(link.capabilities.items())]

    async def close(self) -> None:
        links, self._idle = self._idle, []
        await asyncio.gather(*[link.quit() for link in links])

    async def _open(self) -> Link:
        link = Link(self._settings, ehlo_name=self._ehlo_name, timeouts=self._timeouts)
        await link.open(self._context)
        return link

    async def _lane(self, run: _Run, link: Link | None) -> None:
        """Take messages from the shared queue, over one connection after another, until nothing is left to take."""
        try:
            while run.queue and not run.halted:
                if link is None or not await self._ready(link):
                    link = await self._open()
                    continue  # the queue may have emptied meanwhile
                message = run.queue.popleft()
                if not run.gate.may_start(message):
                    run.unstarted.append(message)
                    continue
                link = await self._one(run, link, message)
        except TransportDown as down:
            run.down.append(down)
        except BaseException:
            run.halted = True
            if link is not None:
                link.abort("stopped")
            raise
        else:
            if link is not None and link.quiet:
                self._idle.append(link)

    async def _one(self, run: _Run, link: Link, message: Message) -> Link | None:
        """Hand over one message; the connection if it can be used again."""
        unfit = _unfit(link, message)
        if unfit is not None:
            run.tell(message, unfit)
            return link
        used = link.messages > 0
        link.messages += 1
        try:
            reply = await _transaction(link, message, run.gate, used=used)
        except _Stale:
            # Once more on a fresh connection, at the cost of no try (trust B8).
            link.abort("stale")
            run.queue.appendleft(message)
            return await self._open()
        if reply is None:
            run.unstarted.append(message)
            return None
        run.tell(message, reply)
        run.broken = run.broken + 1 if reply.code is None else 0
        # Trust B3: a server that says 421 is left alone, as is one that breaks connection after connection.
        run.halted = run.halted or reply.code == 421 or run.broken >= MAX_BROKEN
        if link.quiet:
            return link
        link.abort("the server closed, or spoke unasked")
        return None

    async def _ready(self, link: Link) -> bool:
        """True when another transaction may start; else the connection is closed."""
        if not link.quiet:
            link.abort("the server spoke unasked")
            return False
        age = asyncio.get_running_loop().time() - link.opened_at
        most = self._settings
        if link.messages >= min(MAX_MESSAGES, most.messages_per_connection) or age >= min(
            MAX_AGE, most.seconds_per_connection
        ):
            await link.quit()
            return False
        if not link.needs_reset:
            return True
        try:
            await link.write(b"RSET\r\n")
            said = await link.answer(seconds=link.seconds("rset"))
        except wire.Cut:
            return False
        link.needs_reset = False
        if said.code != 250 or said.odd:
            link.abort("RSET was refused")
            return False
        return True


async def _transaction(link: Link, message: Message, gate: Gate, *, used: bool) -> Reply | None:
    """MAIL to the reply to the dot. None when the gate forbade the dot. Raises _Stale on a kept connection only."""
    message = replace(message, data=wire_ready(message.data))
    try:
        phase, said = await _envelope(link, message)
    except _Broken as broken:
        if used and broken.phase is Phase.MAIL:
            raise _Stale from broken
        return replies.own(message, state=DeliveryState.DEFERRED, phase=broken.phase, text=f"{broken}.")
    if phase is Phase.DATA and said.code == 354:
        return await _content(link, message, gate)
    if used and phase is Phase.MAIL and said.code == 421:
        raise _Stale
    link.needs_reset = True
    if said.code == 421:
        link.abort("the server is closing")
    return replies.reply(message, phase=phase, said=said)


class _Broken(Exception):
    """The connection was cut, or had to be, in this phase."""

    def __init__(self, text: str, *, phase: Phase) -> None:
        super().__init__(text)
        self.phase = phase


async def _envelope(link: Link, message: Message) -> tuple[Phase, replies.Answer]:
    """MAIL, RCPT, DATA, in one write where the server allows (RFC 2920): 354, or the first refusal. Raises _Broken."""
    commands = link.envelope(message)
    together = link.offers("PIPELINING")
    refused: tuple[Phase, replies.Answer] | None = None
    phase = Phase.MAIL
    try:
        if together:
            await link.write(b"".join(line for _, line, _ in commands))
        for phase, line, timeout in commands:
            if not together:
                await link.write(line)
            said = await link.answer(seconds=link.seconds(timeout))
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
    except wire.Cut as cut:
        if not refused:
            raise _Broken(str(cut), phase=phase) from cut
    return refused or (phase, said)


async def _content(link: Link, message: Message, gate: Gate) -> Reply | None:
    """The content, the gate's record, the dot, and what the server made of it (trust B6)."""
    pieces = [message.data[at : at + PIECE] for at in range(0, len(message.data), PIECE)]
    last = pieces.pop() + b".\r\n"
    try:
        for piece in pieces:
            await link.write(piece, listening=True)
            if not link.quiet:
                raise wire.Cut("the server spoke before the message ended")
        if not gate.before_dot(message):
            link.abort("the dot was forbidden")
            return None
        await link.write(last, listening=True)
    except wire.Cut as cut:
        # The dot was not written, or is still in our own buffer and gone with it: the server has no whole message.
        return await _without_dot(link, message, cut)
    try:
        said = await link.answer(seconds=link.seconds("dot"))
    except wire.Cut as cut:
        return replies.own(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=f"{cut}, after the last line.")
    if said.odd or said.code == 421:
        link.abort("the server is closing" if said.code == 421 else "unexpected reply")
    if said.kind == 3:
        link.abort("unexpected reply")
        text = f"the server's reply ({said.code}) says neither yes nor no."
        return replies.own(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=text)
    return replies.reply(message, phase=Phase.DOT, said=said)


async def _without_dot(link: Link, message: Message, cut: wire.Cut) -> Reply:
    """A transaction that ended inside the content. A server that refuses early may have said why."""
    link.abort("ended inside the content")  # first of all: what is still ours, the dot with it, must not leave
    try:
        said: replies.Answer | None = await link.answer(seconds=link.seconds("dot"))
    except wire.Cut:
        said = None
    if said is not None and said.kind in {4, 5} and not said.odd:
        return replies.reply(message, phase=Phase.BLOCK, said=said)
    return replies.own(message, state=DeliveryState.DEFERRED, phase=Phase.BLOCK, text=f"{cut}.")


def wire_ready(data: bytes) -> bytes:
    """CRLF line ends only, dots stuffed, ending with CRLF (RFC 5321 §4.5.2): nothing inside can end the message.

    What `compose` makes passes as it is. A bare CR or LF, in which some servers see a line end, becomes one for all:
    otherwise a second message could be smuggled behind ``LF.LF`` (trust T2).
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
        return replies.own(message, state=DeliveryState.REFUSED, phase=Phase.MAIL, enhanced=enhanced, text=text)

    if not message.recipient or not all(_PATH.fullmatch(path) for path in (message.sender, message.recipient)):
        return refused("5.1.3", "The address cannot be written to.")
    if not message.sender.isascii():
        return refused("5.1.7", "The sender's address cannot be used.")
    if not message.recipient.isascii() and not (message.smtputf8 and link.offers("SMTPUTF8")):
        # RFC 6531 §3.5. There is no other spelling of a local part.
        return refused("5.6.7", "The mail server cannot write to an address with letters beyond ASCII.")
    limit = link.size_limit()
    if limit and len(message.data) > limit:
        return refused("5.3.4", f"The message is bigger than the mail server takes ({limit} bytes).")
    return None


def strict_context() -> ssl.SSLContext:
    """Names and authorities are checked; TLS 1.2 at least (RFC 8314 §4.1)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
