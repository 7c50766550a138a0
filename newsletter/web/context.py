"""What every page's shell knows."""

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of `base.html`; for signed-in staff also their name and roles."""
    return {"user": getattr(request, "user", None)}
