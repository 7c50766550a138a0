"""Fixtures that every room may use."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
def now() -> datetime:
    """A Thursday morning; rooms get their time passed in."""
    return datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
