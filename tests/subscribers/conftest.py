"""Fixtures of this room."""

import pytest
from pytest_django.fixtures import Settings

from subscribers import conf


@pytest.fixture(autouse=True)
def no_staging_left() -> None:
    """Each test begins with an empty staging folder."""
    for path in conf.settings().staging_dir.glob("*"):
        path.unlink()


@pytest.fixture
def mails(settings: Settings) -> None:
    """Mails land in `django.core.mail.outbox`: how they travel is another room's business."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
