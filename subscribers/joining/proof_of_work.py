"""The proof of work on the join form: a browser spends about a second, and each proof counts once (ALTCHA)."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from altcha import v1 as altcha

from subscribers import conf
from subscribers.joining import request_limits

DIFFICULTY = 40_000
"""Hashes at most, half of it on average: about a second in a browser of today, two or three on an old phone."""

LIFE = timedelta(hours=2)
"""A form that lies open longer is treated as a form without a proof."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the form carries for the script that solves it."""

    challenge: str
    salt: str
    signature: str
    most: int


def challenge(*, now: datetime) -> Challenge:
    """A fresh challenge, signed: nothing is stored until it is solved."""
    made = altcha.create_challenge(
        altcha.ChallengeOptions(
            algorithm="SHA-256", max_number=DIFFICULTY, hmac_key=_key(), expires=now.astimezone(UTC) + LIFE
        )
    )
    return Challenge(challenge=made.challenge, salt=made.salt, signature=made.signature, most=DIFFICULTY)


def solve(given: Challenge) -> str:
    """The proof as the form's script sends it. For tests and for clients that are no browsers."""
    found = altcha.solve_challenge(given.challenge, given.salt, "SHA-256", given.most)
    number = found.number if found else -1
    return _encoded(
        {
            "algorithm": "SHA-256",
            "challenge": given.challenge,
            "number": number,
            "salt": given.salt,
            "signature": given.signature,
        }
    )


def accept(payload: str, *, now: datetime) -> bool:
    """True for a right, fresh and unused proof; it is used up by this."""
    proof = _decoded(payload)
    if proof is None:
        return False
    right, _ = altcha.verify_solution(proof, _key(), check_expires=False)
    if not right:
        return False
    # The salt is covered by the signed challenge, so its time is ours. Compared here since the library asks the clock.
    expires = _expiry(proof.salt)
    if expires is None or expires < now:
        return False
    return request_limits.first_use(f"proof|{proof.challenge}", until=expires, now=now)


def _key() -> str:
    return hashlib.sha256(b"proof-of-work:" + conf.settings().address_key).hexdigest()


def _expiry(salt: str) -> datetime | None:
    for part in salt.partition("?")[2].split("&"):
        name, _, value = part.partition("=")
        if name == "expires" and value.isascii() and value.isdigit() and len(value) < 12:
            return datetime.fromtimestamp(int(value), UTC)
    return None


def _encoded(proof: dict[str, object]) -> str:
    return base64.b64encode(json.dumps(proof).encode()).decode("ascii")


def _decoded(payload: str) -> altcha.Payload | None:
    """The proof's fields if each has its kind; anything else that a form may hold is no proof."""
    if not payload or len(payload) > 2_000:
        return None
    try:
        proof = json.loads(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError, RecursionError):  # the last: a thousand brackets in each other
        return None
    if not isinstance(proof, dict) or proof.get("algorithm") != "SHA-256":
        return None
    number, texts = proof.get("number"), [proof.get(name) for name in ("challenge", "salt", "signature")]
    if (
        isinstance(number, bool)
        or not isinstance(number, int)
        or not all(isinstance(text, str) and text.isascii() for text in texts)
    ):
        return None
    return altcha.Payload("SHA-256", proof["challenge"], number, proof["salt"], proof["signature"])
