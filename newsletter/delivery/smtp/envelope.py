"""The envelope of a message: its MAIL, RCPT and DATA commands with the extensions that a server offers. Pure."""

import re

from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.smtp import message_reply
from newsletter.delivery.smtp.ehlo import Capabilities
from newsletter.delivery.states import DeliveryState

_PATH = re.compile(r"[^\s<>\x00-\x20\x7f-\x9f\u2028\u2029]{0,254}")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


def commands(message: Message, offered: Capabilities) -> tuple[bytes, bytes, bytes]:
    """MAIL, RCPT and DATA, each with its CRLF. A single RCPT for each message (trust B9)."""
    mail = f"MAIL FROM:<{message.sender}>"
    rcpt = f"RCPT TO:<{message.recipient}>"
    if "SIZE" in offered:
        mail += f" SIZE={message.size}"
    if message.smtputf8:
        # Its headers are 8-bit (RFC 6531 §3.6): a server that knows SMTPUTF8 knows 8BITMIME too.
        mail += (" BODY=8BITMIME" if "8BITMIME" in offered else "") + " SMTPUTF8"
    if "DSN" in offered and message.sender:
        # Trust D1, RFC 3461 §4: the token of the envelope sender names the message; it tells nobody anything.
        mail += f" RET=HDRS ENVID={xtext(message.sender.partition('@')[0])}"
        rcpt += " NOTIFY=FAILURE,DELAY"
        if message.recipient.isascii():
            rcpt += f" ORCPT=rfc822;{xtext(message.recipient)}"
    return f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode(), b"DATA\r\n"


def unfit(message: Message, offered: Capabilities, size_limit: int) -> Reply | None:
    """Why this server cannot take the message, known without asking it; None when it may.

    ``size_limit``: bytes, 0 for none.
    """
    if not (message.recipient and _PATH.fullmatch(message.recipient) and _PATH.fullmatch(message.sender)):
        return _refused(message, "5.1.3", "The address cannot be written to.")
    if not message.sender.isascii():
        return _refused(message, "5.1.7", "The sender's address cannot be used.")
    if not message.recipient.isascii() and not (message.smtputf8 and "SMTPUTF8" in offered):
        # RFC 6531 §3.5. There is no other spelling of a local part.
        return _refused(message, "5.6.7", "The mail server cannot write to an address with letters beyond ASCII.")
    if size_limit and message.size > size_limit:
        text = f"The message is bigger than the mail server takes ({size_limit} bytes)."
        return _refused(message, "5.3.4", text)
    return None


def xtext(text: str) -> str:
    """RFC 3461 §4: visible ASCII, with "+" and "=" in hexadecimal."""
    return _NOT_XTEXT.sub(lambda match: f"+{ord(match[0]):02X}", text)


def _refused(message: Message, enhanced: str, text: str) -> Reply:
    return message_reply.of_ours(message, state=DeliveryState.REFUSED, phase=Phase.MAIL, enhanced=enhanced, text=text)
