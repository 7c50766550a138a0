"""The web server as a process runs it: from a listening socket until it is told to stop."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments

from newsletter.project.server import acceptor
from newsletter.project.server.channel import Channel
from newsletter.project.server.dispatcher import Dispatcher
from newsletter.project.server.listening import BACKLOG
from newsletter.project.server.request import Request
from newsletter.project.server.request_queue import THREADS

LONGEST_BODY = 64_000_000
"""Bytes: an import of 50 MB with what a form puts around it. What is longer is refused by its length alone."""
IN_MEMORY = 32_768
"""Bytes of a body; the rest of it waits in a file without a name."""
LONGEST_HEADERS = 32_768
"""Bytes."""
LEAST_OF_BODY = 300_000
"""Bytes of a longer body that come in each `PACE_SECONDS`, the slowest line that is waited for."""
PACE_SECONDS = 30.0
HEADER_SECONDS = 15.0
"""Seconds for a request's headers to be here, from the connection, or from their first byte on."""
BODY_SECONDS = 300.0
"""Seconds for all of a request, and for all of an answer to be taken: 50 MB over a slow line."""
IDLE_SECONDS = 30
"""Seconds for a connection between two requests, and for a reader who takes nothing."""
LOOK_SECONDS = 0.25
"""Seconds between two looks for connections that are too slow."""
DRAIN_SECONDS = 20.0
"""Seconds that open requests may take to finish after a stop."""


class WebServer:
    """Serves an application while ``run`` runs."""

    def __init__(
        self, application: Any, *, listener: socket.socket, trusted_proxies: int, is_signed_in: Callable[[str], bool]
    ) -> None:
        """``listener``: as `listening.listen` opens it; ``is_signed_in``: whether somebody is, by a session's key."""
        self._map: dict[int, Any] = {}
        adjustments = Adjustments(
            ident=None,
            max_request_body_size=LONGEST_BODY,
            max_request_header_size=LONGEST_HEADERS,
            inbuf_overflow=IN_MEMORY,
            connection_limit=2 * acceptor.MOST_CONNECTIONS,  # never reached: `make_room` comes before
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            backlog=BACKLOG,
            **proxy_settings(trusted_proxies),
        )
        dispatcher = Dispatcher()
        dispatcher.set_thread_count(THREADS)
        self._server = acceptor.Acceptor(
            dispatcher.learning(application),
            self._map,
            _sock=listener,
            dispatcher=dispatcher,
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )
        self._server.most = acceptor.most_connections()
        self._server.is_signed_in = is_signed_in
        self._since: dict[Channel, float] = {}
        """Connections whose clients owe a whole request or the taking of an answer: since when (monotonic seconds)."""
        self._pace: dict[Request, tuple[float, int]] = {}
        """Long bodies that are coming in: watched since (monotonic seconds), and how many bytes were here then."""
        self._looked = 0.0

    def run(self, stop: threading.Event) -> None:
        """Answer requests until ``stop``; then take no new ones and finish those that are open."""
        while not stop.is_set():
            self._turn()
        self._stop_listening()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._busy() and time.monotonic() < deadline:
            self._turn()
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self) -> None:
        wasyncore.loop(timeout=LOOK_SECONDS, use_poll=True, map=self._map, count=1)
        self._server.make_room()
        self._server.refuse_heavy_clients()
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._end_slow_connections(now)

    def _end_slow_connections(self, now: float) -> None:
        """Close connections that get nowhere: one byte now and then would hold each for ever."""
        channels: list[Channel] = list(self._server.active_channels.values())
        owing = [
            channel
            for channel in channels
            if channel.awaits_request or (channel.total_outbufs_len and not channel.requests)
        ]
        self._since = {channel: self._since.get(channel, now) for channel in owing}
        for channel, since in self._since.items():
            is_header = channel.awaits_request and not (channel.request and channel.request.headers_finished)
            if now - since > (HEADER_SECONDS if is_header else BODY_SECONDS):
                channel.handle_close()
        coming = {channel.request: channel for channel in channels if channel.request and channel.request.is_long}
        self._pace = {request: self._pace.get(request, (now, 0)) for request in coming}
        for request, (since, had) in list(self._pace.items()):
            if now - since > PACE_SECONDS:
                if request.body_bytes_received - had < LEAST_OF_BODY:
                    coming[request].handle_close()
                self._pace[request] = now, request.body_bytes_received
        for channel in channels:
            # Waitress would wait until the reader takes something before it closes; a thread may wait, too.
            if channel.total_outbufs_len and time.time() - channel.last_activity > IDLE_SECONDS:
                channel.handle_close()

    def _stop_listening(self) -> None:
        self._server.del_channel()
        self._server.socket.close()

    def _busy(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in self._server.active_channels.values())


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
