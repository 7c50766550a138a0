"""The strict header writer."""

import email
import email.policy
import re
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.message import headers

# Everything a person, a feed or an attacker may write on one line.
typed = st.text(alphabet=st.characters(exclude_characters="\r\n\x00"), max_size=200)
nasty = ["=?utf-8?q?=0A?=", "=?", "?=", "Bcc:", "سلام", "👩‍👩‍👧", "a", "\u2028", "\x0b", '"', "\\", ",", "<x@y>", "é"]
words = st.lists(st.sampled_from(nasty), max_size=30).map(" ".join)
ENCODED = re.compile(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=")


def both_ways(block: bytes, name: str) -> tuple[str, str]:
    """The value as the modern and as the old parser of the standard library understand it."""
    new = email.message_from_bytes(block + b"\r\n", policy=email.policy.default)
    old = email.message_from_bytes(block + b"\r\n", policy=email.policy.compat32)
    assert new.keys() == old.keys() == [name]
    assert new.defects == old.defects == []
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", old[name])
    return str(new[name]), str(make_header(decode_header(unfolded)))


def check_lines(block: bytes) -> None:
    assert block.endswith(b"\r\n")
    assert block.isascii()
    assert re.fullmatch(rb"[\x20-\x7e\r\n]*", block)
    for line in block[:-2].split(b"\r\n"):
        assert line.strip()
        assert len(line) <= 998
        for word in ENCODED.findall(line):
            assert len(word) <= 75
            assert len(line) <= 76


@given(st.one_of(typed, words))
def test_any_line_of_text_comes_back_and_adds_no_header(value: str) -> None:
    """F4, F5, threat 20: identical when parsed, by both parsers; one header in, one header out."""
    block = headers.unstructured("Subject", value)
    check_lines(block)
    expected = headers.tidy(value)
    new, old = both_ways(block, "Subject")
    assert new == expected
    assert old == expected
    assert all(len(line) <= 78 for line in block.split(b"\r\n"))


@given(st.one_of(typed, words))
def test_any_name_comes_back_beside_its_address(value: str) -> None:
    """F4, F5: quoted or encoded; the address stays bare."""
    block = headers.mailbox("To", display=value, address="reader@example.org")
    check_lines(block)
    expected = headers.tidy(value)
    old = email.message_from_bytes(block + b"\r\n", policy=email.policy.compat32)
    assert old.keys() == ["To"]
    assert block.count(b"@") >= 1
    assert re.search(rb"(?:^To: |<)reader@example\.org>?\r\n\Z", block)
    new = email.message_from_bytes(block + b"\r\n", policy=email.policy.default)
    (address,) = new["To"].addresses
    assert address.addr_spec == "reader@example.org"
    if len(ENCODED.findall(block)) <= 1:  # Python 3.11 puts a blank between two encoded-words of a name
        assert address.display_name == expected
    shown = re.sub(r"\r?\n(?=[ \t])", "", old["To"]).removesuffix("<reader@example.org>").strip()
    if ENCODED.search(block):
        assert str(make_header(decode_header(shown))) == expected
    # Never an encoded-word inside quotes.
    assert not re.search(rb'"[^"\r\n]*=\?', block)


def test_an_encoded_newline_stays_text() -> None:
    """F5, CVE-2024-6923: what looks like an encoded-word is itself encoded."""
    block = headers.unstructured("Subject", "A =?UTF-8?Q?=0A?=Bcc: x@y.example")
    assert both_ways(block, "Subject") == ("A =?UTF-8?Q?=0A?=Bcc: x@y.example",) * 2
    parsed = email.message_from_bytes(block + b"\r\n", policy=email.policy.default)
    again = email.message_from_bytes(parsed.as_bytes(), policy=email.policy.default)
    assert again.keys() == ["Subject"]


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\r\nBcc: x@y.example", "a\x00b", "\n", "a\r\n b"])
def test_line_ends_and_nul_are_refused_everywhere(bad: str) -> None:
    """F5."""
    with pytest.raises(headers.InvalidHeader) as caught:
        headers.unstructured("Subject", bad)
    assert bad not in str(caught.value)
    with pytest.raises(headers.InvalidHeader):
        headers.mailbox("To", display=bad, address="reader@example.org")
    with pytest.raises(headers.InvalidHeader):
        headers.mailbox("To", display="", address=f"reader@example.org{bad}")
    with pytest.raises(headers.InvalidHeader):
        headers.structured("List-Id", [bad])


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\t", "\x7f"])
def test_other_separators_become_a_blank(separator: str) -> None:
    """F5: Python's splitlines sees a new line in each of these."""
    block = headers.unstructured("Subject", f"News{separator}Bcc: x@y.example")
    assert block == b"Subject: News Bcc: x@y.example\r\n"


def test_a_persian_subject_of_300_letters_is_whole_words_of_75() -> None:
    """F4."""
    subject = "روزنامه " * 37 + "سلام"
    block = headers.unstructured("Subject", subject)
    check_lines(block)
    for line in block.decode().splitlines():
        word = line.removeprefix("Subject:").strip()
        ((raw, charset),) = decode_header(word)
        assert isinstance(raw, bytes)
        raw.decode(charset or "")  # no character is split over two words
    assert both_ways(block, "Subject") == (subject, subject)


@given(st.text(alphabet="👩‍🚀🇮🇷é\u200cسل", min_size=1, max_size=120))
def test_no_character_is_ever_split(value: str) -> None:
    """F4: each encoded-word decodes alone."""
    for word in ENCODED.findall(headers.unstructured("Subject", value)):
        ((raw, charset),) = decode_header(word.decode())
        assert isinstance(raw, bytes)
        raw.decode(charset or "")


def test_plain_text_stays_readable_and_folds_at_blanks() -> None:
    """F2: at most 78 where there is a blank."""
    block = headers.unstructured("Subject", "word " * 40)
    assert ENCODED.search(block) is None
    assert max(map(len, block.split(b"\r\n"))) <= 78
    assert block.replace(b"\r\n", b"") == b"Subject: " + b"word " * 39 + b"word"


@pytest.mark.parametrize(
    ("display", "written"),
    [
        ("Jane Doe", b"To: Jane Doe <reader@example.org>\r\n"),
        ("Doe, Jane", b'To: "Doe, Jane" <reader@example.org>\r\n'),
        ('The "Gazette" \\', b'To: "The \\"Gazette\\" \\\\" <reader@example.org>\r\n'),
        ("Zoë", b"To: =?utf-8?q?Zo=C3=AB?= <reader@example.org>\r\n"),
        ("", b"To: reader@example.org\r\n"),
    ],
)
def test_names_are_bare_quoted_or_encoded(display: str, written: bytes) -> None:
    """F4."""
    assert headers.mailbox("To", display=display, address="reader@example.org") == written


def test_a_list_header_is_folded_at_blanks_only_and_never_encoded() -> None:
    """U1: the URI stays whole, however long."""
    link = "<https://news.example.org/u/" + "t" * 120 + "/>,"
    block = headers.structured("List-Unsubscribe", [link, "<mailto:leave@example.org>"])
    assert block == f"List-Unsubscribe: {link}\r\n <mailto:leave@example.org>\r\n".encode()


@pytest.mark.parametrize("part", ["é", "a b", "", "a\tb", "<https://example.org/\u200b>", "x" * 1000])
def test_a_structured_part_is_visible_ascii(part: str) -> None:
    """U1, F4."""
    with pytest.raises(headers.InvalidHeader):
        headers.structured("List-Id", [part])


@pytest.mark.parametrize("name", ["", "Sub ject", "Sub:ject", "Subject\r\n", "Ünterschrift", "9"])
def test_a_header_has_a_name(name: str) -> None:
    with pytest.raises(headers.InvalidHeader):
        headers.unstructured(name, "value")


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("reader@example.org", True),
        ("o'hara+news@mail.example.org", True),
        ("jörg@xn--bcher-kva.example", True),
        ("reader@bücher.example", False),
        ("reader", False),
        ("@example.org", False),
        ("reader@", False),
        ("a..b@example.org", False),
        (".a@example.org", False),
        ('"a b"@example.org', False),
        ("a b@example.org", False),
        ("a@b@example.org", False),
        ("a@-example.org", False),
        ("a@example..org", False),
        ("a\u202e@example.org", False),
        (f"{'a' * 65}@example.org", False),
        (f"a@{'b' * 64}.example", False),
        (f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}", False),
    ],
)
def test_what_counts_as_an_address(address: str, good: bool) -> None:
    """T8, F5: local part at most 64 bytes, the whole at most 254."""
    assert headers.is_address(address) is good


def test_both_spellings_of_a_domain_are_one_address() -> None:
    """T4."""
    assert headers.with_a_label("a@bücher.example") == headers.with_a_label("a@XN--BCHER-KVA.example")
    assert headers.with_a_label("a@bücher.example") == "a@xn--bcher-kva.example"
    for bad in ("a", "a@\u2028.example", "a@" + "ü" * 80 + ".example"):
        with pytest.raises(headers.InvalidHeader):
            headers.with_a_label(bad)
