"""Who a mail comes from: the sender of a newsletter, and the headers that say so (RFC 5322 §3.6.1, §3.6.2). Pure."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Self

from newsletter.delivery.message import headers
from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who a mail comes from; as JSON it is `Approval.sender`."""

    name: str
    address: str
    reply_to: str = ""
    list_name: str = ""
    list_id: str = ""
    """Stable for the life of the list: ``slug.domain``, or a slug that the address's domain completes."""
    bounce_domain: str = ""
    """Empty: the address's domain."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``Name <address>`` or a bare address (RFC 5322 §3.4). Raises InvalidInput."""
        match = re.fullmatch(r"(.*)<([^<>]+)>\s*", text, re.DOTALL)
        name, address = (match[1].strip(), match[2]) if match else ("", text)
        if len(name) > 1 and name[0] == name[-1] == '"':
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
        try:
            address = headers.with_a_label(address)
        except headers.InvalidHeader as error:
            raise InvalidInput(_("This is not an e-mail address."), field="sender") from error
        return cls(name=headers.tidy(name), address=address)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def return_domain(self) -> str:
        """Where bounces, and mails that ask to be unsubscribed, come back to."""
        return self.bounce_domain or self.domain

    def checked(self) -> "Sender":
        """The sender with A-label domains (RFC 5890 §2.3.2.1). Raises InvalidInput for a sender that cannot send."""
        try:
            address = headers.with_a_label(self.address)
            reply_to = headers.with_a_label(self.reply_to) if self.reply_to else ""
            bounce = headers.with_a_label(f"b@{self.bounce_domain}").removeprefix("b@") if self.bounce_domain else ""
        except headers.InvalidHeader as error:
            raise InvalidInput(
                _("The sender's address cannot be used: %(error)s", error=error), field="sender"
            ) from error
        for mailbox in filter(None, (address, reply_to)):
            if not headers.is_address(mailbox) or not headers.is_ascii_local(mailbox):
                raise InvalidInput(
                    _("“%(one)s” cannot send mail: write an address such as news@example.org.", one=mailbox),
                    field="sender",
                )
        return Sender(**{**asdict(self), "address": address, "reply_to": reply_to, "bounce_domain": bounce})


def origin_headers(sender: Sender, date: datetime, *, precedence: str = "") -> bytes:
    """From, Reply-To, Date, MIME-Version, Precedence and Auto-Submitted.

    ``date`` carries its zone (trust F9). Raises InvalidHeader.
    """
    if date.tzinfo is None:
        raise ValueError("A mail's date needs its zone.")
    block = headers.mailbox("From", display=sender.name, address=sender.address)
    if sender.reply_to:
        block += headers.mailbox("Reply-To", display="", address=sender.reply_to)
    block += headers.structured("Date", format_datetime(date).split(" "))
    block += headers.structured("MIME-Version", ["1.0"])
    if precedence:
        block += headers.structured("Precedence", [precedence])
    # RFC 3834 §5: no person typed this to you, so no machine should answer.
    block += headers.structured("Auto-Submitted", ["auto-generated"])
    return block
