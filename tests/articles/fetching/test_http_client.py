"""Trust 21: the fetcher opens public pages and nothing behind our own doors."""

import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from newsletter import errors
from newsletter.articles.fetching import http_client, public_addresses
from tests.articles.conftest import Site

VECTORS = [
    line
    for line in (Path(__file__).parents[1] / "attacks" / "ssrf.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def resolved_by_this_machine(host: str, port: int) -> list[str]:
    """Numbers as the system reads them (2130706433 is an address to it); every name leads to the loopback."""
    try:
        return http_client.resolve(host, port)
    except OSError:
        return ["127.0.0.1"]


@pytest.mark.parametrize("vector", VECTORS)
def test_a_private_address_is_never_connected_to(vector: str, canary: Site) -> None:
    url = vector.replace("{port}", str(canary.server.server_port)).replace("{ip}", "127.0.0.1")
    with pytest.raises((http_client.FetchRefused, http_client.FetchFailed)):
        http_client.fetch(url, resolver=resolved_by_this_machine, seconds=3)
    assert canary.asked == []


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.isascii()])
def test_a_redirect_to_a_private_address_is_not_followed(vector: str, site: Site, canary: Site) -> None:
    target = vector.replace("{port}", str(canary.server.server_port))
    site.pages["/"] = (302, {"Location": target}, b"")
    with pytest.raises((http_client.FetchRefused, http_client.FetchFailed)):
        http_client.fetch(site.url + "/", allow=(site.place,), resolver=resolved_by_this_machine, seconds=3)
    assert canary.asked == []


def test_a_name_that_changes_its_mind_gains_nothing(canary: Site) -> None:
    """DNS rebinding: the first answer is public, every later one is the canary; only the first is ever used."""
    answers: Iterator[list[str]] = iter([["198.41.0.4"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers, ["127.0.0.1"])

    with pytest.raises(http_client.FetchFailed):
        http_client.fetch("http://rebind.example/", resolver=rebinding, seconds=0.5)
    assert asked == ["rebind.example"]
    assert canary.asked == []


def test_one_private_answer_among_public_ones_refuses_all() -> None:
    with pytest.raises(http_client.FetchRefused, match="private network"):
        http_client.fetch("http://mixed.example/", resolver=lambda host, port: ["198.41.0.4", "10.0.0.1"])


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:80b::200e"])
def test_public_addresses_are_open(address: str) -> None:
    assert public_addresses.is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "::1%lo"])
def test_disguised_addresses_are_closed(address: str) -> None:
    assert not public_addresses.is_public(address)


def test_a_named_private_host_is_opened_and_only_at_its_port(site: Site, canary: Site) -> None:
    url = site.put("/a", "hello", ETag='"x"', Last_Modified="Tue, 24 Nov 2026 07:00:00 GMT")
    found = http_client.fetch(url + "#part", allow=(site.place,))
    assert (found.body, found.content_type, found.final_url) == (b"hello", "text/html", url)
    assert (found.etag, found.last_modified, found.not_modified) == ('"x"', "Tue, 24 Nov 2026 07:00:00 GMT", False)
    with pytest.raises(http_client.FetchRefused, match=f"NEWSLETTER_FETCH_ALLOW=127.0.0.1:{canary.server.server_port}"):
        http_client.fetch(canary.url, allow=(site.place,))
    assert canary.asked == []


def test_nothing_of_ours_is_sent(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.pages["/a"] = (302, {"Location": "/b", "Set-Cookie": "a=b"}, b"")
    site.put("/b", "hello", Set_Cookie="c=d")
    http_client.fetch(site.url + "/a", allow=(site.place,))
    for _path, headers in site.asked:
        assert set(headers) <= {"host", "accept", "accept-encoding", "connection", "user-agent"}


def test_three_redirects_are_followed_and_not_four(site: Site) -> None:
    for number in range(4):
        site.pages[f"/{number}"] = (301, {"Location": f"/{number + 1}"}, b"")
    site.put("/4", "end")
    assert http_client.fetch(site.url + "/1", allow=(site.place,)).final_url == site.url + "/4"
    with pytest.raises(http_client.FetchRefused, match="more than 3"):
        http_client.fetch(site.url + "/0", allow=(site.place,))


def test_the_charset_is_told(site: Site) -> None:
    url = site.put("/", "hello", "text/html; charset=windows-1256")
    assert http_client.fetch(url, allow=(site.place,)).charset == "windows-1256"


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
def test_an_error_page_is_no_article(site: Site, status: int) -> None:
    with pytest.raises(http_client.FetchFailed, match=str(status)):
        http_client.fetch(site.put("/", "sorry", status=status), allow=(site.place,))


def test_what_is_too_long_is_given_up(site: Site) -> None:
    url = site.put("/", bytes(2000))
    assert len(http_client.fetch(url, allow=(site.place,), max_bytes=2000).body) == 2000
    with pytest.raises(http_client.FetchFailed, match="larger than"):
        http_client.fetch(url, allow=(site.place,), max_bytes=1999)


def test_what_unpacks_to_too_much_is_given_up(site: Site) -> None:
    packed = gzip.compress(bytes(20_000_000))
    assert len(packed) < 50_000
    url = site.put("/", packed, Content_Encoding="gzip")
    with pytest.raises(http_client.FetchFailed, match="larger than 5 MB"):
        http_client.fetch(url, allow=(site.place,))


def test_packed_pages_are_unpacked(site: Site) -> None:
    url = site.put("/", gzip.compress(b"hello", mtime=0), Content_Encoding="gzip")
    assert http_client.fetch(url, allow=(site.place,)).body == b"hello"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"no gzip", "gzip"),
        (gzip.compress(b"hello", mtime=0)[:-9], "gzip"),
        (zlib.compress(b"x"), "deflate"),
        (b"x", "br"),
    ],
)
def test_damaged_or_foreign_packing_is_an_error(site: Site, body: bytes, encoding: str) -> None:
    with pytest.raises(http_client.FetchFailed):
        http_client.fetch(site.put("/", body, Content_Encoding=encoding), allow=(site.place,))


def test_a_slow_drip_ends_at_the_deadline(site: Site) -> None:
    stop = threading.Event()

    def drip(handler: Any) -> Any:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            if stop.wait(0.05):
                break
            handler.wfile.write(b".")
        handler.close_connection = True
        raise ConnectionError

    site.pages["/"] = drip
    try:
        with pytest.raises(http_client.FetchFailed, match="too long"):
            http_client.fetch(site.url + "/", allow=(site.place,), seconds=0.4)
    finally:
        stop.set()


def test_what_follows_a_packed_page_is_not_read(site: Site) -> None:
    """The library would keep it, and copy all of it for each piece that comes."""
    stop = threading.Event()

    def junk(handler: Any) -> Any:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", "4900000")
        handler.end_headers()
        handler.wfile.write(gzip.compress(b"hello", mtime=0) + b"junk")
        stop.wait(10)
        raise ConnectionError

    site.pages["/"] = junk
    try:
        assert http_client.fetch(site.url + "/", allow=(site.place,), seconds=2).body == b"hello"
    finally:
        stop.set()


def test_what_is_packed_so_that_it_is_longer_than_its_page_is_given_up(site: Site) -> None:
    empty = b"\x00\x00\x00\xff\xff"
    packed = gzip.compress(b"")[:10] + 500 * empty + b"\x01\x00\x00\xff\xff" + bytes(8)
    url = site.put("/", packed, Content_Encoding="gzip")
    with pytest.raises(http_client.FetchFailed, match="larger than"):
        http_client.fetch(url, allow=(site.place,), max_bytes=100)


def test_a_slow_resolver_ends_at_the_deadline() -> None:
    done = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        done.wait(5)
        return []

    with pytest.raises(http_client.FetchFailed, match="too long"):
        http_client.fetch("http://slow.example/", resolver=slow, seconds=0.2)
    done.set()


def test_a_name_without_address_is_said_so() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(http_client.FetchFailed, match=r"nowhere\.example was not found"):
        http_client.fetch("http://nowhere.example/", resolver=nothing)


def test_errors_show_no_password() -> None:
    with pytest.raises(errors.UserError) as caught:
        http_client.fetch("http://ada:secret@harbour.example/")
    assert "secret" not in str(caught.value)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def _tls_site(site: Site, authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return client


def test_the_certificate_is_checked_by_name_though_the_address_is_pinned(site: Site, authority: trustme.CA) -> None:
    client = _tls_site(site, authority, "harbour.example")
    site.put("/", "hello")
    port = site.server.server_port
    url = f"https://harbour.example:{port}/"

    def home(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    found = http_client.fetch(url, allow=(f"harbour.example:{port}",), resolver=home, tls=client)
    assert found.body == b"hello"
    assert site.asked[0][1]["host"] == f"harbour.example:{port}"
    with pytest.raises(http_client.FetchFailed, match="certificate"):
        http_client.fetch(f"https://other.example:{port}/", allow=(f"other.example:{port}",), resolver=home, tls=client)
    with pytest.raises(http_client.FetchFailed, match="certificate"):
        http_client.fetch(url, allow=(f"harbour.example:{port}",), resolver=home)


def test_the_whole_fetch_has_one_deadline(site: Site) -> None:
    """Redirects do not each get the whole time."""

    def later(handler: Any) -> Any:
        time.sleep(0.25)
        return (302, {"Location": "/"}, b"")

    site.pages["/"] = later
    with pytest.raises(http_client.FetchFailed, match="too long"):
        http_client.fetch(site.url + "/", allow=(site.place,), seconds=0.4)
