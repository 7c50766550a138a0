"""One task for each mail server whose carrier is at work, taking messages from its stream of the dispatcher."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from newsletter.delivery.carrier import Carrier, TransportUnavailable
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.worker.dispatcher import Dispatcher, ServerStream


@dataclass(frozen=True, slots=True)
class _AtWork:
    stream: ServerStream
    carrier: Carrier
    task: asyncio.Task[None]


class CarrierTasks:
    """By transport. They live in one event loop."""

    def __init__(self, selector: CarrierSelector, dispatcher: Dispatcher) -> None:
        self._selector = selector
        self._dispatcher = dispatcher
        self._at_work: dict[int, _AtWork] = {}

    def __bool__(self) -> bool:
        return bool(self._at_work)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return [at_work.task for at_work in self._at_work.values()]

    def start(self, publications: Collection[int]) -> None:
        """Set to work each carrier that stands idle and may be used for any of these publications."""
        for transport, carrier in self._selector.carriers.items():
            if transport in self._at_work:
                continue
            if any(transport in self._selector.usable(publication) for publication in publications):
                stream = ServerStream(self._dispatcher, transport, share=self._selector.share(transport))
                self._at_work[transport] = _AtWork(stream, carrier, asyncio.create_task(carrier.deliver(stream)))

    async def reap(self) -> None:
        """Carriers that have ended. One that cannot go on is left alone for a while, and the others go on without it.

        Raises what a carrier raised other than TransportUnavailable.
        """
        for transport, ended in list(self._at_work.items()):
            if not ended.task.done():
                continue
            del self._at_work[transport]
            ended.stream.carrier_ended()
            if ended.stream.share.has_answered:
                await self._selector.worked(transport)
            if ended.task.cancelled():
                continue
            error = ended.task.exception()
            if isinstance(error, TransportUnavailable):
                await self._selector.failed(transport, error, carrier=ended.carrier)
            elif error is not None:
                raise error

    def retire(self, carriers: Collection[Carrier]) -> list[asyncio.Task[None]]:
        """Give nothing more to carriers that were edited or removed; the tasks that end once nothing is in flight."""
        retired = [at_work for at_work in self._at_work.values() if at_work.carrier in carriers]
        for at_work in retired:
            at_work.stream.close()
        return [at_work.task for at_work in retired]

    async def wait(self) -> None:
        """Wait until all have ended by themselves; what they raised is kept for `reap`."""
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def cancel(self, *, after: float) -> None:
        """Wait ``after`` seconds for what is in flight, and break off what is left."""
        tasks = self.tasks
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=after)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for at_work in self._at_work.values():
            at_work.stream.carrier_ended()
