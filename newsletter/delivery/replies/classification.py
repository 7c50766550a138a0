"""What a server's reply is about: the reader, the mailbox, the message, or us. Pure.

The code of RFC 3463 is preferred over the basic code (trust B5); a code that contradicts the basic code was dropped
when the reply was read. What a large provider says in words of its own stands in `provider_codes`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.delivery.carrier import Phase, Reply
from newsletter.delivery.replies import provider_codes
from newsletter.delivery.states import DeliveryState


class Kind(StrEnum):
    """Stored with each result that is not a plain yes; at most twelve letters."""

    RECIPIENT = "recipient"
    """There is no such mailbox: unknown, moved, switched off."""
    FULL = "full"
    """The mailbox, or its quota, is full."""
    GREYLISTED = "greylisted"
    """The server takes no mail from strangers at the first try (RFC 6647)."""
    THROTTLED = "throttled"
    """We send too fast, or the server has too much to do."""
    POLICY = "policy"
    """Refused because of who we are, how we send or what it says: reputation, signatures, lists of bad senders."""
    SIZE = "size"
    """The mail is too large for this server or mailbox."""
    LOGIN = "login"
    """The server wants a password, or another password."""
    NETWORK = "network"
    """The server said nothing: silence, or a connection that was lost."""
    UNMADE = "unmade"
    """We could not make this mail; no server was asked."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a reply is about."""

    kind: Kind
    is_about_us: bool = False
    """The server would say it of every mail of this issue: a person must act before more goes out (trust B4)."""
    known: provider_codes.ProviderCode | None = None
    """What the provider means by it, where we know."""


_OUR_PHASES = frozenset({Phase.MAIL, Phase.DATA, Phase.BLOCK, Phase.DOT})
_SENDER_CODES = frozenset({530, 550, 551, 553, 554})
_ABOUT_THE_MESSAGE = ("5.3.", "5.6.", "5.2.3")
_GREY = re.compile(r"gr[ae]y[ -]?list", re.I)
_FULL = re.compile(r"mailbox (is )?full|over ?quota|quota (is )?exceeded|exceeded .{0,40}(quota|storage)", re.I)

_BY_ENHANCED: dict[str, Kind] = {
    "1.1": Kind.RECIPIENT,
    "1.2": Kind.RECIPIENT,
    "1.3": Kind.RECIPIENT,
    "1.4": Kind.RECIPIENT,
    "1.6": Kind.RECIPIENT,
    "1.10": Kind.RECIPIENT,
    # 1.7 and 1.8 are about the sender's address, not the reader's.
    "1.7": Kind.POLICY,
    "1.8": Kind.POLICY,
    "2.0": Kind.OTHER,
    "2.1": Kind.RECIPIENT,
    "2.2": Kind.FULL,
    "2.3": Kind.SIZE,
    "3.4": Kind.SIZE,
    "4.5": Kind.THROTTLED,
    "7.8": Kind.LOGIN,
    "7.9": Kind.LOGIN,
    "7.11": Kind.LOGIN,
}
"""Subject and detail of RFC 3463 and its registry; what is not here goes by its subject, then by the basic code."""
_BY_SUBJECT: dict[tuple[int, str], Kind] = {
    (5, "1"): Kind.RECIPIENT,
    (4, "1"): Kind.RECIPIENT,
    (5, "7"): Kind.POLICY,
    (4, "7"): Kind.THROTTLED,
    (4, "4"): Kind.NETWORK,
}
_BY_BASIC: dict[int, Kind] = {
    421: Kind.THROTTLED,
    452: Kind.FULL,
    530: Kind.LOGIN,
    535: Kind.LOGIN,
    538: Kind.LOGIN,
    550: Kind.RECIPIENT,
    551: Kind.RECIPIENT,
    552: Kind.SIZE,
    553: Kind.RECIPIENT,
}


def classify(reply: Reply) -> Classification:
    """What the reply is about; OTHER for an accepted message, about which there is nothing to say."""
    if reply.state is DeliveryState.ACCEPTED:
        return Classification(kind=Kind.OTHER)
    if reply.code is None:
        return Classification(
            kind=Kind.NETWORK if reply.state is not DeliveryState.REFUSED else local_refusal_kind(reply.enhanced)
        )
    known = provider_codes.find(code=reply.code, enhanced=reply.enhanced, text=reply.text)
    kind = Kind(known.kind) if known else _kind(reply, reply.code)
    return Classification(kind=kind, known=known, is_about_us=_is_about_us(reply, kind=kind, known=known))


def local_refusal_kind(enhanced: str) -> Kind:
    """The kind of a refusal that no server gave: we knew before asking any."""
    if enhanced.startswith("5.1."):
        return Kind.RECIPIENT
    if enhanced in {"5.3.4", "5.2.3"}:
        return Kind.SIZE
    return Kind.UNMADE if enhanced.startswith("5.6.") else Kind.OTHER


def is_about_us(reply: Reply) -> bool:
    """Trust B4: about our reputation, authentication or sender, not about the recipient."""
    return classify(reply).is_about_us


def _kind(reply: Reply, code: int) -> Kind:
    if code in {450, 451} and (reply.enhanced in {"4.7.1", "4.2.0"} or _GREY.search(reply.text)):
        return Kind.GREYLISTED
    if reply.enhanced:
        _, subject, detail = reply.enhanced.split(".", 2)
        found = _BY_ENHANCED.get(f"{subject}.{detail}") or _BY_SUBJECT.get((code // 100, subject))
        return found or (Kind.THROTTLED if code == 421 else Kind.OTHER)
    if code in {452, 552}:
        return _without_room(reply, code)
    if code in {550, 551, 553} and reply.phase is not Phase.RCPT:
        return Kind.POLICY
    return _BY_BASIC.get(code, Kind.OTHER)


def _without_room(reply: Reply, code: int) -> Kind:
    """RFC 5321 has the same code for a full mailbox and for a message that is too large."""
    if code == 452 and reply.phase is Phase.MAIL:
        return Kind.OTHER  # the server's own disk
    if code == 552 and reply.phase is not Phase.RCPT and not _FULL.search(reply.text):
        return Kind.SIZE
    return Kind.FULL


def _is_about_us(reply: Reply, *, kind: Kind, known: provider_codes.ProviderCode | None) -> bool:
    if known is not None:
        return known.pauses
    if reply.code is None or reply.code < 500 or reply.phase not in _OUR_PHASES:
        return False
    if kind is Kind.LOGIN or reply.enhanced.startswith("5.7."):
        return True
    # To MAIL the server has not heard of any recipient yet; only size and alphabet are about the message.
    by_sender = reply.phase is Phase.MAIL and reply.code in _SENDER_CODES
    return by_sender and not reply.enhanced.startswith(_ABOUT_THE_MESSAGE)
