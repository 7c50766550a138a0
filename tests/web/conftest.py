"""People of a newsroom, signed in."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from newsletter.staff.models import User


@pytest.fixture(autouse=True)
def _no_limits_left_over(db: None) -> None:
    cache.clear()


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_user("editor@example.org", "a long password", name="Edda Editor", is_editor=True)


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user(
        "admin@example.org", "a long password", name="Ada Admin", is_editor=False, is_admin=True
    )


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
