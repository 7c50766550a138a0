"""Real chunks, claimed and loaded as a worker has them, without a worker."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from newsletter.delivery import clock
from newsletter.delivery.worker.chunk_queue import ChunkListener
from newsletter.delivery.worker.dot_gate import ChunkGate
from newsletter.delivery.worker.leased_chunk import ClaimedChunk, LeasedChunk

FrozenChunks = Callable[[Mapping[str, int]], list[ClaimedChunk]]
"""Chunks of an issue that was just frozen for as many readers at each domain as it is told."""


@dataclass
class Told:
    """A `ChunkListener` that remembers."""

    calls: list[str] = field(default_factory=list)

    def may_start(self) -> None:
        self.calls.append("may start")

    def one_may_start(self) -> None:
        self.calls.append("one may start")

    def must_settle(self) -> None:
        self.calls.append("must settle")


def gate_of(
    claimed: ClaimedChunk, *, clock: Callable[[], float] = clock.boottime, consent_for: float = 60
) -> ChunkGate:
    """A gate with a lease of a minute and fresh consent."""
    gate = ChunkGate(key=claimed.lease.key, journal=claimed.journal, clock=clock, claimed_at=clock(), lease_seconds=60)
    gate.consent_read(clock() + 60)
    return gate


def leased(
    claimed: ClaimedChunk,
    *,
    listener: ChunkListener,
    window: int = 500,
    sign_pool: ThreadPoolExecutor | None = None,
) -> LeasedChunk:
    """The chunk as the send loop begins with it."""
    return LeasedChunk(claimed, gate_of(claimed), window=window, sign_pool=sign_pool, listener=listener)


async def in_a_thread(work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """As the database wants it."""

    def call() -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)
