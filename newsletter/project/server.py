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
from django.db import Error as DatabaseError
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error, RequestEntityTooLarge

from newsletter.errors import UserError
from newsletter.staff import access
from subscribers import api as subscribers

logger = logging.getLogger(__name__)

MOST_OF_ONE = 4
"""Requests of one client that are answered at once, of each line.

Threads that want the same interpreter slow each other: with twice as many, the slowest answer in a flood of one page
took 380 ms instead of 190.
"""
KEPT = 2
"""Threads that are kept for each line whatever the others ask for, and in each line for other clients."""
THREADS = MOST_OF_ONE + 3 * KEPT
BACKLOG = 1024
LONGEST_BODY = 64_000_000
"""Bytes: an import of 50 MB with what a form puts around it. What is longer is refused by its length alone."""
MOST_KNOWN = 1_000
"""Sessions by which somebody is signed in, that are told from others."""
LONGEST_OF_STRANGERS = 100_000
"""Bytes of a body of whom nobody has signed in, or without a length: no form that strangers fill in comes near."""
MOST_OF_BODIES = 200_000_000
"""Bytes of all longer bodies that are here at once."""
MOST_OF_ONES_BODIES = 130_000_000
"""Of those, bytes of one client: two imports, and there is room for somebody else's."""
LEAST_OF_BODY = 300_000
"""Bytes of a longer body that come in each `PACE_SECONDS`, the slowest line that is waited for."""
PACE_SECONDS = 30.0
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
BUSY = "Other large files are on their way. Nothing was kept. Try again in a minute."
NOT_SIGNED_IN = (
    f"Without signing in, at most {LONGEST_OF_STRANGERS} bytes. Nothing was kept: sign in, and send it again."
)
CANNOT_LOOK = "The database does not answer. Nothing was kept. Try again in a minute."


class CannotListen(UserError):
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
            # Of an address such as "http://[::1/" waitress lets it through, and cuts the connection with a traceback.
            raise ParsingError("The address of the request cannot be read.") from error
        if self.adj.trusted_proxy and (forwarded := self.headers.get("X_FORWARDED_FOR")):
            # Waitress takes "::ffff:203.0.113.9" for an address "::ffff" with a port.
            hops = forwarded.split(",")[-self.adj.trusted_proxy_count :]
            self.headers["X_FORWARDED_FOR"] = _address(hops[0])
        if self.is_long and not _session(self):
            self.refuse(RequestEntityTooLarge(NOT_SIGNED_IN))

    @property
    def is_long(self) -> bool:
        """Longer than strangers may send."""
        return bool(self.content_length > LONGEST_OF_STRANGERS)

    @property
    def awaits_admission(self) -> bool:
        """Nothing more of it is read before it is known who sends it."""
        return self.is_long and not self.is_admitted and not self.error

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
            self.refuse(RequestEntityTooLarge(f"Without a Content-Length, at most {LONGEST_OF_STRANGERS} bytes."))
        return taken

    def refuse(self, error: Error) -> None:
        self.error = error
        self.completed = True


def _session(request: HTTPRequestParser) -> str:
    """What it says to be signed in with, or nothing. Anybody may say so: no right follows from it."""
    return _session_in(request.headers.get("COOKIE", ""))


def _session_in(cookies: str) -> str:
    found = ""
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == settings.SESSION_COOKIE_NAME:
            found = str(value)  # of several the last, as pages take it
    return found


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
    parser_class = _Request
    request: Any
    """What is coming in, or None."""

    def service(self) -> None:
        dispatcher: _Dispatcher = self.server.task_dispatcher
        request = self.requests[0]
        try:
            super().service()
        finally:
            dispatcher.answered(request)

    def received(self, data: bytes) -> bool:
        went_on = bool(super().received(data))
        if went_on and self.request and self.request.awaits_admission:
            self.server.add_task(_Admission(self, self.request))
        return went_on

    def readable(self) -> bool:
        return bool(super().readable()) and not (self.request and self.request.awaits_admission)

    def writable(self) -> bool:
        """Not while a thread just sends what it answers, which needs no help.

        Waitress would ask again and again whether that thread is done, and so keep it from going on: at Python's five
        milliseconds a turn, a hundred clients got half as many pages.
        """
        if not super().writable():
            return False
        if not self.outbuf_lock.acquire(blocking=False):
            return False
        self.outbuf_lock.release()
        return True

    def write_soon(self, data: bytes) -> int:
        written = int(super().write_soon(data))
        if self.total_outbufs_len:
            self.server.pull_trigger()  # its reader is slow: the rest is sent when there is room
        return written

    def admit(self, request: _Request) -> None:
        """Go on reading it. In any thread."""
        request.is_admitted = True
        self.server.pull_trigger()

    def handle_close(self) -> None:
        super().handle_close()
        if self.request:
            self.request.close()  # the file of what had come

    @property
    def is_silent(self) -> bool:
        """Nothing has come from it since it was opened."""
        return bool(self.last_activity == self.creation_time)

    @property
    def awaits_request(self) -> bool:
        """A whole request is wanted of it, and is not here."""
        return not self.requests and (self.request is not None or self.is_silent)

    @property
    def long_bodies(self) -> list[_Request]:
        """Its requests whose bodies count; that which is coming in now is the last."""
        known = [*self.requests, *([self.request] if self.request else [])]
        return [one for one in known if one.is_admitted and not one.error]

    @functools.cached_property
    def network(self) -> str:
        """The network that it comes from, be that a proxy's."""
        return subscribers.network_of(self.addr[0])

    def client(self, request: HTTPRequestParser) -> str:
        """The network that a request comes from, as the proxies before us tell."""
        forwarded = request.headers.get("X_FORWARDED_FOR") if self.adj.trusted_proxy else None
        return subscribers.network_of(forwarded) if forwarded else self.network

    def refuse(self, error: Error) -> None:
        """Answer the request that is coming in now, unread."""
        with self.requests_lock:
            self.request.refuse(error)
            self.requests.append(self.request)
            self.request = None
            if len(self.requests) == 1:
                self.server.add_task(self)


class _Admission:
    """The question who sends a long body, which waits for its turn as a request does: the database is asked."""

    def __init__(self, channel: _Channel, request: _Request) -> None:
        self._channel = channel
        self.requests = [request]

    def client(self, request: HTTPRequestParser) -> str:
        return self._channel.client(request)

    def service(self) -> None:
        (request,) = self.requests
        server = self._channel.server
        refused: Error | None = _TooMuchAtOnce(CANNOT_LOOK)
        try:
            # Of those who hung up, thousands may wait: nobody else waits for the answers that they would get.
            is_there = self._channel.connected
            refused = (
                None if is_there and server.is_signed_in(_session(request)) else RequestEntityTooLarge(NOT_SIGNED_IN)
            )
        except DatabaseError as error:
            logger.error("who sends a large file could not be looked up: %s", error)
        finally:
            server.task_dispatcher.answered(request)
            if refused is None:
                self._channel.admit(request)
            elif self._channel.connected:
                self._channel.refuse(refused)

    def cancel(self) -> None:
        self._channel.cancel()


class _Server(TcpWSGIServer):  # type: ignore[misc]
    """The door, and the connections that came through it."""

    channel_class = _Channel
    most = MOST_CONNECTIONS
    is_signed_in: Callable[[str], bool]

    def handle_accept(self) -> None:
        # Waitress takes one, then looks at all of them: a thousand would keep the next one waiting for seconds.
        for _ in range(min(AT_ONCE, self.most)):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def make_room(self) -> None:
        """Close connections that hold a place for nothing. Not while events are handled.

        The next connection would get the number of one that is closed, and with it the events that were seen for that.
        """
        too_many = len(self.active_channels) - self.most
        if too_many <= 0:
            return
        useless = [one for one in self.active_channels.values() if not one.requests]
        held = Counter(one.network for one in useless)
        useless.sort(key=lambda one: (-held[one.network], one.creation_time))
        for channel in useless[: too_many + self.most // 20]:
            channel.handle_close()

    def refuse_heavy_ones(self) -> None:
        """Where longer bodies are too much together, whoever sends most of them loses one."""
        held: Counter[str] = Counter()
        coming: dict[str, list[_Channel]] = {}
        for channel in self.active_channels.values():
            for request in channel.long_bodies:
                client = channel.client(request)
                held[client] += request.body_bytes_received
                if request is channel.request:
                    coming.setdefault(client, []).append(channel)
        while coming:
            client = max(coming, key=held.__getitem__)
            if held[client] <= MOST_OF_ONES_BODIES and held.total() <= MOST_OF_BODIES:
                return
            longest = max(coming[client], key=lambda one: one.request.body_bytes_received)
            coming[client].remove(longest)
            if not coming[client]:
                del coming[client]
            held[client] -= longest.request.body_bytes_received
            longest.refuse(_TooMuchAtOnce(BUSY))


Client = tuple[str, str]
"""A network, and what somebody there is signed in with."""
_Task = _Channel | _Admission


class _Fair:
    """Connections whose request waits: each network's in their turn, and of those each session's."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, OrderedDict[Client, deque[_Task]]] = OrderedDict()
        self.busy: Counter[Client] = Counter()
        """How many requests of each client are answered now."""

    def append(self, client: Client, channel: _Task) -> None:
        self._waiting.setdefault(client[0], OrderedDict()).setdefault(client, deque()).append(channel)

    def next_client(self) -> Client | None:
        """Whose turn it is, of those who have not as many in work as one may have."""
        everybody = (client for clients in self._waiting.values() for client in clients)
        return next((client for client in everybody if self.busy[client] < MOST_OF_ONE), None)

    def popleft(self, client: Client) -> _Task:
        clients = self._waiting.pop(client[0])
        waiting = clients.pop(client)
        channel = waiting.popleft()
        if waiting:
            clients[client] = waiting
        if clients:
            self._waiting[client[0]] = clients
        self.busy[client] += 1
        return channel

    def answered(self, client: Client) -> None:
        self.busy[client] -= 1
        if self.busy[client] <= 0:
            del self.busy[client]

    def clear(self) -> list[_Task]:
        everybody = [one for clients in self._waiting.values() for waiting in clients.values() for one in waiting]
        self._waiting.clear()
        return everybody


class Turns:
    """Which request is answered next: of the ways out, of the pages of who is signed in, and of everything else.

    Each of these lines has its turn, and some threads that the others never take: pages that are slow, or a thousand,
    keep nobody from leaving, wherever they come from. What is idle otherwise serves whoever waits. Who is signed in is
    known from pages that were answered before: a cookie is easily made up.
    """

    def __init__(self) -> None:
        self._lines = deque([_Fair(), _Fair(), _Fair()])
        self._ways_out, self._signed_in, self._others = self._lines
        self._taken: dict[Any, tuple[_Fair, Client]] = {}
        """Requests that are answered now."""
        self._known: dict[str, None] = {}
        """Sessions by which somebody is signed in, the one that was seen last at the end."""

    def __len__(self) -> int:
        """How many a thread may take now, of each line the first."""
        return sum(self._may_take(line) and line.next_client() is not None for line in self._lines)

    def append(self, channel: _Task) -> None:
        line, client = self._place(channel)
        line.append(client, channel)

    def _place(self, channel: _Task) -> tuple[_Fair, Client]:
        request = channel.requests[0]
        network = channel.client(request)
        if getattr(request, "path", "").startswith(WAYS_OUT):
            return self._ways_out, (network, "")
        session = _session(request)
        return (self._signed_in, (network, session)) if session in self._known else (self._others, (network, ""))

    def learn(self, session: str, *, is_signed_in: bool) -> None:
        """What a page has found."""
        self._known.pop(session, None)
        if is_signed_in:
            self._known[session] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _may_take(self, line: _Fair) -> bool:
        """Whether it leaves the other lines what is kept for them."""
        owed = sum(max(0, KEPT - other.busy.total()) for other in self._lines if other is not line)
        return len(self._taken) + owed < THREADS

    def popleft(self) -> _Task:
        self._lines.rotate()
        line, client = next(
            (line, found) for line in self._lines if self._may_take(line) and (found := line.next_client())
        )
        channel = line.popleft(client)
        self._taken[channel.requests[0]] = line, client
        return channel

    def answered(self, request: Any) -> None:
        line, client = self._taken.pop(request)
        line.answered(client)

    def clear(self) -> list[_Task]:
        """Everybody who waits, and waits no longer."""
        return [channel for line in self._lines for channel in line.clear()]


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads that answer one request after the other, in fair turns."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Turns()

    def answered(self, request: _Request) -> None:
        with self.lock:
            self.queue.answered(request)

    def learning(self, application: Any) -> Any:
        """The same application; who is signed in is remembered."""

        def answer(environ: dict[str, Any], start: Any) -> Any:
            answered = application(environ, start)
            session, found = _session_in(environ.get("HTTP_COOKIE", "")), environ.get(access.FOUND)
            if session and found is not None:
                with self.lock:
                    self.queue.learn(session, is_signed_in=found)
            return answered

        return answer

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        with self.lock:
            for channel in self.queue.clear():
                channel.cancel()
        return bool(super().shutdown(cancel_pending, timeout))


class WebServer:
    """Serves while ``run`` runs."""

    def __init__(
        self, application: Any, *, door: socket.socket, trusted_proxies: int, is_signed_in: Callable[[str], bool]
    ) -> None:
        """``door``: as `listen` opens it; ``is_signed_in``: whether somebody is by the session with that key."""
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
        dispatcher = _Dispatcher()
        dispatcher.set_thread_count(THREADS)
        self._server = _Server(
            dispatcher.learning(application),
            self._map,
            _sock=door,
            dispatcher=dispatcher,
            adj=adjustments,
            sockinfo=(door.family, door.type, door.proto, door.getsockname()),
            bind_socket=False,
        )
        self._server.most = _most_connections()
        self._server.is_signed_in = is_signed_in
        self._since: dict[_Channel, float] = {}
        """Connections that owe something, a whole request or the taking of an answer, and since when (monotonic)."""
        self._pace: dict[_Request, tuple[float, int]] = {}
        """Longer bodies that are coming in: since when they are watched, and how much was here then."""
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
        self._server.make_room()
        self._server.refuse_heavy_ones()
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
        coming = {one.request: one for one in channels if one.request and one.request.is_long}
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


def _address(hop: str) -> str:
    """The address alone of what a proxy forwards, whichever way it writes it; any other text as it is."""
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
