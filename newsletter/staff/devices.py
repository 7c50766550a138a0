"""Devices that somebody has signed in on: a signed cookie, by which limits tell their owner from a stranger.

It opens nothing by itself. It holds for its own accounts only, and a new password ends it, since the password's hash is
part of what signs it. Only the pages of accounts are sent it.
"""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from newsletter.staff.models import User

COOKIE = "newsletter_device"
PATH = "/accounts/"
LIFE = timedelta(days=365)
MOST = 4
"""Accounts that a device remembers: people share computers."""

_BETWEEN = "|"
_ENTRY = re.compile(r"(?P<account>[0-9]{1,18})\.[A-Za-z0-9_-]{22}(?::[A-Za-z0-9_-]{1,64}){2}", re.ASCII)


class Remembered:
    """Whoever has signed in is known on this device from then on, also after a new password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(PATH) and isinstance(request.user, User):
            _remember(request, response, request.user)
        return response


def known(request: HttpRequest, address: str) -> str:
    """The name of this device, if the account of this address has signed in on it; empty when it has not.

    What is looked up depends on the cookie alone: its time tells nothing of which addresses have accounts.
    """
    entries = _entries(request)
    accounts = User.objects.in_bulk(list(entries)) if entries else {}
    named = {user.email: name for pk, user in accounts.items() if (name := _opened(entries[pk], user))}
    return named.get(address, "")


def _remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    entries = _entries(request)
    if _opened(entries.get(user.pk, ""), user):
        return
    entries.pop(user.pk, None)
    mine = _signer(user).sign(f"{user.pk}.{secrets.token_urlsafe(16)}")
    response.set_cookie(
        COOKIE,
        _BETWEEN.join([mine, *entries.values()][:MOST]),
        max_age=LIFE,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> dict[int, str]:
    """What the cookie holds, by account, not checked yet."""
    found = map(_ENTRY.fullmatch, request.COOKIES.get(COOKIE, "").split(_BETWEEN)[:MOST])
    return {int(entry["account"]): entry[0] for entry in found if entry}


def _opened(entry: str, user: User) -> str:
    try:
        return _signer(user).unsign(entry, max_age=LIFE)
    except BadSignature:
        return ""


def _signer(user: User) -> TimestampSigner:
    return TimestampSigner(salt=f"{__name__}:{user.password}")
