"""Every promise names the tests that hold it, and those tests are there."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in (ROOT / "docs" / "promises.md").read_text().splitlines()
    if re.match(r"\| (threat \d+|[A-Z]+\d+) \|", line)
]
OF_THIS_RELEASE = """
    H1, H3, H9, L3, C2, C3, P1, T1, T2, T6, T7, B1, B4, B6, B8, B9, F1, F2, F3, F4, F5, F6, F7, F8, F9,
    U1, U2, U3, U4, U6, U7, L1, L4, threat 7, threat 8, threat 9, threat 10, threat 11, threat 24
"""


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_promise_has_a_reason_and_tests_that_exist(row: list[str]) -> None:
    _, promise, because, held_by = row
    assert promise
    assert because
    named = re.findall(r"`([^`]+)::(\w+)`", held_by)
    assert named
    for path, test in named:
        assert (ROOT / path).is_file(), path
        assert test in _tests_of(path), f"{path}::{test} is gone"


CITED = re.compile(r"\b(?:trust|threats?|faults?) ((?:[A-Z]*\d+[a-z]?)(?:(?:, | and | to )[A-Z]*\d+[a-z]?)*)")
SECTION = re.compile(r"\bdesign(?:\.md|,)? §|(?<![\w/])(?:trust|users|design|style)\.md")


def test_every_id_that_the_code_cites_is_one_of_a_promise() -> None:
    ids = {row[0].removeprefix("threat ") for row in ROWS}
    missing = {
        f"{path}: {name}"
        for path, text in _sources()
        for cited in CITED.findall(text)
        for name in re.findall(r"[A-Z]*\d+[a-z]?", cited)
        if name not in ids
    }
    assert not missing


def test_every_document_that_the_code_cites_is_in_the_repository() -> None:
    for path, text in _sources():
        for document in re.findall(r"[\w/-]+\.md\b", text):
            if document.startswith(("docs/", "newsletter/")):
                assert (ROOT / document).is_file(), f"{path} cites {document}"
        assert path == "tests/project/test_promises.py" or not SECTION.search(text), path


def test_every_rule_of_the_ledger_that_the_code_cites_is_told() -> None:
    told = set(re.findall(r"^(\d+)\. \*\*", (ROOT / "docs" / "delivery.md").read_text(), re.M))
    cited = {rule for _, text in _sources() for rule in re.findall(r"docs/delivery\.md, rule (\d+)", text)}
    assert cited
    assert cited <= told


def _sources() -> list[tuple[str, str]]:
    named = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [(path, (ROOT / path).read_text()) for path in named if (ROOT / path).is_file()]


def test_every_promise_of_this_release_is_listed_once() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids))
    assert {name.strip() for name in OF_THIS_RELEASE.split(",")} <= set(ids)
