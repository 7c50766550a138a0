"""DKIM: what we sign, three verifiers of other people accept, and nothing covered can be changed."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.dkim import signatures
from newsletter.delivery.message import headers, issue_template, single_message
from newsletter.delivery.message.sender import Sender
from newsletter.rendering.results import Rendered
from tests import verifiers
from tests.delivery import keys
from tests.tokens import TOKENS

NOW = 1_735_689_600
"""Long ago: verifiers read the real clock, and refuse what was signed in the future."""
WHEN = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
SENDER = Sender(
    name="The Morning, Example",
    address="news@example.org",
    reply_to="desk@example.org",
    list_name="Morning, Brief",
    list_id="morning.example.org",
)
TEXT = f"Good morning {TOKENS.name()},\n\n.\n..\nFrom the desk   with  blanks \n\n\n{TOKENS.unsubscribe_url}\n"
HTML = f"<p>Good morning {TOKENS.name()}</p>\n.dot\n<a href='{TOKENS.unsubscribe_url}'>leave</a>"


@dataclass(frozen=True)
class Mail:
    """One shape of mail."""

    subject: str = "Today"
    text: str = TEXT
    html: str = HTML
    name: str = "Jane"
    address: str = "jane@example.com"

    def made(self) -> bytes:
        template = issue_template.compile_issue(
            rendered=Rendered(
                language="en", subject=self.subject, html=self.html, text=self.text, token_key=TOKENS.key
            ),
            issue_id=7,
            sender=SENDER,
            base_url="https://news.example.org",
            message_key=bytes(range(32)),
            date=WHEN,
        )
        return template.message(subscriber=42, address=self.address, name=self.name, token="t" * 43).data


MAILS = {
    "plain": Mail(),
    "persian": Mail(subject="صبح بخیر، خبرهای امروز " * 8, text="سلام دنیا " * 300, name="زهرا"),
    "cjk": Mail(subject="今日のニュース" * 20, html="<p>" + "漢字かな" * 500, name="太郎"),
    "emoji": Mail(subject="👩‍👩‍👧 news", text="👩‍👩‍👧" * 300, name="Zoë 🙂"),
    "long lines": Mail(subject="x" * 900, text="x" * 5000, html="y" * 5000),
    "dots and blanks": Mail(text=".\n..\n. \n\t.\n \n  \n   x\n\n\n\n", html=" \n\n.\n"),
    "nothing": Mail(subject="", text="", html="", name=""),
    "a reader beyond ASCII": Mail(address="دوست@example.com", name="Jane"),
    "a domain beyond ASCII": Mail(address="jane@bücher.example"),
}
RSA, ED25519 = keys.rsa(), keys.ed25519()
BOTH = signatures.Signer([RSA, ED25519])
RECORDS = keys.records(RSA, ED25519)


def split(mail: bytes) -> tuple[bytes, bytes]:
    block, _, body = mail.partition(b"\r\n\r\n")
    return block + b"\r\n", body


def signed(mail: Mail, signer: signatures.Signer = BOTH) -> bytes:
    """As the engine signs: the block and the body as they were composed."""
    made = mail.made()
    return signer.headers(*split(made), now=NOW) + made


def everywhere(messages: list[bytes], records: dict[str, str] | None = None) -> list[list[set[str]]]:
    return [verify(messages, records or RECORDS) for verify in verifiers.ALL]


def test_three_verifiers_accept_both_signatures_of_every_shape_of_mail() -> None:
    """U5: dkimpy, libopendkim and mailauth; RSA and Ed25519 at once."""
    for answers in everywhere([signed(mail) for mail in MAILS.values()]):
        assert [label for label, one in zip(MAILS, answers, strict=True) if one != {"r", "e"}] == []


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS)
def test_every_composed_body_is_canonical_already(mail: Mail) -> None:
    """The signer hashes what was written, so what was written must be what is hashed."""
    body = split(mail.made())[1]
    assert signatures.is_canonical(body)
    assert signatures.canonical(body) == body


@given(
    text=st.text(max_size=200),
    html=st.text(max_size=200),
    name=st.text(max_size=40),
)
def test_no_text_and_no_value_makes_a_body_that_is_not_canonical(text: str, html: str, name: str) -> None:
    pieces = f"{text}{TOKENS.name()}{html}"
    body = split(Mail(text=pieces, html=pieces, name=name).made())[1]
    assert signatures.is_canonical(body)
    assert signatures.canonical(body) == body


def test_what_is_covered_and_what_cannot_be_added() -> None:
    """U5: everything we write is named in h=, From and the rest once more than it occurs, and there is no l=."""
    block = split(Mail().made())[0]
    tags = _tags(BOTH.headers(block, b"x\r\n", now=NOW))
    named = tags["h"].split(":")
    written = [
        line.partition(b":")[0].decode().lower() for line in block.split(b"\r\n") if re.match(rb"[A-Za-z]", line)
    ]
    assert set(written) <= set(named)
    for name in (
        "from",
        "to",
        "subject",
        "date",
        "reply-to",
        "message-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ):
        assert named.count(name) == written.count(name) + 1 == 2
    assert set(tags) == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}
    assert (tags["c"], tags["d"], tags["t"]) == ("relaxed/relaxed", "example.org", str(NOW))


def test_one_flipped_bit_in_any_covered_header_is_refused_by_all() -> None:
    """U5: each header of the mail, at several places of its value."""
    chance = random.Random(20261126)
    mail = signed(Mail(subject="صبح بخیر", name="Jane Roe"))
    block = split(mail)[0]
    flipped: dict[str, bytes] = {}
    for found in re.finditer(rb"(?m)^([A-Za-z-]+):((?:.|\r\n[ \t])+)", block):
        name = found[1].decode()
        if name == "DKIM-Signature":
            continue
        places = [at for at in range(found.start(2), found.end(2)) if mail[at : at + 1].isalnum()]
        for at in chance.sample(places, min(4, len(places))):
            bit = 1 << chance.randrange(3)
            flipped[f"{name} {at}"] = mail[:at] + bytes([mail[at] ^ bit]) + mail[at + 1 :]
    assert len({label.split(" ")[0] for label in flipped}) == 14
    for answers in everywhere(list(flipped.values())):
        assert {label for label, accepted in zip(flipped, answers, strict=True) if accepted} == set()


def test_a_flipped_bit_in_the_body_or_the_signature_is_refused_by_all() -> None:
    signer = signatures.Signer([RSA])
    mail = signed(Mail(), signer)
    body = mail.index(b"Good morning")
    changed = [mail[:at] + bytes([mail[at] ^ 1]) + mail[at + 1 :] for at in (body, mail.index(b"; t=17") + 5)]
    for answers in everywhere(changed):
        assert answers == [set(), set()]


ADDED = ["From", "To", "Subject", "Date", "Reply-To", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"]


def test_a_header_that_somebody_adds_is_refused_by_all() -> None:
    """U5: a second From above or below ours, and a way out in a mail of ours that has none."""
    mail = signed(Mail())
    block, body = split(mail)
    single = single_message.compose(
        sender=Sender(name="Desk", address="news@example.org"),
        recipient="jane@example.com",
        subject="Confirm",
        text="Please confirm.",
        html="",
        date=WHEN,
        message_key=bytes(32),
        kind="confirmation",
    )
    alone = BOTH.sign(single, now=NOW)
    bad = [f"{name}: <mallory@example.net>\r\n".encode() for name in ADDED]
    changed = [line + mail for line in bad] + [block + line + b"\r\n" + body for line in bad]
    changed += [line + alone for line in bad if line.startswith((b"List-", b"Reply-To"))]
    for intact, answers in zip(everywhere([mail, alone]), everywhere(changed), strict=True):
        assert intact == [{"r", "e"}] * 2
        assert answers == [set()] * len(changed)


def test_what_relays_do_to_a_mail_breaks_no_signature() -> None:
    """Relaxed: headers folded anew, names in other case, blanks at line ends, trace headers before ours."""
    mail = signed(Mail())
    trace = b"Received: from a by b; Thu, 26 Nov 2026 07:00:00 +0000\r\n"
    moved = trace + mail.replace(b"\r\n <mailto:", b" <mailto:").replace(b"Subject: Today", b"SUBJECT:\t Today ")
    assert moved.count(b"SUBJECT") == 1
    for answers in everywhere([moved, mail + b"\r\n\r\n"]):
        assert answers == [{"r", "e"}] * 2


def test_several_selectors_and_domains_sign_one_mail() -> None:
    chosen = [RSA, ED25519, keys.rsa("next"), keys.ed25519("esp", "mail.example.net")]
    mail = signed(Mail(), signatures.Signer(chosen))
    assert mail.count(b"DKIM-Signature:") == 4
    for answers in everywhere([mail], keys.records(*chosen)):
        assert answers == [{"r", "e", "next", "esp"}]


def test_a_mail_of_other_making_is_made_canonical_first() -> None:
    """`sign` takes any mail: tabs, runs of blanks, a header twice, empty lines at the end, no body."""
    twice = b"List-Owner: <mailto:a@example.org>\r\nList-Owner: <mailto:b@example.org>\r\n"
    head = b"From:   news@example.org\r\nSubject:\ta\r\n\t  b  \r\nX-Other: 1\r\n" + twice + b"\r\n"
    bodies = [b"a \t b\t\r\n \r\n\r\nend  \r\n\r\n\r\n", b"", b"\r\n", b"no line end"]
    for answers in everywhere([BOTH.sign(head + body, now=NOW) for body in bodies[:3]]):
        assert answers == [{"r", "e"}] * 3
    assert signatures.canonical(bodies[0]) == b"a b\r\n\r\n\r\nend\r\n"
    assert signatures.canonical(b"no line end") == b"no line end\r\n"
    assert not any(signatures.is_canonical(body) for body in bodies)


@given(st.text(alphabet=" \t\r\nab.=", max_size=60))
def test_canonical_says_what_the_standard_says(text: str) -> None:
    """RFC 6376 §3.4.4, said once more in other words."""
    body = text.replace("\r", "").replace("\n", "\r\n").encode()
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    expected = b"".join(line + b"\r\n" for line in lines)
    assert signatures.canonical(body) == expected
    assert signatures.is_canonical(body) == (expected == body and body != b"")


def test_lines_are_short_and_ascii() -> None:
    long = keys.ed25519("s" * 60, ".".join(["d" * 60] * 3))
    for line in signatures.Signer([RSA, long]).headers(*split(Mail().made()), now=NOW).split(b"\r\n"):
        assert len(line) <= (78 if b"dddd" not in line else 300)
        assert line.isascii()


def test_a_key_needs_a_name_and_a_signer_a_key() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        signatures.Signer([])
    for domain, selector in (("exämple.org", "s"), ("example.org", "a b"), ("example.org\r\nBcc: x", "s"), ("a.b", "")):
        with pytest.raises(headers.InvalidHeader):
            signatures.Signer([signatures.Key(domain=domain, selector=selector, private=ED25519.private)])


def _tags(lines: bytes) -> dict[str, str]:
    first = re.sub(r"\s", "", lines.decode().split("DKIM-Signature:")[1])
    return dict(tag.split("=", 1) for tag in first.split(";"))
