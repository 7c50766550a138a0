"""What tests of the worker's parts share."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.conf import Config
from newsletter.delivery import clock
from newsletter.delivery.ledger import audience_freeze, journal, leases
from newsletter.delivery.worker import chunk_loader
from newsletter.delivery.worker.leased_chunk import ClaimedChunk
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.worker.chunks import FrozenChunks


@pytest.fixture
def frozen_chunks(
    readers: newsroom.Readers, issue: Issue, config: Config, now: datetime, tmp_path: Path
) -> Iterator[FrozenChunks]:
    """Freezes the issue, and claims and loads all its chunks."""
    mine = journal.Journal.create(tmp_path / "journal")

    def freeze(readers_at: Mapping[str, int]) -> list[ClaimedChunk]:
        for domain, count in readers_at.items():
            readers.join(count, domain=domain)
        audience_freeze.freeze(issue.pk, by="staff:1", now=now)
        templates, claimed = chunk_loader.TemplateCache(config), []
        while (
            lease := leases.claim(owner="me", host=journal.boot_id(), now=now, states=leases.SENDING, window=500)
        ) is not None:
            loaded = chunk_loader.load(lease, templates=templates, now=now)
            moment = clock.boottime()
            claimed.append(ClaimedChunk(lease, loaded, mine, claimed_at=moment, read_at=moment))
        return claimed

    yield freeze
    mine.close()
