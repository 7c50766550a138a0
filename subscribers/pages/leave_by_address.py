"""The way out for who has no link at hand: a page where an address is typed, and what a test mail's link leads to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from subscribers.errors import BadAddress
from subscribers.joining import form_requests, leaving
from subscribers.models import List
from subscribers.pages import public_base
from subscribers.pages.public_base import public


@public
def by_address(request: HttpRequest, list_: List | None = None, back: str = "") -> HttpResponse:
    """Mails an address its own links. What it answers depends on what was typed, never on who is known here.

    ``list_`` is what the visitor came from, if that is known; ``back`` leads there again.
    """
    now = timezone.now()
    error: BadAddress | None = None
    if request.method == "POST":
        try:
            leaving.ask(list_, form_requests.of(request), now=now)
        except BadAddress as bad:
            error = bad
        else:
            return redirect(f"{request.path}?sent")
    template = "leave_sent.html" if "sent" in request.GET and error is None else "leave_ask.html"
    return public_base.page(request, template, list_, {**public_base.form(request, now=now), "back": back}, error=error)


@public
def of_test_mail(request: HttpRequest) -> HttpResponse:
    """Where the way out of a test mail leads: nobody is on a list by it, so there is nothing to change."""
    return public_base.page(request, "test_link.html", None, {})
