"""What servers say, without the people they say it about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import redact
from newsletter.delivery.carrier import Message, Phase
from newsletter.delivery.smtp import message_reply, reply_parser


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
    assert redact.addresses(said) == left


@given(st.from_regex(r"[a-z0-9.+_-]{1,12}@[a-z0-9-]{1,10}\.[a-z]{2,6}", fullmatch=True), st.text(max_size=20))
def test_wherever_it_stands_an_address_is_hidden(address: str, around: str) -> None:
    """I6."""
    for text in (f"{around} {address} {around}", f"{around}<{address}>{around}", f"to={address}, {around}"):
        assert address not in redact.addresses(text)
        assert address not in redact.generalised(text)


def test_replies_that_differ_in_an_id_are_of_one_kind() -> None:
    first = "2.0.0 Ok: queued as 4F8A2C0D3B"
    second = "2.0.0 Ok: queued as 9A1B77C0DE"
    assert redact.generalised(first) == redact.generalised(second) == "Ok: queued as …"
    assert redact.generalised("4.7.1 wait 300 seconds") == "wait 300 seconds"


READER = "jane+news@reader.example"


@pytest.mark.parametrize(
    "said",
    [
        "<jane+news@reader.example> unknown",
        "jane+news%40reader.example unknown",
        "jane%2Bnews%40reader.example unknown",
        "jane%2Bnews%2540reader.example unknown",
        "jane=2Bnews=40reader.example unknown",
        "jane+news+40reader.example unknown",
        '"jane+news"@reader.example unknown',
        '"jane+news" @ reader.example unknown',
        "jane+news @ reader.example unknown",
        "jane+news&#64;reader.example unknown",
        "jane+news&#x40;reader.example unknown",
        "jane+news(at)reader.example unknown",
        "jane+news [at] reader.example unknown",
        "jane+news\\x40reader.example unknown",
        "JANE+NEWS@READER.EXAMPLE unknown",
        "https://help.example/?a=jane%2Bnews%40reader.example unknown",
        "mailbox jane+news at reader.example unknown",
    ],
)
def test_the_recipient_is_found_however_a_server_writes_it(said: str) -> None:
    """I6: replies are kept longer than the people they are about."""
    left = redact.addresses(said, of=READER).lower()
    assert "jane" not in left
    assert "unknown" in left


def test_words_that_only_share_a_part_of_it_stay() -> None:
    said = "reader.example does not know this mailbox; information at https://reader.example/help"
    assert redact.addresses(said, of="info@reader.example") == said


@pytest.mark.parametrize("at", ["@", "%40", "+40", "=40", '" @ ', "&#64;"])
def test_a_reply_is_kept_without_its_recipient_by_the_same_rules(at: str) -> None:
    """I6: one redactor for replies, logs and pages."""
    message = Message(key=1, sender="", recipient=READER, parts=(b"",))
    line = f"5.1.1 {READER.replace('@', at)} unknown"
    said = reply_parser.SmtpReply(code=550, enhanced="5.1.1", lines=(line,), odd=False)
    assert "jane" not in message_reply.of_server(message, phase=Phase.RCPT, reply=said).text
