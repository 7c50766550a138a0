"""The SMTP carrier: hands messages to one mail server, over a pool of kept connections (see `carrier.Carrier`)."""

import asyncio
import ssl

from newsletter.delivery.carrier import MessageStream
from newsletter.delivery.smtp.connection_pool import ConnectionPool
from newsletter.delivery.smtp.pipeline import FOLLOWER_WAITS, Pipeline, Run, free_followers
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings


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
        """See `carrier.Carrier`. An error of a gate rises once each pipeline has ended its message."""
        if not await stream.more():
            return
        run = Run(stream)
        pipelines = [Pipeline(self._pool, run) for _ in range(self._pool.size)]
        freeing = asyncio.create_task(free_followers(pipelines, after=FOLLOWER_WAITS * self._pool.timeouts.scale))
        try:
            ends = await asyncio.gather(*[pipeline.run() for pipeline in pipelines], return_exceptions=True)
        finally:
            freeing.cancel()
        for end in ends:
            if end is not None:
                raise end
        if run.down:
            raise run.down

    async def probe(self) -> list[str]:
        connection = await self._pool.connect()
        await connection.quit()
        return [" ".join(filter(None, pair)) for pair in sorted(connection.capabilities.items())]

    async def close(self) -> None:
        await self._pool.close()
