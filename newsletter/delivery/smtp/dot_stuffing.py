"""A message's bytes as DATA needs them: CRLF line ends, dots stuffed (RFC 5321 §4.5.2). Pure."""

import re


def wire_ready(data: bytes) -> bytes:
    """CRLF line ends only, dots stuffed, ending with CRLF (RFC 5321 §4.5.2): nothing inside can end the message.

    What `message` makes passes as it is. A bare CR or LF, in which some servers see a line end, becomes a line end for
    all: otherwise a second message could be smuggled behind ``LF.LF`` (trust T2).
    """
    crlf = data.count(b"\r\n")
    if data.count(b"\n") != crlf or data.count(b"\r") != crlf:
        data = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    if data.startswith(b".") or b"\r\n." in data:
        data = re.sub(rb"(?m)(\A|\r\n)\.", rb"\1..", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"
