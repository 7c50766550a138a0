"""DKIM signatures (RFC 6376, 8463), relaxed/relaxed, as many on a mail as there are keys. Pure.

The headers are made canonical here; the body must be so already, as `message` makes it (`is_canonical` tells).
Nearly all of the time goes into RSA itself, which releases the interpreter lock: several threads compute on several
cores (`signatures`), and what comes before and after it is made where the mails are.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from newsletter.delivery.message import headers
from newsletter.values import value

# Named in h= once more than they occur, so that no other can be added on the way (RFC 6376 §8.15).
SEALED = (
    *(b"from", b"to", b"subject", b"date", b"reply-to", b"message-id", b"content-type"),
    *(b"list-unsubscribe", b"list-unsubscribe-post"),
)
"""Trust U5; RFC 8058 §4 wants the last two."""
COVERED = (
    *SEALED,
    *(b"mime-version", b"content-transfer-encoding", b"list-id", b"list-help", b"list-owner", b"list-archive"),
    *(b"auto-submitted", b"precedence"),
)
"""Headers that are signed where they occur: all that we write."""

_PKCS1 = padding.PKCS1v15()
_SHA256 = Prehashed(hashes.SHA256())
_LINE = 72
"""Characters of a folded line of h= and b=."""
_SHAPES_KEPT = 32
"""Sets of header names whose h= is remembered; our mails have three or four different sets."""
_PERSONAL = (b"To:", b"Subject:", b"Message-ID:", b"List-Unsubscribe:")
"""Never remembered: no address and no way out outlives its mail."""
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_BEFORE_END = re.compile(rb"(?<![ \t])[ \t]++\r\n")
_LAST_LINES = re.compile(rb"(?<!\r\n)(?:\r\n)++\Z")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A private key and the name its public half is published under."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey


@value
class Draft:
    """A DKIM-Signature that lacks nothing but its value."""

    line: bytes
    """Up to and with "b="."""
    digest: bytes
    """SHA-256 of the headers, the line among them."""
    private: RSAPrivateKey | Ed25519PrivateKey


class Signer:
    """Signs with all of its keys. Built once, used from any thread."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """Raises ValueError without keys, InvalidHeader for a domain or selector that is no name of A-labels."""
        if not keys:
            raise ValueError("A signer needs a key.")
        self._keys = [(_tags(key), key.private) for key in keys]
        self._shapes: dict[tuple[bytes, ...], _Shape] = {}

    def headers(self, block: bytes, body: bytes, *, now: int) -> bytes:
        """The DKIM-Signature lines to put before ``block``; see `drafts`."""
        drafts = self.drafts(block, body, now=now)
        return finished(drafts, signatures(drafts))

    def drafts(self, block: bytes, body: bytes, *, now: int) -> list[Draft]:
        """The signature lines without the values of b=, which take nearly all of the time.

        ``block`` is every header of the mail, with CRLF and without the empty line; ``body`` is what follows that
        line and must be canonical. ``now`` is seconds since 1970.
        """
        lines = [
            _canonical_line(line) if line.startswith(_PERSONAL) else _remembered(line)
            for line in _unfolded(block).split(b"\r\n")
        ]
        names = tuple([name for name, _ in lines])
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._remember(names)
        common = hashlib.sha256(b"".join([lines[at][1] for at in shape.order]))
        bh = base64.b64encode(hashlib.sha256(body).digest())
        drafts = []
        for tags, private in self._keys:
            line = b"%b%d;\r\n %b;\r\n bh=%b;\r\n b=" % (tags, now, shape.folded, bh)
            state = common.copy()
            state.update(b"dkim-signature:" + line.replace(b"\r\n", b""))
            drafts.append(Draft(b"DKIM-Signature: " + line, state.digest(), private))
        return drafts

    def sign(self, message: bytes, *, now: int) -> bytes:
        """A whole mail with its signatures before it; its body is made canonical for them where it is not."""
        block, _, body = message.partition(b"\r\n\r\n")
        return self.headers(block + b"\r\n", body if is_canonical(body) else canonical(body), now=now) + message

    def _remember(self, names: tuple[bytes, ...]) -> "_Shape":
        if len(self._shapes) >= _SHAPES_KEPT:
            self._shapes.clear()
        return self._shapes.setdefault(names, _Shape.of(names))


def signatures(drafts: Sequence[Draft]) -> list[bytes]:
    """The values of b=: RSA or Ed25519, in any thread."""
    return [_signature(draft.private, draft.digest) for draft in drafts]


def finished(drafts: Sequence[Draft], values: Sequence[bytes]) -> bytes:
    """The DKIM-Signature lines from their drafts and `signatures`."""
    return b"".join([b"%b%b\r\n" % (draft.line, _wrapped(its)) for draft, its in zip(drafts, values, strict=True)])


def is_canonical(body: bytes) -> bool:
    """True when relaxed canonicalisation changes nothing (RFC 6376 §3.4.4): what was written is what is hashed."""
    return (
        body.endswith(b"\r\n")
        and body != b"\r\n"
        and not body.endswith(b"\r\n\r\n")
        and b"\t" not in body
        and b"  " not in body
        and b" \r\n" not in body
    )


def canonical(body: bytes) -> bytes:
    """The body as relaxed canonicalisation makes it (RFC 6376 §3.4.4). Its line ends must be CRLF."""
    body = _LAST_LINES.sub(b"", _BLANKS.sub(b" ", _BLANKS_BEFORE_END.sub(b"\r\n", body + b"\r\n")))
    return body + b"\r\n" if body else b""


@dataclass(frozen=True)
class _Shape:
    """What follows from which headers a mail has, in which order."""

    order: tuple[int, ...]
    """Positions of the headers, in the order of h=."""
    folded: bytes
    """The h= tag, folded."""

    @classmethod
    def of(cls, names: tuple[bytes, ...]) -> "_Shape":
        order: list[int] = []
        signed: list[bytes] = []
        for name in COVERED:
            # RFC 6376 §5.4.2: of several headers by the same name, the last is taken first.
            found = [at for at, occurring in enumerate(names) if occurring == name][::-1]
            order += found
            signed += [name] * (len(found) + (name in SEALED))
        lines, line = [], b"h="
        for position, name in enumerate(signed):
            piece = name if position == len(signed) - 1 else name + b":"
            if len(line) + len(piece) > _LINE:
                lines.append(line)
                line = b""
            line += piece
        return cls(order=tuple(order), folded=b"\r\n ".join([*lines, line]))


def _tags(key: Key) -> bytes:
    for name in (key.domain, key.selector):
        if not headers.is_host(name):
            raise headers.InvalidHeader(
                "A key's domain and selector must be letters, digits, hyphens and dots.", header="DKIM-Signature"
            )
    algorithm = b"rsa" if isinstance(key.private, RSAPrivateKey) else b"ed25519"
    names = (key.domain.lower().encode(), key.selector.lower().encode())
    return b"v=1; a=%b-sha256; c=relaxed/relaxed;\r\n d=%b; s=%b; t=" % (algorithm, *names)


def _unfolded(block: bytes) -> bytes:
    """Every header on one line, and blanks in none of them in runs (RFC 6376 §3.4.2)."""
    # Bytes, not text: a local part beyond ASCII is signed as it stands.
    unfolded = block.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    return _BLANKS.sub(b" ", unfolded) if b"\t" in unfolded or b"  " in unfolded else unfolded


def _canonical_line(line: bytes) -> tuple[bytes, bytes]:
    """A header's name and the whole of it, relaxed (RFC 6376 §3.4.2); both empty for what is none."""
    name, colon, value = line.partition(b":")
    if not colon:
        return b"", b""
    name = name.rstrip(b" ").lower()
    return name, b"%b:%b\r\n" % (name, value.strip(b" "))


_remembered = lru_cache(maxsize=64)(_canonical_line)
"""Two of three headers are the same in each mail of an issue."""


def _signature(private: RSAPrivateKey | Ed25519PrivateKey, digest: bytes) -> bytes:
    if isinstance(private, RSAPrivateKey):
        return private.sign(digest, _PKCS1, _SHA256)
    return private.sign(digest)  # RFC 8463 §3: PureEdDSA over the hash


def _wrapped(signature: bytes) -> bytes:
    text = base64.b64encode(signature)
    return b"\r\n ".join([text[at : at + _LINE] for at in range(0, len(text), _LINE)])
