"""How mails that strangers wrote are parsed: as the standard says, with headers of a bounded length."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, cast

LONGEST = 2_000
"""Characters of one header; the library takes half a minute for a header of 400 kB."""

MOST_CONTAINERS = 200
"""Parts of a mail that hold other parts. The library looks in each line for the ends of all that are open."""
_CONTAINER = re.compile(rb"^Content-Type:[ \t\r\n]*+(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)


class _Bounded(EmailPolicy):
    def header_fetch_parse(self, name: str, value: str) -> Any:
        """The header as it is asked for, from its first characters."""
        return super().header_fetch_parse(name, value[:LONGEST])


_POLICY = _Bounded()


def parsed(data: bytes) -> EmailMessage:
    """The mail; its headers are decoded as they are asked for. Raises ValueError for a mail of very many parts."""
    if sum(1 for _found in _CONTAINER.finditer(data)) > MOST_CONTAINERS:
        raise ValueError("a mail of too many parts")
    return cast(EmailMessage, message_from_bytes(data, policy=_POLICY))
