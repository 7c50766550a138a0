"""The envelope sender that finds its way back: an opaque, checked token for (issue, subscriber). Pure.

One AES block holds issue, subscriber and a zero check. Whoever reads a third party's log learns nothing about the
reader (trust T8), and a made-up token passes the check once in 2^48 tries (trust D3).
"""

import base64
import binascii
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from newsletter.delivery import headers

PREFIX = "b+"
_ISSUE, _SUBSCRIBER, _CHECK = 4, 6, 6
"""Bytes of one 16-byte block."""
_TOKEN_LENGTH = 26
"""16 bytes as base32 without padding: letters and digits, whose case a server on the way may change."""


@dataclass(frozen=True)
class Returned:
    """Whom a bounce is about."""

    issue: int
    subscriber: int


class Verp:
    """Makes and reads envelope senders of one bounce domain."""

    def __init__(self, *, message_key: bytes, domain: str) -> None:
        if not headers.is_host(domain):
            raise headers.BadHeader("The bounce domain is no domain name.")
        self._domain = domain
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"newsletter verp 1").derive(message_key)
        # ECB over a single block is the cipher itself: nothing is chained, nothing repeats within a token.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305

    def address(self, *, issue: int, subscriber: int) -> str:
        """``b+<token>@domain``; the same for the same pair."""
        block = issue.to_bytes(_ISSUE, "big") + subscriber.to_bytes(_SUBSCRIBER, "big") + bytes(_CHECK)
        encryptor = self._cipher.encryptor()
        token = base64.b32encode(encryptor.update(block) + encryptor.finalize())[:_TOKEN_LENGTH]
        return f"{PREFIX}{token.decode().lower()}@{self._domain}"

    def parse(self, address: str) -> Returned | None:
        """Whom ``address`` stands for; None when it is not one of ours."""
        local, _, domain = address.strip().lower().rpartition("@")
        token = local.removeprefix(PREFIX)
        if domain != self._domain.lower() or token == local or len(token) != _TOKEN_LENGTH or not token.isascii():
            return None
        try:
            block = base64.b32decode(token.upper() + "======")
        except binascii.Error:
            return None
        # The last character carries two spare bits: only the spelling that we wrote is ours.
        if base64.b32encode(block)[:_TOKEN_LENGTH].decode().lower() != token:
            return None
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(block) + decryptor.finalize()
        if any(plain[-_CHECK:]):
            return None
        return Returned(
            issue=int.from_bytes(plain[:_ISSUE], "big"),
            subscriber=int.from_bytes(plain[_ISSUE : _ISSUE + _SUBSCRIBER], "big"),
        )
