"""The replies of one mail transaction (RFC 5321 §3.3): to its envelope, inside its content, and to its dot."""

from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.smtp import envelope, message_reply
from newsletter.delivery.smtp.byte_stream import ConnectionLost
from newsletter.delivery.smtp.connection import Connection
from newsletter.delivery.smtp.reply_parser import SmtpReply
from newsletter.delivery.states import DeliveryState
from newsletter.errors import NewsletterError

_STEPS = ((Phase.MAIL, "mail"), (Phase.RCPT, "rcpt"), (Phase.DATA, "data_init"))
"""Commands of an envelope, and the names of their timeouts."""


class TransactionAborted(NewsletterError, ConnectionError):
    """The connection was lost, or had to be ended, in this ``phase`` of an envelope: the dot was never near.

    ``code``: of the reply after which it was ended; None where there was none.
    """

    def __init__(self, text: str, *, phase: Phase, code: int | None = None) -> None:
        super().__init__(text)
        self.phase = phase
        self.code = code


async def envelope_reply(connection: Connection, message: Message, *, is_written: bool) -> tuple[Phase, SmtpReply]:
    """MAIL, RCPT, DATA, in a single write where the server allows (RFC 2920 §3.1): the 354, or the first refusal.

    ``is_written``: the commands were written before, and only their replies are missing. Raises TransactionAborted.
    """
    together = is_written or connection.offers("PIPELINING")
    lines = () if is_written else envelope.commands(message, connection.capabilities)
    refused: tuple[Phase, SmtpReply] | None = None
    phase = Phase.MAIL
    try:
        if together and not is_written:
            connection.write(*lines)
        for position, (phase, timeout) in enumerate(_STEPS):
            if not together:
                connection.write(lines[position])
            reply = connection.buffered_reply() or await connection.reply(seconds=connection.timeout(timeout))
            if refused:
                # Replies to what was sent along. A 354 would wait for content, and there is none to give.
                if reply.odd or (reply.kind in {2, 3} and phase is Phase.DATA):
                    connection.abort("DATA was taken without a recipient")
                continue
            is_yes = reply.code == 354 if phase is Phase.DATA else reply.kind == 2
            if reply.odd or not (is_yes or reply.kind in {4, 5}):
                connection.abort("unexpected reply")
                text = f"the server's reply ({reply.code}) fits no {phase.value.upper()}"
                raise TransactionAborted(text, phase=phase, code=reply.code)
            if not is_yes:
                refused = (phase, reply)
                if not together or reply.code == 421:
                    break
    except ConnectionLost as lost:
        if not refused:
            raise TransactionAborted(str(lost), phase=phase) from lost
    return refused or (phase, reply)


async def dot_reply(connection: Connection, message: Message) -> Reply:
    """What the server made of a whole message: without a plain yes or no it is uncertain (trust B6)."""
    try:
        reply = await connection.reply(seconds=connection.timeout("dot"))
    except ConnectionLost as lost:
        text = f"{lost}, after the last line."
        return message_reply.of_ours(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=text)
    if reply.odd or reply.code == 421:
        connection.abort("the server is closing" if reply.code == 421 else "unexpected reply")
    if reply.kind == 3:
        connection.abort("unexpected reply")
        text = f"the server's reply ({reply.code}) says neither yes nor no."
        return message_reply.of_ours(message, state=DeliveryState.UNCERTAIN, phase=Phase.DOT, text=text)
    return message_reply.of_server(message, phase=Phase.DOT, reply=reply)


async def reply_inside_content(connection: Connection, message: Message, lost: ConnectionLost) -> Reply:
    """Of a transaction that ended inside the content. A server that refuses early may have said why."""
    connection.abort("ended inside the content")  # first of all: what is still ours, the dot with it, must not leave
    try:
        reply: SmtpReply | None = await connection.reply(seconds=connection.timeout("dot"))
    except ConnectionLost:
        reply = None
    if reply is not None and reply.kind in {4, 5} and not reply.odd:
        return message_reply.of_server(message, phase=Phase.BLOCK, reply=reply)
    return message_reply.of_ours(message, state=DeliveryState.DEFERRED, phase=Phase.BLOCK, text=f"{lost}.")
