"""Alarms that a worker raises about itself, and takes back with the next success."""

from newsletter.delivery import alarms
from newsletter.delivery.worker.context import WorkerContext


class WorkerAlarms:
    """Alarms by key; only the worker that raised an alarm takes it back."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._raised: set[str] = set()

    def stands(self, key: str) -> bool:
        """This worker raised it, and did not take it back yet."""
        return key in self._raised

    async def tell(self, key: str, text: str) -> None:
        """Raise it; ``text`` is for a person."""
        self._raised.add(key)
        await self._context.threads.db(alarms.raise_alarm, key=key, text=text, now=self._context.clock())

    async def over(self, key: str) -> None:
        """Take it back, if it stands."""
        if key in self._raised:
            await self._context.threads.db(alarms.settle_alarm, key=key, now=self._context.clock())
            self._raised.discard(key)
