"""A derived template writes what its encoder writes, for any value of its shape, or leaves the work to it."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.message import headers, list_headers
from newsletter.delivery.message.derived_template import DerivedTemplate
from newsletter.delivery.message.quoted_printable import SOFT_BREAK, encode

BASE = "https://news.example.org/u"
TOKENS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=200)
ENCODERS: dict[str, Callable[[str], bytes]] = {
    "List-Unsubscribe": lambda token: list_headers.unsubscribe(
        link=f"{BASE}/{token}/", mailbox=f"leave+{token}@bounces.example.org"
    ),
    "Message-ID": lambda token: headers.structured("Message-ID", [f"<{token}@example.org>"]),
    "a link": lambda token: encode(f"{BASE}/{token}/") + SOFT_BREAK,
}


@pytest.mark.parametrize("kind", ENCODERS)
@given(token=TOKENS)
def test_any_token_comes_out_as_its_encoder_writes_it(kind: str, token: str) -> None:
    """Links beyond 76 characters are cut by soft breaks, List-Unsubscribe says a token twice, or folds: all derived."""
    template = DerivedTemplate(ENCODERS[kind], length=len(token))
    assert template.is_proven
    assert template.fill(token) == ENCODERS[kind](token)


@pytest.mark.parametrize(
    "encoder",
    [
        lambda value: value[::-1].encode(),
        lambda value: value.upper().encode(),
        lambda value: value.encode() + (b"!" if value.startswith("a") else b""),
        lambda value: b"<" + value.encode().hex().encode() + b">",
        lambda value: str(len(value)).encode(),
    ],
)
def test_an_encoder_that_does_not_copy_is_asked_each_time(encoder: Callable[[str], bytes]) -> None:
    """What it assumes is checked with a third value, never taken for granted."""
    template = DerivedTemplate(encoder, length=6)
    for value in ("abcdef", "ABCDEF", "a-b_c9"):
        assert template.fill(value) == encoder(value)
