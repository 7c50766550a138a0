"""Sealed secrets open for who sealed them, and for nobody and nothing else."""

import pytest

from newsletter.delivery import sealed_secrets

KEY = bytes(range(32))
GIVEN = {"key": KEY, "purpose": b"test", "context": b"row 1"}


@pytest.mark.parametrize("secret", [b"", b"x", "گذرواژه".encode(), bytes(5000)])
def test_what_was_sealed_opens_again(secret: bytes) -> None:
    sealed = sealed_secrets.seal(secret, **GIVEN)

    assert sealed_secrets.open_sealed(sealed, **GIVEN) == secret
    assert len(secret) < 8 or secret not in sealed


def test_the_same_secret_never_looks_the_same_twice() -> None:
    assert len({sealed_secrets.seal(b"secret", **GIVEN) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "change", [{"key": bytes(32)}, {"purpose": b"other"}, {"context": b"row 2"}], ids=["key", "purpose", "context"]
)
def test_it_does_not_open_elsewhere(change: dict[str, bytes]) -> None:
    with pytest.raises(sealed_secrets.DecryptionFailed):
        sealed_secrets.open_sealed(sealed_secrets.seal(b"secret", **GIVEN), **GIVEN | change)


def test_one_changed_bit_and_it_stays_shut() -> None:
    sealed = sealed_secrets.seal(b"secret", **GIVEN)
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(sealed_secrets.DecryptionFailed):
            sealed_secrets.open_sealed(bytes(changed), **GIVEN)


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_a_cut_one_stays_shut(length: int) -> None:
    with pytest.raises(sealed_secrets.DecryptionFailed):
        sealed_secrets.open_sealed(sealed_secrets.seal(b"secret", **GIVEN)[:length], **GIVEN)
