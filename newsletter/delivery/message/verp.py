"""VERP, the variable envelope return path: an envelope sender of its own for each (issue, subscriber). Pure.

One AES block holds issue, subscriber and a zero check. Whoever reads a third party's log learns nothing about the
reader (trust T8), and a made-up token passes the check once in 2^48 tries.
"""

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from newsletter.delivery.message import headers

PREFIX = "b+"
_ISSUE, _SUBSCRIBER, _CHECK = 4, 6, 6
"""Bytes of a block."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
"""16 bytes in hexadecimal: letters and digits, whose case a server on the way may change."""


@dataclass(frozen=True)
class BouncedDelivery:
    """The issue and the subscriber that a bounce is about."""

    issue: int
    subscriber: int


class Verp:
    """Makes and reads the variable envelope return paths of a bounce domain."""

    def __init__(self, *, message_key: bytes, domain: str) -> None:
        if not headers.is_host(domain):
            raise headers.InvalidHeader("The bounce domain is no domain name.", header="Return-Path")
        self._domain = domain
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"newsletter verp 1").derive(message_key)
        # ECB over single blocks is the cipher itself: nothing is chained, nothing repeats within a token.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
        self._encrypt = self._cipher.encryptor().update
        """Kept: making an encryptor costs more than a hundred blocks."""

    def address(self, *, issue: int, subscriber: int) -> str:
        """``b+<token>@domain``; the same for the same pair."""
        block = issue.to_bytes(_ISSUE, "big") + subscriber.to_bytes(_SUBSCRIBER, "big") + bytes(_CHECK)
        return f"{PREFIX}{self._encrypt(block).hex()}@{self._domain}"

    def parse(self, address: str) -> BouncedDelivery | None:
        """The delivery that ``address`` stands for; None when it is no address of ours."""
        local, _, domain = address.strip().lower().rpartition("@")
        token = local.removeprefix(PREFIX)
        if domain != self._domain.lower() or token == local or not _TOKEN.fullmatch(token):
            return None
        block = bytes.fromhex(token)
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(block) + decryptor.finalize()
        if any(plain[-_CHECK:]):
            return None
        return BouncedDelivery(
            issue=int.from_bytes(plain[:_ISSUE], "big"),
            subscriber=int.from_bytes(plain[_ISSUE : _ISSUE + _SUBSCRIBER], "big"),
        )
