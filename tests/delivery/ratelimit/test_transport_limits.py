"""What an admin sets for a mail server holds on the wire: lives of connections, sizes, addresses that do not answer."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from newsletter.delivery.smtp.settings import Timeouts
from newsletter.delivery.states import DeliveryState
from tests.delivery.scripted_smtp import Notes, ScriptedServer
from tests.delivery.smtp_help import carrier, hand_over, mail, play


def test_a_connection_carries_no_more_than_was_set() -> None:
    """B8."""
    server = ScriptedServer()
    notes, left = play(server, [mail(n) for n in range(1, 8)], messages_per_connection=3)
    assert left == []
    assert {reply.state for reply in notes.replies} == {DeliveryState.ACCEPTED}
    assert [session.verbs().count("MAIL") for session in server.sessions] == [3, 3, 1]


def test_a_connection_lives_no_longer_than_was_set() -> None:
    """B8."""
    server = ScriptedServer({"DOT": [1.2, None]})
    notes, _ = play(server, [mail(1), mail(2)], seconds_per_connection=1)
    assert [reply.state for reply in notes.replies] == [DeliveryState.ACCEPTED] * 2
    assert [session.verbs().count("MAIL") for session in server.sessions] == [1, 1]


@pytest.mark.parametrize(("offered", "named"), [((), 1000), (("SIZE 5000",), 1000), (("SIZE 1000",), 5000)])
def test_a_message_over_the_size_that_was_set_is_not_begun(offered: tuple[str, ...], named: int) -> None:
    """T5: the smaller of ours and the server's own limit."""
    server = ScriptedServer(offered=offered)
    notes, _ = play(server, [mail(1, data=b"Subject: x\r\n\r\n" + b"x" * 1200 + b"\r\n"), mail(2)], max_bytes=named)
    assert [(reply.state, reply.enhanced) for reply in notes.replies] == [
        (DeliveryState.REFUSED, "5.3.4"),
        (DeliveryState.ACCEPTED, "2.0.0"),
    ]


@pytest.fixture
def black_hole() -> Iterator[tuple[str, int]]:
    """An address of this machine where connections are neither taken nor refused: its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.2", 0))
        listening.listen(0)
        address = listening.getsockname()
        while True:
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.3)
            try:
                waiting.connect(address)
            except TimeoutError:
                break
        yield address


def test_an_address_that_swallows_everything_does_not_keep_us_from_the_next_one(
    black_hole: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """N1: a relay whose first address is a black hole is reached by its second, long before the patience ends."""
    server = ScriptedServer()
    resolve = socket.getaddrinfo

    def addresses(host: Any, port: Any, *more: Any, **named: Any) -> list[Any]:
        if host != "mail.example.org":
            return resolve(host, port, *more, **named)
        stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*stream, black_hole), (*stream, ("127.0.0.1", server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    notes, _ = play(server, [mail(1)], host="mail.example.org", timeouts=Timeouts(connect=20))
    assert [reply.state for reply in notes.replies] == [DeliveryState.ACCEPTED]


def test_a_relay_whose_name_moves_is_found_where_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """N1: a name is asked for again with each connection, never kept."""
    places = [ScriptedServer(), ScriptedServer()]
    resolve = socket.getaddrinfo

    async def story() -> Notes:
        heard = Notes()
        async with places[0].running(), places[1].running():

            def addresses(host: Any, port: Any, *more: Any, **named: Any) -> list[Any]:
                if host != "mail.example.org":
                    return resolve(host, port, *more, **named)
                here = places[len(heard.replies)].port
                return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", here))]

            monkeypatch.setattr(socket, "getaddrinfo", addresses)
            smtp = carrier(places[0], host="mail.example.org", messages_per_connection=1)
            for number in (1, 2):
                await hand_over(smtp, [mail(number)], heard)
            await smtp.close()
        return heard

    heard = asyncio.run(story())
    assert [reply.state for reply in heard.replies] == [DeliveryState.ACCEPTED] * 2
    assert [len(place.accepted) for place in places] == [1, 1]
