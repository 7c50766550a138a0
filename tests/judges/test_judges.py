"""Postfix, Exim and OpenSMTPD take a thousand of our mails each and change no byte; every signature still holds."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.dkim import signatures
from newsletter.delivery.message import issue_template
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.smtp.client import SmtpCarrier
from newsletter.delivery.smtp.settings import TransportSettings
from newsletter.delivery.states import DeliveryState
from newsletter.rendering.results import Rendered
from tests import verifiers
from tests.delivery import keys, smtp_help
from tests.delivery.scripted_smtp import Notes
from tests.judges import servers
from tests.tokens import TOKENS

pytestmark = pytest.mark.judges

COUNT = 1000
SECONDS = 60.0
SIGNED_AT = 1_735_689_600
WHEN = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
SENDER = Sender(
    name="The Morning, Example",
    address="news@example.org",
    reply_to="desk@example.org",
    list_name="Morning, Brief",
    list_id="morning.example.org",
)
HELLO, LEAVE = TOKENS.name(), TOKENS.unsubscribe_url
RENDITIONS = [
    ("Today", f"Hello {HELLO}\n\n.\n..\n.leading dots\n\n{LEAVE}\n", f"<p>Hello {HELLO}</p>\n.\n.hidden{{}}\n{LEAVE}"),
    ("صبح بخیر، خبرهای امروز " * 6, f"سلام {HELLO}\n{'خبر ' * 400}\n{LEAVE}", f"<p>سلام {HELLO} {'خبر ' * 400}{LEAVE}"),
    ("今日のニュース" * 12, f"{'漢字かな' * 300}\n{HELLO} {LEAVE}", f"<p>{'漢字かな' * 300}{HELLO}{LEAVE}"),
    ("👩‍👩‍👧 news", f"{'👩‍👩‍👧🙂' * 120}\n{HELLO}{LEAVE}", f"<p>{'👩‍👩‍👧🙂' * 120}{HELLO}{LEAVE}"),
    (f"Dear {HELLO}", "x" * 5000 + f"\n{LEAVE}", "<p>" + "y" * 5000 + LEAVE),
    ("Blanks", f"a   b\t\tc \n \n  \n\n\n\n   {HELLO}   \n\t{LEAVE}\n\n\n", f" \n\n\t<p>   {HELLO} \n\n {LEAVE}  \n"),
    ("From the desk", f"From here\nFrom {HELLO}\n>From\n{LEAVE}", f"From here\r\nFrom\r{LEAVE}=\n=3D=20"),
]
NAMES = ["Jane", "", "زهرا رضایی", "Zoë “the reader” O'Hara, MD", "太郎", "🙂", "x" * 90]
TRACE = re.compile(
    rb"(?:(?:Return-Path|Received|Delivered-To|X-Original-To): [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)+", re.I
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where other users may look: pytest's own folders are closed to them."""
    made = Path(tempfile.mkdtemp(prefix="newsletter-judge-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def mails(signer: signatures.Signer, *, smtputf8: bool) -> list[Message]:
    templates = [
        issue_template.compile_issue(
            rendered=Rendered(language="en", subject=subject, html=html, text=text, token_key=TOKENS.key),
            issue_id=number,
            sender=SENDER,
            base_url="https://news.example.org",
            message_key=bytes(range(32)),
            date=WHEN,
        )
        for number, (subject, text, html) in enumerate(RENDITIONS)
    ]
    made = []
    for number in range(COUNT):
        address = f"خواننده{number}@example.com" if smtputf8 and number % 20 == 0 else f"reader{number}@example.com"
        message = templates[number % len(templates)].message(
            subscriber=number, address=address, name=NAMES[number // 7 % len(NAMES)], token=f"{number:043}"
        )
        block, _, body = message.data.partition(b"\r\n\r\n")
        signed = signer.headers(block + b"\r\n", body, now=SIGNED_AT) + message.data
        made.append(Message(message.key, message.sender, message.recipient, (signed,), message.smtputf8))
    return made


def hand_over(messages: list[Message], *, port: int) -> list[Reply]:
    """By the carrier that is used in life."""
    notes = Notes()

    async def story() -> None:
        settings = TransportSettings(host="127.0.0.1", port=port, tls="none")
        carrier = SmtpCarrier(settings, ehlo_name="news.example.org", connections=5)
        try:
            assert await smtp_help.hand_over(carrier, messages, notes) == []
        finally:
            await carrier.close()

    asyncio.run(story())
    return notes.replies


@pytest.mark.parametrize("name", servers.ALL)
def test_a_thousand_mails_arrive_as_they_were_and_their_signatures_hold(name: str, folder: Path) -> None:
    """U5, F2, T2, T3: leading dots, long lines, blanks, every script, readers beyond ASCII where they are taken."""
    rsa, ed25519 = keys.rsa(), keys.ed25519()
    with servers.ALL[name](folder) as server:
        sent = mails(signatures.Signer([rsa, ed25519]), smtputf8=server.smtputf8)
        replies = hand_over(sent, port=server.port)
        assert [reply for reply in replies if reply.state is not DeliveryState.ACCEPTED] == []
        arrived = server.arrived(COUNT, seconds=SECONDS)
    traces, bare = zip(*map(without_trace, arrived), strict=True)
    assert sorted(bare) == sorted(message.data for message in sent)
    assert all(traces)
    for verify in verifiers.ALL:
        accepted = verify(arrived, keys.records(rsa, ed25519))
        assert [one for one in accepted if one != {"r", "e"}] == []


def without_trace(arrived: bytes) -> tuple[bytes, bytes]:
    """What a server put before our first header, and the rest."""
    found = TRACE.match(arrived)
    end = found.end() if found else 0
    return arrived[:end], arrived[end:]
