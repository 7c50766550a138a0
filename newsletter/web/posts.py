"""What a button of a page sends, read and done: the page put those values there itself, so no field speaks for them."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from newsletter.errors import UserError
from newsletter.translation import error_text


def text(request: HttpRequest, name: str) -> str:
    """One posted value by which something is looked up; NUL, which no database takes, is left out."""
    return clean(request.POST.get(name, ""))


def number(request: HttpRequest, name: str) -> int | None:
    """One posted whole number; None when there is none."""
    raw = request.POST.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 18 else None


def data(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was posted, None on a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def clean(value: str) -> str:
    """A posted value without NUL, and no longer than what is looked up."""
    return value.replace("\x00", "")[:500]


def done(request: HttpRequest, step: Callable[[], object], said: str = "") -> bool:
    """Run the step behind a button; its success, or why it was refused, is said on the next page."""
    try:
        step()
    except UserError as error:
        messages.error(request, error_text(error))
        return False
    if said:
        messages.success(request, said)
    return True


def clock() -> datetime:
    """The edge where pages read the time."""
    return timezone.now()
