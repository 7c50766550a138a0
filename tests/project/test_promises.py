"""Every promise names the tests that hold it, and those tests are there."""

import ast
import re
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


def test_every_promise_of_this_release_is_listed_once() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids))
    assert {name.strip() for name in OF_THIS_RELEASE.split(",")} <= set(ids)
