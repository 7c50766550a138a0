"""Our words on screen: every one of them has a Persian translation, and the compiled catalogue is the written one."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from newsletter.delivery import probe, routes, transports
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.verdicts import Kind
from newsletter.issues.states import IssueState
from newsletter.web import words
from subscribers.states import Exclusion

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = ROOT / "newsletter" / "locale" / "fa" / "LC_MESSAGES"
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "Plural": (1, 2)}


def first(text: object) -> str:
    """A message without its plural."""
    return str(text[0]) if isinstance(text, tuple | list) else str(text)


def used() -> Iterator[str]:
    for folder, methods in (
        ("newsletter", [("management/**.py", "ignore"), ("**.py", "python")]),
        ("templates/web", [("**.html", "jinja2"), ("**.txt", "jinja2")]),
    ):
        for found in extract_from_dir(ROOT / folder, method_map=methods, keywords=KEYWORDS):
            message = found[2]
            yield message[0] if isinstance(message, tuple) else message


def test_every_word_of_our_pages_is_translated_and_no_other() -> None:
    with (CATALOGUE / "django.po").open("rb") as file:
        written = {first(m.id) for m in read_po(file) if m.id and m.string}
    assert set(used()) == written


def test_the_compiled_catalogue_is_the_written_one() -> None:
    def said(catalogue: Catalog) -> dict[str, str]:
        return {first(m.id): first(m.string) for m in catalogue if m.id}

    with (CATALOGUE / "django.po").open("rb") as po, (CATALOGUE / "django.mo").open("rb") as mo:
        assert said(read_po(po)) == said(read_mo(mo))


def test_a_translation_names_the_same_values_as_the_original() -> None:
    with (CATALOGUE / "django.po").open("rb") as file:
        for message in read_po(file):
            if isinstance(message.id, str) and isinstance(message.string, str):
                assert set(re.findall(r"%\(\w+\)s", message.id)) == set(re.findall(r"%\(\w+\)s", message.string))


def test_every_state_and_reason_has_its_words() -> None:
    assert set(words.ISSUE) == set(IssueState)
    assert set(words.DELIVERY) == set(DeliveryState)
    assert set(words.KIND) == set(Kind)
    assert set(words.TRANSPORT) == set(transports.State)
    assert set(words.ROLE) == set(routes.Role)
    assert set(words.OUTCOME) == set(probe.Outcome)
    assert set(words.EXCLUDED) == {one.value for one in Exclusion}
