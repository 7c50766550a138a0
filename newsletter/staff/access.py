"""Who may open a page: every staff view names the roles that it asks for."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase

from newsletter.staff.models import ROLES, User

View = Callable[..., HttpResponseBase]
FOUND = "newsletter.signed_in"
"""In the environment of a request: whether somebody is signed in with it, once a page has looked."""


def require(*roles: str) -> Callable[[View], View]:
    """Answer 403 to everyone who holds none of ``roles``. Who is not signed in was sent to sign in before."""
    if not roles or set(roles) - set(ROLES):
        raise ValueError(f"Unknown roles: {roles}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User) or not any(user.has_role(role) for role in roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        # Read by the test that tries every address with every role.
        guarded.required_roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


def is_signed_in(session: str) -> bool:
    """Whether somebody is signed in by the session with that key. Outside a request."""
    if not (session.isascii() and session.isalnum()):
        return False  # no key of ours, and not every database takes it
    close_old_connections()  # as when a request begins: the database may have been away
    request = HttpRequest()
    request.session = SessionStore(session)
    return get_user(request).is_authenticated


def user(request: HttpRequest) -> User:
    """The signed-in user; behind `require` there always is somebody."""
    return cast(User, request.user)
