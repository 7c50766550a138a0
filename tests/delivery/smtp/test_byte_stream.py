"""Lines as they arrive: in pieces, many at once, with and without their CR."""

import asyncio

import pytest

from newsletter.delivery.smtp.byte_stream import ByteStream
from newsletter.delivery.smtp.connection import Connection
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings


def test_only_a_whole_line_that_ends_a_reply_is_there_already() -> None:
    async def story() -> list[bytes | None]:
        stream = ByteStream()
        found = [stream.buffered_last_line()]
        for piece in (b"25", b"0 2.1.0 ok\r", b"\n354 go", b"\r\n"):
            stream.data_received(piece)
            found.append(stream.buffered_last_line())
        return found

    assert asyncio.run(story()) == [None, None, None, b"250 2.1.0 ok", b"354 go"]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (b"250 ok\n354 go\r\n", [250, 354]),  # a bare LF ends a line too, and never hides the next one
        (b"250-ok\r\n250 ok\r\n354 go\r\n", [250, 354]),
        (b"250\r\n354 \r\n", [250, 354]),
        (b"250 ok\r\n550-no\r\n550 never\r\n", [250, 550]),
    ],
)
def test_replies_stay_apart(said: bytes, codes: list[int]) -> None:
    """B5: each answer belongs to its own command, however the server writes its line ends."""

    async def story() -> list[int]:
        connection = Connection(TransportSettings(host="h", port=25), ehlo_name="h", timeouts=Timeouts())
        connection._stream.data_received(said)
        return [(await connection.reply(seconds=1)).code for _ in codes]

    assert asyncio.run(story()) == codes
