"""Envelope senders that find their way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.message import headers, verp

KEY = bytes(range(32))
OURS = verp.Verp(message_key=KEY, domain="bounces.example.org")


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**48 - 1))
def test_every_address_comes_back_as_it_was(issue: int, subscriber: int) -> None:
    """T8: at most 64 bytes of local part, at most 256 of path; letters, digits and one plus."""
    address = OURS.address(issue=issue, subscriber=subscriber)
    local, _, domain = address.partition("@")
    assert len(local) <= 64
    assert len(f"<{address}>") <= 256
    assert domain == "bounces.example.org"
    assert local.isascii()
    assert OURS.parse(address) == verp.BouncedDelivery(issue=issue, subscriber=subscriber)
    assert OURS.parse(address.upper()) == OURS.parse(address)


def test_the_token_says_nothing_about_the_reader() -> None:
    """T8: neighbours look unrelated, and another installation cannot read them."""
    first, second = (OURS.address(issue=1, subscriber=n)[2:34] for n in (1, 2))
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 12
    other = verp.Verp(message_key=bytes(32), domain="bounces.example.org")
    assert other.parse(OURS.address(issue=1, subscriber=1)) is None


def test_a_changed_token_is_not_ours() -> None:
    """D3: every single-character change of a real token is refused."""
    address = OURS.address(issue=7, subscriber=77)
    for at in range(2, 34):
        for letter in "0123456789abcdefg":
            if letter != address[at]:
                assert OURS.parse(address[:at] + letter + address[at + 1 :]) is None


STRANGE = ["", "@", "b+", "b+aaaa", "someone", f"b+{'a' * 32}", f"b+{'1' * 32}", f"b+{'ä' * 32}"]


@pytest.mark.parametrize(
    "address",
    [
        *[f"{local}@bounces.example.org" for local in STRANGE],
        OURS.address(issue=1, subscriber=1).replace("bounces", "elsewhere"),
        OURS.address(issue=1, subscriber=1)[2:],
    ],
)
def test_what_we_did_not_write_is_nobody(address: str) -> None:
    assert OURS.parse(address) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    assert OURS.parse(text + "@bounces.example.org") is None


def test_a_domain_must_be_one() -> None:
    with pytest.raises(headers.InvalidHeader):
        verp.Verp(message_key=KEY, domain="bounces example")
