"""What a room is shows in the tree: each module of a large package lies in one, and each says what it is for."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DELIVERY = ROOT / "newsletter" / "delivery"
SHARED = {"alarms", "carrier", "clock", "doorbell", "erasure", "events", "redact", "sealed_secrets", "states"}
"""What all rooms of delivery share, and what must know them all. A new module belongs into a room."""
ROOMS = sorted(path.parent for path in DELIVERY.glob("*/__init__.py"))


def test_each_module_of_delivery_lies_in_a_room() -> None:
    assert {path.stem for path in DELIVERY.glob("*.py")} - {"__init__"} == SHARED


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_it_does_what_goes_in_and_out_and_who_may_call_it(room: Path) -> None:
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    assert 3 <= len([line for line in said.splitlines() if line]) <= 8
    named = set(re.findall(r"`(\w+)`", said))
    assert named & {path.stem for path in room.glob("*.py")}


def test_each_module_says_its_purpose_first() -> None:
    for package in ("newsletter", "subscribers"):
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts:
                assert ast.get_docstring(ast.parse(path.read_text())), path
