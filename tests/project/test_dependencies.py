"""What the project declares to need: each once, and locked. (That nothing is missing, deptry says in `make lint`.)"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def _names(requirements: list[str]) -> list[str]:
    """As package indexes compare them."""
    found = [re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements]
    return [re.sub(r"[-_.]+", "-", name[0]).lower() for name in found if name]


def _declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]


def test_nothing_is_declared_twice() -> None:
    names = _names(_declared())
    assert sorted(names) == sorted(set(names))


def test_all_that_is_declared_stands_in_the_lock_file() -> None:
    locked = _names((ROOT / "requirements.lock").read_text().splitlines())
    assert set(_names(_declared())) <= set(locked), "run `make lock`"
