"""DKIM keys of the tests, and mails of every shape to sign with them."""

import base64
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from newsletter.delivery.dkim import signatures

DOMAIN = "example.org"


@cache
def rsa(selector: str = "r", domain: str = DOMAIN) -> signatures.Key:
    return signatures.Key(
        domain=domain, selector=selector, private=generate_private_key(public_exponent=65537, key_size=2048)
    )


@cache
def ed25519(selector: str = "e", domain: str = DOMAIN) -> signatures.Key:
    return signatures.Key(domain=domain, selector=selector, private=Ed25519PrivateKey.generate())


def records(*keys: signatures.Key) -> dict[str, str]:
    """What DNS must say about them, written by hand: our own writer of records is tested against this."""
    return {f"{key.selector}._domainkey.{key.domain}": _text(key) for key in keys}


def _text(key: signatures.Key) -> str:
    public = key.private.public_key()
    if isinstance(key.private, RSAPrivateKey):
        raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(raw).decode()}"
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
