"""The web server under strain, as `newsletter web` runs it: while it is attacked, pages and ways out are answered.

How fast is measured by `make bench ONLY=attacks`; here it is that they are answered at all, and what an attack costs.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.project.conftest import environment_of

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWER_SECONDS = 30.0
"""That the machine is busy with other tests is no fault; that nobody is answered is."""
READERS = 200

PEOPLE = """
import django; django.setup()
import json
from datetime import UTC, datetime
from benchmarks.delivery import people
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from newsletter.staff.models import User
from subscribers import conf, tokens
from subscribers.models import List, Subscription
people.fill(name="readers", count=%d, now=datetime.now(UTC))
List.objects.update(consent_text="Yes, write to me.", language="en")
ids = Subscription.objects.values_list("public_id", flat=True)
ways_out = [tokens.make(bytes(one), tokens.Scope.LEAVE, keys=conf.settings().token_keys) for one in ids]
chief, session = User.objects.get(), SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(chief.pk), chief.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session.save()
print(json.dumps({"ways_out": ways_out, "session": session.session_key}))
"""


@dataclass
class Site:
    """A running web server, and the ways out of people who are on its list."""

    port: int
    pid: int
    log: Path
    session: str
    """Somebody is signed in with it."""
    ways_out: list[str] = field(default_factory=list)

    def leave(self) -> int:
        """The status of one person's one-click."""
        return httpx.post(
            f"http://127.0.0.1:{self.port}/u/{self.ways_out.pop()}/",
            data={"List-Unsubscribe": "One-Click"},
            timeout=ANSWER_SECONDS,
            trust_env=False,
        ).status_code

    def page(self) -> int:
        address = f"http://127.0.0.1:{self.port}/join/readers/"
        return httpx.get(address, timeout=ANSWER_SECONDS, trust_env=False).status_code

    def said_to(self, request: bytes) -> bytes:
        """Everything that is answered until they hang up, or for two seconds."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
            said = b""
            with contextlib.suppress(OSError):
                client.sendall(request)
                while more := client.recv(65_536):
                    said += more
        return said

    def read_and_written(self) -> tuple[int, int]:
        """Bytes that the process has read so far, and that it has written to files and sockets."""
        lines = Path(f"/proc/{self.pid}/io").read_text().splitlines()
        told = {name: int(value) for name, _, value in (line.partition(": ") for line in lines)}
        return told["rchar"], told["wchar"]

    def on_disk(self) -> int:
        """Bytes of files without a name that it holds open: where bodies of requests lie."""
        found = 0
        for entry in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(entry.readlink()).endswith("(deleted)"):
                    found += entry.stat().st_size
        return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    port = _free_port()
    environment = environment_of(
        folder / "data",
        NEWSLETTER_LISTEN=f"127.0.0.1:{port}",
        DJANGO_SETTINGS_MODULE="newsletter.project.settings",
        PYTHONPATH=str(ROOT),
    )
    subprocess.run(
        [sys.executable, "-m", "newsletter", "init", "--admin", "chief@example.org"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    people = subprocess.run(
        [sys.executable, "-c", PEOPLE % READERS],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    log = folder / "log"
    with log.open("wb") as words:
        running = subprocess.Popen([sys.executable, "-m", "newsletter", "web"], env=environment, stderr=words)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and running.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200:
                    break
            time.sleep(0.1)
        yield Site(port, running.pid, log, **json.loads(people.stdout))
    finally:
        running.terminate()
        assert running.wait(60) == 0, log.read_text()
    assert " ERROR " not in log.read_text()
    assert "Traceback" not in log.read_text()


@contextlib.contextmanager
def attacked(
    site: Site, kind: str, *, count: int, path: str = "/", first: int = 2, sources: int = 1
) -> Iterator[dict[str, Any]]:
    """While the block lasts; afterwards what is yielded holds what the attacker tells."""
    told: dict[str, Any] = {}
    words = [kind, "127.0.0.1", str(site.port), "--count", str(count), "--path", path, "--first", str(first)]
    words += ["--sources", str(sources)]
    attacker = subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.attacker", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert attacker.stdin
    assert attacker.stdout
    try:
        assert attacker.stdout.readline() == "ready\n"
        yield told
        attacker.stdin.close()
        told |= json.loads(attacker.stdout.readline())
    finally:
        attacker.stdin.close()
        attacker.stdout.close()
        attacker.wait(30)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *(("silent", 110), ("silent", 1_000), ("silent", 1_500), ("half_headers", 1_000), ("slow_headers", 300)),
        *(("slow_body", 300), ("slow_reader", 100), ("idle", 300), ("pipelining", 10), ("long_header", 4)),
        *(("long_chunk", 4), ("huge_post", 4), ("forged_uploads", 4), ("announced_uploads", 20)),
        *(("one_form", 20), ("one_page", 20)),
    ],
)
def test_people_leave_and_pages_open_while_it_is_attacked(site: Site, kind: str, count: int) -> None:
    before = site.on_disk()
    with attacked(site, kind, count=count, path="/join/readers/") as told:
        for _ in range(3):
            assert site.leave() == 200
            assert site.page() == 200
        on_disk = site.on_disk()
    assert told["opened"] >= count
    assert set(told["answers"]) <= REFUSALS.get(kind, set())
    assert bool(told["answers"]) == (kind in REFUSALS), "who is refused is told so"
    assert on_disk - before < 1_000_000


@pytest.mark.parametrize(
    ("kind", "count"), [("slow_body", 300), ("pipelining", 10), ("one_form", 20), ("one_page", 50)]
)
def test_people_at_the_attackers_address_leave_too(site: Site, kind: str, count: int) -> None:
    with attacked(site, kind, count=count, path="/join/readers/", first=1):
        for _ in range(3):
            assert site.leave() == 200
            assert site.page() == 200


@pytest.mark.parametrize(("kind", "count"), [("announced_uploads", 20), ("forged_uploads", 8)])
def test_uploads_with_made_up_cookies_keep_nobody_who_is_signed_in_from_uploading(
    site: Site, kind: str, count: int
) -> None:
    """From several addresses, our own among them. What is refused here is refused by the page: no form was opened."""
    address = f"http://127.0.0.1:{site.port}/lists/1/import/"
    cookie = {"Cookie": f"sessionid={site.session}"}
    with attacked(site, kind, count=count, first=1, sources=4) as told:
        for _ in range(3):
            said = httpx.post(address, content=b"x" * 200_000, headers=cookie, timeout=ANSWER_SECONDS, trust_env=False)
            assert said.status_code == 403
    assert set(told["answers"]) == {"413"}


REFUSALS = {
    "announced_uploads": {"413"},
    "forged_uploads": {"413"},
    "idle": {"200"},
    "pipelining": {"404"},
    "long_header": {"431"},
    "long_chunk": {"413"},
    "huge_post": {"413"},
    "one_form": {"302", "200", "429"},
    "one_page": {"200"},
}
"""What each kind is answered, one of these at least; the others are told nothing in this time."""


def test_399_megabytes_of_a_stranger_are_refused_unread(site: Site) -> None:
    """By the limit of its length: 399 MB landed on disk once."""
    read, written = site.read_and_written()
    sent = 0
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 399000000\r\n\r\n")
        with contextlib.suppress(OSError):
            while sent < 399_000_000:
                sent += client.send(b"x" * 65_536)
        said = b""
        with contextlib.suppress(OSError):
            said = client.recv(1_000)
    assert said == b"" or said.startswith(b"HTTP/1.1 413 ")  # what was not read resets the connection
    now_read, now_written = site.read_and_written()
    assert now_read - read < 2_000_000, "pages that were asked for before may still read the database"
    assert now_written - written < 2_000_000
    assert site.on_disk() < 1_000_000
    assert sent < 20_000_000, "what lies in the machine's own buffers, no more"
    assert site.said_to(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 399000000\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_what_a_stranger_sends_without_a_length_ends_at_the_same_limit(site: Site) -> None:
    read, written = site.read_and_written()
    piece = b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n"
    start = b"POST /u/x/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.said_to(start + piece * 500)
    now_read, now_written = site.read_and_written()
    assert now_read - read < 2_000_000
    assert now_written - written < 2_000_000


PATHS = [
    "/",
    "/healthz",
    "/join/readers/",
    "/u/nobody/",
    "/nothing/",
    "/static/newsletter/base.css",
    "/accounts/login/",
]


@pytest.mark.parametrize(
    "path", [*PATHS, "/leave/", "/read/x/", "/media/x.png", "/c/x/", "/metrics", "/static/none.css"]
)
def test_what_follows_an_answer_to_head_is_the_next_answer(site: Site, path: str) -> None:
    """On one connection: a body would pass for the next answer."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=ANSWER_SECONDS) as client:
        client.sendall(f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65_536)
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        rest = head.partition(b"\r\n\r\n")[2]
        while more := client.recv(65_536):
            rest += more
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"\r\n\r\nok\n")


def test_scanners_that_ask_for_other_hosts_are_refused_in_silence(site: Site) -> None:
    length = site.log.stat().st_size
    for host in (b"evil.example", b"127.0.0.1.evil.example", b"a b", b"[::1", b"\xff\xfe", b"x" * 20_000):
        said = site.said_to(b"GET / HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 400 "), host
    assert " ERROR " not in site.log.read_text()[length:]


@pytest.mark.parametrize("address", [b"http://[::1/healthz", b"http://[/", b"//[x", b"http://a:b]/"])
def test_an_address_that_cannot_be_read_is_refused_in_silence(site: Site, address: bytes) -> None:
    length = site.log.stat().st_size
    said = site.said_to(b"GET " + address + b" HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1\r\n\r\n")
    assert said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))
    assert " ERROR " not in site.log.read_text()[length:]


def test_it_holds_no_more_than_it_did(site: Site) -> None:
    """After all of the above: what attacks took is given back. The last test of this file, on purpose."""
    status = Path(f"/proc/{site.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    assert peak < 250 * 1024
    assert len(os.listdir(f"/proc/{site.pid}/fd")) < 100
