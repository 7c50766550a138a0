"""What became of one message: a `carrier.Reply`, made from the server's reply or from what we found ourselves. Pure."""

from newsletter.delivery import redact
from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.smtp.reply_parser import SmtpReply
from newsletter.delivery.states import DeliveryState

MAX_TEXT = 500
"""Characters of a reply's text that are kept."""

_STATES = {2: DeliveryState.ACCEPTED, 4: DeliveryState.DEFERRED, 5: DeliveryState.REFUSED}


def of_server(message: Message, *, phase: Phase, reply: SmtpReply) -> Reply:
    """Of a message whose transaction ended with this reply: 2yz, 4yz or 5yz (RFC 5321 §4.2.1)."""
    return Reply(
        key=message.key,
        state=_STATES[reply.kind],
        phase=phase,
        code=reply.code,
        enhanced=reply.enhanced,
        text=redact.addresses(" ".join(reply.lines), of=message.recipient)[:MAX_TEXT],
        # A 421 to MAIL closes the door before the server looked at this message (trust B3).
        counts_as_try=not (reply.code == 421 and phase is Phase.MAIL),
    )


def of_ours(message: Message, *, state: DeliveryState, phase: Phase, text: str, enhanced: str = "") -> Reply:
    """Of a message about which the server said nothing."""
    return Reply(key=message.key, state=state, phase=phase, code=None, enhanced=enhanced, text=text[:MAX_TEXT])
