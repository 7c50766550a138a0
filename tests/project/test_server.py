"""Whom the web server believes about its clients: as many proxies as were counted, and nobody at 0."""

import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from newsletter.project import head, server
from newsletter.project.server import CannotListen, WebServer, listen

Environ = dict[str, Any]


def _application(seen: list[Environ]) -> Callable[[Environ, Any], Iterable[bytes]]:
    def answer(environ: Environ, start: Any) -> Iterable[bytes]:
        seen.append(environ)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    return answer


@contextmanager
def _serving(port: int, proxies: int) -> Iterator[list[Environ]]:
    seen: list[Environ] = []
    running = WebServer(_application(seen), door=listen(f"127.0.0.1:{port}"), trusted_proxies=proxies)
    stop = threading.Event()
    thread = threading.Thread(target=running.run, args=(stop,))
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def _get(port: int, *, source: str = "127.0.0.1", **headers: str) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(source, 0))
    client.request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
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
    monkeypatch.setattr(server, "HEADER_SECONDS", 1.0)
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
    monkeypatch.setattr(server, "HEADER_SECONDS", 1.0)
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


def test_all_long_bodies_together_have_a_limit_too(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_OF_BODIES", 500_000)
    start = b"POST / HTTP/1.1\r\nHost: x\r\nCookie: sessionid=made-up\r\nContent-Length: 200000\r\n\r\n"
    with _serving(free_port, 0) as seen, contextlib.ExitStack() as doors:
        kept = [doors.enter_context(socket.create_connection(("127.0.0.1", free_port), timeout=10)) for _ in range(2)]
        for client in kept:
            client.sendall(start[:-2] + b"Expect: 100-continue\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 100 ")
            client.sendall(b"x" * 100_000)
        said = _said_to(free_port, start)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"Nothing was kept. Try again in a minute" in said
        _get(free_port)  # and what is short is taken
        for client in kept:
            client.sendall(b"x" * 100_000)
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert len(seen) == 3


def test_when_all_places_are_taken_those_who_hold_them_for_nothing_go(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The busiest client’s first: whoever keeps one connection open keeps it."""
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
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
        "from newsletter.project import server; print(server._most_connections())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "64"


def test_a_reader_who_takes_nothing_is_left(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while a thread waits for room for the rest of its answer."""
    monkeypatch.setattr(server, "IDLE_SECONDS", 1)
    ended = threading.Event()

    def endless(_environ: Environ, start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"x" * 1_000_000
        finally:
            ended.set()

    running = WebServer(endless, door=listen(f"127.0.0.1:{free_port}"), trusted_proxies=0)
    stop = threading.Event()
    thread = threading.Thread(target=running.run, args=(stop,))
    thread.start()
    with socket.create_connection(("127.0.0.1", free_port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ended.wait(20)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


class _Waiting:
    """A connection with a request that waits."""

    def __init__(self, address: str, path: str, forwarded: str = "", cookie: str = "") -> None:
        self.addr = (address, 1)
        headers = {"X_FORWARDED_FOR": forwarded, "COOKIE": cookie}
        self.requests = [types.SimpleNamespace(path=path, headers=headers)]

    client = server._Channel.client


def _order(waiting: list[_Waiting], *, proxies: int = 0) -> list[_Waiting]:
    turns = server.Turns(proxies=proxies)
    for one in waiting:
        turns.append(one)  # type: ignore[arg-type]
    order: list[_Waiting] = []
    while turns:
        order.append(turns.popleft())  # type: ignore[arg-type]
        turns.answered(order[-1].client(proxies))  # type: ignore[arg-type,call-arg]
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


def test_one_client_never_takes_every_thread() -> None:
    turns = server.Turns(proxies=0)
    for _ in range(50):
        turns.append(_Waiting("203.0.113.9", "/"))  # type: ignore[arg-type]
    taken = [turns.popleft() for _ in range(server.MOST_OF_ONE)]
    assert len(taken) < server.THREADS
    assert not turns
    visitor = _Waiting("192.0.2.1", "/")
    turns.append(visitor)  # type: ignore[arg-type]
    assert turns.popleft() is visitor  # type: ignore[comparison-overlap]
    turns.answered("203.0.113.9")
    assert turns
    assert len(turns.clear()) == 47


def test_who_sends_many_requests_at_once_is_answered_the_first_and_asks_again(free_port: int) -> None:
    """To read thousands ahead, of hundreds of connections, kept the next one waiting for seconds."""
    one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with _serving(free_port, 0) as seen:
        said = _said_to(free_port, one * 100)
    assert said.startswith(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
    assert said.count(b"HTTP/1.1 ") == 1
    assert len(seen) == 1


def test_clients_are_told_apart_by_what_the_proxy_says_and_by_their_networks() -> None:
    flood = [_Waiting("10.0.0.1", "/", f"9.9.9.9, 2001:db8::{number:x}") for number in range(50)]
    visitor = _Waiting("10.0.0.1", "/", "9.9.9.9, 192.0.2.1")
    assert _order([*flood, visitor], proxies=1).index(visitor) == 1
    assert _order([*flood, visitor]).index(visitor) == 50  # nobody is believed


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

    answer = head.without_bodies(application)
    assert list(answer({"REQUEST_METHOD": "HEAD"}, lambda *_: None)) == []
    assert closed == [True]
    assert list(answer({"REQUEST_METHOD": "GET"}, lambda *_: None)) == [b"hello"]
