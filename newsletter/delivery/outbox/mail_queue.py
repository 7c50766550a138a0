"""Single mails of our own (confirmation, sign-in, invitation, test issue, alert): a row now, sent by the worker later.

Two workers never send one mail twice, whatever their clocks say: just before the final dot the holder marks the row
in the database, under its token, and only who succeeds may write the dot. A row that was marked and then left is
``uncertain`` and stays so; its reader asks again. Bodies hold sign-in links: they are never logged, and cleared as
soon as the mail is settled.
"""

import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any, Protocol

from newsletter.conf import Config
from newsletter.delivery.carrier import Batch, Carrier, Message, TransportUnavailable
from newsletter.delivery.control import restore_guard
from newsletter.delivery.dkim import signing_keys
from newsletter.delivery.message import headers
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.models import OutboxMail
from newsletter.delivery.outbox import mail_sender
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _
from subscribers import api

LIVES = {
    "sign-in": timedelta(minutes=15),
    "confirmation": timedelta(hours=48),
    "invitation": timedelta(days=7),
    "alert": timedelta(hours=24),
}
"""How long a mail of each kind is worth sending."""
OTHER_LIFE = timedelta(hours=24)

State = OutboxMail.State
_KIND = re.compile(r"[a-z][a-z-]{0,23}")
_log = logging.getLogger("newsletter.delivery.outbox")


def enqueue(
    *, kind: str, recipient: str, message: bytes, sender: str = "", now: datetime, life: timedelta | None = None
) -> OutboxMail:
    """Write the row, in the caller's transaction. ``sender`` is the envelope's; empty: NEWSLETTER_MAIL_FROM.

    Raises InvalidInput for an address or a kind that cannot be.
    """
    if not _KIND.fullmatch(kind):
        raise InvalidInput(_("The kind of a mail may contain only lowercase letters and hyphens."), field="kind")
    try:
        recipient = headers.with_a_label(recipient)
    except headers.InvalidHeader as error:
        raise InvalidInput(_("This is not an e-mail address."), field="recipient") from error
    if not headers.is_address(recipient):
        raise InvalidInput(_("Mail cannot be sent to this address."), field="recipient")
    return OutboxMail.objects.create(
        kind=kind,
        recipient=recipient,
        sender=sender,
        message=message,
        due=now,
        expires_at=now + (life or LIVES.get(kind, OTHER_LIFE)),
        created_at=now,
    )


def forget(address: str, *, now: datetime) -> None:
    """Nothing more is mailed to this address, and no row holds it; what is being handed over ends as it ends."""
    near = OutboxMail.objects.all()
    for needle in api.needles(address):
        near = near.filter(recipient__icontains=needle)
    found = near.values_list("pk", "recipient")
    theirs = OutboxMail.objects.filter(pk__in=[pk for pk, recipient in found if api.means(address, recipient)])
    theirs.filter(at_dot=False).update(state=State.EXPIRED, settled_at=now, **mail_sender.CLEARED)
    theirs.update(**mail_sender.CLEARED)


class Submit(Protocol):
    """Starts a coroutine in the event loop where the carrier lives."""

    def __call__(self, coroutine: Coroutine[Any, Any, None], /) -> Future[None]: ...


def work_once(
    *,
    carrier: Carrier,
    config: Config,
    now: datetime,
    worker_id: str,
    submit: Submit,
    is_stopping: Callable[[], bool] = lambda: False,
    claimed: Callable[[Mapping[int, int]], object] | None = None,
) -> int:
    """Send what is due, outside any transaction; how many mails got an answer.

    Raises TransportUnavailable, and then all wait again at the cost of no try. The caller's thread keeps the database,
    the carrier runs in another: ``submit`` starts it where a worker keeps its connections (such as
    `asyncio.run_coroutine_threadsafe`). Once the worker ``is_stopping`` nothing is begun, and what is in flight has
    `mail_sender.DRAIN` to end. ``claimed`` is told each mail's token once the database has it. While the database is
    held nothing is done.
    """
    if restore_guard.is_held():
        return 0
    mail_sender.expire(now)
    mail_sender.take_back(now)
    held = mail_sender.claim(now=now, worker_id=worker_id, lease=timedelta(seconds=config.lease_seconds))
    if not held:
        return 0
    if claimed:
        claimed({mail.pk: mail.token for mail in held})
    desk = mail_sender.Desk(held, now=now, lease=timedelta(seconds=config.lease_seconds), is_stopping=is_stopping)
    messages = _signed(held, config=config, now=now)
    try:
        desk.serve(submit(_deliver(carrier, messages, desk)))
    except TransportUnavailable as down:
        desk.release(reason=str(down))
        raise
    finally:
        desk.release(reason="")
    return desk.told


def _signed(held: Sequence[OutboxMail], *, config: Config, now: datetime) -> list[Message]:
    """Ready to go. One that must be signed and cannot be stays held, its reason in its row (trust X1)."""
    messages = []
    for mail in held:
        data = bytes(mail.message)
        try:
            signer = signing_keys.signer_for(_sender_domain(data), message_key=config.message_key)
        except signing_keys.SigningKeyUnavailable as error:
            OutboxMail.objects.filter(pk=mail.pk, token=mail.token).update(reply=str(error)[:500])
            continue
        messages.append(
            Message(
                key=mail.pk,
                sender=mail.sender or Sender.parse(config.mail_from).address,
                recipient=mail.recipient,
                parts=(signer.sign(data, now=int(now.timestamp())) if signer else data,),
                smtputf8=not headers.is_ascii_local(mail.recipient),
            )
        )
    return messages


def _sender_domain(message: bytes) -> str:
    """Of the From header: the domain that a signature must be aligned with."""
    _, address = parseaddr(str(BytesHeaderParser().parsebytes(message)["From"] or ""))
    return address.rpartition("@")[2].lower()


async def _deliver(carrier: Carrier, messages: list[Message], desk: mail_sender.Desk) -> None:
    # What got no reply stays held, and `release` lets it wait again.
    await carrier.deliver(Batch(messages, gate=desk, may_start=desk.may_start))
