"""A small web server on loopback that answers as a test says, and pictures made on the spot."""

import dataclasses
import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

Answer = tuple[int, dict[str, str], bytes]


class Site:
    """Pages by path; remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer | Callable[[Any], Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                answer = site.pages.get(self.path, (404, {}, b"no such page"))
                status, headers, body = answer(self) if callable(answer) else answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: object) -> None:
                """A client that hangs up is what several tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.place}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def put(self, path: str, body: bytes | str, kind: str = "text/html", status: int = 200, **headers: str) -> str:
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, {"Content-Type": kind, **named}, data)
        return self.url + path


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def canary() -> Iterator[Site]:
    """A private server that nothing may ever connect to."""
    canary = Site()
    yield canary
    canary.close()


@pytest.fixture
def allowed(site: Site, settings: Any, tmp_path: Any) -> Site:
    """The site, named in NEWSLETTER_FETCH_ALLOW, with a data directory of the test's own."""
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, fetch_allow=(site.place,), data_dir=tmp_path)
    return site


def image_bytes(kind: str = "JPEG", size: tuple[int, int] = (60, 40), color: str = "navy", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind, **save)
    return out.getvalue()
