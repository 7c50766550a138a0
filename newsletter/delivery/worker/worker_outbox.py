"""How a worker sends our own single mails (the outbox), by the server that comes first, while chunks go out."""

import asyncio
import functools
from collections.abc import Mapping

from newsletter.delivery.carrier import TransportUnavailable
from newsletter.delivery.outbox import mail_queue
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.worker.background import BackgroundTasks
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.worker_journals import WorkerJournals


class WorkerOutbox:
    """Lives in the event loop in which the carriers do; the database's work runs in the outbox's thread."""

    def __init__(
        self,
        context: WorkerContext,
        selector: CarrierSelector,
        *,
        journals: WorkerJournals,
        background: BackgroundTasks,
    ) -> None:
        self._context = context
        self._selector = selector
        self._journals = journals
        self._background = background

    async def send_due(self) -> bool:
        """True when a mail got an answer."""
        context, selector = self._context, self._selector
        chosen = next((number for number in selector.usable(None) if number in selector.carriers), None)
        if chosen is None:
            return False
        carrier, loop = selector.carriers[chosen], asyncio.get_running_loop()
        work = functools.partial(
            mail_queue.work_once,
            carrier=carrier,
            config=context.config,
            now=context.clock(),
            worker_id=self._journals.current().worker_id,
            submit=lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop),
            is_stopping=lambda: context.is_stopping() or self._background.is_closing,
            claimed=lambda mails: loop.call_soon_threadsafe(self._note, mails),
        )
        try:
            told = await context.threads.outbox(work)
        except TransportUnavailable as down:
            await selector.failed(chosen, down, carrier=carrier)
            return False
        if told:
            await selector.worked(chosen)
        return told > 0

    def _note(self, mails: Mapping[int, int]) -> None:
        for mail, token in mails.items():
            self._journals.current().mailed(mail, token)
