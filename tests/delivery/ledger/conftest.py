"""Six readers of a released issue, for the tests of the ledger."""

from datetime import datetime

import pytest

from newsletter.delivery.ledger import audience_freeze
from newsletter.issues.models import Issue
from tests.delivery import newsroom


@pytest.fixture
def people(readers: newsroom.Readers, issue: Issue, now: datetime) -> list[int]:
    """Six readers of a released issue."""
    people = readers.join(6)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    return people
