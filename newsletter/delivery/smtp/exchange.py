"""One line written and the reply to it: what the steps that open a connection (EHLO, STARTTLS, AUTH) are made of."""

from collections.abc import Awaitable, Callable

from newsletter.delivery.smtp.reply_parser import SmtpReply

Exchange = Callable[[bytes], Awaitable[SmtpReply]]
"""Writes a line, given without its CRLF, and returns the server's reply. Raises TransportUnavailable for none."""
