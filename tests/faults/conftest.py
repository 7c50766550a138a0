"""How hard the kill tests try: ``--kills N`` (or KILLS, which `make faults` sets) and ``--seed S`` (or SEED)."""

import os
from datetime import datetime, timedelta

import pytest

from newsletter.issues.models import Issue
from tests.delivery import newsroom


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--kills", type=int, default=int(os.environ.get("KILLS", "10")), help="kills in each kill test")
    group.addoption("--seed", type=int, default=int(os.environ.get("SEED", "1")), help="seed of the kills' instants")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--seed"))


@pytest.fixture
def readers(now: datetime) -> newsroom.Readers:
    return newsroom.Readers.make(now=now - timedelta(days=30))


@pytest.fixture
def issue(readers: newsroom.Readers, now: datetime) -> Issue:
    return newsroom.approved_issue(list_id=readers.list_id, now=now - timedelta(hours=1))
