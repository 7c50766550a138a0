"""What holds for every page: its headers, the zone of its times, and a way on from addresses that take forms only."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from newsletter.issues import queries
from newsletter.staff import access

Answering = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'"
)


class ContentSecurityPolicy:
    """No inline script, no other host. A view may set a stricter policy of its own, which stays."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


class NothingKept:
    """What somebody who is signed in sees is kept by no browser's cache and by no proxy, unless its view says so."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # For the web server, which answers them even where strangers are many.
        request.META[access.FOUND] = request.user.is_authenticated
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PageZone:
    """A page tells all its times in the same zone: its newsletter's, or the installation's where it is about several.

    It is Django's current zone while the request lasts, so that every room that writes a time follows.
    """

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # whatever the last request of this thread chose
            return self.get_response(request)

    def process_view(self, _request: HttpRequest, _view: object, _args: object, kwargs: dict[str, Any]) -> None:
        issue_id = kwargs.get("issue_id")
        zone = queries.zone_of_issue(int(issue_id)) if issue_id is not None else None
        if zone is not None:
            timezone.activate(zone)


class WayOn:
    """Who opens an address that only takes forms is led to the page with the form.

    It happens to people who had to sign in between a button and what it does, and after going back or reloading.
    """

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content or not request.accepts("text/html"):
            return response
        if request.method not in {"GET", "HEAD", "POST"}:
            return response  # No person's browser asks so.
        if request.method in {"GET", "HEAD"}:
            messages.warning(request, _said(request))
            return redirect(_page_above(request.path_info))
        page = render(request, "405.html", status=405)
        for name, value in response.headers.items():
            page.headers.setdefault(name, value)
        return page


def _said(request: HttpRequest) -> str:
    """What is said on the page that follows."""
    if request.resolver_match and request.resolver_match.url_name == "issue_new":  # an address that people type
        return _("No issue was started. To start one, choose its newsletter under “New issue” and press the button.")
    return _("Nothing was changed. Please press the button again here.")


def _page_above(path: str) -> str:
    """The nearest address above this address; when that only takes forms as well, it leads further up by itself."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return path
