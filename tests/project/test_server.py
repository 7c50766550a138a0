"""Whom the web server believes about its clients: as many proxies as were counted, and nobody at 0."""

import contextlib
import http.client
import socket
import threading
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


def _get(port: int, **headers: str) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
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
