"""An issue becomes messages: format, headers, bytes."""

import dataclasses
import email
import email.policy
import quopri
import re
from datetime import datetime
from email.message import EmailMessage
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.carrier import Message
from newsletter.delivery.message import issue_template
from newsletter.delivery.message.recipient import Undeliverable
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.smtp.dot_stuffing import wire_ready
from newsletter.errors import InvalidInput
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered
from tests.tokens import TOKENS

KEY = bytes(range(32))
TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"
SENDER = Sender(
    name="The Morning, Example",
    address="news@example.org",
    reply_to="desk@example.org",
    list_name="Morning, Brief",
    list_id="morning.example.org",
    bounce_domain="bounces.example.org",
)
HTML = f"""<html><body>
<h1>Hello {TOKENS.name()}</h1>
.hidden{{}}
From the desk: <a href="{TOKENS.unsubscribe_url}">leave</a>
</body></html>
"""
TEXT = f"Hello {TOKENS.name()},\n\n.\nFrom the desk\n\n{TOKENS.unsubscribe_url}\n"
DATE = datetime(2026, 11, 26, 7, 30, tzinfo=ZoneInfo("Asia/Tehran"))


def template(
    *, subject: str = "Today", html: str = HTML, text: str = TEXT, **sender: str
) -> issue_template.IssueTemplate:
    return issue_template.compile_issue(
        rendered=Rendered(language="en", subject=subject, html=html, text=text, token_key=TOKENS.key),
        issue_id=7,
        sender=dataclasses.replace(SENDER, **cast(Any, sender)),
        base_url="https://news.example.org",
        message_key=KEY,
        date=DATE,
    )


def message(
    made: issue_template.IssueTemplate | None = None, *, address: str = "jane@example.com", name: str = "Jane"
) -> Message:
    return (made or template()).message(subscriber=42, address=address, name=name, token=TOKEN)


def parsed(made: Message | bytes) -> EmailMessage:
    data = made if isinstance(made, bytes) else made.data
    result = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(result, EmailMessage)
    assert not any(part.defects for part in result.walk())
    return result


def part(mail: EmailMessage, subtype: str) -> str:
    found = mail.get_body((subtype,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def check_bytes(data: bytes) -> None:
    """F2, F3: CRLF only, 7-bit, no NUL, short lines, and nothing that would have to be stuffed or escaped."""
    assert data.isascii()
    assert b"\0" not in data
    assert data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n")
    assert wire_ready(data) == data
    head, _, body = data.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert b"  " not in line


PART = ["Content-Type", "Content-Transfer-Encoding"]
ONE_CLICK = ["List-Unsubscribe", "List-Unsubscribe-Post"]
HEADERS = ["From", "Date", "Message-ID", "Subject", "To", "MIME-Version", "List-Id"]


def test_each_header_is_there_once_and_only_the_reader_is_named() -> None:
    """F1, F9, D7, U1."""
    mail = parsed(message())
    assert all(len(mail.get_all(name, [])) == 1 for name in HEADERS)
    assert sorted(mail.keys()) == sorted(
        [*HEADERS, *["Reply-To", "Precedence", "Auto-Submitted", "Content-Type", "List-Owner"], *ONE_CLICK]
    )
    assert [str(address) for address in mail["To"].addresses] == ["Jane <jane@example.com>"]
    assert str(mail["From"]) == '"The Morning, Example" <news@example.org>'
    assert mail["Precedence"] == "bulk"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_list_headers_offer_one_click() -> None:
    """U1, RFC 8058: each once, unencoded."""
    raw = message().data.decode()
    assert 'List-Id: "Morning, Brief" <morning.example.org>\r\n' in raw
    assert (
        f"List-Unsubscribe: <https://news.example.org/u/{TOKEN}/>,\r\n"
        f" <mailto:leave+{TOKEN}@bounces.example.org?subject=unsubscribe>\r\n" in raw
    )
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert raw.count("List-Unsubscribe") == 3


@pytest.mark.parametrize("name", ["سلام", "x" * 300, "=?utf-8?q?=0A?=Bcc: a"])
def test_a_list_name_that_cannot_stand_in_list_id_is_left_out(name: str) -> None:
    """U1, F4, RFC 2919: no encoded-word there, at most 255 characters."""
    assert parsed(message(template(list_name=name)))["List-Id"] == "<morning.example.org>"


def test_a_bare_list_id_gets_the_senders_domain() -> None:
    assert parsed(message(template(list_id="morning", list_name="")))["List-Id"] == "<morning.example.org>"


def test_text_comes_first_html_last_and_the_boundary_is_nowhere_else() -> None:
    """F6, RFC 2046."""
    mail = parsed(message())
    assert mail.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]
    boundary = str(mail.get_boundary())
    assert "=_" in boundary
    assert len(boundary) <= 70
    assert message().data.count(boundary.encode()) == 4


def test_reading_and_writing_a_message_again_changes_no_byte() -> None:
    """F2: a relay that parses us has nothing to mend, so a signature holds."""
    made = message(template(subject="صبح بخیر " * 20, list_name="x" * 200), name="Zoë, the reader")
    policy = email.policy.compat32.clone(linesep="\r\n", max_line_length=None, mangle_from_=True)
    assert email.message_from_bytes(made.data, policy=policy).as_bytes(policy=policy) == made.data


def test_values_stand_where_their_tokens_were() -> None:
    mail = parsed(message(name="Jane <b>"))
    link = f"https://news.example.org/u/{TOKEN}/"
    assert part(mail, "plain") == f"Hello Jane <b>,\n\n.\nFrom the desk\n\n{link}\n"
    assert part(mail, "html") == HTML.replace(TOKENS.name(), "Jane &lt;b&gt;").replace(TOKENS.unsubscribe_url, link)
    check_bytes(message(name="Jane <b>").data)


BODIES = ["سلام دنیا " * 200, "👩‍👩‍👧" * 300, "x" * 5000, "\t.\n" * 50, " \n  \n   x", "=3D=\n=", ".\n..\n.x\nFrom x"]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_any_body_is_seven_bit_and_comes_back(body: str) -> None:
    """F2, F3: Persian, emoji, lines of 5,000, tabs, dots, blanks."""
    made = message(template(html=f"<p>{body}</p>", text=body))
    check_bytes(made.data)
    mail = parsed(made)
    assert part(mail, "plain") == body.rstrip("\n") + "\n"
    assert part(mail, "html") == f"<p>{body}</p>\n"
    for leaf in mail.iter_parts():
        assert leaf.get_content_charset() == "utf-8"
        assert leaf["Content-Transfer-Encoding"] == "quoted-printable"


pieces = st.lists(
    st.one_of(st.text(max_size=40), st.sampled_from([".", "From ", " ", "\n", "=", TOKENS.name(), "x" * 75])),
    max_size=12,
).map("".join)


@given(text=pieces, name=st.text(max_size=60))
def test_any_literal_and_any_name_survive_the_encoding(text: str, name: str) -> None:
    """F2, F3, F5: bytes stay legal, and the reader reads what was written."""
    made = message(template(text=text, html="<p></p>"), name=name)
    check_bytes(made.data)
    values = personalise.values_for(name=name, unsubscribe_url="x")
    plain = re.sub(r"\r\n?", "\n", text).replace("\0", "").rstrip("\n") + "\n"
    expected = TOKENS.fill_text(plain, values).encode(errors="replace")
    raw = made.data.split(b"quoted-printable\r\n\r\n")[1].partition(b"\r\n--=_")[0]
    assert quopri.decodestring(raw.replace(b"\r\n", b"\n")) == expected
    assert len(parsed(made).keys()) == 14


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"]), max_size=120))
def test_nothing_typed_adds_a_header(typed: str) -> None:
    """F5: subject, sender, list and reader at once."""
    made = message(template(subject=typed, name=typed, list_name=typed), name=typed)
    mail = email.message_from_bytes(made.data, policy=email.policy.compat32)
    assert len(mail.keys()) == 14
    assert len(set(mail.keys())) == 14


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\0b"])
def test_a_line_end_in_a_subject_or_sender_stops_the_issue(bad: str) -> None:
    """F5."""
    for change in ({"subject": bad}, {"name": bad}):
        with pytest.raises(InvalidInput):
            template(**cast(Any, change))


def test_a_readers_name_with_line_ends_is_made_one_line() -> None:
    """F5: one odd row of an import must not cost its reader the issue."""
    mail = parsed(message(name="Jane\r\nBcc: x@y.example\0"))
    assert mail["To"].addresses[0].display_name == "Jane Bcc: x@y.example"
    assert "Bcc" not in mail


def test_the_subject_may_hold_the_name() -> None:
    made = template(subject=f"{TOKENS.name()}, good morning — صبح بخیر")
    assert parsed(message(made, name="Zoë"))["Subject"] == "Zoë, good morning — صبح بخیر"
    assert parsed(message(made, name="A" * 90))["Subject"] == "A" * 90 + ", good morning — صبح بخیر"


def test_the_same_reader_gets_the_same_message_again() -> None:
    """F8: byte for byte, so that a retry can be recognised; another reader's differs."""
    first, again = message(), message(template())
    assert first == again
    ids = {
        str(parsed(template().message(subscriber=n, address="a@example.com", name="", token=TOKEN))["Message-ID"])
        for n in range(50)
    }
    assert len(ids) == 50
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.org>", name) for name in ids)


def test_the_date_is_in_the_lists_zone() -> None:
    """F9: Tehran here, never the server's."""
    assert b"Date: Thu, 26 Nov 2026 07:30:00 +0330\r\n" in message().data
    with pytest.raises(ValueError, match="zone"):
        issue_template.compile_issue(
            rendered=Rendered(language="en", subject="x", html="x", text="x", token_key=TOKENS.key),
            issue_id=1,
            sender=SENDER,
            base_url="https://news.example.org",
            message_key=KEY,
            date=datetime(2026, 11, 26, 7, 30),  # noqa: DTZ001
        )


def test_the_envelope_sender_comes_back_to_this_reader() -> None:
    """T8, B9."""
    made = template()
    envelope = message(made)
    returned = made.verp.parse(envelope.sender)
    assert returned is not None
    assert (returned.issue, returned.subscriber) == (7, 42)
    assert "jane" not in envelope.sender
    assert envelope.recipient == "jane@example.com"
    assert envelope.key == 42


def test_no_other_reader_is_in_a_message() -> None:
    """Threat 23, I4."""
    made = template()
    made.message(subscriber=1, address="first@example.com", name="First", token="A" * 43)
    second = made.message(subscriber=2, address="second@example.com", name="Second", token="B" * 43)
    assert b"first" not in second.data.lower()
    assert b"A" * 43 not in second.data


def test_a_non_ascii_local_part_stays_raw_and_its_domain_is_an_a_label() -> None:
    """T3, T4."""
    made = message(address="jörg@bücher.example", name="Jörg")
    assert made.smtputf8
    assert made.recipient == "jörg@xn--bcher-kva.example"
    assert "To: =?utf-8?b?SsO2cmc=?= <jörg@xn--bcher-kva.example>\r\n".encode() in made.data
    assert not message(address="jane@bücher.example").smtputf8
    assert b"<jane@xn--bcher-kva.example>" in message(address="jane@bücher.example").data


@pytest.mark.parametrize("address", ["", "jane", "jane@", "@example.com", "a b@example.com", "a@b\r\nBcc: x@y.example"])
def test_an_address_that_is_none_costs_only_its_reader(address: str) -> None:
    """Threat 6."""
    made = template()
    with pytest.raises(Undeliverable) as caught:
        message(made, address=address)
    assert caught.value.enhanced == "5.1.3"
    assert message(made).recipient == "jane@example.com"


@pytest.mark.parametrize("token", ["", "a/b", "a b", "a\r\nb", "x" * 201])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(Undeliverable):
        template().message(subscriber=1, address="jane@example.com", name="", token=token)


def test_a_token_too_long_for_a_mailbox_still_has_its_link() -> None:
    """U1: the local part of the mailbox holds 64 bytes; the link holds any."""
    raw = template().message(subscriber=1, address="jane@example.com", name="", token="t" * 70).data.decode()
    assert f"List-Unsubscribe: <https://news.example.org/u/{'t' * 70}/>\r\nFrom" in raw


def test_a_token_with_dots_that_no_mailbox_may_have_still_has_its_link() -> None:
    """U1: such a token is no copy of one without dots of the same length, so its header is written anew."""
    filled = template()
    for token, mailbox in (("abcd", True), ("a..b", False), ("a.cd", True)):
        raw = filled.message(subscriber=1, address="jane@example.com", name="", token=token).data.decode()
        assert f"/u/{token}/>" in raw
        assert ("<mailto:leave+" in raw) is mailbox


@pytest.mark.parametrize(
    "sender",
    [
        {"address": "news"},
        {"address": "zeitung@"},
        {"address": "größe@example.org"},
        {"reply_to": "nobody"},
        {"bounce_domain": "not a domain"},
        {"list_id": "not a label.example.org"},
        {"list_id": "سلام"},
    ],
)
def test_a_sender_that_cannot_send_stops_the_issue(sender: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        template(**cast(Any, sender))
