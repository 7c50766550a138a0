"""Quoted-printable (RFC 2045 §6.7), in the form that no relay, mailbox file or DKIM canonicalisation changes. Pure.

No line starts with a dot (RFC 5321 §4.5.2) or "From ", no line ends with a blank, and blanks never come in runs
(RFC 6376 §3.4.4): the bytes made here are the bytes on the wire, and what DKIM signs.
"""

import re

LINE = 76
"""RFC 2045 §6.7 (5): the longest line of quoted-printable, its soft break counted."""
SOFT_BREAK = b"=\r\n"

AS_IT_IS = re.compile(r"(?=.{1,74}\Z)(?!From )[!-\-/-<>-~][!-<>-~]*(?: [!-<>-~]+)*")
"""A line of words that `encode` leaves as it is."""
# Everything but visible ASCII without "="; and a blank that starts or ends a line, or follows another blank.
_UNSAFE = re.compile(rb"[^ -<>-~]|(?<![^ ]) | \Z")


def encode(text: str) -> bytes:
    """Quoted-printable from column 0, lines joined by CRLF, without a last line end."""
    return b"\r\n".join(_wrapped(line) for line in text.encode(errors="replace").split(b"\n"))


def _wrapped(line: bytes) -> bytes:
    coded = _UNSAFE.sub(lambda match: b"=%02X" % match[0][0], line)
    lines: list[bytes] = []
    while True:
        # A dot would have to be stuffed, and "From " is escaped by mailbox files: neither may start a line.
        if coded.startswith(b"."):
            coded = b"=2E" + coded[1:]
        elif coded.startswith(b"From "):
            coded = b"=46" + coded[1:]
        if len(coded) <= LINE - 1:  # a soft break may follow
            return SOFT_BREAK.join([*lines, coded])
        cut = LINE - 1
        # Never inside "=XX".
        cut -= 1 if coded[cut - 1 : cut] == b"=" else 2 if coded[cut - 2 : cut - 1] == b"=" else 0
        lines.append(coded[:cut])
        coded = coded[cut:]
