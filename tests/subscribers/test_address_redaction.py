"""One person's address in words is found however it is spelled; those of others stay."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import address_redaction

ANN = "ann@example.org"
NAMESAKES = (
    "anna@example.org",
    "annette@example.org",
    "ann_b@example.org",
    "ann.lee@example.org",
    "ann-marie@example.org",
    "ann+news@example.org",
    "joann@example.org",
    "lee.ann@example.org",
    "mary-ann@example.org",
    "mary--ann@example.org",
    "jo_ann@example.org",
    "jo+ann@example.org",
    "jo%2Bann%40example.org",
    "o'ann@example.org",
    "éann@example.org",
    "e\u0301ann@example.org",
    "%C3%A9ann%40example.org",
    "=C3=A9ann=40example.org",
    "\\u00e9ann@example.org",
    "%E9ann@example.org",
    "=E9ann@example.org",
    "\\'e9ann@example.org",
    "\\xc3\\xa9ann@example.org",
    "ann@example.org.uk",
    "ann@example.organic",
    "ann@example.org-shop.example",
    "ann@mail.example.org",
    "ann@my-example.org",
    "ann example.org",
    "ann, of example.org",
)


@pytest.mark.parametrize("other", NAMESAKES)
@pytest.mark.parametrize(
    "around", ["{}", "came with {}.", "<{}>", '"{}"', '{{"reason": "{}"}}', "x={}&y=1", "İİİ {} İ"]
)
def test_whoever_is_called_nearly_alike_stays(other: str, around: str) -> None:
    said = around.format(other)
    assert address_redaction.redacted(ANN, said) == said
    assert not address_redaction.mentions(ANN, said)


@pytest.mark.parametrize(
    "spelled",
    [
        ANN,
        "ANN@Example.ORG",
        "<ann@example.org>",
        '"ann"@example.org',
        "ann＠example.org",
        "ann @ example.org",
        "ann at example.org",
        "ann (at) example.org",
        "ann[at]example.org",
        "ann%40example.org",
        "ann%2540example.org",
        "ann=40example.org",
        "ann+40example.org",
        "ann&#64;example.org",
        "ann&#x40;example.org",
        "ann&commat;example.org",
        "ann\\x40example.org",
        "ann\\u0040example.org",
    ],
)
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", ""),
        ("İİİİİİ ", " left"),
        ("came with ", "."),
        ("came with ", ".Then left"),
        ("'", "'"),
        ("- ", " -"),
        ("to:", " left"),
        ("-", "-"),
        ("...", "..."),
        ("list of ", ".csv"),
        ("_", "_"),
        ("https://example.org/?e=", "&x=1"),
        ("e=%3C", "%3E"),
        ("joann@example.org, ", ", ann@example.org.uk"),
        ("担当", "さん"),
        ("به ", "را"),
    ],
)
def test_she_is_found_wherever_she_stands(spelled: str, before: str, behind: str) -> None:
    left = address_redaction.redacted(ANN, before + spelled + behind)
    assert left == f"{before}{address_redaction.HIDDEN}{behind}"
    assert all(needle in (before + spelled + behind).lower() for needle in address_redaction.needles(ANN))
    assert before + spelled + behind in address_redaction.likely(ANN, ["x", before + spelled + behind, ""])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ada@xn--bcher-kva.example", "came with ada@bücher.example"),
        ("ada@xn--bcher-kva.example", "came with ADA@BÜCHER.EXAMPLE"),
        ("ada@xn--bcher-kva.example", "came with ada@bu\u0308cher.example"),
        ("ada@xn--bcher-kva.example", "came with ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "came with ada%40b%C3%BCcher.example"),
        ("josé@example.org", "came with jose\u0301@example.org"),
        ("josé@example.org", "came with JOSE\u0301@example.org"),
        ("josé@example.org", "came with JOSÉ@example.org"),
        ("JOSÉ@example.org", "came with josé@example.org"),
        ("josé@example.org", "came with JOS%C3%89%40example.org"),
        ("josé@example.org", "came with jose%CC%81%40example.org"),
        ("josé@example.org", "came with jos%25C3%25A9%2540example.org"),
        ("josé@example.org", "came with JOS=C3=89=40example.org"),
        ("josé@example.org", "came with JOS\\u00c9@example.org"),
        ("josé@example.org", "came with jos\\xe9\\x40example.org"),
        ("josé@example.org", "came with jos&eacute;&#64;example.org"),
        ("josé@example.org", "came with jos&#xE9;@example.org"),
        ("josé@example.org", "came with jos\\xc3\\xa9@example.org"),
        ("josé@example.org", "came with jos%E9%40example.org"),
        ("josé@example.org", "came with JOS=C9=40example.org"),
        ("josé@example.org", "came with jos\\'e9@example.org"),
        ("\U00020bb7田@example.org", "came with \\ud842\\udfb7\\u7530@example.org"),
        ("\U00020bb7田@example.org", "came with \\U00020BB7\\u7530@example.org"),
        ("jane+news@example.org", "came with jane%2Bnews%40example.org"),
        ("jane+news@example.org", "came with jane=2Bnews=40example.org"),
        ("o'neil@example.org", "came with o’neil@example.org"),
        ("o'neil@example.org", "came with o&#x27;neil@example.org"),
    ],
)
def test_in_each_spelling_of_its_parts(address: str, said: str) -> None:
    assert address_redaction.redacted(address, said) == "came with …"
    assert all(needle.lower() in said.lower() for needle in address_redaction.needles(address))
    assert list(address_redaction.likely(address, ["x", said, "", address.partition("@")[0]])) == [said]


def test_what_may_hold_her_is_found_among_many_without_looking_at_each() -> None:
    texts = [
        *(f"person{number}@example.org,Jörg" for number in range(20_000)),
        "a\u00adnn@exa\u200bmple.org",
        "x" * 9_000 + "ann" + "x" * 9_000 + "@example.org",
        *(f"ann{number}@another.test" for number in range(20_000)),
    ]
    steps = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal steps
        steps += event == "call"

    sys.setprofile(count)
    try:
        found = list(address_redaction.likely(ANN, texts))
    finally:
        sys.setprofile(None)
    assert found == [ANN]
    assert steps < 100_000


@pytest.mark.parametrize("text", ["joann@example.org", "ann@example.org.uk", "ann@example.org, too", ""])
def test_what_means_her_is_her_address_and_nothing_else(text: str) -> None:
    assert address_redaction.is_spelling_of(ANN, "ANN@Example.org")
    assert address_redaction.is_spelling_of("josé@example.org", "JOSE\u0301@example.org")
    assert not address_redaction.is_spelling_of(ANN, text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_stands_around_it_stays_as_it_was(before: str, behind: str) -> None:
    """Lower case may be longer than what it is the lower case of."""
    before, behind = before + " ", " " + behind
    assert address_redaction.redacted(ANN, before + ANN + behind) == f"{before}…{behind}"


@pytest.mark.parametrize("said", ["Jo<ann@example.org>", 'Jo"ann"@example.org'])
def test_a_bracket_or_a_quotation_mark_ends_what_stands_before(said: str) -> None:
    assert address_redaction.redacted(ANN, said) == "Jo…"
