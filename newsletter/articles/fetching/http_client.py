"""The only HTTP client of the product: opens public pages for us and nothing behind our own doors (threat 21).

A name is resolved once and every answer checked; the connection goes to exactly the address that was checked, so a
name that changes its mind in between (DNS rebinding) gains nothing. TLS still verifies the name.
"""

import functools
import queue
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpcore
import httpx

import newsletter
from newsletter import errors
from newsletter.articles import urls
from newsletter.articles.fetching import pinned_connections, public_addresses
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

MAX_BYTES = 5_000_000
MAX_SECONDS = 10.0
MAX_REDIRECTS = 3
_PORTS = frozenset({80, 443})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ADDRESSES_TRIED = 3

Resolver = Callable[[str, int], list[str]]
"""Host name and port → every address it has."""


class FetchRefused(errors.NotAllowed):
    """An address that we do not open, whoever asks."""


class FetchFailed(errors.UserError):
    """A page that could not be had now; trying again later may help."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    body: bytes
    content_type: str
    """Lower case, without parameters; empty when the server did not say."""
    charset: str
    final_url: str
    """Where it was found after redirects."""
    etag: str
    last_modified: str
    not_modified: bool
    """The server says that nothing changed since the etag or date we sent; the body is empty."""


@dataclass(frozen=True, kw_only=True)
class _Guard:
    """What may be opened during a fetch."""

    allow: frozenset[str]
    deadline: pinned_connections.Deadline
    resolver: Resolver

    def allows(self, url: httpx.URL) -> bool:
        return _place(url) in self.allow

    def open(self, url: httpx.URL) -> list[str]:
        """The addresses that may be connected to for ``url``. Raises FetchRefused, FetchFailed."""
        host = url.raw_host.decode("ascii")
        found = self._resolved(host, _port(url))
        if not found:
            raise _no_address(host)
        closed = [address for address in found if not public_addresses.is_public(address)]
        if closed and not self.allows(url):
            raise FetchRefused(
                _(
                    "%(host)s is on a private network, so it was not opened. "
                    "An administrator can allow it with NEWSLETTER_FETCH_ALLOW=%(place)s.",
                    host=host,
                    place=_place(url),
                )
            )
        return found[:_ADDRESSES_TRIED]

    def _resolved(self, host: str, port: int) -> list[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        answers: queue.Queue[list[str] | OSError | UnicodeError] = queue.Queue()

        def ask() -> None:
            try:
                answers.put(self.resolver(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=self.deadline.remaining())
        except queue.Empty as error:
            raise httpcore.ConnectTimeout("resolver") from error
        if isinstance(answer, list):
            return answer
        raise _no_address(host) from answer


def fetch(
    url: str,
    *,
    allow: Iterable[str] = (),
    etag: str = "",
    last_modified: str = "",
    max_bytes: int = MAX_BYTES,
    seconds: float = MAX_SECONDS,
    resolver: Resolver | None = None,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """Get ``url``; ``allow`` names private hosts (`host:port`) that may be opened. Raises FetchRefused, FetchFailed."""
    guard = _Guard(
        allow=frozenset(entry.strip().lower() for entry in allow),
        deadline=pinned_connections.Deadline(time.monotonic() + seconds),
        resolver=resolver or resolve,
    )
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {
        "User-Agent": f"Newsletter/{newsletter.__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
        **{name: value for name, value in conditions.items() if value and value.isascii() and value.isprintable()},
    }
    context = tls or _tls()
    target = url.strip()
    try:
        for _hop in range(MAX_REDIRECTS + 1):
            answer = _one(target, guard=guard, headers=headers, tls=context, max_bytes=max_bytes)
            if isinstance(answer, Fetched):
                return answer
            target = answer
    except httpx.InvalidURL as error:
        raise _astray(target) from error
    except (httpx.TransportError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise _failure(target, error) from error
    raise FetchRefused(
        _(
            "%(url)s redirects more than %(most)s times. Enter the address it ends at.",
            url=_shown(url),
            most=Quantity(MAX_REDIRECTS),
        )
    )


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _one(target: str, *, guard: _Guard, headers: dict[str, str], tls: ssl.SSLContext, max_bytes: int) -> Fetched | str:
    """One request: what was fetched, or where it redirects to."""
    url = _checked(target, guard)
    transport = pinned_connections.Transport(guard.open(url), deadline=guard.deadline, tls=tls)
    # No cookies are kept: each hop has a client of its own. No proxy or netrc of the environment is used.
    with (
        httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code in _REDIRECTS and response.headers.get("location"):
            return _joined(url, response.headers["location"])
        if response.status_code != 304 and not 200 <= response.status_code < 300:
            raise FetchFailed(
                _(
                    "%(url)s answered %(answer)s. Nothing was changed; check the address in a browser.",
                    url=_shown(target),
                    answer=f"{response.status_code} {response.reason_phrase}".rstrip(),
                )
            )
        body = b"" if response.status_code == 304 else _body(response, target, guard, max_bytes)
        return _fetched(response, url, body)


def _joined(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise _astray(str(url)) from error


def _fetched(response: httpx.Response, url: httpx.URL, body: bytes) -> Fetched:
    kind = response.headers.get("content-type", "")
    return Fetched(
        body=body,
        content_type=kind.split(";")[0].strip().lower(),
        charset=response.charset_encoding or "",
        final_url=str(url),
        etag=response.headers.get("etag", "")[:500],
        last_modified=response.headers.get("last-modified", "")[:200],
        not_modified=response.status_code == 304,
    )


def _checked(target: str, guard: _Guard) -> httpx.URL:
    """The URL as all later steps read it. Raises FetchRefused."""
    plain = urls.web(target.split("#")[0])
    if plain is None:
        raise FetchRefused(
            _(
                "%(url)s cannot be opened. Enter a full address such as https://news.example.org/story, "
                "without user name or password.",
                url=_shown(target),
            )
        )
    try:
        url = httpx.URL(plain)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchRefused(_("%(url)s is not an address that can be opened.", url=_shown(target))) from error
    if url.userinfo or not url.raw_host:
        raise FetchRefused(_("%(url)s has a user name, or no host. Enter the plain address.", url=_shown(target)))
    if _port(url) not in _PORTS and not guard.allows(url):
        raise FetchRefused(
            _(
                "%(url)s uses port %(port)s; only 80 and 443 are allowed. "
                "An administrator can allow it with NEWSLETTER_FETCH_ALLOW=%(place)s.",
                url=_shown(target),
                port=_port(url),
                place=_place(url),
            )
        )
    return url


def _body(response: httpx.Response, target: str, guard: _Guard, max_bytes: int) -> bytes:
    """The whole body, decoded, never holding more than the limit: whether it is long or tightly packed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchFailed(
            _(
                "%(url)s is compressed as “%(encoding)s”, which we cannot read.",
                url=_shown(target),
                encoding=encoding[:20],
            )
        )
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    body = bytearray()
    received = 0
    for chunk in response.iter_raw():
        guard.deadline.remaining()
        received += len(chunk)
        try:
            body += unpack.decompress(chunk, max_bytes + 1 - len(body)) if unpack else chunk
        except zlib.error as error:
            raise FetchFailed(_("%(url)s sent damaged data. Try again later.", url=_shown(target))) from error
        if max(len(body), received) > max_bytes:
            raise FetchFailed(
                _(
                    "%(url)s is larger than %(most)s MB. Nothing was kept.",
                    url=_shown(target),
                    most=Quantity(max_bytes // 1_000_000),
                )
            )
        if unpack and unpack.eof:
            break  # what follows is none of it: the library would keep all of it, and copy that each time
    if unpack and not unpack.eof:
        raise FetchFailed(_("%(url)s stopped before its end. Try again later.", url=_shown(target)))
    return bytes(body)


def _failure(target: str, error: Exception) -> FetchFailed:
    shown = _shown(target)
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
        return FetchFailed(_("%(url)s took too long to answer. Try again later.", url=shown))
    if isinstance(error.__cause__, ssl.SSLError) or "certificate" in str(error).lower():
        return FetchFailed(
            _("%(url)s has no valid certificate, so it was not opened. Tell the people who run the site.", url=shown)
        )
    reason = str(error)[:120] or _("the connection broke")
    return FetchFailed(_("%(url)s could not be reached: %(reason)s. Try again later.", url=shown, reason=reason))


def _no_address(host: str) -> FetchFailed:
    return FetchFailed(_("%(host)s was not found. Check the spelling, or try again later.", host=host))


def _astray(url: str) -> FetchRefused:
    return FetchRefused(_("%(url)s redirects to something that is not a web address.", url=_shown(url)))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _place(url: httpx.URL) -> str:
    """`host:port` as it is written in NEWSLETTER_FETCH_ALLOW."""
    host = url.raw_host.decode("ascii").lower()
    return f"[{host}]:{_port(url)}" if ":" in host else f"{host}:{_port(url)}"


def _shown(url: str) -> str:
    """The address for an error text: no password, not endless, one line."""
    return re.sub(r"//[^/?#]*@", "//", "".join(c if c.isprintable() else " " for c in url))[:200]


@functools.cache
def _tls() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    # An intranet's own authority is known to the system, not to the list that httpx brings.
    context.load_default_certs()
    return context
