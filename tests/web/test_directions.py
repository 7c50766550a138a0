"""Names keep their own direction: on every page each stands in an isolate of its own."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from newsletter.translatable import Translatable
from newsletter.translation import translated

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"

NAME = re.compile(
    r"\{\{ (?:\w+\.)*(?:(?:publication|list|readers|head|server|row|group|person|source|shell)\.name"
    r"|article\.title|issue) "
    r"(?:or [^}]*)?\}\}"
)
ISOLATED = re.compile(r'(?:<bdi[^<>]*>|<\w+ [^<>]*(?:dir="|class="[^"]*\bltr\b)[^<>]*>)$')
ELSEWHERE = re.compile(
    r'(?:="[^"<>]*|\{% block (?:title|site) %\}[^\n]*|<option[^<>]*>|<title>|<span class="visually-hidden"> )$'
)
"""In attributes, titles and menus, which have no elements inside; and where nobody sees it."""


def bare(text: str) -> list[str]:
    """Names that stand in no isolate."""
    return [
        found[0]
        for found in NAME.finditer(text)
        if not ISOLATED.search(text[: found.start()]) and not ELSEWHERE.search(text[: found.start()])
    ]


@pytest.mark.parametrize("folder", ["web", "subscribers"])
def test_every_name_on_a_page_is_isolated(folder: str) -> None:
    pages = sorted((TEMPLATES / folder).rglob("*.html"))
    assert pages
    assert {str(page): names for page in pages if (names := bare(page.read_text()))} == {}


def test_no_cell_is_turned_with_its_words() -> None:
    """An address, or “—”, would stand at the far side of a page that runs from right to left."""
    pages = [*TEMPLATES.joinpath("web").rglob("*.html"), *TEMPLATES.joinpath("subscribers", "people").rglob("*.html")]
    turned = re.compile(r'<(?:dd|td|th)\b[^<>]*(?:dir="|class="[^"]*\bltr\b)|<p class="ltr')
    assert {str(page): found for page in pages if (found := turned.findall(page.read_text()))} == {}


def test_the_guard_sees_a_bare_name() -> None:
    assert bare('<p class="muted">{{ issue.publication.name }} · 3</p>') == ["{{ issue.publication.name }}"]
    assert bare('<p><bdi>{{ issue.publication.name }}</bdi> · 3</p><input value="{{ issue.publication.name }}">') == []


@pytest.mark.parametrize(
    ("language", "name", "is_isolated"),
    [("fa", "The Morning", True), ("fa", "نامهٔ صبح", False), ("en", "نامهٔ صبح", True), ("en", "The Morning", False)],
)
def test_a_name_within_a_sentence_is_isolated_when_it_runs_the_other_way(
    language: str, name: str, is_isolated: bool
) -> None:
    with translation.override(language):
        assert ("\u2068" in translated(Translatable("“%(name)s”: 3", name=name))) is is_isolated
