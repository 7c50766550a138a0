"""What servers say, without the people they say it about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import scrub


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("5.1.1 <reader@example.org>: Recipient address rejected", "5.1.1 …: Recipient address rejected"),
        ("<reader@example.org>... User unknown", "…... User unknown"),
        ("user reader+tag@sub.example.org is over quota", "user … is over quota"),
        ('"odd reader"@example.org unknown', "… unknown"),
        ("RCPT TO:<نامه@مثال.ایران> failed", "RCPT TO:… failed"),
        ("see https://example.org/?e=reader%40example.org now", "see https:… now"),
        ("(reader@example.org)", "(…)"),
        ("greylisted for 5 minutes", "greylisted for 5 minutes"),
    ],
)
def test_no_address_is_left(said: str, left: str) -> None:
    assert scrub.addresses(said) == left


@given(st.from_regex(r"[a-z0-9.+_-]{1,12}@[a-z0-9-]{1,10}\.[a-z]{2,6}", fullmatch=True), st.text(max_size=20))
def test_wherever_it_stands_an_address_is_hidden(address: str, around: str) -> None:
    """I6."""
    for text in (f"{around} {address} {around}", f"{around}<{address}>{around}", f"to={address}, {around}"):
        assert address not in scrub.addresses(text)
        assert address not in scrub.kind(text)


def test_replies_that_differ_in_an_id_are_of_one_kind() -> None:
    first = "2.0.0 Ok: queued as 4F8A2C0D3B"
    second = "2.0.0 Ok: queued as 9A1B77C0DE"
    assert scrub.kind(first) == scrub.kind(second) == "Ok: queued as …"
    assert scrub.kind("4.7.1 wait 300 seconds") == "wait 300 seconds"
