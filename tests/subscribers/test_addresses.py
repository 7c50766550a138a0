"""One address, one spelling, one index; and one place in the code that touches the column."""

import ast
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

import subscribers
from subscribers import addresses, api, services, typed_addresses
from subscribers.errors import BadAddress, Fault

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "A@xn--bcher-kva.EXAMPLE"),
        (" Ana@Example.org ", "ana@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org"),
    ],
)
def test_two_spellings_are_one_subscriber(one: str, other: str) -> None:
    """T4: the U-label and the A-label of a domain yield one subscriber."""
    first, second = addresses.normalise(one), addresses.normalise(other)

    assert addresses.index(first, key=KEY) == addresses.index(second, key=KEY)
    assert first.domain == second.domain
    assert first.domain.isascii()


def test_the_local_part_is_kept_as_given() -> None:
    assert addresses.normalise("Ana.Maria+news@Example.ORG").full == "Ana.Maria+news@example.org"


def test_the_index_tells_nothing_without_its_key() -> None:
    address = addresses.normalise("ana@example.org")

    assert addresses.index(address, key=KEY) != addresses.index(address, key=b"x" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@example",
        "ana@@example.org",
        "a na@example.org",
        "ana@exa mple.org",
        "ana@example.org\nBcc: x@example.org",
        "ana@example.org\x00",
        "Ana <ana@example.org>",
        "ana@[192.0.2.1]",
        "a" * 65 + "@example.org",
        "a@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + "." + "e" * 63 + ".org",
        ".ana@example.org",
        "ana@-example.org",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(BadAddress) as error:
        addresses.normalise(text)

    assert str(error.value)
    assert len(text) < 4 or text not in str(error.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.EMPTY),
        ("   ", Fault.EMPTY),
        ("ana", Fault.NO_AT),
        ("ana.example.org", Fault.NO_AT),
        ("@example.org", Fault.NO_NAME),
        ("ana@", Fault.NO_DOMAIN),
        ("ana@example", Fault.NO_DOT),
        ("ana@example,org", Fault.NO_DOT),
        ("ana @example.org", Fault.SPACE),
        ("ana@exa\u00a0mple.org", Fault.SPACE),
        ("ana@example.org;olga@example.org", Fault.SEVERAL),
        ("ana@@example.org", Fault.TWO_SIGNS),
        ("ana@example.org@example.org", Fault.TWO_SIGNS),
        ("Ana <ana@example.org>", Fault.WITH_NAME),
        ("a" * 65 + "@example.org", Fault.LONG_NAME),
        ("ж" * 40 + "@example.org", Fault.LONG_NAME),
        ("a@" + "b" * 300 + ".org", Fault.TOO_LONG),
        (".ana@example.org", Fault.MALFORMED),
        ("ana@example..org", Fault.MALFORMED),
        ("ana@-example.org", Fault.MALFORMED),
    ],
)
def test_a_fault_has_its_reason(text: str, fault: Fault) -> None:
    with pytest.raises(BadAddress) as error:
        addresses.normalise(text)
    assert error.value.fault is fault


def test_a_fault_is_said_in_the_language_of_the_page() -> None:
    """By whatever way somebody's words come in; what is pure says it in English."""
    with translation.override("fa"):
        for reader in (typed_addresses.parse, services.index_of, api.find):
            with pytest.raises(BadAddress) as error:
                reader("a..b@example.org")
            assert str(error.value).startswith("این نشانی ایمیل نیست")
        with pytest.raises(BadAddress, match=r"^This is not an e-mail address\."):
            addresses.normalise("a..b@example.org")


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    try:
        found = addresses.normalise(text + "@example.org")
    except BadAddress:
        return
    assert addresses.normalise(found.full) == found
    assert not set(found.full) & set("\r\n\0<> ")


def test_a_domain_has_one_group_and_a_provider_too() -> None:
    groups = {
        addresses.normalise(f"a@{domain}").domain_group for domain in ("gmail.com", "googlemail.com", "GMAIL.com")
    }

    assert groups == {1}
    assert all(0 < addresses.domain_group(f"d{n}.example") < 64 for n in range(500))


def test_a_mask_hints_and_hides() -> None:
    assert addresses.masked("maria.k@example.org") == "m…@example.org"


def test_only_one_module_touches_the_column() -> None:
    """Roadmap 3: the column can be encrypted by changing `addresses` alone, and nothing else can log it."""
    root = Path(subscribers.__file__).parent
    offenders = []
    for path in sorted(root.rglob("*.py")):
        if path.name in {"addresses.py", "models.py"} or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Attribute) and node.attr == "address"
            if named and isinstance(node.value, ast.Name) and node.value.id in {"subscriber", "person"}:
                offenders.append(f"{path.name}:{node.lineno}")
    assert offenders == []
