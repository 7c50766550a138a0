"""Every error that can reach a page is made of words that the page can translate, and each word is found."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NOT_ON_PAGES = ("newsletter/management/", "newsletter/project/", "newsletter/migrations/", "newsletter/__main__.py")
"""Commands and start-up speak English (on a terminal)."""


def test_no_error_for_people_is_raised_in_english_alone() -> None:
    bare = [f"{path.relative_to(ROOT)}:{line}" for path in _sources() for line in _bare(path)]
    assert bare == []


def test_no_message_stands_within_an_f_string_where_no_catalogue_finds_it() -> None:
    hidden = [f"{path.relative_to(ROOT)}:{line}" for path in _sources() for line in _hidden(path)]
    assert hidden == []


def test_how_many_is_said_in_the_digits_of_the_page() -> None:
    """A plain number within a sentence stays in Latin digits; `Quantity` does not."""
    plain = [f"{path.relative_to(ROOT)}:{line}" for path in _sources() for line in _plain_counts(path)]
    assert plain == []


def _plain_counts(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "Plural"}:
            own = {"n"} if node.func.id == "Plural" else set()
            yield from (one.value.lineno for one in node.keywords if one.arg not in own and _is_count(one.value))


def _is_count(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return _name(value.func) == "len"
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.FloorDiv)
    if isinstance(value, ast.Attribute):
        return value.attr in {"number", "planned", "candidates"}
    return isinstance(value, ast.Name) and (value.id in {"least", "most"} or value.id.startswith(("MAX_", "MOST_")))


def _hidden(path: Path) -> Iterator[int]:
    marks = {"_", "gettext", "gettext_lazy", "ngettext", "Translatable", "Plural"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            for part in ast.walk(node):
                if isinstance(part, ast.Call) and _name(part.func) in marks and _is_text(part):
                    yield part.lineno


def _is_text(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)


def _sources() -> Iterator[Path]:
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if not str(path.relative_to(ROOT)).startswith(NOT_ON_PAGES):
                yield path


def _bare(path: Path) -> Iterator[int]:
    """Lines where an error of ours is made of a plain string."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in ours() and node.args:
            first = node.args[0]
            while isinstance(first, ast.BinOp):  # "…" + more, "…" % values
                first = first.left
            if isinstance(first, ast.JoinedStr) or (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                yield node.lineno


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def ours() -> frozenset[str]:
    """The names of all classes below the two roots, wherever they stand."""
    import newsletter.models
    import subscribers.models
    from newsletter.errors import UserError
    from subscribers.errors import SubscribersError

    assert newsletter.models
    assert subscribers.models
    found: set[str] = set()
    waiting: list[type] = [UserError, SubscribersError]
    while waiting:
        one = waiting.pop()
        found.add(one.__name__)
        waiting += one.__subclasses__()
    return frozenset(found)
