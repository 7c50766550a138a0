"""A mail of our own to a person: a confirmation, a sign-in link, a test of an issue. Pure."""

from datetime import datetime

from newsletter.delivery.message import headers, mime_parts
from newsletter.delivery.message.keyed_hash import mac
from newsletter.delivery.message.quoted_printable import encode
from newsletter.delivery.message.recipient import checked, to_header
from newsletter.delivery.message.sender import Sender, origin_headers
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _


def compose(
    *,
    sender: Sender,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    date: datetime,
    message_key: bytes,
    kind: str,
    name: str = "",
) -> bytes:
    """The whole mail, with no list headers (trust U7), and HTML only where there is some.

    Raises Undeliverable for the recipient, InvalidInput for sender or subject.
    """
    sender, address = sender.checked(), checked(recipient)
    mark = mac(message_key, b"single", kind, address, subject, text, html, date.isoformat())
    try:
        block = (
            to_header(name, address)
            + headers.unstructured("Subject", subject)
            + headers.structured("Message-ID", [f"<{mark[:16].hex()}@{sender.domain}>"])
            + origin_headers(sender, date)
        )
    except headers.InvalidHeader as error:
        raise InvalidInput(_("%(error)s The mail was not written.", error=error), field="subject") from error
    plain = encode(mime_parts.normalised(text))
    if not html:
        return block + mime_parts.part_headers("plain") + b"\r\n" + plain
    boundary = f"=_{mark[16:28].hex()}"
    first, between, last = mime_parts.frame(boundary)
    body = first + plain + between + encode(mime_parts.normalised(html)) + last
    return block + mime_parts.alternative(boundary) + b"\r\n" + body
