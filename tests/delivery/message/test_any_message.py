"""For any rendition, values and address, the compiled message is exactly what was meant (trust F1 to F6, T2)."""

import email
import email.header
import email.policy
import re
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.dkim import signatures
from newsletter.delivery.message import headers, issue_template
from newsletter.delivery.smtp.dot_stuffing import wire_ready
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered
from tests.delivery.message.test_issue_template import DATE, KEY, SENDER
from tests.tokens import TOKENS

INTENDED = [
    "To", "Subject", "Message-ID", "List-Unsubscribe", "From", "Reply-To", "Date", "MIME-Version", "Precedence",
    "Auto-Submitted", "List-Id", "List-Unsubscribe-Post", "List-Owner", "Content-Type",
]  # fmt: skip

# Hostile on purpose: line ends of every kind, dots, "From ", blank runs, tabs, encoded-words, boundaries, CJK, emoji.
_HARD = [
    "\n", "\r", "\r\n", ".", "\n.\n", "\nFrom ", "From the sea", "  ", "\t", " \n", "=", "=?utf-8?q?=0A?=", "--=_0",
    "漢字かな", "سلام دنیا", "🗞️", "\x00", "\u2028", "\ud800", "<b>&amp;\"'", "x" * 90, "a " * 60,
    TOKENS.name(), TOKENS.unsubscribe_url, TOKENS.name("friend"),
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(_HARD), st.text(max_size=12)), max_size=12).map("".join)
# A rendition is stored, so it is UTF-8; a reader's name may hold anything.
renditions = texts.map(lambda text: text.replace("\ud800", ""))
lines = renditions.map(lambda text: re.sub(r"[\r\n\x00]", " ", text))
atoms = st.text("abcXYZ019!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=12)
locals_ = st.one_of(atoms, st.tuples(atoms, atoms).map(".".join), st.text("äñ漢поч", min_size=1, max_size=6))
domains = st.sampled_from(["example.org", "bücher.example", "a-b.c-d.example.com", "EXAMPLE.ORG", "例え.example"])
addresses = st.tuples(locals_, domains).map("@".join)
tokens = st.text("abcdefXYZ0189_-", min_size=1, max_size=48)

# Most readers have a name of letters, and that goes a quicker way.
names = st.one_of(texts, st.from_regex(r"\A[A-Z][a-z]{0,30}( [A-Za-z0-9]{1,30}){0,2}\Z"), st.just("From Here"))
# So long that the way out fits its line, goes on behind a line end within the token, or before it.
sites = st.sampled_from(
    ["https://n.example", "https://news.example.org", "https://the-harbour-post.letters.example.org"]
)


@settings(max_examples=100)
@given(
    subject=lines, html=renditions, text=renditions, name=names, address=addresses, token=tokens, before=tokens,
    site=sites,
)  # fmt: skip
def test_the_compiled_message_parses_back_to_exactly_what_was_intended(
    subject: str, html: str, text: str, name: str, address: str, token: str, before: str, site: str
) -> None:
    template = issue_template.compile_issue(
        rendered=Rendered(language="en", subject=subject, html=html, text=text, token_key=TOKENS.key),
        issue_id=7,
        sender=SENDER,
        base_url=site,
        message_key=KEY,
        date=DATE,
    )
    template.message(subscriber=41, address="before@example.org", name="Someone", token=before)
    made = template.message(subscriber=42, address=address, name=name, token=token)

    assert wire_ready(made.data) == made.data  # nothing to stuff, nothing to mend
    head, _, body = made.data.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in made.data.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert body.isascii()
    assert signatures.is_canonical(body)

    mail = email.message_from_bytes(made.data, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.keys() == INTENDED
    values = personalise.values_for(name=name, unsubscribe_url=f"{site}/u/{token}/")
    assert _decoded(head, "Subject") == headers.tidy(TOKENS.fill_text(subject, values))
    assert _decoded(head, "To").endswith(made.recipient) or _decoded(head, "To").endswith(f"<{made.recipient}>")
    assert made.recipient == headers.with_a_label(address)
    assert made.smtputf8 is not made.recipient.isascii()
    carrier_settings_of = str(mail["List-Unsubscribe"])
    assert carrier_settings_of.startswith(f"<{site}/u/{token}/>")

    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    for part, source, fill in (
        ("plain", text, TOKENS.fill_text),
        ("html", html, TOKENS.fill_html),
    ):
        found = mail.get_body((part,))
        assert found is not None
        meant = fill(re.sub(r"\r\n?", "\n", source).replace("\x00", "").rstrip("\n") + "\n", values)
        payload = found.get_payload(decode=True)
        assert isinstance(payload, bytes)
        # The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
        assert payload.replace(b"\r\n", b"\n").rstrip(b"\n") == meant.encode(errors="replace").rstrip(b"\n")


def _decoded(head: bytes, name: str) -> str:
    """One header as a reader sees it: unfolded, encoded-words decoded by the standard library's older parser."""
    found = re.search(rb"(?ms)^%b: (.*?)\r\n(?![ \t])" % name.encode(), head + b"\r\n")
    assert found is not None
    text = re.sub(r"\r\n(?=[ \t])", "", found[1].decode())
    return "".join(
        piece if isinstance(piece, str) else piece.decode(charset or "raw_unicode_escape")
        for piece, charset in email.header.decode_header(text)
    )
