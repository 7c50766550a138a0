"""Secrets that must be read again (private keys, passwords), sealed for the database. Pure.

AES-256-GCM under a key derived for each purpose from the installation's message key: whoever holds a copy of the
database without `keys/` reads nothing, and a sealed text that was moved to another row, or changed, does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from newsletter.errors import NewsletterError

_VERSION = b"\x01"
_NONCE = 12
"""Bytes; random is safe for 2^32 secrets under one key (NIST SP 800-38D §8.3), and we seal a handful."""


class DecryptionFailed(NewsletterError, ValueError):
    """The sealed text is damaged, was made for another row or purpose, or with another installation's keys."""


def seal(secret: bytes, *, key: bytes, purpose: bytes, context: bytes) -> bytes:
    """Seal ``secret`` for a ``purpose`` (what kind it is) and a ``context`` (which row holds it)."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + _cipher(key, purpose).encrypt(nonce, secret, context)


def open_sealed(sealed: bytes, *, key: bytes, purpose: bytes, context: bytes) -> bytes:
    """What was sealed with the same three. Raises DecryptionFailed."""
    nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    if sealed[:1] != _VERSION or len(nonce) != _NONCE:
        raise DecryptionFailed("This was not sealed by this version.")
    try:
        return _cipher(key, purpose).decrypt(nonce, text, context)
    except InvalidTag:
        raise DecryptionFailed("This cannot be opened with the keys of this installation.") from None


def _cipher(key: bytes, purpose: bytes) -> AESGCM:
    info = b"newsletter sealing 1 " + purpose
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key))
