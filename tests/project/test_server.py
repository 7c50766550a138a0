"""Whom the web server believes about its clients: as many proxies as were counted, and nobody at 0."""

import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError

from newsletter.errors import CannotListen
from newsletter.project import head_requests
from newsletter.project.server import acceptor, web_server
from newsletter.project.server.channel import Channel
from newsletter.project.server.listening import listen
from newsletter.project.server.request_queue import MOST_PER_CLIENT, THREADS, RequestQueue
from newsletter.project.server.web_server import WebServer
from newsletter.staff import access
from subscribers import api as subscribers

Environ = dict[str, Any]


def _application(seen: list[Environ]) -> Callable[[Environ, Any], Iterable[bytes]]:
    def answer(environ: Environ, start: Any) -> Iterable[bytes]:
        seen.append(environ)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    return answer


def _server(application: Any, port: int, *, proxies: int = 0) -> WebServer:
    """Whoever says "made-up" is a stranger, as who says nothing is; all the others have signed in."""
    listener = listen(f"127.0.0.1:{port}")
    return WebServer(
        application, listener=listener, trusted_proxies=proxies, is_signed_in=lambda session: session != "made-up"
    )


@contextmanager
def _running(one: WebServer) -> Iterator[WebServer]:
    stop = threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    try:
        yield one
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


@contextmanager
def _serving(port: int, proxies: int) -> Iterator[list[Environ]]:
    seen: list[Environ] = []
    with _running(_server(_application(seen), port, proxies=proxies)):
        yield seen


def _get(port: int, *, path: str = "/", source: str = "127.0.0.1", **headers: str) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(source, 0))
    client.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert client.getresponse().read() == b"hello"
    client.close()


def test_without_proxies_nothing_that_a_client_forwards_is_believed(free_port: int) -> None:
    with _serving(free_port, 0) as seen:
        _get(free_port, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example")
    (environ,) = seen
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert not [name for name in environ if name.startswith("HTTP_X_FORWARDED")]
    assert "evil" not in environ["HTTP_HOST"]


def test_behind_one_proxy_its_word_counts_and_not_the_clients(free_port: int) -> None:
    with _serving(free_port, 1) as seen:
        _get(
            free_port,
            X_Forwarded_For="198.51.100.66, 203.0.113.9",
            X_Forwarded_Proto="https",
            X_Forwarded_Host="x.example",
        )
    (environ,) = seen
    assert environ["REMOTE_ADDR"] == "203.0.113.9"
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["HTTP_HOST"] == f"127.0.0.1:{free_port}"


def test_behind_two_proxies_the_second_from_the_right_is_the_client(free_port: int) -> None:
    with _serving(free_port, 2) as seen:
        _get(free_port, X_Forwarded_For="192.0.2.1, 203.0.113.9, 10.0.0.2", X_Forwarded_Proto="https")
    assert seen[0]["REMOTE_ADDR"] == "203.0.113.9"


def test_a_taken_port_says_what_to_set(taken_port: int) -> None:
    with pytest.raises(CannotListen, match="NEWSLETTER_LISTEN"):
        listen(f"127.0.0.1:{taken_port}")


def test_a_request_that_is_longer_than_any_of_ours_is_refused_by_its_length(free_port: int) -> None:
    with _serving(free_port, 0) as seen, socket.create_connection(("127.0.0.1", free_port), timeout=10) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 399000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
    assert seen == []


def test_connections_that_never_finish_a_request_are_closed_and_do_not_shut_the_door(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "HEADER_SECONDS", 1.0)
    with _serving(free_port, 0) as seen, contextlib.ExitStack() as doors:
        silent = [doors.enter_context(socket.create_connection(("127.0.0.1", free_port))) for _ in range(150)]
        for client in silent[::2]:
            client.sendall(b"GET / HTTP/1.1\r\nHost: ")
        _get(free_port)
        for client in silent:
            client.settimeout(10)
            assert client.recv(10) == b""
    assert len(seen) == 1


def test_a_slow_drip_of_headers_is_no_activity(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "HEADER_SECONDS", 1.0)
    with _serving(free_port, 0), socket.create_connection(("127.0.0.1", free_port), timeout=0.2) as client:
        for byte in b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 100:
            try:
                client.sendall(bytes([byte]))
                if client.recv(10) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    pytest.fail("the connection stayed open")


def _said_to(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        return _rest(client)


def _rest(client: socket.socket) -> bytes:
    """What is said until they hang up."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while more := client.recv(65_536):
            said += more
    return said


def test_strangers_may_send_what_their_forms_need_and_no_more(free_port: int) -> None:
    """Refused by its headers alone: nothing of the body is waited for."""
    start = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with _serving(free_port, 0) as seen:
        said = _said_to(free_port, start + b"Content-Length: 100001\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 413 ")
        assert b"Without signing in, at most 100000 bytes" in said
        assert not seen
        assert _said_to(free_port, start + b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000).endswith(b"hello")
        cookie = b"Cookie: a=b; sessionid=0123\r\nContent-Length: 200000\r\n\r\n"
        assert _said_to(free_port, start + cookie + b"x" * 200_000).endswith(b"hello")


@pytest.mark.parametrize("piece", [b"1" * 8_000, b"1\r\nx\r\n" * 1_000, b"0;" + b"x" * 8_000, b"0\r\nX: y\r\n" * 800])
def test_a_body_without_a_length_ends_where_a_form_of_strangers_would(free_port: int, piece: bytes) -> None:
    """Waitress reads a chunk’s length, its extension and a trailer however long they are, and copies what it has each
    time."""
    with _serving(free_port, 0) as seen, socket.create_connection(("127.0.0.1", free_port), timeout=10) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(64):
                client.sendall(piece)
        assert client.recv(100)[:12] in {b"HTTP/1.1 413", b"HTTP/1.1 400"}
    assert seen == []


UPLOAD = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: sessionid=0123\r\nContent-Length: %d\r\n\r\n"


def test_a_made_up_cookie_is_no_leave_to_send_much(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From many addresses they filled the room that all share, and others' files were turned away."""
    monkeypatch.setattr(acceptor, "MOST_OF_BODIES", 900_000)
    made_up = UPLOAD.replace(b"0123", b"made-up") % 500_000
    with _serving(free_port, 0) as seen, contextlib.ExitStack() as doors:
        strangers = [
            doors.enter_context(socket.create_connection(("127.0.0.1", free_port), 10, (f"127.0.0.{2 + number}", 0)))
            for number in range(8)
        ]
        for stranger in strangers:
            stranger.sendall(made_up)
        for stranger in strangers:
            assert b"413 Request Entity Too Large" in _rest(stranger), "before anything of the body has come"
        with _uploading(free_port, source="127.0.0.1", length=800_000, sent=800_000) as client:
            assert _rest(client).startswith(b"HTTP/1.1 200 ")
        # The last of several is the one that pages take.
        two = made_up.replace(b"sessionid=made-up", b"sessionid=made-up; sessionid=0123")
        assert _said_to(free_port, two + b"x" * 500_000).endswith(b"hello")
    assert len(seen) == 2


@pytest.mark.parametrize("error", [OperationalError("the database does not answer"), ValueError("of ours")])
def test_who_sends_much_while_the_database_is_away_is_told_so(free_port: int, error: Exception) -> None:
    def away(_session: str) -> bool:
        raise error

    listener = listen(f"127.0.0.1:{free_port}")
    with _running(WebServer(_application([]), listener=listener, trusted_proxies=0, is_signed_in=away)):
        said = _said_to(free_port, UPLOAD % 500_000)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"The database does not answer. Nothing was kept." in said


def test_who_is_gone_is_not_looked_up(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands connected, announced a file and hung up; who came after them waited for all their look-ups."""
    monkeypatch.setattr(acceptor, "most_connections", lambda: 10)
    asked: list[str] = []
    all_are_here = threading.Event()

    def look_up(session: str) -> bool:
        asked.append(session)
        return not all_are_here.wait(60)

    listener = listen(f"127.0.0.1:{free_port}")
    web = WebServer(_application([]), listener=listener, trusted_proxies=0, is_signed_in=look_up)
    with _running(web), contextlib.ExitStack() as doors:
        for number in range(80):
            stranger = socket.create_connection(("127.0.0.1", free_port), 10, (f"127.0.0.{2 + number}", 0))
            doors.enter_context(stranger).sendall(UPLOAD % 500_000)
        _get(free_port, path="/u/way-out")  # in a line of its own, and whoever connected before is known by then
        all_are_here.set()
        for _ in range(20):
            _get(free_port)
    assert len(asked) <= THREADS + 12


@contextmanager
def _uploading(port: int, *, source: str, length: int, sent: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as client:
        client.sendall(UPLOAD % length + b"x" * sent)
        yield client


def test_who_announces_much_and_sends_little_keeps_nobody_from_uploading(free_port: int) -> None:
    with _serving(free_port, 0) as seen, contextlib.ExitStack() as doors:
        for _ in range(20):
            doors.enter_context(_uploading(free_port, source="127.0.0.2", length=49_990_000, sent=1))
        for source in ("127.0.0.1", "127.0.0.2"):
            with _uploading(free_port, source=source, length=200_000, sent=200_000) as client:
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert len(seen) == 2


def test_where_long_bodies_are_too_much_who_sends_most_is_refused(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "MOST_OF_BODIES", 900_000)
    monkeypatch.setattr(acceptor, "MOST_OF_BODIES_PER_CLIENT", 600_000)
    with _serving(free_port, 0) as seen, contextlib.ExitStack() as doors:

        def begin(source: str) -> socket.socket:
            return doors.enter_context(_uploading(free_port, source=source, length=500_000, sent=250_000))

        mine, heavy, light = begin("127.0.0.1"), begin("127.0.0.2"), begin("127.0.0.2")
        heavy.sendall(b"x" * 200_000)  # 700 kB of one client
        assert BUSY in _rest(heavy)
        other = begin("127.0.0.3")
        mine.sendall(b"x" * 200_000)  # 950 kB together
        assert BUSY in _rest(mine)
        _get(free_port)  # and what is short is taken
        for client in (light, other):
            client.sendall(b"x" * 250_000)
            assert _rest(client).startswith(b"HTTP/1.1 200 ")
    assert len(seen) == 3


BUSY = b"Nothing was kept. Try again in a minute"


def test_a_long_body_that_hardly_comes_is_left(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "PACE_SECONDS", 1.0)
    with (
        _serving(free_port, 0) as seen,
        _uploading(free_port, source="127.0.0.1", length=10_000_000, sent=9_000_000) as client,
    ):
        client.settimeout(0.2)
        for _ in range(100):
            try:
                client.sendall(b"x")
                if client.recv(10) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("the connection stayed open")
    assert seen == []


def test_who_comes_when_places_are_made_is_not_taken_for_who_went(
    free_port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A new connection gets the number of a closed one: something may just have come from that."""
    monkeypatch.setattr(acceptor, "MOST_CONNECTIONS", 20)
    address = ("127.0.0.1", free_port)
    running = _server(_application([]), free_port)
    with contextlib.ExitStack() as doors:
        held = [doors.enter_context(socket.create_connection(address)) for _ in range(20)]
        while len(running._server.active_channels) < 20:
            running._turn()
        for client in held:
            client.sendall(b"GE")
        came = [doors.enter_context(socket.create_connection(address, timeout=10)) for _ in range(6)]
        for _ in range(3):
            running._turn()
        with _running(running):
            for client in came:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_when_all_places_are_taken_those_who_hold_them_for_nothing_go(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The busiest client’s first: whoever keeps one connection open keeps it."""
    monkeypatch.setattr(acceptor, "MOST_CONNECTIONS", 20)
    with _serving(free_port, 0) as seen, contextlib.ExitStack() as doors:
        kept = http.client.HTTPConnection("127.0.0.1", free_port, timeout=10)
        kept.request("GET", "/")
        kept.getresponse().read()
        address = ("127.0.0.1", free_port)
        silent = [
            doors.enter_context(socket.create_connection(address, source_address=("127.0.0.2", 0))) for _ in range(60)
        ]
        _get(free_port)
        kept.request("GET", "/")
        assert kept.getresponse().read() == b"hello"
        kept.close()
        silent[0].settimeout(10)
        assert silent[0].recv(10) == b""
    assert len(seen) == 3


def test_where_few_files_may_be_open_there_are_fewer_places() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)); "
        "import django; django.setup(); "
        "from newsletter.project.server import acceptor; print(acceptor.most_connections())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "64"


def test_a_reader_who_takes_nothing_is_left(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while a thread waits for room for the rest of its answer."""
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 1)
    ended = threading.Event()

    def endless(_environ: Environ, start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"x" * 1_000_000
        finally:
            ended.set()

    with _running(_server(endless, free_port)), socket.create_connection(("127.0.0.1", free_port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ended.wait(20)


class _Request:
    def __init__(self, path: str, forwarded: str, cookie: str) -> None:
        self.path = path
        self.headers = {"X_FORWARDED_FOR": forwarded, "COOKIE": cookie}


class _Waiting:
    """A connection with a request that waits."""

    def __init__(self, address: str, path: str, forwarded: str = "", cookie: str = "") -> None:
        self.network = subscribers.network_of(address)
        self.adj = types.SimpleNamespace(trusted_proxy="*" if forwarded else None)
        self.requests = [_Request(path, forwarded, cookie)]

    client = Channel.client


def _turns(*waiting: _Waiting) -> RequestQueue:
    turns = RequestQueue()
    for session in ("x", "editor", "busy", "other", *map(str, range(50))):
        turns.learn(session, is_signed_in=True)
    for one in waiting:
        turns.append(one)  # type: ignore[arg-type]
    return turns


def _taken(turns: RequestQueue) -> list[_Waiting]:
    """What as many threads as there are take at once."""
    taken: list[_Waiting] = []
    while turns:
        taken.append(turns.popleft())
    return taken


def _order(waiting: list[_Waiting]) -> list[_Waiting]:
    turns = _turns(*waiting)
    order: list[_Waiting] = []
    while turns:
        order.append(turns.popleft())
        turns.answered(order[-1].requests[0])
    assert len(order) == len(waiting)
    return order


def test_each_client_is_answered_in_its_turn_and_ways_out_do_not_wait_for_pages() -> None:
    flood = [_Waiting("203.0.113.9", "/join/x/") for _ in range(50)]
    visitor, leaving = _Waiting("192.0.2.1", "/read/x/"), _Waiting("203.0.113.9", "/u/x/")
    order = _order([*flood, visitor, leaving])
    assert order.index(visitor) <= 3
    assert order.index(leaving) <= 2
    assert [one for one in order if one in flood] == flood


def test_a_flood_from_everywhere_is_answered_by_turns_with_ways_out_and_the_newsroom() -> None:
    flood = [_Waiting(f"203.0.113.{number}", "/join/x/") for number in range(100)]
    editor, leaving = _Waiting("192.0.2.1", "/", cookie="sessionid=x"), _Waiting("192.0.2.2", "/u/x/")
    order = _order([*flood, editor, leaving])
    assert order.index(editor) <= 2
    assert order.index(leaving) <= 2


def test_a_made_up_cookie_waits_among_strangers() -> None:
    flood = [_Waiting(f"203.0.113.{number}", "/join/x/", cookie=f"sessionid=made-up{number}") for number in range(100)]
    editor, visitor = _Waiting("192.0.2.1", "/", cookie="sessionid=editor"), _Waiting("203.0.113.7", "/")
    order = _order([*flood, editor, visitor])
    assert order.index(editor) <= 2
    turns = _turns(*(_Waiting(OFFICE, "/", cookie=f"sessionid=made-up{number}") for number in range(50)))
    assert len(_taken(turns)) == MOST_PER_CLIENT, "whatever they call themselves, they are one client"


def test_who_signed_out_is_a_stranger_again_and_the_latest_are_remembered() -> None:
    turns = RequestQueue()
    for number in range(2_000):
        turns.learn(f"k{number}", is_signed_in=True)
    turns.learn("k1999", is_signed_in=False)
    waiting = {key: _Waiting("192.0.2.1", "/", cookie=f"sessionid={key}") for key in ("k0", "k1998", "k1999")}
    lines = {key: turns._place(one)[1][1] for key, one in waiting.items()}  # type: ignore[arg-type]
    assert lines == {"k0": "", "k1998": "k1998", "k1999": ""}


def test_the_server_learns_from_pages_who_is_signed_in(free_port: int) -> None:
    def application(environ: Environ, start: Any) -> Iterable[bytes]:
        environ[access.FOUND] = environ["PATH_INFO"] == "/signed-in/"
        start("200 OK", [])
        return [b"hello"]

    with _running(_server(application, free_port)) as running:
        known = running._server.task_dispatcher.queue._known
        for path, expected in (("/signed-in/", ["0123"]), ("/signed-out/", [])):
            said = _said_to(free_port, f"GET {path} HTTP/1.0\r\nCookie: sessionid=0123\r\n\r\n".encode())
            assert said.endswith(b"hello")
            assert list(known) == expected


OFFICE = "203.0.113.9"


def test_one_client_never_takes_every_thread() -> None:
    flood = [_Waiting(OFFICE, "/join/x/") for _ in range(50)]
    turns = _turns(*flood)
    taken = _taken(turns)
    assert len(taken) == MOST_PER_CLIENT
    visitor = _Waiting("192.0.2.1", "/")
    turns.append(visitor)  # type: ignore[arg-type]
    assert _taken(turns) == [visitor]
    turns.answered(taken[0].requests[0])
    assert len(_taken(turns)) == 1
    assert len(turns.clear()) == len(flood) - MOST_PER_CLIENT - 1


@pytest.mark.parametrize("cookies", [[""], [f"sessionid={number}" for number in range(50)]])
@pytest.mark.parametrize("networks", [1, 50])
def test_slow_pages_wherever_they_come_from_leave_threads_for_ways_out_and_each_line(
    cookies: list[str], networks: int
) -> None:
    """From the same address, too: an office, a proxy that was not counted, whoever comes by Tor."""
    flood = [
        _Waiting(OFFICE if networks == 1 else f"203.0.113.{n}", "/", cookie=cookies[n % len(cookies)])
        for n in range(50)
    ]
    turns = _turns(*flood)
    assert len(_taken(turns)) >= MOST_PER_CLIENT
    leaving = _Waiting(OFFICE, "/u/x/")
    other = _Waiting(OFFICE, "/", cookie="" if cookies[0] else "sessionid=editor")
    turns.append(leaving)  # type: ignore[arg-type]
    turns.append(other)  # type: ignore[arg-type]
    assert set(_taken(turns)) == {leaving, other}


def test_a_flood_of_ways_out_leaves_threads_for_pages() -> None:
    turns = _turns(*(_Waiting(f"203.0.113.{n}", "/u/x/") for n in range(50)))
    _taken(turns)
    page, editor = _Waiting(OFFICE, "/"), _Waiting(OFFICE, "/", cookie="sessionid=editor")
    turns.append(page)  # type: ignore[arg-type]
    turns.append(editor)  # type: ignore[arg-type]
    assert set(_taken(turns)) == {page, editor}


def test_two_editors_at_one_address_are_answered_by_turns() -> None:
    busy = [_Waiting(OFFICE, "/", cookie="sessionid=busy") for _ in range(50)]
    other = _Waiting(OFFICE, "/", cookie="a=b; sessionid=other")
    assert _order([*busy, other]).index(other) == 1
    turns = _turns(*busy)
    _taken(turns)
    turns.append(other)  # type: ignore[arg-type]
    assert _taken(turns) == [other]


def test_while_slow_pages_are_answered_people_at_that_address_leave(free_port: int) -> None:
    """Twenty pages, none of which is ever done before they have left."""
    left, started = threading.Event(), threading.Semaphore(0)

    def application(environ: Environ, start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/":
            started.release()
            left.wait(60)
        start("200 OK", [])
        return [b"hello"]

    with _running(_server(application, free_port)), contextlib.ExitStack() as doors:
        doors.callback(left.set)
        for _ in range(20):
            page = doors.enter_context(socket.create_connection(("127.0.0.1", free_port), timeout=10))
            page.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert all(started.acquire(timeout=10) for _ in range(MOST_PER_CLIENT))
        for _ in range(3):
            said = _said_to(free_port, b"GET /u/x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert said.endswith(b"hello")


def test_who_sends_many_requests_at_once_is_answered_the_first_and_asks_again(free_port: int) -> None:
    """To read thousands ahead, of hundreds of connections, kept the next one waiting for seconds."""
    one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with _serving(free_port, 0) as seen:
        said = _said_to(free_port, one * 100)
    assert said.startswith(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
    assert said.count(b"HTTP/1.1 ") == 1
    assert len(seen) == 1


def test_clients_are_told_apart_by_what_the_proxy_says_and_by_their_networks() -> None:
    flood = [_Waiting("10.0.0.1", "/", f"2001:db8::{number:x}") for number in range(50)]
    visitor = _Waiting("10.0.0.1", "/", "192.0.2.1")
    assert _order([*flood, visitor]).index(visitor) == 1
    assert len(_taken(_turns(*flood))) == MOST_PER_CLIENT
    mapped = [_Waiting(f"::ffff:203.0.113.{number}", "/") for number in range(50)]
    assert len(_taken(_turns(*mapped))) > MOST_PER_CLIENT


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ('"[::ffff:203.0.113.9]:4711"', "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:DB8::1]:4711", "2001:db8::1"),
        ("192.0.2.7:80, 203.0.113.9:4711", "203.0.113.9"),
    ],
)
def test_an_address_is_the_same_however_the_proxy_writes_it(free_port: int, forwarded: str, address: str) -> None:
    """Waitress alone takes every mapped address for “::ffff”."""
    with _serving(free_port, 1) as seen:
        _get(free_port, X_Forwarded_For=forwarded)
    assert seen[0]["REMOTE_ADDR"] == address


@pytest.mark.parametrize(
    "request_",
    [
        b"HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 399000000\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nX-Long: " + b"x" * 1_000_000,
        b"HEAD / HTTP/1.1\r\nHost x\r\n\r\n",
    ],
)
def test_a_refusal_of_head_has_no_body_either(free_port: int, request_: bytes) -> None:
    with _serving(free_port, 0), socket.create_connection(("127.0.0.1", free_port), timeout=10) as client:
        with contextlib.suppress(OSError):
            client.sendall(request_)
        said = b""
        with contextlib.suppress(ConnectionResetError):
            while more := client.recv(65_536):
                said += more
    head_, _, body = said.partition(b"\r\n\r\n")
    assert head_.split(b" ")[1] in {b"400", b"413", b"431", b"501"}
    assert body == b""


def test_an_answer_to_head_has_no_body() -> None:
    closed: list[bool] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def application(_environ: Environ, start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "5")])
        return Body([b"hello"])

    answer = head_requests.without_bodies(application)
    assert list(answer({"REQUEST_METHOD": "HEAD"}, lambda *_: None)) == []
    assert closed == [True]
    assert list(answer({"REQUEST_METHOD": "GET"}, lambda *_: None)) == [b"hello"]


def test_a_thread_that_sends_is_not_asked_again_and_again_whether_it_is_done(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asks holds the interpreter meanwhile: a hundred clients got half as many pages."""
    turns = 0
    turn, send = WebServer._turn, Channel.send

    def counted(self: WebServer) -> None:
        nonlocal turns
        turns += 1
        turn(self)

    def slow(self: Any, data: bytes, do_close: bool = True) -> int:
        if threading.current_thread() is not threading.main_thread() and self.requests:
            time.sleep(0.3)  # as long as a thread may wait for its turn, so that the loop has time to spin
        return int(send(self, data, do_close))

    monkeypatch.setattr(WebServer, "_turn", counted)
    monkeypatch.setattr(Channel, "send", slow)
    with _serving(free_port, 0):
        _get(free_port)
    assert turns < 60


def test_a_slow_reader_gets_all_of_a_long_answer(free_port: int) -> None:
    """What the thread could not send at once is sent when there is room, without waiting for the next look."""
    whole = b"x" * 30_000_000

    def answer(environ: Environ, start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(whole)))])
        return (whole[at : at + 100_000] for at in range(0, len(whole), 100_000))

    with (
        _running(_server(answer, free_port)),
        socket.create_connection(("127.0.0.1", free_port), timeout=10) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert _rest(client).endswith(whole)
