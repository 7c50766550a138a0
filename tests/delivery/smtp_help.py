"""What the SMTP tests share: one call that plays messages against a script."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.delivery.carrier import Batch, Carrier, Message, TransportUnavailable
from newsletter.delivery.smtp.client import SmtpCarrier
from newsletter.delivery.smtp.settings import Timeouts, Tls, TransportSettings
from tests.delivery.scripted_smtp import Notes, ScriptedServer


def mail(key: int = 1, *, recipient: str = "", data: bytes = b"", smtputf8: bool = False) -> Message:
    return Message(
        key=key,
        sender="b+token@bounces.example.org",
        recipient=recipient or f"reader{key}@example.com",
        parts=(data or b"Subject: Hello\r\n\r\nGood morning.\r\n",),
        smtputf8=smtputf8,
    )


def carrier(
    server: ScriptedServer,
    *,
    host: str = "127.0.0.1",
    tls: Tls = "none",
    user: str = "",
    password: str = "",
    connections: int = 1,
    timeouts: Timeouts | None = None,
    context: ssl.SSLContext | None = None,
    **limits: int,
) -> SmtpCarrier:
    settings = TransportSettings(host=host, port=server.port, user=user, password=password, tls=tls, **limits)  # type: ignore[arg-type]
    return SmtpCarrier(
        settings, ehlo_name="news.example.org", connections=connections, timeouts=timeouts, context=context
    )


def play(
    server: ScriptedServer,
    messages: list[Message],
    *,
    notes: Notes | None = None,
    host: str = "127.0.0.1",
    tls: Tls = "none",
    user: str = "",
    connections: int = 1,
    timeouts: Timeouts | None = None,
    context: ssl.SSLContext | None = None,
    **limits: int,
) -> tuple[Notes, list[Message]]:
    """Deliver, close, and give back what the gate heard, and what got no reply."""
    heard = notes or Notes()

    async def story() -> list[Message]:
        async with server.running():
            smtp = carrier(
                server,
                host=host,
                tls=tls,
                user=user,
                password="secret" if user else "",
                connections=connections,
                timeouts=timeouts,
                context=context,
                **limits,
            )
            try:
                return await hand_over(smtp, messages, heard)
            finally:
                await smtp.close()

    return heard, asyncio.run(story())


async def hand_over(carrier: Carrier, messages: list[Message], notes: Notes) -> list[Message]:
    """A batch through a carrier; what got no reply. Raises TransportUnavailable when no message had one."""
    batch = Batch(messages, gate=notes, may_start=notes.may_start)
    try:
        await carrier.deliver(batch)
    except TransportUnavailable:
        if not notes.replies:
            raise
    told = notes.by_key()
    return [message for message in messages if message.key not in told]


@contextmanager
def running_in_a_thread(server: ScriptedServer) -> Iterator[ScriptedServer]:
    """The server in a thread and a loop of its own, for callers that have a loop of theirs, or none."""
    up, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with server.running():
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert up.wait(20)
        yield server
    finally:
        over.set()
        thread.join(timeout=20)
