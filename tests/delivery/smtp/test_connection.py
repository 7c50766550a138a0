"""Why a connection does not come about, in words that a person can act on."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.smtp.byte_stream import ConnectionLost
from newsletter.delivery.smtp.connection import Connection
from newsletter.delivery.smtp.connection_errors import cause
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings
from newsletter.delivery.smtp.starttls import strict_context
from newsletter.translatable import Translatable
from tests.delivery.scripted_smtp import ScriptedServer
from tests.delivery.smtp_help import running_in_a_thread
from tests.delivery.unreachable import LeadsTo

REFUSED, UNREACHABLE, NO_ROUTE = errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH


def opened(host: str, port: int, *, tls: Any = "none") -> TransportUnavailable:
    """The error that opening a connection there ends in."""

    async def story() -> None:
        settings = TransportSettings(host=host, port=port, tls=tls)
        await Connection(settings, ehlo_name="here.example", timeouts=Timeouts(connect=5, handshake=5)).open(
            strict_context()
        )

    with pytest.raises(TransportUnavailable) as found:
        asyncio.run(story())
    return found.value


@pytest.fixture
def closed_port() -> int:
    """Where nobody listens at any address of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets relay.example have these addresses, all of this machine."""

    def resolve(*addresses: str) -> None:
        def answer(_host: object, port: int, *_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    return resolve


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("127.0.0.1", "127.0.0.2"), ("127.0.0.1", "127.0.0.1")])
def test_a_relay_that_refuses_at_each_address_is_said_to_refuse(
    relay: Callable[..., None], closed_port: int, addresses: tuple[str, ...]
) -> None:
    relay(*addresses)
    down = opened("relay.example", closed_port)
    assert str(down) == f"The mail server relay.example:{closed_port} cannot be reached: connection refused."
    assert (down.phase, down.permanent) == (Phase.CONNECT, False)


def many(*numbers: int) -> OSError:
    """As asyncio says it of a host with several addresses."""
    each = ", ".join(f"[Errno {number}] Connect call failed ('192.0.2.{n}', 25)" for n, number in enumerate(numbers))
    return OSError(f"Multiple exceptions: {each}")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (many(REFUSED, REFUSED), REFUSED),
        (many(UNREACHABLE, REFUSED), REFUSED),
        (many(UNREACHABLE, errno.EADDRNOTAVAIL, errno.ETIMEDOUT, REFUSED), errno.ETIMEDOUT),
        (many(errno.ECONNRESET, REFUSED), errno.ECONNRESET),
        (many(UNREACHABLE, NO_ROUTE), UNREACHABLE),
        (OSError(NO_ROUTE, "whatever"), NO_ROUTE),
    ],
)
def test_of_several_addresses_the_first_real_cause_is_said(error: OSError, said: int) -> None:
    """A machine without IPv6 says of such addresses that they are unreachable, whatever is wrong with the server."""
    assert cause(error) == os.strerror(said).lower()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionAbortedError("SSL handshake is taking longer than 60.0 seconds"), "it took too long"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name or service not known"),
        (ConnectionLost("the server closed the connection"), "the server closed the connection"),
        (OSError("could not bind"), "no connection"),
    ],
)
def test_nothing_is_called_an_input_output_error(error: OSError, said: str) -> None:
    assert cause(error) == said


def test_a_port_that_speaks_no_tls_is_said_to() -> None:
    server = ScriptedServer()
    with running_in_a_thread(server):
        down = opened("127.0.0.1", server.port, tls="implicit")
    assert str(down) == "No encrypted connection to 127.0.0.1 could be made: it does not use TLS on this port."
    assert down.phase is Phase.STARTTLS


@pytest.mark.parametrize(
    "error",
    [
        *(OSError(n, "whatever") for n in (REFUSED, UNREACHABLE, NO_ROUTE, errno.ETIMEDOUT, errno.ECONNRESET)),
        many(UNREACHABLE, REFUSED),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:997)"),
        ConnectionLost(Translatable("the connection was lost")),
    ],
)
def test_the_common_causes_are_said_in_the_language_of_the_page(error: OSError) -> None:
    if isinstance(error, ssl.SSLError):
        error.reason = "CERTIFICATE_VERIFY_FAILED"
    assert isinstance(cause(error), Translatable)


HERE, OURS, PUBLIC = ("127.0.0.1", "::1"), ("10.20.30.40", "fd00::25"), ("9.9.9.9", "2620:fe::fe")


@pytest.mark.parametrize(
    ("clear", "address", "why_not"),
    [
        *(("here", address, "") for address in HERE),
        *(("here", address, "nobody has accepted that") for address in OURS),
        *(("private", address, "") for address in OURS),
        *((clear, address, "not in a private network") for address in PUBLIC for clear in ("here", "private")),
        *(("anywhere", address, "") for address in (*OURS, *PUBLIC)),
    ],
)
def test_without_encryption_mail_goes_no_farther_than_was_accepted_wherever_the_name_leads(
    clear: Any, address: str, why_not: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S7: whoever changes what the name leads to gets no mail in clear; ``anywhere`` are servers of before."""

    async def connect(_loop: Any, protocol: Callable[[], asyncio.Protocol], *_: Any, **__: Any) -> None:
        protocol().connection_made(LeadsTo(address))

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)

    async def story() -> None:
        settings = TransportSettings(host="relay", port=25, tls="none", clear=clear)
        await Connection(settings, ehlo_name="here.example", timeouts=Timeouts(greeting=0.05)).open(strict_context())

    with pytest.raises(TransportUnavailable) as found:
        asyncio.run(story())
    assert found.value.permanent is bool(why_not)
    assert found.value.phase is (Phase.CONNECT if why_not else Phase.GREETING)
    assert why_not in str(found.value)
