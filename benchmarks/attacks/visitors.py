"""Who is attacked along: a visitor who opens pages, and readers who leave. And the editor in whose name texts come."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

TOKEN = "a" * 32
PATIENCE = 30.0
"""Seconds after which an answer counts as none."""
BETWEEN = 0.05
"""Seconds between two visits, so that they are not the load."""
BOUNDARY = "----harbour"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Seen:
    """Seconds of each answer, by what was asked for; and what was no answer."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def slowest(self, *kinds: str) -> float:
        """In milliseconds."""
        return 1_000 * max((max(self.seconds.get(kind, [0.0])) for kind in kinds or self.seconds), default=0.0)

    @property
    def answers(self) -> int:
        return sum(map(len, self.seconds.values()))


@contextmanager
def visiting(port: int, *, list_name: str, carrier_settings: list[str], session: str) -> Iterator[Seen]:
    """Ask, one by one and from connections of their own, for as long as the block lasts."""
    seen, stop = Seen(), threading.Event()
    cookie = {"Cookie": f"sessionid={session}"}

    def asked(kind: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        began = time.monotonic()
        try:
            status = _ask(port, method, path, body or None, headers or {})
            if status != 200:
                seen.failed.append(f"{kind}: {status}")
        except OSError as error:
            seen.failed.append(f"{kind}: {type(error).__name__}")
        seen.seconds.setdefault(kind, []).append(time.monotonic() - began)

    def visit() -> None:
        while not stop.is_set():
            asked("one-click", "POST", carrier_settings.pop(), ONE_CLICK, FORM)
            asked("public page", "GET", f"/join/{list_name}/")
            asked("newsroom", "GET", "/articles/new/", headers=cookie)
            stop.wait(BETWEEN)

    thread = threading.Thread(target=visit, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(4 * PATIENCE)


def _ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    *,
    source: str = "127.0.0.1",
    patience: float = PATIENCE,
) -> int:
    """The status of one answer. Raises OSError when there is none."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=patience, source_address=(source, 0))
    try:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        answer.read()
        return answer.status
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        client.close()


@dataclass(frozen=True)
class Editor:
    """Somebody with an account who is handed what strangers wrote."""

    port: int
    session: str
    source: str = "127.0.0.2"
    """The address that they come from; that of visitors is 127.0.0.1."""

    def send(
        self, path: str, fields: dict[str, str], files: Sequence[tuple[str, str, bytes]] = (), patience: float = 150.0
    ) -> int:
        """One form; the status of its answer, 0 when there was none in time."""
        body = _multipart({"csrfmiddlewaretoken": TOKEN} | fields, files)
        return self._asked("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, patience)

    def open(self, path: str) -> int:
        return self._asked("GET", path, None, {}, 150.0)

    def _asked(self, method: str, path: str, body: bytes | None, headers: dict[str, str], patience: float) -> int:
        cookies = {"Cookie": f"sessionid={self.session}; csrftoken={TOKEN}"}
        try:
            return _ask(self.port, method, path, body, headers | cookies, source=self.source, patience=patience)
        except OSError:
            return 0


def _multipart(fields: dict[str, str], files: Sequence[tuple[str, str, bytes]]) -> bytes:
    texts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    uploads = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, file, data in files
    )
    return b"".join(itertools.chain(texts, uploads, [f"--{BOUNDARY}--\r\n".encode()]))
