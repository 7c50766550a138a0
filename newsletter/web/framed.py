"""HTML that was made for mails, answered so that nothing in it can act: no script, no origin, no other host."""

from django.http import HttpResponse

from newsletter.conf import config


def answer(html: str, *, links: bool = False) -> HttpResponse:
    """The HTML under a sandbox of its own (threat 16); ``links``: a reader may follow them, into a new page."""
    response = HttpResponse(html)
    sandbox = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation" if links else ""
    images = f"img-src 'self' {config().base_url} data:"
    response.headers["Content-Security-Policy"] = (
        f"sandbox {sandbox}; default-src 'none'; style-src 'unsafe-inline'; {images}; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
