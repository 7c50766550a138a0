"""The front page of the newsroom."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from newsletter.staff import access
from newsletter.staff.models import ADMIN, EDITOR


@access.require(EDITOR, ADMIN)
def front(request: HttpRequest) -> HttpResponse:
    """What goes out next, what waits for someone, what to do first."""
    return render(request, "newsroom/front.html", {})
