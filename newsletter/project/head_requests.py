"""HEAD, for every page: the headers of GET and no body, which would pass for the next answer on the connection."""

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""`start_response` of PEP 3333."""


def without_bodies(application: Application) -> Application:
    """Wrap the application: its answers to HEAD carry nothing (RFC 9110 §9.3.2)."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if close := getattr(body, "close", None):
            close()
        return []

    return answer
