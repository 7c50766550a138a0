"""Django's way to the outbox: what Django and its libraries mail becomes a row each, like every mail of our own."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.html import strip_tags

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery.message import single_message
from newsletter.delivery.message.recipient import Undeliverable
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.outbox import mail_queue
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _

KIND_HEADER = "X-Newsletter-Kind"
_log = logging.getLogger("newsletter.delivery.outbox")


class EmailBackend(BaseEmailBackend):
    """Django's way to us: each recipient gets a row and a message of their own; nothing is sent here.

    Only subject, bodies, From, Reply-To and recipients are taken; a header `X-Newsletter-Kind` names the kind and
    does not travel. Raises InvalidInput for what cannot be mailed, attachments included.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        now, config = timezone.now(), conf.config()
        written = 0
        for mail in email_messages:
            try:
                self._write(mail, config=config, now=now)
            except (InvalidInput, Undeliverable):
                if not self.fail_silently:
                    raise
                _log.warning("a mail of our own could not be written")
                continue
            written += 1
        return written

    def _write(self, mail: EmailMessage, *, config: Config, now: datetime) -> None:
        if mail.attachments:
            raise InvalidInput(_("Single mails cannot have attachments."), field="attachments")
        kind = str(mail.extra_headers.get(KIND_HEADER, "notice"))
        sender = Sender.parse(str(mail.from_email or config.mail_from))
        if mail.reply_to:
            sender = Sender(name=sender.name, address=sender.address, reply_to=Sender.parse(mail.reply_to[0]).address)
        text, html = _bodies(mail)
        to = [Sender.parse(str(recipient)) for recipient in mail.recipients()]
        messages = [
            single_message.compose(
                sender=sender,
                recipient=person.address,
                name=person.name,
                subject=str(mail.subject),
                text=text,
                html=html,
                date=now,
                message_key=config.message_key,
                kind=kind,
            )
            for person in to
        ]
        # All are made before the first is written: a bad address among them leaves nothing half done.
        for person, message in zip(to, messages, strict=True):
            mail_queue.enqueue(kind=kind, recipient=person.address, message=message, sender=sender.address, now=now)


def _bodies(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML; either may come as the body, and text is made from HTML that stands alone."""
    body = str(mail.body)
    if mail.content_subtype == "html":
        return strip_tags(body), body
    html = ""
    if isinstance(mail, EmailMultiAlternatives):
        html = next((str(content) for content, kind in mail.alternatives if kind == "text/html"), "")
    return body, html
