"""What strangers have written to freeze a newsroom: each took seconds or gigabytes once."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

MEGABYTE = 1_000_000


def share_bar() -> str:
    """65 bytes."""
    return f"share {'a ' * 28}zz\n"[:65]


def natural_share_bar() -> str:
    return (
        "Share this on Facebook Share on Twitter Share by email Share on WhatsApp Print this page Copy the link zz "
        * 40
    )


def comments() -> str:
    return "<!---->" * 20_000 + "text"


def doctypes() -> str:
    return "<!DOCTYPE a []>" * 20_000 + "<p>text"


def headings() -> str:
    return "<h1>Harbour</h1><h2>light" * 8_000


def nesting() -> str:
    return "<div><b>" * 60_000 + "text"


def ampersands() -> str:
    return "&" * MEGABYTE


def markdown() -> str:
    chance = random.Random(11)  # noqa: S311 - no secret: the same text each time
    signs = ("[", "](", "**", "_", "`", "> ", "- ", "word ", "\n", "<b>", "![", "|")
    return "".join(chance.choice(signs) for _ in range(900_000))


def page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><head><title>Harbour</title></head><body><article>{body}</article></html>".encode()


def feed(inside: str) -> bytes:
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>t</title><description>'
    return f"{head}<![CDATA[{inside}]]></description></item></channel></rss>".encode()


def picture() -> bytes:
    """A PNG of 20,000 by 20,000, 1.6 GB when it is read whole, in 400 kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    line = b"\0" * 20_001
    data = b"".join([*(packer.compress(line * 1_000) for _ in range(20)), packer.flush()])
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def people(rows: int) -> bytes:
    """A list of people that nobody knows yet."""
    out = io.StringIO()
    out.write("email,name\n")
    out.writelines(f"somebody{number}@d{number % 150}.example,Somebody {number}\n" for number in range(rows))
    return out.getvalue().encode()


def mail() -> bytes:
    """A mail with a Subject of 400 kB, in encoded words."""
    word = "=?utf-8?q?=E2=9C=89_harbour?= "
    subject = word * (400_000 // len(word))
    return f"From: a@example.org\r\nSubject: {subject}\r\nTo: b@example.org\r\n\r\ntext\r\n".encode()


def names() -> Iterator[str]:
    """For files that are uploaded: each is another one."""
    number = 0
    while True:
        number += 1
        yield f"story-{number}"
