"""The socket on which the web server listens."""

import logging
import socket

from newsletter.errors import CannotListen

BACKLOG = 1024
"""Connections that the system keeps until they are taken."""

_log = logging.getLogger("newsletter.project.server")


def listen(address: str) -> socket.socket:
    """A socket that listens on ``HOST:PORT`` (IPv6 in brackets) from now on. Raises CannotListen."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        listener = socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotListen(
            f"Cannot listen on {address}: {reason}. Stop what uses that port, or set NEWSLETTER_LISTEN.",
            address=address,
            reason=reason,
        ) from error
    _log.info("Listening on %s.", address)
    return listener
