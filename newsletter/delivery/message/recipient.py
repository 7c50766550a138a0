"""Whom a mail goes to: an address that can be written to, and its To header (RFC 5322 §3.6.3). Pure."""

import re

from newsletter.delivery.message import headers
from newsletter.errors import UserError
from newsletter.translatable import Translatable as _

PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_-]{1,31}(?:\.[a-z0-9_-]{1,31})?@(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,24}"
)
"""What most addresses look like, and what needs no other look: `headers.is_address` says yes to all of them."""
PLAIN_NAME = re.compile(r"(?=.{1,70}\Z)(?!From )[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
"""A name that is spelled alike in a header, in text, in HTML and in quoted-printable."""
_SHORT = 70
"""Characters of name and address that fit a line with the rest of a To header (RFC 5322 §2.1.1)."""


class Undeliverable(UserError, ValueError):
    """This recipient cannot be written to; the others go on. ``enhanced`` says why as in RFC 3463."""

    def __init__(self, message: str, *, enhanced: str) -> None:
        super().__init__(message)
        self.enhanced = enhanced


def checked(address: str) -> str:
    """The address with an A-label domain. Raises Undeliverable."""
    try:
        recipient = headers.with_a_label(address)
    except headers.InvalidHeader as error:
        raise Undeliverable(_("This address has no usable domain."), enhanced="5.1.3") from error
    if not headers.is_address(recipient):
        raise Undeliverable(_("Mail cannot be sent to this address."), enhanced="5.1.3")
    return recipient


def to_header(name: str, recipient: str) -> bytes:
    """To, for any name and any address that is `checked`."""
    return headers.mailbox("To", display=headers.tidy(name), address=recipient)


def plain_to_header(name: str, recipient: str) -> bytes:
    """To, for an address that is a `PLAIN_ADDRESS`: as `to_header` writes it, and quicker for most names."""
    if not name:
        return b"To: %b\r\n" % recipient.encode()
    if len(name) + len(recipient) < _SHORT and PLAIN_NAME.fullmatch(name):
        return f"To: {name} <{recipient}>\r\n".encode()
    return to_header(name, recipient)
