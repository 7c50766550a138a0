"""A request as it comes in: its headers, the length of its body, and who says to send it."""

import ipaddress

from django.conf import settings
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error, RequestEntityTooLarge

LONGEST_OF_STRANGERS = 100_000
"""Bytes of a body of whom nobody has signed in, or without a length: no form that strangers fill in comes near."""
NOT_SIGNED_IN = (
    f"Without signing in, at most {LONGEST_OF_STRANGERS} bytes. Nothing was kept: sign in, and send it again."
)


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes in; refuses a body that is longer than its sender may send."""

    def __init__(self, adjustments: Adjustments) -> None:
        super().__init__(adjustments)
        self._start = b""
        self.is_admitted = False
        """Somebody is signed in with its cookie, so that its body may be long."""

    @property
    def is_head(self) -> bool:
        """Whether only the headers of an answer are wanted, even where the request cannot be read."""
        return self._start.startswith(b"HEAD ")

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # Waitress lets it through for an address such as "http://[::1/", and cuts the connection with a traceback.
            raise ParsingError("The address of the request cannot be read.") from error
        if self.adj.trusted_proxy and (forwarded := self.headers.get("X_FORWARDED_FOR")):
            # Waitress takes "::ffff:203.0.113.9" for an address "::ffff" with a port.
            hops = forwarded.split(",")[-self.adj.trusted_proxy_count :]
            self.headers["X_FORWARDED_FOR"] = _normalised_address(hops[0])
        if self.is_long and not session_of(self):
            self.refuse(RequestEntityTooLarge(NOT_SIGNED_IN))

    @property
    def is_long(self) -> bool:
        """Its body is longer than strangers may send."""
        return bool(self.content_length > LONGEST_OF_STRANGERS)

    @property
    def awaits_admission(self) -> bool:
        """No more of its body is read before it is known who sends it."""
        return self.is_long and not self.is_admitted and not self.error

    def received(self, data: bytes) -> int:
        if len(self._start) < len(b"HEAD "):
            self._start = (self._start + data[:64]).lstrip()
        taken: int = super().received(data)
        if self.completed and taken < len(data):
            if data[taken:].strip():  # else a line end that some clients send behind a form
                # Of many requests at once the first is answered (RFC 9112 §9.3.2): to read them all ahead would keep
                # everybody else waiting.
                self.connection_close, self.headers["CONNECTION"] = True, "close"
            taken = len(data)
        # Waitress keeps the line with a chunk's length whole, however long it is, and copies it with each piece.
        if self.chunked and self.body_bytes_received > LONGEST_OF_STRANGERS and not self.error:
            self.refuse(RequestEntityTooLarge(f"Without a Content-Length, at most {LONGEST_OF_STRANGERS} bytes."))
        return taken

    def refuse(self, error: Error) -> None:
        """Read no more; the answer is ``error``."""
        self.error = error
        self.completed = True


def session_of(request: HTTPRequestParser) -> str:
    """The session that a request says to be signed in by, or "". Anybody may say so: no right follows from it."""
    return session_in(request.headers.get("COOKIE", ""))


def session_in(cookies: str) -> str:
    """The session in the value of a Cookie header, or ""."""
    found = ""
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == settings.SESSION_COOKIE_NAME:
            found = str(value)  # of several cookies the last, as pages take it
    return found


def _normalised_address(hop: str) -> str:
    """The IP address without port and brackets in what a proxy forwards; any other text as it is."""
    text = hop.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return hop.strip()
    return str((address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address)
