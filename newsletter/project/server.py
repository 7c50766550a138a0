"""The web server that `newsletter run` and `newsletter web` embed: waitress, told whom to believe."""

import logging
import socket
import threading
import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from newsletter.errors import NewsletterError

logger = logging.getLogger(__name__)

THREADS = 8
BACKLOG = 1024
LONGEST_BODY = 64_000_000
"""Bytes: an import of 50 MB with what a form puts around it. What is longer is refused by its length alone."""
LONGEST_HEADERS = 65_536
MOST_CONNECTIONS = 2_000
"""Open at once: silent ones must leave room for whoever wants to leave a list."""
HEADER_SECONDS = 15.0
"""For a request's headers to be here, from the connection, or from their first byte on."""
BODY_SECONDS = 300.0
"""For all of a request: 50 MB over a slow line."""
IDLE_SECONDS = 30
"""For a connection between two requests."""
DRAIN_SECONDS = 20.0
"""How long open requests may take to finish after a stop."""


class CannotListen(NewsletterError):
    """The address is taken, or forbidden."""


def proxy_settings(count: int) -> dict[str, object]:
    """What waitress must be told about ``count`` proxies before it; at 0 every X-Forwarded-* header is dropped.

    The host is never taken from a header: links derive from the public address that the settings name.
    """
    if not count:
        return {"trusted_proxy": None, "clear_untrusted_proxy_headers": True}
    return {
        "trusted_proxy": "*",
        "trusted_proxy_count": count,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


class WebServer:
    """Serves while ``run`` runs."""

    def __init__(self, application: Any, *, door: socket.socket, trusted_proxies: int) -> None:
        """``door``: as `listen` opens it."""
        self._map: dict[int, Any] = {}
        self._server = create_server(
            application,
            map=self._map,
            sockets=[door],
            threads=THREADS,
            ident=None,
            max_request_body_size=LONGEST_BODY,
            max_request_header_size=LONGEST_HEADERS,
            connection_limit=MOST_CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            **proxy_settings(trusted_proxies),
        )
        self._unfinished: dict[HTTPChannel, float] = {}
        """Connections from which a whole request is awaited, and since when, on the monotonic clock."""

    def run(self, stop: threading.Event) -> None:
        """Answer requests until ``stop``; then take no new ones and finish those that are open."""
        while not stop.is_set():
            self._turn()
        self._close_doors()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._busy() and time.monotonic() < deadline:
            self._turn()
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self) -> None:
        wasyncore.loop(timeout=0.25, use_poll=True, map=self._map, count=1)
        self._end_slow_ones(time.monotonic())

    def _end_slow_ones(self, now: float) -> None:
        """Close connections whose request does not get here: one byte now and then would hold each for ever."""
        channels = [found for found in list(self._map.values()) if isinstance(found, HTTPChannel)]
        waiting = [one for one in channels if not one.requests and (one.request is not None or _is_silent(one))]
        self._unfinished = {one: self._unfinished.get(one, now) for one in waiting}
        for channel, since in self._unfinished.items():
            headers_are_here = channel.request is not None and channel.request.headers_finished
            if now - since > (BODY_SECONDS if headers_are_here else HEADER_SECONDS):
                channel.will_close = True

    def _close_doors(self) -> None:
        for listener in [d for d in self._map.values() if isinstance(d, BaseWSGIServer)]:
            listener.del_channel()
            listener.socket.close()

    def _busy(self) -> bool:
        return any(isinstance(d, HTTPChannel) and (d.requests or d.total_outbufs_len) for d in self._map.values())


def _is_silent(channel: HTTPChannel) -> bool:
    """Nothing has come from it since it was opened."""
    return bool(channel.last_activity == channel.creation_time)


def listen(address: str) -> socket.socket:
    """A socket that takes connections at once. Raises CannotListen."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        door = socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotListen(
            f"Cannot listen on {address}: {reason}. Stop what uses that port, or set NEWSLETTER_LISTEN."
        ) from error
    logger.info("Listening on %s.", address)
    return door
