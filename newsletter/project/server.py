"""The web server that `newsletter run` and `newsletter web` embed: waitress, told whom to believe and when to stop.

Waitress reads each request whole before one of its threads sees it, so that slow senders and slow readers cost a
connection and nothing else. What it leaves open is closed here: connections that hold a place for nothing, bodies
that nobody may send, and one client's thousand requests that would come before another's one. Why it is this server:
`docs/benchmarks.md`.
"""

import functools
import ipaddress
import logging
import resource
import socket
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Any

from django.conf import settings
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error, RequestEntityTooLarge

from newsletter.errors import NewsletterError

logger = logging.getLogger(__name__)

THREADS = 8
MOST_OF_ONE = 3
"""Requests of one client that are answered at once."""
BACKLOG = 1024
LONGEST_BODY = 64_000_000
"""Bytes: an import of 50 MB with what a form puts around it. What is longer is refused by its length alone."""
LONGEST_OF_STRANGERS = 100_000
"""Bytes of a body without a session's cookie, or without a length: no form that strangers fill in comes near."""
MOST_OF_BODIES = 200_000_000
"""Bytes of all longer bodies that are here at once: a cookie is easily made up, a disk is not."""
IN_MEMORY = 32_768
"""Bytes of a body; the rest of it waits in a file without a name."""
LONGEST_HEADERS = 32_768
MOST_CONNECTIONS = 1_000
"""Open at once. When one more comes, those that hold a place for nothing go, the oldest of the busiest client first."""
AT_ONCE = 64
"""Connections that are taken from the queue, or closed for others, between two looks at those that are open."""
HEADER_SECONDS = 15.0
"""For a request's headers to be here, from the connection, or from their first byte on."""
BODY_SECONDS = 300.0
"""For all of a request, and for all of an answer to be taken: 50 MB over a slow line."""
IDLE_SECONDS = 30
"""For a connection between two requests, and for a reader who takes nothing."""
LOOK_SECONDS = 0.25
"""Between two looks for connections that are too slow."""
DRAIN_SECONDS = 20.0
"""How long open requests may take to finish after a stop."""
WAYS_OUT = ("/u/", "/leave/")


class CannotListen(NewsletterError):
    """The address is taken, or forbidden."""


class _TooMuchAtOnce(Error):  # type: ignore[misc]  # waitress has no types
    code = 503
    reason = "Service Unavailable"


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


class _Request(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes in: whether its body may be as long as it says."""

    def __init__(self, adjustments: Adjustments, *, bytes_here: Callable[[], int]) -> None:
        super().__init__(adjustments)
        self._bytes_here = bytes_here
        self._start = b""

    @property
    def is_head(self) -> bool:
        """Whether only the headers of an answer are wanted, even where the request cannot be read."""
        return self._start.startswith(b"HEAD ")

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.content_length <= LONGEST_OF_STRANGERS:
            return
        if not _has_session(self):
            self._refuse(RequestEntityTooLarge(f"Without signing in, at most {LONGEST_OF_STRANGERS} bytes."))
        elif self._bytes_here() > MOST_OF_BODIES:  # this one is among them
            self._refuse(_TooMuchAtOnce("Other large files are on their way. Nothing was kept. Try again in a minute."))

    def received(self, data: bytes) -> int:
        if len(self._start) < len(b"HEAD "):
            self._start = (self._start + data[:64]).lstrip()
        taken: int = super().received(data)
        if self.completed and taken < len(data):
            if data[taken:].strip():  # else a line end that some send behind a form
                # Whoever sends many at once is answered the first (RFC 9112 §9.3.2): to read them all ahead would keep
                # everybody else waiting.
                self.connection_close, self.headers["CONNECTION"] = True, "close"
            taken = len(data)
        # Waitress keeps the line of a chunk's length whole, however long it is, and copies it with each piece.
        if self.chunked and self.body_bytes_received > LONGEST_OF_STRANGERS and not self.error:
            self._refuse(RequestEntityTooLarge(f"Without a Content-Length, at most {LONGEST_OF_STRANGERS} bytes."))
        return taken

    def _refuse(self, error: Error) -> None:
        self.error = error
        self.completed = True


def _has_session(request: HTTPRequestParser) -> bool:
    """It says that it comes from somebody who is signed in. Anybody may say so: no right follows from it."""
    return f"{settings.SESSION_COOKIE_NAME}=" in request.headers.get("COOKIE", "")


class _Refusal(ErrorTask):  # type: ignore[misc]
    """What is answered before any page is asked."""

    def execute(self) -> None:
        if not self.request.is_head:
            super().execute()
            return
        status, headers, body = self.request.error.to_response(self.channel.server.adj.ident)
        self.status = status
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(b"")


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    error_task_class = _Refusal

    def __init__(self, server: "_Server", *args: Any, **kwargs: Any) -> None:
        self.parser_class = functools.partial(_Request, bytes_here=server.bytes_here)
        super().__init__(server, *args, **kwargs)

    def service(self) -> None:
        dispatcher: _Dispatcher = self.server.task_dispatcher
        client = self.client(dispatcher.queue.proxies)
        try:
            super().service()
        finally:
            dispatcher.answered(client)

    @property
    def is_silent(self) -> bool:
        """Nothing has come from it since it was opened."""
        return bool(self.last_activity == self.creation_time)

    @property
    def awaits_request(self) -> bool:
        """A whole request is wanted of it, and is not here."""
        return not self.requests and (self.request is not None or self.is_silent)

    @property
    def long_body(self) -> int:
        """Bytes that its requests have announced, of those that count."""
        known = [*self.requests, *([self.request] if self.request else [])]
        return sum(one.content_length for one in known if one.content_length > LONGEST_OF_STRANGERS and not one.error)

    def client(self, proxies: int) -> str:
        """The network that it comes from, as the proxies before us tell."""
        forwarded = self.requests[0].headers.get("X_FORWARDED_FOR", "").split(",") if proxies and self.requests else []
        return _network(forwarded[-proxies].strip() if 0 < proxies <= len(forwarded) else self.addr[0])


class _Server(TcpWSGIServer):  # type: ignore[misc]
    """The door, and the connections that came through it."""

    channel_class = _Channel
    most = MOST_CONNECTIONS

    def bytes_here(self) -> int:
        return sum(channel.long_body for channel in self.active_channels.values())

    def handle_accept(self) -> None:
        # Waitress takes one, then looks at all of them: a thousand would keep the next one waiting for seconds.
        for _ in range(AT_ONCE):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return
            if before >= self.most:
                self._make_room()

    def _make_room(self) -> None:
        useless = [one for one in self.active_channels.values() if not one.requests]
        held = Counter(one.client(0) for one in useless)
        useless.sort(key=lambda one: (-held[one.client(0)], one.creation_time))
        for channel in useless[: self.most // 20 or 1]:
            channel.handle_close()


class _Fair:
    """Connections whose request waits, each client's in their turn."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[_Channel]] = OrderedDict()

    def append(self, client: str, channel: _Channel) -> None:
        self._waiting.setdefault(client, deque()).append(channel)

    def next_client(self, busy: Counter[str]) -> str | None:
        """Whose turn it is, of those who have not as many in work as one may have."""
        return next((client for client in self._waiting if busy[client] < MOST_OF_ONE), None)

    def popleft(self, client: str) -> _Channel:
        line = self._waiting.pop(client)
        channel = line.popleft()
        if line:
            self._waiting[client] = line
        return channel

    def clear(self) -> list[_Channel]:
        everybody = [channel for line in self._waiting.values() for channel in line]
        self._waiting.clear()
        return everybody


class Turns:
    """Which request is answered next: ways out, pages of who is signed in, and everything else by turns.

    In each of these lines every client has its turn.

    A thousand requests of one client keep another waiting for a few of them, not for a thousand; and they never take
    every thread, nor the database's only pen.
    """

    def __init__(self, *, proxies: int) -> None:
        self.proxies = proxies
        self._lines = deque([_Fair(), _Fair(), _Fair()])
        self._ways_out, self._signed_in, self._others = self._lines
        self._busy: Counter[str] = Counter()
        """How many requests of each client are answered now."""

    def __len__(self) -> int:
        """How many a thread may take now."""
        return sum(line.next_client(self._busy) is not None for line in self._lines)

    def append(self, channel: _Channel) -> None:
        request, line = channel.requests[0], self._others
        if getattr(request, "path", "").startswith(WAYS_OUT):
            line = self._ways_out
        elif _has_session(request):
            line = self._signed_in
        line.append(channel.client(self.proxies), channel)

    def popleft(self) -> _Channel:
        self._lines.rotate()
        line, client = next((line, found) for line in self._lines if (found := line.next_client(self._busy)))
        channel = line.popleft(client)
        self._busy[client] += 1
        return channel

    def answered(self, client: str) -> None:
        self._busy[client] -= 1
        if self._busy[client] <= 0:
            del self._busy[client]

    def clear(self) -> list[_Channel]:
        """Everybody who waits, and waits no longer."""
        return [channel for line in self._lines for channel in line.clear()]


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads that answer one request after the other, in fair turns."""

    def __init__(self, *, proxies: int) -> None:
        super().__init__()
        self.queue = Turns(proxies=proxies)

    def answered(self, client: str) -> None:
        with self.lock:
            self.queue.answered(client)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        with self.lock:
            for channel in self.queue.clear():
                channel.cancel()
        return bool(super().shutdown(cancel_pending, timeout))


class WebServer:
    """Serves while ``run`` runs."""

    def __init__(self, application: Any, *, door: socket.socket, trusted_proxies: int) -> None:
        """``door``: as `listen` opens it."""
        self._map: dict[int, Any] = {}
        adjustments = Adjustments(
            ident=None,
            max_request_body_size=LONGEST_BODY,
            max_request_header_size=LONGEST_HEADERS,
            inbuf_overflow=IN_MEMORY,
            connection_limit=2 * MOST_CONNECTIONS,  # ours comes first, and shuts no door
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            backlog=BACKLOG,
            **proxy_settings(trusted_proxies),
        )
        dispatcher = _Dispatcher(proxies=trusted_proxies)
        dispatcher.set_thread_count(THREADS)
        self._server = _Server(
            application,
            self._map,
            _sock=door,
            dispatcher=dispatcher,
            adj=adjustments,
            sockinfo=(door.family, door.type, door.proto, door.getsockname()),
            bind_socket=False,
        )
        self._server.most = _most_connections()
        self._since: dict[_Channel, float] = {}
        """Connections that owe something, a whole request or the taking of an answer, and since when (monotonic)."""
        self._looked = 0.0

    def run(self, stop: threading.Event) -> None:
        """Answer requests until ``stop``; then take no new ones and finish those that are open."""
        while not stop.is_set():
            self._turn()
        self._close_door()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._busy() and time.monotonic() < deadline:
            self._turn()
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self) -> None:
        wasyncore.loop(timeout=LOOK_SECONDS, use_poll=True, map=self._map, count=1)
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._end_slow_ones(now)

    def _end_slow_ones(self, now: float) -> None:
        """Close connections that get nowhere: one byte now and then would hold each for ever."""
        channels: list[_Channel] = list(self._server.active_channels.values())
        owing = [one for one in channels if one.awaits_request or (one.total_outbufs_len and not one.requests)]
        self._since = {one: self._since.get(one, now) for one in owing}
        for channel, since in self._since.items():
            is_header = channel.awaits_request and not (channel.request and channel.request.headers_finished)
            if now - since > (HEADER_SECONDS if is_header else BODY_SECONDS):
                channel.handle_close()
        for channel in channels:
            # Waitress would wait until the reader takes something before it closes; a thread may wait, too.
            if channel.total_outbufs_len and time.time() - channel.last_activity > IDLE_SECONDS:
                channel.handle_close()

    def _close_door(self) -> None:
        self._server.del_channel()
        self._server.socket.close()

    def _busy(self) -> bool:
        return any(one.requests or one.total_outbufs_len for one in self._server.active_channels.values())


def _most_connections() -> int:
    """As many as there can be open files for; each may need one more, for what it sends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, max(soft // 4, 16))


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one; any other text as it is."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


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
