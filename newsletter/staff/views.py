"""Pages of a user's own account: opening it by a one-time link, and the profile."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from newsletter.errors import NotFound
from newsletter.staff import access, services
from newsletter.staff.forms import ProfileForm
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.translation import error_text

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

EVEN_SECONDS = 0.25
"""Well above what writing one mail to the outbox takes, so that its presence does not show in the answer's time."""


def evenly(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer every POST after the same time, whether the address is known or not (trust, threat 11)."""

    @wraps(view)
    def timed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        start = time.monotonic()
        response = view(request, *args, **kwargs)
        if request.method == "POST":
            time.sleep(max(0.0, EVEN_SECONDS - (time.monotonic() - start)))
        return response

    return timed


@login_not_required
def form_expired(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """A form whose CSRF token is not valid (any more). Signing in renews it, so that a second tab's is out of date."""
    if request.user.is_authenticated and _signs_in(request):
        return redirect("newsroom")
    return csrf_failure(request, reason=reason)


def _signs_in(request: HttpRequest) -> bool:
    name = request.resolver_match.url_name if request.resolver_match else ""
    return name in {"open_link", "account_login", "account_request_login_code", "account_confirm_login_code"}


@login_not_required
def closed(request: HttpRequest) -> HttpResponse:
    """Nobody signs up by themselves."""
    raise Http404


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link: looking consumes nothing, since mail scanners look; its button leads into the newsroom."""
    now = timezone.now()
    try:
        if request.method == "POST":
            opened = services.open_link(secret, now=now)
            login(request, opened.user, backend=BACKEND)
            if not opened.user.has_usable_password():
                messages.success(request, _welcome())
            return redirect("newsroom")
        invitation = services.find_link(secret, now=now)
    except NotFound as error:
        context = {"reason": error_text(error), "signed_in": request.user.is_authenticated}
        return _private(render(request, "account/link_gone.html", context, status=404))
    return _private(render(request, "account/link.html", {"email": invitation.email}))


def _welcome() -> str:
    """Names the page of the user's account, which waits until somebody wants it."""
    words = _("You are signed in. You can choose a name and a password on the page %(account)s whenever you like.")
    link = format_html('<a href="{}">{}</a>', reverse("profile"), _("Your account"))
    return format_html(words.replace("%(account)s", "{}"), link)


def _private(response: HttpResponse) -> HttpResponse:
    # The address holds a secret: no other host learns it. With "no-referrer" browsers send "Origin: null" along with
    # the form, which the CSRF check must refuse.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@never_cache
@sensitive_post_parameters("password")
@access.require(EDITOR, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's name; a first password when there is none yet."""
    user = access.user(request)
    first = not user.has_usable_password()
    form = ProfileForm(request.POST if request.method == "POST" else None, initial={"name": user.name}, first=first)
    if form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data.get("password", "")
        if form.accepts(lambda: services.choose(user, name=name, password=password, now=timezone.now())):
            if password:
                update_session_auth_hash(request, user)
            messages.success(request, _("Saved."))
            return redirect("newsroom" if password else "profile")
    context = {"form": form, "first": first, "email": user.email}
    return render(request, "account/profile.html", context, status=form.status)
