"""The headers of a mailing list: List-Unsubscribe, List-Unsubscribe-Post, List-Id, List-Owner. Pure.

List-Unsubscribe (RFC 2369 §3.2) names a link and a mailbox; with List-Unsubscribe-Post (RFC 8058 §3.1) a mail program
may POST to the link itself, which is one click. Both must be signed by DKIM (RFC 8058 §4; `dkim.signatures.SEALED`).
"""

from urllib.parse import quote

from newsletter.delivery.message import headers
from newsletter.delivery.message.sender import Sender


def unsubscribe(*, link: str, mailbox: str) -> bytes:
    """List-Unsubscribe: the https link, then the mailbox (RFC 2369 §3.2; trust U1).

    A ``mailbox`` that is no address, such as for a token too long for a local part, is left out: the link always works.
    """
    if not headers.is_address(mailbox):
        return headers.structured("List-Unsubscribe", [f"<{link}>"])
    return headers.structured("List-Unsubscribe", [f"<{link}>,", f"<mailto:{mailbox}?subject=unsubscribe>"])


def common(sender: Sender) -> bytes:
    """The list headers that are the same for each reader. Raises InvalidHeader."""
    block = list_id(sender)
    block += headers.structured("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"])  # RFC 8058 §3.1
    if sender.reply_to:
        # Whoever answers the newsletter's mail is who helps with it (RFC 2369 §3.1, §3.5).
        block += headers.structured("List-Owner", [f"<mailto:{quote(sender.reply_to, safe='@+')}>"])
    return block


def list_id(sender: Sender) -> bytes:
    """List-Id (RFC 2919 §3): the list's name as a phrase where that may stand there, and its label."""
    label = sender.list_id if "." in sender.list_id else f"{sender.list_id}.{sender.domain}"
    if not headers.is_host(label):
        raise headers.InvalidHeader("List-Id must be letters, digits and hyphens under a domain.", header="List-Id")
    name = headers.tidy(sender.list_name)
    # RFC 2919 §3: at most 255. An encoded-word may not stand here (trust F4), so a name in another script is left out.
    shown = headers.phrase(name).split(" ") if name and name.isascii() and "=?" not in name else []
    if len(" ".join([*shown, label])) > 250:
        shown = []
    return headers.structured("List-Id", [*shown, f"<{label}>"])
