"""The numbers of the delivery room that a monitoring system asks for: of the whole installation, never of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db.models import Count

from newsletter.delivery import alarms
from newsletter.delivery.ledger import journal, queries
from newsletter.delivery.models import Chunk, OutboxMail, Release, Transport
from newsletter.delivery.progress import samples
from newsletter.delivery.progress.samples import Look
from newsletter.delivery.servers import server_state
from newsletter.delivery.servers.routing import State
from newsletter.delivery.states import ChunkState
from newsletter.issues.states import IssueState


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """One reading."""

    releases: Mapping[int, Look]
    """By issue: those that are not over."""
    chunks: Mapping[str, int]
    """Open ones, by state."""
    workers: int
    """Who holds a chunk."""
    outbox: Mapping[str, int]
    outbox_oldest: float
    """Seconds since the oldest mail that still waits was written."""
    transports: Sequence[tuple[str, State]]
    """Name and state."""
    last_freeze: float | None
    """Seconds."""
    uncertain: int
    alarms: int
    journals: Sequence[int]
    """Bytes of each journal on this machine."""


OPEN_RELEASES = (IssueState.FREEZING, IssueState.SENDING, IssueState.PAUSED)


def read(*, now: datetime, journal_dir: Path) -> Gauges:
    """Read everything from the tables, and the journals' sizes from this machine's data directory."""
    held = Chunk.objects.filter(state=ChunkState.LEASED)
    counted = Chunk.objects.exclude(state=ChunkState.DONE).order_by("state").values_list("state")
    chunks = dict.fromkeys((ChunkState.WAITING.value, ChunkState.LEASED.value), 0)
    chunks.update(counted.annotate(n=Count("number")))
    outbox = dict.fromkeys(OutboxMail.State.values, 0)
    outbox.update(OutboxMail.objects.order_by("state").values_list("state").annotate(n=Count("pk")))
    oldest = queries.open_work().outbox_oldest
    frozen = Release.objects.filter(freeze_seconds__isnull=False).order_by("-frozen_at")
    return Gauges(
        releases=_releases(now=now),
        chunks=chunks,
        workers=len(set(held.values_list("owner", flat=True))),
        outbox=outbox,
        outbox_oldest=max((now - oldest).total_seconds(), 0.0) if oldest else 0.0,
        transports=[(row.name, server_state.state(row)) for row in Transport.objects.order_by("name")],
        last_freeze=frozen.values_list("freeze_seconds", flat=True).first(),
        uncertain=queries.uncertain(),
        alarms=alarms.standing().count(),
        journals=[path.stat().st_size for path in sorted(journal_dir.glob(f"*{journal.SUFFIX}"))],
    )


def _releases(*, now: datetime) -> dict[int, Look]:
    still_open = Release.objects.filter(frozen_at__isnull=False, issue__state__in=OPEN_RELEASES).order_by("pk")
    looks = {pk: samples.look(pk, now=now) for pk in still_open.values_list("pk", flat=True)}
    return {pk: look for pk, look in looks.items() if look is not None}
