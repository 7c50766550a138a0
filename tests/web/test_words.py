"""Our words on screen: every one of them has a Persian translation, and the compiled catalogue is the written one."""

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.servers import server_health
from newsletter.delivery.smtp import probe
from newsletter.delivery.states import DeliveryState, Role
from newsletter.issues.states import IssueState
from newsletter.web import words
from subscribers.states import Exclusion
from tests.catalogues import PACKAGES, Package, first, is_whole, values_in

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


@each_package
def test_every_word_of_our_pages_is_translated_and_no_other(package: Package) -> None:
    whole = {first(message.id) for message in package.written() if message.id and is_whole(message)}
    assert {first(text) for text in package.used()} == whole


@each_package
def test_nothing_in_a_catalogue_is_a_guess(package: Package) -> None:
    assert [message.id for message in package.written() if message.fuzzy] == []


@each_package
def test_the_compiled_catalogue_is_the_written_one(package: Package) -> None:
    def said(catalogue: Catalog) -> dict[str, str]:
        return {first(m.id): first(m.string) for m in catalogue if m.id}

    with package.mo.open("rb") as mo:
        assert said(package.written()) == said(read_mo(mo))


@each_package
def test_a_translation_names_the_same_values_as_the_original(package: Package) -> None:
    for message in package.written():
        forms = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.id and len(forms) == 1:
            ids = message.id if isinstance(message.id, tuple | list) else [message.id]
            assert set().union(*map(values_in, ids)) == values_in(forms[0])


def test_every_state_and_reason_has_its_words() -> None:
    assert set(words.ISSUE) == set(IssueState)
    assert set(words.DELIVERY) == set(DeliveryState)
    assert set(words.KIND) == set(Kind)
    assert set(words.TRANSPORT) == set(server_health.State)
    assert set(words.ROLE) == set(Role)
    assert set(words.OUTCOME) == set(probe.Outcome)
    assert set(words.EXCLUDED) == {one.value for one in Exclusion}


RIDDLES = (
    "Is this what shall go out",
    "How hard to try",
    "Leave in peace",
    "The list stands",
    "It counts nowhere",
    "Look into your mail",
)
"""What people did not understand, or nobody says; it does not come back."""


@each_package
def test_no_riddle_comes_back(package: Package) -> None:
    for text in map(first, package.used()):
        assert text not in {"May", "Mend"}
        assert not text.startswith("Mend ")
        for riddle in RIDDLES:
            assert riddle not in text
