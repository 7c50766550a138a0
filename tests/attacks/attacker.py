"""An attacker of the web server: `python -m tests.attacks.attacker KIND HOST PORT`; see `KINDS`.

Says `ready` when its first connections are open, goes on until its input ends (two minutes at most), opening anew what
is closed, and says as its last line what it did, in JSON. It comes from addresses of loopback, as it is told.
"""

import argparse
import asyncio
import json
import resource
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

LONGEST = 120.0
"""Seconds after which it stops whatever happens."""
HOST = b"Host: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@dataclass
class Told:
    """What it did, and what it was answered."""

    opened: int = 0
    refused: int = 0
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    told: Told
    path: str

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.told.sent += len(data)

    async def answer(self) -> None:
        """Take one answer, and note its status."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.told.answers[head.split(b" ", 2)[1].decode()] += 1
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if length:
            await self.reader.readexactly(int(length[0].partition(b":")[2]))

    async def closed(self) -> None:
        """Wait until they hang up, noting the status of what they say before."""
        with suppress(OSError):
            said = await self.reader.read(12)
            if said.startswith(b"HTTP/"):
                self.told.answers[said[9:12].decode()] += 1
            while said:
                said = await self.reader.read(65_536)


async def silent(line: Line) -> None:
    await line.closed()


async def half_headers(line: Line) -> None:
    await line.send(b"GET / HTTP/1.1\r\nHost: ")
    await line.closed()


async def _drip(line: Line, start: bytes) -> None:
    await line.send(start)
    hung_up = asyncio.ensure_future(line.closed())
    while not hung_up.done():
        await line.send(b"x")
        await asyncio.wait([hung_up], timeout=0.5)


async def slow_headers(line: Line) -> None:
    await _drip(line, b"GET / HTTP/1.1\r\nX-Long: ")


async def slow_body(line: Line) -> None:
    await _drip(line, b"POST /u/x/ HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 90000\r\n\r\n")


async def slow_reader(line: Line) -> None:
    await line.send((b"GET /static/newsletter/base.css HTTP/1.1\r\n" + HOST + b"\r\n") * 400)
    while await line.reader.read(1):
        await asyncio.sleep(0.5)


async def idle(line: Line) -> None:
    await line.send(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    await line.answer()
    await line.closed()


async def pipelining(line: Line) -> None:
    taking = asyncio.ensure_future(_take_all(line))
    while not taking.done():
        await line.send((b"GET /u/x/ HTTP/1.1\r\n" + HOST + b"\r\n") * 200)


async def _take_all(line: Line) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            await line.answer()


async def long_header(line: Line) -> None:
    await line.send(b"GET / HTTP/1.1\r\nX-Long: ")
    hung_up = asyncio.ensure_future(line.closed())
    for _ in range(1_000):
        if not hung_up.done():
            await line.send(b"x" * 1_000)
    await hung_up


async def long_chunk(line: Line) -> None:
    """The length of a chunk, eight megabytes of it."""
    await line.send(b"POST /u/x/ HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n\r\n")
    await _pump(line, 8_000_000)


async def huge_post(line: Line) -> None:
    await line.send(b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 399000000\r\n\r\n")
    await _pump(line, 399_000_000)


async def forged_uploads(line: Line) -> None:
    """What a file of people may have, with a cookie that is made up; its last byte never comes."""
    cookie = b"Cookie: sessionid=0123456789abcdef\r\n"
    await line.send(b"POST /lists/1/import/ HTTP/1.1\r\n" + HOST + cookie + b"Content-Length: 60000000\r\n\r\n")
    await _pump(line, 59_999_999)


async def announced_uploads(line: Line) -> None:
    """As much as may be, of which hardly anything comes."""
    cookie = b"Cookie: sessionid=0123456789abcdef\r\n"
    await _drip(line, b"POST /lists/1/import/ HTTP/1.1\r\n" + HOST + cookie + b"Content-Length: 49990000\r\n\r\n")


async def _pump(line: Line, length: int) -> None:
    hung_up = asyncio.ensure_future(line.closed())
    while length > 0 and not hung_up.done():
        await line.send(b"1" * min(length, 65_536))
        length -= 65_536
    await hung_up


async def one_form(line: Line) -> None:
    body = b"email=somebody%40example.org&name=&proof=[[[[&csrfmiddlewaretoken=x"
    while True:
        await line.send(
            f"POST {line.path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n".encode() + HOST + FORM + b"\r\n" + body
        )
        await line.answer()


async def one_page(line: Line) -> None:
    while True:
        await line.send(f"GET {line.path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        await line.answer()


KINDS: dict[str, Callable[[Line], Awaitable[None]]] = {
    one.__name__: one
    for one in (
        *(silent, half_headers, slow_headers, slow_body, slow_reader, idle, pipelining, long_header, long_chunk),
        *(huge_post, forged_uploads, announced_uploads, one_form, one_page),
    )
}


async def _connections(kind: str, host: str, port: int, *, source: str, path: str, told: Told) -> None:
    """One after another, until we are stopped."""
    while True:
        door = socket.socket()
        try:
            door.setblocking(False)
            if kind == "slow_reader":
                door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            door.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(door, (host, port))
            limit = 2_048 if kind == "slow_reader" else 65_536
            reader, writer = await asyncio.open_connection(sock=door, limit=limit)
        except OSError:
            told.refused += 1
            door.close()
            await asyncio.sleep(0.1)
            continue
        told.opened += 1
        try:
            await KINDS[kind](Line(reader, writer, told, path))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
        await asyncio.sleep(0.01)


async def _attack(wanted: argparse.Namespace) -> Told:
    told = Told()
    tasks = [
        asyncio.ensure_future(
            _connections(
                *(wanted.kind, wanted.host, wanted.port),
                source=f"127.0.0.{wanted.first + n % wanted.sources}",
                path=wanted.path,
                told=told,
            )
        )
        for n in range(wanted.count)
    ]
    until = asyncio.get_running_loop().time() + 10
    while told.opened < min(wanted.count, wanted.ready_at or wanted.count):
        if asyncio.get_running_loop().time() > until:
            break
        await asyncio.sleep(0.02)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=1, help="connections at once")
    parser.add_argument("--sources", type=int, default=1, help="addresses that it comes from")
    parser.add_argument("--first", type=int, default=2, help="the first of them; 1: that of everybody else")
    parser.add_argument("--path", default="/")
    parser.add_argument("--ready-at", type=int, default=0, help="connections that make it ready; 0: all")
    wanted = parser.parse_args()
    if not wanted.host.startswith("127."):
        parser.error("It attacks nobody but this machine.")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    told = asyncio.run(_attack(wanted))
    said = {"opened": told.opened, "refused": told.refused, "sent": told.sent, "answers": dict(told.answers)}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    import os

    os._exit(0)  # a thread may still wait for our input


if __name__ == "__main__":
    main()
