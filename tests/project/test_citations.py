"""What documents and comments cite is there: files, modules, and names in modules; and each error is in the tree."""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

import newsletter
import subscribers
from newsletter.errors import NewsletterError
from subscribers.errors import SubscribersError

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "newsletter" / "GLOSSARY.md"]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
SOURCES = [path for room in ("newsletter", "subscribers") for path in sorted((ROOT / room).rglob("*.py"))]
BASES = (ROOT, ROOT / "newsletter", ROOT / "newsletter" / "delivery", ROOT / "subscribers", ROOT / "templates")
PATH = re.compile(r"`((?:[a-z][\w-]*/)+[\w-]*(?:\.[\w.]+)?)`")
OF_AN_INSTALLATION = {"backups", "journal", "keys", "media"}
"""Folders of the data directory, which no checkout has."""
OF_OTHERS = {"connection.vendor", "newsletter.editor", "newsletter.admin", "subscribers.manage", "base.html"}
"""Other things whose first word is the name of a module of ours: permissions, templates, objects of Django."""
NAME = re.compile(r"`([a-z]\w+)\.([A-Za-z_]\w*)(?:\.\w+)*(?:\(\))?`")


@cache
def names() -> dict[str, set[str]]:
    """Each module's name to the names in all modules of that name."""
    found = defaultdict(set)
    for path in SOURCES:
        stem = path.parent.name if path.stem == "__init__" else path.stem
        found[stem] |= {child.stem for child in path.parent.iterdir()} if path.stem == "__init__" else set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[stem].add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[stem].add(node.id)
            elif isinstance(node, ast.alias):
                found[stem].add((node.asname or node.name).split(".")[-1])
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_cites_is_there(document: Path) -> None:
    missing = set()
    for cited in PATH.findall(document.read_text()):
        if cited.partition("/")[0] in OF_AN_INSTALLATION:
            continue
        whole, _, name = cited.rpartition("/")
        stem, *attributes = name.split(".")
        for base in BASES:
            if (base / cited).exists():
                break
            module = base / whole / f"{stem}.py"
            if module.is_file() and all(each in names()[stem] for each in attributes):
                break
        else:
            missing.add(cited)
    assert not sorted(missing)


@pytest.mark.parametrize("room", ["newsletter", "subscribers"])
def test_every_name_that_a_comment_cites_is_there(room: str) -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path in SOURCES
        if path.is_relative_to(ROOT / room)
        for module, name in NAME.findall(path.read_text())
        if module in names()
        and name not in names()[module]
        and name not in {"py", "md", "toml"}
        and f"{module}.{name}" not in OF_OTHERS
    }
    assert not sorted(missing)


def test_every_error_of_ours_is_in_a_tree() -> None:
    outside = set()
    for package in (newsletter, subscribers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name or module.name.endswith(("__main__", "wsgi")):
                continue
            for kind in vars(importlib.import_module(module.name)).values():
                if (
                    isinstance(kind, type)
                    and issubclass(kind, BaseException)
                    and kind.__module__ == module.name
                    and not issubclass(kind, NewsletterError | SubscribersError | Warning)
                ):
                    outside.add(f"{module.name}.{kind.__name__}")
    assert not outside
