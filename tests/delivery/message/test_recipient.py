"""Whom a mail goes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.message import headers, recipient
from newsletter.delivery.message.recipient import Undeliverable


@given(st.from_regex(recipient.PLAIN_ADDRESS, fullmatch=True))
def test_a_plain_address_needs_no_other_look(address: str) -> None:
    assert recipient.checked(address) == address
    assert headers.is_ascii_local(address)


@given(name=st.text(max_size=90), address=st.from_regex(recipient.PLAIN_ADDRESS, fullmatch=True))
def test_the_quick_to_header_is_the_one_that_the_header_writer_writes(name: str, address: str) -> None:
    shown = headers.tidy(name)
    assert recipient.plain_to_header(shown, address) == recipient.to_header(shown, address)


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "a@-.example", "a@exa mple.org"])
def test_an_address_that_is_none_is_undeliverable(address: str) -> None:
    with pytest.raises(Undeliverable) as caught:
        recipient.checked(address)
    assert caught.value.enhanced == "5.1.3"
    assert isinstance(caught.value, ValueError)
