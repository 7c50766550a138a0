"""How large the code is, by room: modules, classes, functions, parameters. What it prints is a table, no judgement.

`python .ci/sizes.py` prints the table, `--large` names what is above the house's measures (`CONTRIBUTING.md`).
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST = {"module": 350, "class": 250, "function": 60, "parameters": 6}
"""Lines, and parameters of a constructor."""
LEFT_OUT = {"migrations"}
"""Written by Django."""


@dataclass(frozen=True)
class Size:
    """One thing of the code: ``kind`` is a key of `MOST`."""

    kind: str
    room: str
    name: str
    size: int


def main() -> int:
    sizes = [size for path in _modules() for size in _sizes(path)]
    if "--large" in sys.argv[1:]:
        for size in sorted(sizes, key=lambda size: (size.kind, -size.size)):
            if size.size > MOST[size.kind]:
                print(f"{size.kind:10} {size.size:5}  {size.name}")
        return 0
    by_room = defaultdict(list)
    for size in sizes:
        by_room[size.room].append(size)
    print(
        f"{'room':28} {'modules':>7} {'median':>6} {'p90':>5} {'most':>5}   {'classes':>7} {'most':>5}"
        f"   {'functions':>9} {'p90':>5} {'most':>5}   {'parameters':>10}"
    )
    for room, there in [*sorted(by_room.items()), ("everything", sizes)]:
        print(_line(room, there))
    return 0


def _line(room: str, sizes: Sequence[Size]) -> str:
    of = {kind: sorted(size.size for size in sizes if size.kind == kind) or [0] for kind in MOST}
    modules, classes, functions = of["module"], of["class"], of["function"]
    return (
        f"{room:28} {len(modules):7} {_share(modules, 0.5):6} {_share(modules, 0.9):5} {modules[-1]:5}"
        f"   {len(classes):7} {classes[-1]:5}"
        f"   {len(functions):9} {_share(functions, 0.9):5} {functions[-1]:5}   {of['parameters'][-1]:10}"
    )


def _share(ordered: Sequence[int], share: float) -> int:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _modules() -> Iterator[Path]:
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if not LEFT_OUT & set(path.parts) and path.name != "__init__.py":
                yield path


def _sizes(path: Path) -> Iterator[Size]:
    name = str(path.relative_to(ROOT))
    parts = path.relative_to(ROOT).parts[:-1]
    room = "/".join(parts[:3])
    text = path.read_text()
    yield Size("module", room, name, text.count("\n"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            yield Size("class", room, f"{name}: {node.name}", _lines(node))
            for child in node.body:
                if isinstance(child, ast.FunctionDef) and child.name == "__init__":
                    arguments = child.args
                    many = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs) - 1
                    yield Size("parameters", room, f"{name}: {node.name}", many)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size("function", room, f"{name}: {node.name}", _lines(node))


def _lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


if __name__ == "__main__":
    raise SystemExit(main())
