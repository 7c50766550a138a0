"""The frame of the public pages: open to everyone, kept by nobody, under the newsletter's name and in its language."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from subscribers import branding, localization, typed_addresses
from subscribers.errors import BadAddress
from subscribers.joining import proof_of_work
from subscribers.models import List

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """Open to everyone, kept by nobody: the address of such a page may hold a token.

    No CSRF token: nothing here acts for a signed-in person, what acts is the token that the request brings, and a
    mail client that posts (RFC 8058) has neither cookie nor page.
    """

    # A robot's HEAD is answered like a GET; anything else than reading and posting is refused.
    answer = require_http_methods(["GET", "HEAD", "POST"])(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        # Django refuses a form whose sender names another charset, and mail providers name all kinds (trust U2).
        request.encoding = "utf-8"
        response = answer(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return csrf_exempt(login_not_required(guarded))


def page(
    request: HttpRequest,
    template: str,
    list_: List | None,
    context: Mapping[str, object],
    *,
    status: int = 200,
    error: BadAddress | None = None,
) -> HttpResponse:
    """A page of one list, in its newsletter's language, or of none, in the visitor's; else in English.

    ``error`` is what was wrong with the address that was posted: it is said in the language of the page.
    """
    head = branding.of(list_) if list_ else None
    language = localization.page_language(head.language if head else translation.get_language() or "en")
    with translation.override(language):
        values = {
            "list": list_,
            "head": head,
            "consent": branding.consent_of(list_, head) if list_ and head else None,
            "language": language,
            "direction": localization.direction(language),
            "error": typed_addresses.error_text(error) if error else "",
            **context,
        }
        response = render(request, f"subscribers/{template}", values, status=400 if error else status)
    response.headers["Content-Language"] = language
    return response


def form(request: HttpRequest, *, now: datetime) -> dict[str, object]:
    """What a form for an address needs: what was typed before, and the proof of work that it asks for."""
    return {"typed": request.POST.get("email", "").strip()[:320], "challenge": proof_of_work.challenge(now=now)}
