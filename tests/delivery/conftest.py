"""A small newsroom on the ledger: a list of readers, an approved issue, workers with clocks of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery.carrier import Carrier
from newsletter.delivery.servers.carrier_registry import SingleCarrier
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue
from tests.delivery import newsroom


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The installation's settings, with a data directory (so, journals) of this test alone."""
    return replace(conf.config(), data_dir=tmp_path, lease_seconds=2.0)


@pytest.fixture
def readers(now: datetime) -> newsroom.Readers:
    """An empty list."""
    return newsroom.Readers.make(now=now - timedelta(days=30))


@pytest.fixture
def issue(readers: newsroom.Readers, now: datetime) -> Issue:
    """An approved issue for that list."""
    return newsroom.approved_issue(list_id=readers.list_id, now=now - timedelta(hours=1))


@pytest.fixture
def carrier() -> MemoryCarrier:
    return MemoryCarrier()


@pytest.fixture
def hire(config: Config) -> Iterator[Callable[..., Worker]]:
    """Makes workers that are closed at the end, with their database connections."""
    with ExitStack() as stack:

        def make(carrier: Carrier, **options: Any) -> Worker:
            options.setdefault("chance", lambda: 0.5)
            return stack.enter_context(Worker(config, SingleCarrier(carrier), **options))

        yield make
