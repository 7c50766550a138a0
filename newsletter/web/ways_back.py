"""The way back to the page of an issue from which somebody went to put something right."""

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve, reverse

PAGES = frozenset({"issue", "issue_approve"})


def to_issue(asked: str) -> str:
    """The address that was asked for, if it is such a page of ours; of a button of an issue the issue; else empty."""
    try:
        parts = urlsplit(asked[:2000])
        found = resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    if parts.scheme or parts.netloc or "issue_id" not in found.kwargs:
        return ""
    if found.url_name not in PAGES:
        return reverse("issue", args=[found.kwargs["issue_id"]])
    # Made anew: nothing of what was asked for but the names of our own pages leads anywhere.
    return reverse(found.url_name, kwargs=found.kwargs) + (f"?{parts.query}" if parts.query else "")
