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
    """Listens from construction on; serves while ``run`` runs."""

    def __init__(self, application: Any, *, listen: str, trusted_proxies: int) -> None:
        self._map: dict[int, Any] = {}
        self._server = create_server(
            application,
            map=self._map,
            sockets=[_listen(listen)],
            threads=THREADS,
            ident=None,
            **proxy_settings(trusted_proxies),
        )
        logger.info("Listening on %s.", listen)

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

    def _close_doors(self) -> None:
        for listener in [d for d in self._map.values() if isinstance(d, BaseWSGIServer)]:
            listener.del_channel()
            listener.socket.close()

    def _busy(self) -> bool:
        return any(isinstance(d, HTTPChannel) and (d.requests or d.total_outbufs_len) for d in self._map.values())


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotListen(
            f"Cannot listen on {address}: {reason}. Stop what uses that port, or set NEWSLETTER_LISTEN."
        ) from error
