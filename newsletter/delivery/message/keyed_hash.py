"""HMAC-SHA256 under the installation's message key, with outputs of its own for each purpose (RFC 2104). Pure."""

import hmac


def mac(key: bytes, purpose: bytes, *parts: str) -> bytes:
    """32 bytes over parts that cannot be shifted into one another: each is preceded by its length."""
    return hmac.digest(key, b"".join([_part(purpose), *map(_part, parts)]), "sha256")


def _part(text: bytes | str) -> bytes:
    data = text if isinstance(text, bytes) else text.encode(errors="replace")
    return len(data).to_bytes(8, "big") + data
