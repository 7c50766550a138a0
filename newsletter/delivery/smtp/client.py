"""The SMTP carrier: hands messages to one mail server, over a pool of kept connections (see `carrier.Carrier`)."""

import asyncio
import ssl

from newsletter.delivery.carrier import MessageStream
from newsletter.delivery.smtp.connection import Timeouts, TransportSettings
from newsletter.delivery.smtp.connection_pool import ConnectionPool
from newsletter.delivery.smtp.pipeline import FOLLOWER_WAITS, Lane, Run, free_followers


class SmtpCarrier:
    """Speaks to one server. It lives in one event loop."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        ehlo_name: str,
        connections: int = 5,
        timeouts: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = ConnectionPool(
            settings, ehlo_name=ehlo_name, connections=connections, timeouts=timeouts, context=context
        )

    async def deliver(self, stream: MessageStream) -> None:
        """See `carrier.Carrier`. An error of a gate rises once each lane has ended its message."""
        if not await stream.more():
            return
        run = Run(stream)
        lanes = [Lane(self._pool, run) for _ in range(self._pool.size)]
        freeing = asyncio.create_task(free_followers(lanes, after=FOLLOWER_WAITS * self._pool.timeouts.scale))
        try:
            ends = await asyncio.gather(*[lane.run() for lane in lanes], return_exceptions=True)
        finally:
            freeing.cancel()
        for end in ends:
            if end is not None:
                raise end
        if run.down:
            raise run.down

    async def probe(self) -> list[str]:
        link = await self._pool.connect()
        await link.quit()
        return [" ".join(filter(None, pair)) for pair in sorted(link.capabilities.items())]

    async def close(self) -> None:
        await self._pool.close()
