"""The Message-ID of an issue's mails (RFC 5322 §3.6.4): always the same for the same issue and reader (trust F8)."""

import hashlib
from collections.abc import Callable

from newsletter.delivery.message.keyed_hash import mac
from newsletter.delivery.message.sender import Sender

DIGITS = 32
"""Length of the part left of the @, in hexadecimal."""


def of_issue(*, message_key: bytes, issue_id: int, sender: Sender) -> Callable[[int], str]:
    """A function from a subscriber's id to the Message-ID of their mail, as it stands in the header.

    Raises InvalidInput for a sender that cannot send.
    """
    domain, key = sender.checked().domain, key_of(message_key, issue_id)
    return lambda subscriber: f"<{local_part(key, subscriber)}@{domain}>"


def key_of(message_key: bytes, issue_id: int) -> bytes:
    """The key of an issue's Message-IDs, which is good for nothing else."""
    return mac(message_key, b"message-id", str(issue_id))


def local_part(key: bytes, subscriber: int) -> str:
    """Left of the @: from issue and subscriber alone, so that every retry carries the same Message-ID."""
    return hashlib.blake2b(b"%d" % subscriber, key=key, digest_size=DIGITS // 2).hexdigest()
