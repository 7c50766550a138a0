"""Our own single mails: headers, parts, identities."""

from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.delivery.message import single_message
from newsletter.delivery.message.recipient import Undeliverable
from newsletter.delivery.message.sender import Sender
from newsletter.errors import InvalidInput
from tests.delivery.message.test_issue_template import KEY, check_bytes, parsed, part
from tests.tokens import TOKENS


def single(**changes: Any) -> bytes:
    values: dict[str, Any] = {
        "sender": Sender(name="Newsletter", address="newsletter@example.org"),
        "recipient": "jane@example.com",
        "subject": "Your sign-in link",
        "text": "Hello,\n\n.\nhttps://news.example.org/in/abc\n",
        "html": "",
        "date": datetime(2026, 11, 26, 7, 0, tzinfo=UTC),
        "message_key": KEY,
        "kind": "sign-in",
    }
    return single_message.compose(**(values | changes))


def test_a_single_mail_has_no_list_headers() -> None:
    """U7: no way to unsubscribe from a sign-in link, and no machine answers it."""
    mail = parsed(single())
    assert sorted(mail.keys()) == sorted(
        [
            "To",
            "Subject",
            "Message-ID",
            "From",
            "Date",
            "MIME-Version",
            "Auto-Submitted",
            "Content-Type",
            "Content-Transfer-Encoding",
        ]
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert part(mail, "plain") == "Hello,\n\n.\nhttps://news.example.org/in/abc\n"
    check_bytes(single())


def test_a_single_mail_with_html_has_text_first() -> None:
    """F6, U7."""
    mail = parsed(single(html="<p>Hello – سلام</p>"))
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]
    assert part(mail, "html") == "<p>Hello – سلام</p>\n"
    check_bytes(single(html="<p>Hello – سلام</p>"))


def test_single_mails_differ_in_their_id_when_they_differ_at_all() -> None:
    made = [single(), single(recipient="joe@example.com"), single(kind="alert"), single(text="x"), single(subject="y")]
    assert len({str(parsed(mail)["Message-ID"]) for mail in made}) == len(made)
    assert single() == single()


def test_what_looks_like_a_token_in_a_single_mail_is_only_text() -> None:
    """Whoever sends a test issue fills it before; somebody's odd name must not lose its letters."""
    assert part(parsed(single(text=TOKENS.name())), "plain") == TOKENS.name() + "\n"


def test_a_single_mail_to_nobody_is_refused() -> None:
    with pytest.raises(Undeliverable):
        single(recipient="nobody")
    with pytest.raises(InvalidInput):
        single(subject="a\r\nBcc: x@y.example")
