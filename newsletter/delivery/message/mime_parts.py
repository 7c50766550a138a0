"""The MIME structure of a mail: a text, or multipart/alternative of text and HTML (RFC 2045, RFC 2046 §5.1). Pure."""

import re

from newsletter.delivery.message import headers

_LINE_ENDS = re.compile(r"\r\n?")


def alternative(boundary: str) -> bytes:
    """Content-Type of the whole mail where it has two parts."""
    return headers.structured("Content-Type", ["multipart/alternative;", f'boundary="{boundary}"'])


def frame(boundary: str) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and after the two parts: text first, HTML last (trust F6, RFC 2046 §5.1.4)."""
    start = f"--{boundary}\r\n".encode()
    return (
        start + part_headers("plain") + b"\r\n",
        b"\r\n" + start + part_headers("html") + b"\r\n",
        f"\r\n--{boundary}--\r\n".encode(),
    )


def part_headers(subtype: str) -> bytes:
    """Of a part in UTF-8 and quoted-printable; ``subtype``: of text/, such as plain."""
    return (
        headers.structured("Content-Type", [f"text/{subtype};", "charset=utf-8"])
        + headers.structured("Content-Transfer-Encoding", ["quoted-printable"])
    )  # fmt: skip


def normalised(text: str) -> str:
    """The text of a part before it is encoded: LF line ends, no NUL, and one line end at its end."""
    return _LINE_ENDS.sub("\n", text).replace("\x00", "").rstrip("\n") + "\n"
