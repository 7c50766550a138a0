"""Tokens that let someone without an account do a single thing to a single subscription.

A token is urlsafe base64, without padding, of the subscription's 8 random bytes and 128 bits of HMAC-SHA-256 over
the scope and those bytes: 32 characters, no id and no address in it. Each scope has its own: a newsletter that is
forwarded hands over the way out and nothing more (threat 13). Age is never part of it (trust U4); whether a
confirmation or an undo is still open is asked of its row. One that confirms also names the sending that it came with,
6 bytes between the two: 40 characters.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

PUBLIC_ID_BYTES = 8
_MAC_BYTES = 16
_SENDING_BYTES = 6
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}|[A-Za-z0-9_-]{40}", re.ASCII)


class Scope(StrEnum):
    """What a token allows."""

    LEAVE = "leave"
    CONFIRM = "confirm"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a token that confirms names."""

    public_id: bytes
    sending: int


def new_public_id() -> bytes:
    """The random name of a subscription."""
    return secrets.token_bytes(PUBLIC_ID_BYTES)


def make(public_id: bytes, scope: Scope, *, keys: Sequence[bytes]) -> str:
    """The token of this subscription for this scope, signed with the newest key."""
    return _signed(public_id, scope, keys=keys)


def make_confirmation(public_id: bytes, sending: int, *, keys: Sequence[bytes]) -> str:
    """The token that confirms this subscription, of this sending alone."""
    return _signed(public_id + sending.to_bytes(_SENDING_BYTES, "big"), Scope.CONFIRM, keys=keys)


def read(token: str, scope: Scope, *, keys: Sequence[bytes]) -> bytes | None:
    """The subscription's public id, or None for anything that we did not sign for this scope. In constant time."""
    named = _read(token, scope, keys=keys)
    return named if named is not None and len(named) == PUBLIC_ID_BYTES else None


def read_confirmation(token: str, *, keys: Sequence[bytes]) -> Confirmation | None:
    """What a token that confirms names, or None for anything that we did not sign as such. In constant time."""
    named = _read(token, Scope.CONFIRM, keys=keys)
    if named is None or len(named) != PUBLIC_ID_BYTES + _SENDING_BYTES:
        return None
    return Confirmation(named[:PUBLIC_ID_BYTES], int.from_bytes(named[PUBLIC_ID_BYTES:], "big"))


def fingerprint(token: str) -> str:
    """What evidence keeps of a token: enough to match a token that a person shows, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _signed(named: bytes, scope: Scope, *, keys: Sequence[bytes]) -> str:
    return base64.urlsafe_b64encode(named + _mac(named, scope, keys[0])).decode("ascii")


def _read(token: str, scope: Scope, *, keys: Sequence[bytes]) -> bytes | None:
    if not _SHAPE.fullmatch(token):
        return None
    try:
        raw = base64.urlsafe_b64decode(token)
    except (binascii.Error, ValueError):
        return None
    named, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    # Every key is tried, whichever fits: the time says nothing about how old a token is.
    matches = [hmac.compare_digest(mac, _mac(named, scope, key)) for key in keys]
    return named if any(matches) else None


def _mac(named: bytes, scope: Scope, key: bytes) -> bytes:
    mac = _begun(scope, key).copy()
    mac.update(named)
    return mac.digest()[:_MAC_BYTES]


@lru_cache(maxsize=16)
def _begun(scope: Scope, key: bytes) -> hmac.HMAC:
    """The part of a token that is the same for everyone: a chunk of readers needs hundreds of tokens."""
    return hmac.new(key, b"subscription:" + scope.encode() + b":", "sha256")
