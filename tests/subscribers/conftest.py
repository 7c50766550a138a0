"""Fixtures of this room."""

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture
def mails(settings: Settings) -> None:
    """Mails land in `django.core.mail.outbox`: how they travel is another room's business."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
