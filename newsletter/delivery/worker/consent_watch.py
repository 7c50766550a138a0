"""Looks at consent, pause, cancel and lease of every leased chunk, several times a second (trust U6)."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError

from newsletter.delivery.ledger import leases, release_plan
from newsletter.delivery.worker import dot_gate
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.leased_chunk import LeasedChunk
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from subscribers import api as subscribers

LOOK_EVERY = 0.4
"""Seconds between two looks at consent, pause and cancel (trust U6)."""

_log = logging.getLogger("newsletter.delivery")


class ConsentWatch:
    """Tells each chunk's gate what it saw. It lives in one event loop."""

    def __init__(
        self,
        context: WorkerContext,
        *,
        chunks: Callable[[], Sequence[LeasedChunk]],
        halted: Callable[[], None],
        looked: Callable[[], None],
    ) -> None:
        """``chunks``: those leased now. ``halted`` is called when a chunk must stop, ``looked`` after each round."""
        self._context = context
        self._chunks = chunks
        self._halted = halted
        self._looked = looked

    async def watch(self) -> None:
        """For ever; whoever began it cancels it."""
        every = min(LOOK_EVERY, self._context.config.lease_seconds / dot_gate.BEATS_PER_LEASE)
        while True:
            await asyncio.sleep(every)
            for chunk in list(self._chunks()):
                await self._look(chunk)
            self._looked()

    async def _look(self, chunk: LeasedChunk) -> None:
        gate = chunk.gate
        began = self._context.boottime()
        try:
            barred, state = await self._context.threads.look(lambda: _read(chunk))
            gate.barred.update(barred)
            gate.consent_read(began)
            if state is not IssueState.SENDING and state is not IssueState.FINISHED:
                gate.halt(release_plan.CANCELLED if state is IssueState.CANCELLED else "paused")
                self._halted()
            if began < gate.beat_due:
                return
            began = self._context.boottime()
            alive = await self._context.threads.look(lambda: leases.beat(chunk.lease))
        except (OperationalError, InterfaceError) as error:
            # The gate closes by itself: consent grows stale, the deadline comes.
            _log.warning("consent and lease could not be looked at: %s", error)
            return
        if alive:
            gate.alive_since(began)
        elif chunk in self._chunks():
            gate.lose()


def _read(chunk: LeasedChunk) -> tuple[dict[int, str], IssueState]:
    ids = sorted(chunk.open)
    answers = subscribers.may_receive(chunk.loaded.plan.audience, ids)
    state = Issue.objects.values_list("state", flat=True).get(pk=chunk.lease.issue)
    return {reader: reason for reader, reason in answers.items() if reason is not None}, IssueState(state)
